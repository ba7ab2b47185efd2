// MariaDB's words for tables, columns and inserts: pure text, nothing is sent from here.
#pragma once

#include "outputs/sql/engine.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// A table as information_schema tells it, with what is needed to change its key.
struct MariadbTable {
    struct Entry {
        Identifier name;
        ColumnType type;
        std::string declared_type;   ///< as `varchar(191)`
        std::size_t characters = 0;  ///< most of a text; 0 of other types
        bool is_tag_like = false;    ///< a text that is NOT NULL and '' by default
        std::uint32_t engine_type = 0;
    };

    std::vector<Entry> columns;
    std::string key_name;          ///< the index that is its key; empty: it has none
    std::vector<std::string> key;  ///< the key's columns, in order

    [[nodiscard]] bool in_key(std::string_view column) const;
    /// As the rest of the output sees it.
    [[nodiscard]] Table as_table(const Identifier& name) const;
};

/// What MariaDB and MySQL do not share.
enum class MariadbProduct { mariadb, mysql };

/// What a type of information_schema's DATA_TYPE and COLUMN_TYPE holds.
[[nodiscard]] ColumnType column_type_of(std::string_view data_type, std::string_view column_type) noexcept;

/// How long the tags of a key may be so that it stays within the 3,072 bytes that InnoDB allows, in
/// characters of up to four bytes. `other_bytes`: of the key's other columns. 191 at most, 1 at least.
[[nodiscard]] std::size_t tag_characters(std::size_t tags, std::size_t other_bytes) noexcept;

/// "`time` datetime(6) NOT NULL, …" for the given columns.
[[nodiscard]] std::string column_declarations(std::span<const Column> columns, MariadbProduct product);
/// "`time`, `port`": the time and the tags.
[[nodiscard]] std::string key_columns(std::span<const Column> columns);
[[nodiscard]] std::string create_table_sql(const Identifier& name, std::span<const Column> columns, Key key,
                                           MariadbProduct product);
/// Adds columns to a table that is as `before`. New tags join its key, whose texts are then shortened where
/// they must be.
[[nodiscard]] std::string add_columns_sql(const Identifier& name, const MariadbTable& before,
                                          std::span<const Column> columns, const IdentifierRules& rules,
                                          MariadbProduct product);
[[nodiscard]] std::string widen_column_sql(const Identifier& name, const Identifier& column, ColumnType to,
                                           MariadbProduct product);
[[nodiscard]] std::string insert_sql(const Identifier& name, std::span<const Column> columns,
                                     OnConflict on_conflict);
/// A query that gives the columns' types and no row.
[[nodiscard]] std::string describe_sql(const Identifier& name, std::span<const Column> columns);

}  // namespace heliograph::sql
