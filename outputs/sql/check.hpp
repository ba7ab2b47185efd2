// Finds options that do not fit together.
#pragma once

#include "outputs/sql/options.hpp"

#include <heliograph/host.hpp>

namespace heliograph::sql {

/// Reports what would only be found when the database is used, or would not do what it seems to.
void check_options(const Options& options, Problems& problems);

}  // namespace heliograph::sql
