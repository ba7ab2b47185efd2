// PostgreSQL behind the engine interface: tables, keys and inserts in its dialect.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/options.hpp"
#include "outputs/sql/postgresql_catalog.hpp"
#include "outputs/sql/postgresql_connection.hpp"
#include "outputs/sql/postgresql_schema.hpp"
#include "outputs/sql/postgresql_writer.hpp"
#include "outputs/sql/url.hpp"

#include <heliograph/host.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// The rows of a batch wait for commit, which writes them in one transaction. Changes of the schema and
/// deletions are transactions of their own before it. Needs PostgreSQL 12 or newer.
class PostgresqlEngine final : public Engine {
public:
    PostgresqlEngine(const ServerLocation& location, const Options& options, Host host);

    [[nodiscard]] const IdentifierRules& identifier_rules() const noexcept override {
        return kPostgresqlRules;
    }
    /// Source: PostgreSQL, "Limits".
    [[nodiscard]] std::size_t max_columns() const noexcept override { return 1'600; }
    [[nodiscard]] bool enforces_types() const noexcept override { return true; }

    void open() override;
    /// Whether the server has hung up: another connection leads there.
    [[nodiscard]] bool is_stale() const noexcept override { return connection_.is_broken(); }
    void close() noexcept override;
    void interrupt() noexcept override { connection_.interrupt(); }

    Catalog begin() override;
    [[nodiscard]] std::vector<RefusedRow> commit() override;
    void rollback() noexcept override;
    [[nodiscard]] bool in_transaction() const noexcept override { return in_transaction_; }

    [[nodiscard]] std::optional<NamedObject> find(const Identifier& name) override;
    [[nodiscard]] Table read_table(const Identifier& name) override;
    void create_table(const Identifier& name, std::span<const Column> columns, Key key) override;
    void add_columns(const Table& table, std::span<const Column> columns) override;
    void widen_column(const Table& table, const Column& column, ColumnType to) override;
    void run_script(std::string_view sql, std::string_view doing) override;
    std::size_t delete_before(const Table& table, const Value& time, std::size_t about) override;
    [[nodiscard]] std::unique_ptr<Insert> prepare_insert(const Table& table, std::span<const Column> columns,
                                                         OnConflict on_conflict) override;
    void insert(Insert& insert, std::span<const Value> row) override;

private:
    Host host_;
    PostgresqlConnection connection_;
    PostgresqlCatalog catalog_;
    PostgresqlSchema schema_;
    PostgresqlWriter writer_;
    bool in_transaction_ = false;
};

}  // namespace heliograph::sql
