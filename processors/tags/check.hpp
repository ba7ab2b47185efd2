// What can be wrong with the options of the processor `tags` beyond their types.
#pragma once

#include "processors/tags/options.hpp"

#include <heliograph/host.hpp>

namespace heliograph::tags {

/// Reports every entry that is empty, reserved, without effect or in contradiction to another. [setup]
void check_options(const Options& options, Problems& problems);

}  // namespace heliograph::tags
