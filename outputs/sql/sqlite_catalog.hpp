// Columns and tables in the words of SQLite.
#pragma once

#include "outputs/sql/engine.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// A column as it is declared, which is more than the rest of the output needs to know.
struct SqliteColumn {
    Identifier name;
    std::string type;
    bool not_null = false;
    std::string default_expression{};  // SQL, as the catalog has it
    int key_position = 0;              // from 1; 0: not of the key
};

[[nodiscard]] SqliteColumn declare(const Column& column, int key_position);

/// `"power" REAL, "dtu" TEXT NOT NULL DEFAULT ''`
[[nodiscard]] std::string declarations(std::span<const SqliteColumn> columns);
[[nodiscard]] std::string create_table_sql(const Identifier& name, std::span<const SqliteColumn> columns);

/// What a declared type takes, also one that somebody else wrote, by the rules of affinity.
[[nodiscard]] ColumnType column_type_of(std::string declared);
/// What a column is for in a table with or without a key.
[[nodiscard]] Column::Role role_of(const SqliteColumn& column, Key key);

}  // namespace heliograph::sql
