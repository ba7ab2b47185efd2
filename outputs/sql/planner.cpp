#include "outputs/sql/planner.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace heliograph::sql {
namespace {

// Names come from the network, so what is remembered of them must end somewhere.
constexpr std::size_t kMostPlans = 1024;
constexpr std::size_t kMostTables = 1024;

// Looks at a table before giving way to others who change it: each of ours needs one, too.
constexpr int kMostLooks = 6;

std::string_view type_name(ColumnType type) noexcept {
    constexpr auto kNames = std::to_array<std::string_view>(
        {"float", "integer", "unsigned integer", "boolean", "text", "timestamp", "json"});
    return kNames[static_cast<std::size_t>(type)];
}

/// `"time" (timestamp), "dtu" (text)`
std::string column_list(const std::vector<Column>& columns) {
    std::string list;
    for (const Column& column : columns) {
        list += list.empty() ? "" : ", ";
        list += column.name.quoted();
        list += " (";
        list += type_name(column.type);
        list += ")";
    }
    return list;
}

bool has_tag(const std::vector<Column>& columns) {
    return std::any_of(columns.begin(), columns.end(),
                       [](const Column& column) { return column.role == Column::Role::tag; });
}

}  // namespace

const Plan& Planner::plan_for(const MetricView& metric) {
    if (last_ == nullptr || !last_->shape.matches(metric)) {
        const std::size_t hash = Shape::hash(metric);
        const auto [first, end] = plans_.equal_range(hash);
        const auto found =
            std::find_if(first, end, [&](const auto& entry) { return entry.second->shape.matches(metric); });
        last_ = found == end ? &make_plan(metric, hash) : found->second.get();
    }
    if (!last_->refusal.empty()) {
        throw RowError(last_->refusal);
    }
    return *last_;
}

void Planner::forget() noexcept {
    forget_plans();
    tables_.clear();
    is_limited_ = false;
}

void Planner::forget_plans() noexcept {
    last_ = nullptr;
    plans_.clear();
}

const Plan& Planner::make_plan(const MetricView& metric, std::size_t hash) {
    if (plans_.size() >= kMostPlans || tables_.size() >= kMostTables) {
        forget();
    }
    auto plan = std::make_unique<Plan>(plan_of(metric));
    return *plans_.emplace(hash, std::move(plan))->second;
}

Plan Planner::plan_of(const MetricView& metric) {
    try {
        for (int look = 0; look < kMostLooks; ++look) {
            KnownTable& known = table_of(metric.name());
            const RowColumns columns = columns_of(metric, known);
            if (!change(known, columns)) {
                return prepared(metric, known, columns);
            }
        }
    } catch (const RowError& error) {
        // Remembered, so that not every such metric asks the database anew.
        is_limited_ = true;
        return Plan{Shape(metric), nullptr, {}, 0, error.what()};
    }
    tables_.erase(std::string(metric.name()));
    throw Retry("the table of metric \"" + std::string(metric.name()) +
                "\" is not as it was made: somebody else changes it at the same time");
}

Plan Planner::prepared(const MetricView& metric, const KnownTable& known, const RowColumns& columns) {
    const auto is_missing = [&](const Column& column) {
        return std::any_of(columns.missing.begin(), columns.missing.end(),
                           [&](const Column& missing) { return missing.name.name() == column.name.name(); });
    };
    Plan plan{Shape(metric), nullptr, {}, 0, {}};
    std::vector<Column> there;
    for (const Column& column : columns.all) {
        const bool is_left_out = is_missing(column);
        if (!is_left_out) {
            there.push_back(column);
        } else if (memory_.said.first(known.table.name.name() + '\0' + column.name.name())) {
            host_.warning("table " + known.table.name.quoted() + " has no column " + column.name.quoted() +
                          " (" + std::string(type_name(column.type)) +
                          "), so this field is left out: add the column, or let this output do it" +
                          (known.missing_right.empty() ? "" : "; " + known.missing_right));
        }
        if (column.role == Column::Role::field) {
            plan.fields.push_back({column.type, is_left_out});
            plan.left_out += is_left_out ? 1 : 0;
        }
    }
    if (plan.left_out != 0) {
        is_limited_ = true;
        if (static_cast<std::size_t>(plan.left_out) == plan.fields.size()) {
            const std::string nothing = "table " + known.table.name.quoted() +
                                        " has a column for none of the fields; add the columns " +
                                        column_list(columns.missing);
            if (!known.missing_right.empty()) {
                throw Fatal(nothing + ", or allow this user to do it: " + known.missing_right);
            }
            throw RowError(nothing + ", or set schema_changes to \"alter\" or \"create\"");
        }
    }
    plan.insert = engine_.prepare_insert(known.table, there, settings_.form.on_conflict);
    return plan;
}

