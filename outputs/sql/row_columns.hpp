// Decides which columns of a table the tags and fields of a metric go to.
#pragma once

#include "outputs/sql/engine.hpp"

#include <heliograph/metric.hpp>

#include <vector>

namespace heliograph::sql {

/// The columns that a metric needs.
struct RowColumns {
    std::vector<Column> all;      // the time, each tag, each field, in the metric's order
    std::vector<Column> missing;  // those of them that the table does not have yet
};

/// Finds a column of the table for every tag and field, or a name for a new one. A name that another column
/// bears already, as the engine compares names, gets its distinct form; text for a column of another type
/// goes to a column of its own. Throws RowError when there is no way.
[[nodiscard]] RowColumns row_columns(const IdentifierRules& rules, const MetricView& metric,
                                     const Table& table);

}  // namespace heliograph::sql
