// Finds the table and the prepared insert for a metric, and makes what is missing.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/once.hpp"
#include "outputs/sql/row_columns.hpp"
#include "outputs/sql/shape.hpp"
#include "outputs/sql/table_check.hpp"
#include "outputs/sql/table_scripts.hpp"

#include <heliograph/host.hpp>
#include <heliograph/metric.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heliograph::sql {

/// How metrics of one shape are written. Its row: the time, the tags (each, or all as one JSON text), each
/// field that is not left out, in the metric's order.
struct Plan {
    struct Field {
        ColumnType type;
        bool is_left_out = false;  // there is no column for it, and none may be made
    };

    Shape shape;
    std::unique_ptr<Insert> insert;
    std::vector<Field> fields;
    std::int64_t left_out = 0;  // how many of the fields
    std::string refusal;        // why such metrics have no place in the database, if they have none
};

/// Maps the shapes of metrics to tables: one table per measurement, one column per tag and field. Works
/// within the transaction of its engine. What it remembers is bounded. [own strand]
class Planner {
public:
    struct Settings {
        std::string table_prefix;
        TableForm form;
        SchemaChanges schema_changes = SchemaChanges::create;
        std::size_t max_columns = 500;
    };
    /// What was made in the database since the last reset.
    struct Changes {
        std::int64_t created_tables = 0;
        std::int64_t added_columns = 0;
        std::int64_t widened_columns = 0;
    };
    /// What outlives the planner's connection.
    struct Memory {
        TableScripts scripts;
        Once said;
    };

    /// The engine and the memory must outlive the planner.
    Planner(Engine& engine, Settings settings, Memory& memory, Host host)
        : engine_(engine), settings_(std::move(settings)), memory_(memory), host_(host) {}

    /// The plan for a metric; valid until the next call. Allocates nothing for a shape that it knows. Throws
    /// RowError when the metric has no place in the database, Fatal when its table is none that this
    /// configuration can write to or a right is missing, Retry when others change the table all the time,
    /// and what the engine throws.
    [[nodiscard]] const Plan& plan_for(const MetricView& metric);

    /// Widens the column of an integer field to unsigned_integer. False when that is not possible.
    [[nodiscard]] bool widen_for_unsigned(const MetricView& metric, std::size_t field);

    /// Forgets the catalog and all that is prepared: after a rollback, a lost connection, a foreign change.
    void forget() noexcept;
    /// Whether anything is refused or left out that a person may have put right meanwhile: forget sometimes.
    [[nodiscard]] bool is_limited() const noexcept { return is_limited_; }

    /// Calls receive(const Table&) for every table that was written to since the last forget.
    template <class Receive>
    void each_table(Receive&& receive) const {
        for (const auto& [measurement, known] : tables_) {
            if (!known.table.is_new) {
                receive(known.table);
            }
        }
    }

    [[nodiscard]] const Changes& changes() const noexcept { return changes_; }
    void reset_changes() noexcept { changes_ = {}; }

private:
    /// A table, and what was learned about changing it.
    struct KnownTable {
        Table table;
        std::set<std::string, std::less<>> fixed_columns{};  // those that cannot be widened
        std::string missing_right{};                         // what the engine said of adding columns
    };

    const Plan& make_plan(const MetricView& metric, std::size_t hash);
    [[nodiscard]] Plan plan_of(const MetricView& metric);
    [[nodiscard]] Plan prepared(const MetricView& metric, const KnownTable& known, const RowColumns& columns);
    [[nodiscard]] RowColumns columns_of(const MetricView& metric, const KnownTable& known) const;
    KnownTable& table_of(std::string_view measurement);
    [[nodiscard]] Table find_table(std::string_view measurement);
    [[nodiscard]] Table new_table(const Identifier& name) const;

    [[nodiscard]] bool change(KnownTable& known, const RowColumns& columns);
    void create(KnownTable& known, const std::vector<Column>& missing);
    void add(KnownTable& known, const std::vector<Column>& missing);
    void widen(KnownTable& known, const Column& column, ColumnType to);
    void look_again(KnownTable& known);
    void require_room(const Table& table, std::size_t more) const;
    void require_tags(const KnownTable& known, const std::vector<Column>& missing) const;
    void forget_plans() noexcept;

    Engine& engine_;
    Settings settings_;
    Memory& memory_;
    Host host_;
    Changes changes_;
    std::map<std::string, KnownTable, std::less<>> tables_;  // by measurement
    std::unordered_multimap<std::size_t, std::unique_ptr<Plan>> plans_;
    const Plan* last_ = nullptr;
    bool is_limited_ = false;
};

}  // namespace heliograph::sql
