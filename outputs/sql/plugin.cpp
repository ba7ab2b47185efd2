// Exports the SQL output.
#include "outputs/sql/sql.hpp"

#include <heliograph/plugin.hpp>

HELIOGRAPH_PLUGIN(heliograph::sql::Sql, heliograph::sql::Sql::kType, heliograph::sql::Sql::kSummary)
