// SQLite behind the engine interface: tables, keys and inserts in its dialect.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/sqlite_connection.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::sql {

/// A table with a key is WITHOUT ROWID with PRIMARY KEY(time, tags...): the rows lie in the key itself, so
/// that a row is written once and in order of time. Adding a tag therefore copies the table, within the
/// transaction of the batch: a crash in between leaves the old one.
class SqliteEngine final : public Engine {
public:
    SqliteEngine(SqliteLocation location, const Options& options, Host host);

    [[nodiscard]] const IdentifierRules& identifier_rules() const noexcept override;
    [[nodiscard]] std::size_t max_columns() const noexcept override { return connection_.max_columns(); }
    [[nodiscard]] bool enforces_types() const noexcept override { return false; }

    void open() override;
    [[nodiscard]] bool is_stale() const noexcept override { return connection_.file_is_gone(); }
    void close() noexcept override;
    void interrupt() noexcept override { connection_.interrupt(); }

    Catalog begin() override;
    [[nodiscard]] std::vector<RefusedRow> commit() override;
    void rollback() noexcept override;
    [[nodiscard]] bool in_transaction() const noexcept override { return connection_.in_transaction(); }

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
    template <class Change>
    void in_savepoint(std::string_view doing, Change&& change);
    void append(const Identifier& table, std::span<const Column> added);
    void rebuild(const Identifier& table, std::span<const Column> added);
    std::int64_t read_schema_version();

    SqliteConnection connection_;
    std::string create_table_;  // the option
    bool deletes_;
    Host host_;
    std::int64_t schema_version_ = -1;
};

}  // namespace heliograph::sql
