// What can be wrong with the options beyond their types, told before anything is opened.
#pragma once

#include "outputs/influxdb_v3/options.hpp"

#include <heliograph/host.hpp>

namespace heliograph::influxdb_v3 {

/// Reports every problem of the options. Files are not looked at: they may be there later. [setup]
void check_options(const Options& options, Problems& problems);

}  // namespace heliograph::influxdb_v3
