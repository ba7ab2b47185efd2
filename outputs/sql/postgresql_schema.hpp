// Changes tables on a PostgreSQL server, one writer at a time.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/postgresql_catalog.hpp"
#include "outputs/sql/postgresql_connection.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace heliograph::sql {

/// Every change is a transaction of its own. It holds a lock that all writers of this output share, and looks
/// at the catalog once it has it: what another writer has done meanwhile is not done again. Errors are those
/// of Engine. [own strand]
class PostgresqlSchema {
public:
    /// `create_table`: the option of that name. Connection and catalog must outlive it.
    PostgresqlSchema(PostgresqlConnection& connection, PostgresqlCatalog& catalog, std::string create_table)
        : connection_(connection), catalog_(catalog), create_table_(std::move(create_table)) {}

    void create(const Identifier& name, std::span<const Column> columns, Key key);
    void add_columns(const Table& known, std::span<const Column> columns);
    void widen(const Identifier& name, const Column& column, ColumnType to);
    void run_script(std::string_view sql, std::string_view doing);

private:
    void change(std::string_view doing, const std::function<void()>& body);
    void replace_key(const PostgresqlTable& table, std::span<const Column> added, std::string_view doing);

    PostgresqlConnection& connection_;
    PostgresqlCatalog& catalog_;
    std::string create_table_;
};

}  // namespace heliograph::sql
