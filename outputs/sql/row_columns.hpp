// Decides which columns of a table the tags and fields of a metric go to.
#pragma once

#include "outputs/sql/engine.hpp"

#include <heliograph/metric.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace heliograph::sql {

/// What decides besides the metric and its table.
struct ColumnRules {
    const IdentifierRules& names;
    Layout layout = Layout::columns;
    bool enforces_types = false;
    bool may_widen = true;
    /// Columns that were found to be unfit for widening, by their names in the catalog.
    const std::set<std::string, std::less<>>& fixed;
};

/// A column that takes the metric's value only with a wider type.
struct Widening {
    Column column;
    ColumnType to;
};

/// The columns that a metric needs.
struct RowColumns {
    std::vector<Column> all;      // the time, the tags, each field, in the metric's order
    std::vector<Column> missing;  // those of them that the table does not have yet
    std::vector<Widening> widened;
};

/// Finds a column of the table for every tag and field, or a name for a new one. A name that another column
/// bears already, as the engine compares names, gets its distinct form; a value that its column cannot take,
/// even when it is widened, goes to a column of its own. With the layout `jsonb` all tags share one column.
/// Throws RowError when there is no way.
[[nodiscard]] RowColumns row_columns(const ColumnRules& rules, const MetricView& metric, const Table& table);

}  // namespace heliograph::sql
