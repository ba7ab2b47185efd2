// MariaDB behind the engine interface: rows wait for the commit and go there as arrays.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/mariadb_connection.hpp"
#include "outputs/sql/mariadb_rows.hpp"
#include "outputs/sql/mariadb_schema.hpp"

#include <heliograph/host.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::sql {

/// A change of the schema commits what was written before it, so it never shares a transaction with rows:
/// these wait in memory until commit. MySQL speaks the same protocol, and gets its rows one by one.
class MariadbEngine final : public Engine {
public:
    MariadbEngine(ServerLocation location, const Options& options, Host host);

    [[nodiscard]] const IdentifierRules& identifier_rules() const noexcept override { return rules_; }
    [[nodiscard]] std::size_t max_columns() const noexcept override;
    [[nodiscard]] bool enforces_types() const noexcept override { return true; }

    void open() override;
    [[nodiscard]] bool is_stale() const noexcept override { return false; }
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
    class SchemaLock;

    void connect();
    [[nodiscard]] MariadbProduct product() const noexcept;
    [[nodiscard]] MariadbTable read_catalog(const Identifier& name);
    void forget_rows() noexcept;

    std::string create_table_;  // a person's SQL for it, if any
    Host host_;
    MariadbConnection connection_;
    IdentifierRules rules_;
    std::map<std::string, std::weak_ptr<MariadbRows>, std::less<>> rows_;  // by table
    std::vector<std::shared_ptr<MariadbRows>> waiting_;  // those with rows, in the order of their first
    std::size_t inserted_ = 0;                           // rows of this transaction
    std::chrono::nanoseconds last_used_{};
    bool in_transaction_ = false;
    bool has_begun_ = false;  // at the server
};

}  // namespace heliograph::sql