bool Planner::widen_for_unsigned(const MetricView& metric, std::size_t field) {
    KnownTable& known = table_of(metric.name());
    const RowColumns columns = columns_of(metric, known);
    const Column& column = columns.all[columns.all.size() - metric.fields().size() + field];
    if (!engine_.enforces_types() || settings_.schema_changes == SchemaChanges::none ||
        column.type != ColumnType::integer || known.fixed_columns.contains(column.name.name())) {
        return false;
    }
    const std::string name = column.name.name();
    widen(known, column, ColumnType::unsigned_integer);
    return !known.fixed_columns.contains(name);
}

RowColumns Planner::columns_of(const MetricView& metric, const KnownTable& known) const {
    return row_columns({engine_.identifier_rules(), settings_.form.layout, engine_.enforces_types(),
                        settings_.schema_changes != SchemaChanges::none, known.fixed_columns},
                       metric, known.table);
}

Planner::KnownTable& Planner::table_of(std::string_view measurement) {
    auto found = tables_.find(measurement);
    if (found == tables_.end()) {
        found = tables_.emplace(std::string(measurement), KnownTable{find_table(measurement)}).first;
        if (!found->second.table.is_new) {
            memory_.scripts.run(engine_, found->second.table.name, TableScripts::Occasion::found);
        }
    }
    return found->second;
}

Table Planner::find_table(std::string_view measurement) {
    const IdentifierRules& rules = engine_.identifier_rules();
    const std::string raw = settings_.table_prefix + std::string(measurement);
    for (const NameForm form : {NameForm::plain, NameForm::distinct}) {
        const Identifier name = identifier(rules, NameOf::table, raw, form);
        const std::optional<NamedObject> bearer = engine_.find(name);
        if (!bearer) {
            return new_table(name);
        }
        if (!bearer->is_table || bearer->name != name.name()) {
            continue;
        }
        Table table = engine_.read_table(name);
        require_writable(table, settings_.form);
        return table;
    }
    throw RowError("there is no free table name for \"" + raw + "\"");
}

Table Planner::new_table(const Identifier& name) const {
    const IdentifierRules& rules = engine_.identifier_rules();
    Table table{name, {}, true, settings_.form.key()};
    table.columns.push_back(
        {Identifier::existing(rules, kTimeColumn), settings_.form.time_type(), Column::Role::time});
    if (settings_.form.layout == Layout::jsonb) {
        table.columns.push_back(
            {Identifier::existing(rules, kTagsColumn), ColumnType::json, Column::Role::tag});
    }
    return table;
}

/// Makes one change that the table needs, so that it has to be looked at again. False when it needs none, or
/// none that may be made.
bool Planner::change(KnownTable& known, const RowColumns& columns) {
    if (known.table.is_new) {
        create(known, columns.missing);
        return true;
    }
    if (!columns.widened.empty()) {
        for (const Widening& widening : columns.widened) {
            widen(known, widening.column, widening.to);
        }
        return true;
    }
    if (columns.missing.empty()) {
        return false;
    }
    if (settings_.schema_changes == SchemaChanges::none || !known.missing_right.empty()) {
        require_tags(known, columns.missing);
        return false;
    }
    add(known, columns.missing);
    return true;
}

