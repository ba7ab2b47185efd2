// A database server in memory, which records what it is asked for and can be made to behave badly.
#pragma once

#include "outputs/sql/engine.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace heliograph::sql::test {

/// Enforces types, as servers do. Its tables are open to tests, which stand for other agents.
class FakeEngine final : public Engine {
public:
    struct PreparedInsert final : Insert {
        std::vector<std::string> columns;
    };
    enum class Refusal { none, row, right };

    std::map<std::string, Table> tables;
    std::vector<std::string> calls;  // changes and scripts
    int reads = 0;                   // of the catalog
    IdentifierRules rules;
    bool is_enforcing = true;
    Refusal create_refusal = Refusal::none;
    Refusal add_refusal = Refusal::none;
    Refusal widen_refusal = Refusal::none;
    bool transaction_ends = false;
    std::function<void()> before_change;  // what others do just before
    std::function<void()> after_change;   // and just after
    std::function<void()> on_script;
    std::function<std::size_t(const Table&, const Value&)> on_delete;

    /// A table as somebody else made it.
    Table& add_table(const std::string& name, std::vector<Column> columns, Key key = Key::unique) {
        return tables
            .insert_or_assign(name, Table{Identifier::existing(rules, name), std::move(columns), false, key})
            .first->second;
    }
    [[nodiscard]] Column column(const std::string& name, ColumnType type,
                                Column::Role role = Column::Role::field) const {
        return {Identifier::existing(rules, name), type, role};
    }
    [[nodiscard]] Column time() const { return column("time", ColumnType::timestamp, Column::Role::time); }
    [[nodiscard]] Column tag(const std::string& name) const {
        return column(name, ColumnType::text, Column::Role::tag);
    }

    [[nodiscard]] const IdentifierRules& identifier_rules() const noexcept override { return rules; }
    [[nodiscard]] std::size_t max_columns() const noexcept override { return 1000; }
    [[nodiscard]] bool enforces_types() const noexcept override { return is_enforcing; }
    void open() override {}
    [[nodiscard]] bool is_stale() const noexcept override { return false; }
    void close() noexcept override {}
    void interrupt() noexcept override {}
    Catalog begin() override { return Catalog::unchanged; }
    std::vector<RefusedRow> commit() override { return {}; }
    void rollback() noexcept override {}
    [[nodiscard]] bool in_transaction() const noexcept override { return !transaction_ends; }

    std::optional<NamedObject> find(const Identifier& name) override {
        ++reads;
        if (!tables.contains(name.name())) {
            return std::nullopt;
        }
        return NamedObject{name.name(), true};
    }
    Table read_table(const Identifier& name) override {
        ++reads;
        return tables.at(name.name());
    }
    void create_table(const Identifier& name, std::span<const Column> columns, Key key) override {
        change("create " + name.name() + list(columns) + (key == Key::none ? " without key" : ""),
               create_refusal);
        if (!tables.contains(name.name())) {
            add_table(name.name(), {columns.begin(), columns.end()}, key);
        }
        changed();
    }
    void add_columns(const Table& table, std::span<const Column> columns) override {
        change("add to " + table.name.name() + list(columns), add_refusal);
        const auto found = tables.find(table.name.name());
        for (const Column& column : columns) {
            if (found != tables.end() && find_column(found->second, column.name.name()) == nullptr) {
                found->second.columns.push_back(column);
            }
        }
        changed();
    }
    void widen_column(const Table& table, const Column& column, ColumnType to) override {
        change("widen " + table.name.name() + list(std::span(&column, 1)), widen_refusal);
        find_column(tables.at(table.name.name()), column.name.name())->type = to;
        changed();
    }
    void run_script(std::string_view sql, std::string_view) override {
        calls.emplace_back(sql);
        if (on_script) {
            on_script();
        }
    }
    std::size_t delete_before(const Table& table, const Value& time, std::size_t) override {
        calls.push_back("delete from " + table.name.name());
        return on_delete ? on_delete(table, time) : 0;
    }
    std::unique_ptr<Insert> prepare_insert(const Table&, std::span<const Column> columns,
                                           OnConflict) override {
        auto insert = std::make_unique<PreparedInsert>();
        for (const Column& column : columns) {
            insert->columns.push_back(column.name.name());
        }
        return insert;
    }
    void insert(Insert&, std::span<const Value>) override {}

    [[nodiscard]] std::vector<std::string> columns(const std::string& table) const {
        std::vector<std::string> names;
        for (const Column& column : tables.at(table).columns) {
            names.push_back(column.name.name());
        }
        return names;
    }
    [[nodiscard]] ColumnType type(const std::string& table, const std::string& column) {
        return find_column(tables.at(table), column)->type;
    }

private:
    static Column* find_column(Table& table, const std::string& name) {
        const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                        [&](const Column& column) { return column.name.name() == name; });
        return found == table.columns.end() ? nullptr : &*found;
    }
    static std::string list(std::span<const Column> columns) {
        std::string text = ":";
        for (const Column& column : columns) {
            text += ' ' + column.name.name();
        }
        return text;
    }
    void change(std::string call, Refusal refusal) {
        calls.push_back(call);
        if (before_change) {
            before_change();
        }
        if (refusal == Refusal::right) {
            throw MissingRight("cannot " + call + ": permission denied");
        }
        if (refusal == Refusal::row) {
            throw RowError("cannot " + call + ": a view depends on it");
        }
    }
    void changed() {
        if (after_change) {
            after_change();
        }
    }
};

}  // namespace heliograph::sql::test
