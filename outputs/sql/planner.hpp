// Finds the table and the prepared insert for a metric, and makes what is missing.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/shape.hpp"

#include <heliograph/metric.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heliograph::sql {

/// How metrics of one shape are written. Its row: the time, each tag, each field, in the metric's order.
struct Plan {
    Shape shape;
    std::unique_ptr<Insert> insert;
    std::vector<ColumnType> field_columns;  // one per field
};

/// Maps the shapes of metrics to tables: one table per measurement, one column per tag and field. Works
/// within the transaction of its engine. What it remembers is bounded. [own strand]
class Planner {
public:
    struct Settings {
        std::string table_prefix;
        TimeFormat time_format;
        OnConflict on_conflict;
        std::size_t max_columns;
    };
    /// What was made in the database since the last reset.
    struct Changes {
        std::int64_t created_tables = 0;
        std::int64_t added_columns = 0;
    };

    /// The engine must outlive the planner.
    Planner(Engine& engine, Settings settings) : engine_(engine), settings_(std::move(settings)) {}

    /// The plan for a metric; valid until the next call. Allocates nothing for a shape that it knows. Throws
    /// RowError when the metric has no place in the database, Fatal when its table is none that this
    /// configuration can write to, and what the engine throws.
    [[nodiscard]] const Plan& plan_for(const MetricView& metric);

    /// Forgets the catalog and all that is prepared: after a rollback, a lost connection, a foreign change.
    void forget() noexcept;

    [[nodiscard]] const Changes& changes() const noexcept { return changes_; }
    void reset_changes() noexcept { changes_ = {}; }

private:
    const Plan& make_plan(const MetricView& metric, std::size_t hash);
    Table& table_of(std::string_view measurement);
    Table find_table(std::string_view measurement);
    void add_missing(Table& table, std::span<const Column> missing);

    Engine& engine_;
    Settings settings_;
    Changes changes_;
    std::map<std::string, Table, std::less<>> tables_;  // by measurement
    std::unordered_multimap<std::size_t, std::unique_ptr<Plan>> plans_;
    const Plan* last_ = nullptr;
};

}  // namespace heliograph::sql
