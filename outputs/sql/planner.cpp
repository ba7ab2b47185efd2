#include "outputs/sql/planner.hpp"

#include "outputs/sql/row_columns.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>

namespace heliograph::sql {
namespace {

// Names come from the network, so what is remembered of them must end somewhere.
constexpr std::size_t kMostPlans = 1024;
constexpr std::size_t kMostTables = 1024;

constexpr std::string_view kOtherTables = "set a table_prefix, so that tables of another name are made";

/// The columns of a table's key as a list for people; empty when it has none.
std::string key_list(const Table& table) {
    std::string list;
    for (const Column& column : table.columns) {
        if (column.role != Column::Role::field) {
            list += (list.empty() ? "" : ", ") + column.name.quoted();
        }
    }
    return list;
}

/// Throws Fatal when a table that was found cannot take metrics: the configuration has to change, and until
/// then no metric may be lost, so this is no fault of a row.
void require_writable(const Table& table, TimeFormat format, ColumnType time_type) {
    const std::string table_name = "table " + table.name.quoted();
    const auto time = std::find_if(table.columns.begin(), table.columns.end(),
                                   [](const Column& column) { return column.role == Column::Role::time; });
    if (time == table.columns.end()) {
        const std::string key = key_list(table);
        throw Fatal(
            table_name + " was not made by this output: its primary key should begin with a column \"" +
            std::string(kTimeColumn) + "\" but " + (key.empty() ? "it has none" : "consists of " + key) +
            "; rename the table, or " + std::string(kOtherTables));
    }
    if (time->type == time_type) {
        return;
    }
    const std::string needed = format == TimeFormat::text ? "text" : "integers";
    switch (time->type) {
        case ColumnType::text:
            throw Fatal(table_name +
                        " was made with time_format = \"text\": its column \"time\" holds text, not " +
                        needed + "; set time_format = \"text\" again, or " + std::string(kOtherTables));
        case ColumnType::integer:
            throw Fatal(table_name +
                        " was made with another time_format: its column \"time\" holds integers, not " +
                        needed + "; set time_format to \"ns\" or \"ms\", whichever it was, or " +
                        std::string(kOtherTables));
        default:
            throw Fatal(
                table_name +
                " was not made by this output: its column \"time\" is declared neither as integers nor "
                "as text; rename the table, or " +
                std::string(kOtherTables));
    }
}

}  // namespace

const Plan& Planner::plan_for(const MetricView& metric) {
    if (last_ != nullptr && last_->shape.matches(metric)) {
        return *last_;
    }
    const std::size_t hash = Shape::hash(metric);
    const auto [first, end] = plans_.equal_range(hash);
    const auto found =
        std::find_if(first, end, [&](const auto& entry) { return entry.second->shape.matches(metric); });
    last_ = found == end ? &make_plan(metric, hash) : found->second.get();
    return *last_;
}

void Planner::forget() noexcept {
    last_ = nullptr;
    plans_.clear();
    tables_.clear();
}

const Plan& Planner::make_plan(const MetricView& metric, std::size_t hash) {
    if (plans_.size() >= kMostPlans || tables_.size() >= kMostTables) {
        forget();
    }
    Table& table = table_of(metric.name());
    const RowColumns columns = row_columns(engine_.identifier_rules(), metric, table);
    if (!columns.missing.empty() || table.is_new) {
        add_missing(table, columns.missing);
    }
    auto plan = std::make_unique<Plan>(
        Plan{Shape(metric), engine_.prepare_insert(table, columns.all, settings_.on_conflict), {}});
    for (const Column& column : columns.all) {
        if (column.role == Column::Role::field) {
            plan->field_columns.push_back(column.type);
        }
    }
    return *plans_.emplace(hash, std::move(plan))->second;
}

Table& Planner::table_of(std::string_view measurement) {
    auto found = tables_.find(measurement);
    if (found == tables_.end()) {
        found = tables_.emplace(std::string(measurement), find_table(measurement)).first;
    }
    return found->second;
}

Table Planner::find_table(std::string_view measurement) {
    const IdentifierRules& rules = engine_.identifier_rules();
    const std::string raw = settings_.table_prefix + std::string(measurement);
    const ColumnType time_type =
        settings_.time_format == TimeFormat::text ? ColumnType::text : ColumnType::integer;
    for (const NameForm form : {NameForm::plain, NameForm::distinct}) {
        const Identifier name = identifier(rules, NameOf::table, raw, form);
        const std::optional<NamedObject> bearer = engine_.find(name);
        if (!bearer) {
            return {name, {{Identifier::existing(rules, kTimeColumn), time_type, Column::Role::time}}, true};
        }
        if (!bearer->is_table || bearer->name != name.name()) {
            continue;
        }
        Table table = engine_.read_table(name);
        require_writable(table, settings_.time_format, time_type);
        return table;
    }
    throw RowError("there is no free table name for \"" + raw + "\"");
}

void Planner::add_missing(Table& table, std::span<const Column> missing) {
    const std::size_t limit = std::min(settings_.max_columns, engine_.max_columns());
    if (table.columns.size() + missing.size() > limit) {
        throw RowError("table " + table.name.quoted() + " would grow to " +
                       std::to_string(table.columns.size() + missing.size()) + " columns, more than the " +
                       std::to_string(limit) + " of max_columns");
    }
    if (table.is_new) {
        std::vector<Column> columns = table.columns;
        columns.insert(columns.end(), missing.begin(), missing.end());
        engine_.create_table(table.name, columns, Key::unique);
        ++changes_.created_tables;
    } else {
        engine_.add_columns(table, missing);
        changes_.added_columns += static_cast<std::int64_t>(missing.size());
    }
    const bool key_changes = std::any_of(missing.begin(), missing.end(), [](const Column& column) {
        return column.role == Column::Role::tag;
    });
    if (key_changes) {
        // Inserts that were prepared name the old key.
        last_ = nullptr;
        plans_.clear();
    }
    table = engine_.read_table(table.name);
}

}  // namespace heliograph::sql