void Planner::create(KnownTable& known, const std::vector<Column>& missing) {
    std::vector<Column> columns = known.table.columns;
    columns.insert(columns.end(), missing.begin(), missing.end());
    const std::string name = known.table.name.quoted();
    if (settings_.schema_changes != SchemaChanges::create) {
        throw RowError("there is no table " + name +
                       ", and schema_changes does not allow to make it; make it with the columns " +
                       column_list(columns) + ", or set schema_changes to \"create\"");
    }
    require_room(known.table, missing.size());
    try {
        engine_.create_table(known.table.name, columns, settings_.form.key());
    } catch (const MissingRight& error) {
        throw Fatal(std::string(error.what()) +
                    "; grant this user the right to create tables, or make table " + name +
                    " with the columns " + column_list(columns));
    }
    ++changes_.created_tables;
    look_again(known);
    memory_.scripts.run(engine_, known.table.name, TableScripts::Occasion::made);
}

void Planner::add(KnownTable& known, const std::vector<Column>& missing) {
    require_room(known.table, missing.size());
    try {
        engine_.add_columns(known.table, missing);
    } catch (const MissingRight& error) {
        known.missing_right = error.what();
        return;
    }
    changes_.added_columns += static_cast<std::int64_t>(missing.size());
    if (has_tag(missing)) {
        forget_plans();  // inserts that were prepared name the old key
    }
    look_again(known);
    memory_.scripts.run(engine_, known.table.name, TableScripts::Occasion::grown);
}

void Planner::widen(KnownTable& known, const Column& column, ColumnType to) {
    const std::string name = column.name.name();
    const auto cannot = [&](const std::exception& error) {
        known.fixed_columns.insert(name);
        is_limited_ = true;
        if (memory_.said.first(known.table.name.name() + '\0' + name)) {
            host_.warning(
                "column " + column.name.quoted() + " of table " + known.table.name.quoted() +
                " cannot be widened, so values that it does not hold go elsewhere or are rejected: " +
                error.what());
        }
    };
    try {
        engine_.widen_column(known.table, column, to);
    } catch (const RowError& error) {
        return cannot(error);
    } catch (const MissingRight& error) {
        return cannot(error);
    }
    ++changes_.widened_columns;
    forget_plans();  // they have the old type
    look_again(known);
}

/// Others may have changed the table at the same time, or dropped it.
void Planner::look_again(KnownTable& known) {
    const Identifier name = known.table.name;
    const std::optional<NamedObject> bearer = engine_.find(name);
    if (!bearer) {
        known.table = new_table(name);
        return;
    }
    if (!bearer->is_table) {
        throw SchemaChanged("table " + name.quoted() + " was replaced by something else");
    }
    known.table = engine_.read_table(name);
    require_writable(known.table, settings_.form);
}

void Planner::require_room(const Table& table, std::size_t more) const {
    const std::size_t limit = std::min(settings_.max_columns, engine_.max_columns());
    if (table.columns.size() + more > limit) {
        throw RowError("table " + table.name.quoted() + " would grow to " +
                       std::to_string(table.columns.size() + more) + " columns, more than the " +
                       std::to_string(limit) + " of max_columns");
    }
}

/// Fields may be left out, tags may not: without one of them, rows of different series would be the same.
void Planner::require_tags(const KnownTable& known, const std::vector<Column>& missing) const {
    if (!has_tag(missing)) {
        return;
    }
    std::vector<Column> tags;
    std::copy_if(missing.begin(), missing.end(), std::back_inserter(tags),
                 [](const Column& column) { return column.role == Column::Role::tag; });
    const std::string problem = "table " + known.table.name.quoted() + " has no column for a tag; add " +
                                column_list(tags) + " NOT NULL with the default '' to it and to its key";
    if (!known.missing_right.empty()) {
        throw Fatal(problem + ", or allow this user to do it: " + known.missing_right);
    }
    throw RowError(problem + ", or set schema_changes to \"alter\" or \"create\"");
}

}  // namespace heliograph::sql
