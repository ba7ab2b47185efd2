// What InfluxDB takes as the name of a database.
#pragma once

#include "outputs/influxdb_v3/options.hpp"

#include <string>
#include <string_view>

namespace heliograph::influxdb_v3 {

/// Why the name cannot be a database's, as the end of a sentence about the name; empty when it can. With api
/// v3 by the rules of InfluxDB 3 Core (POST /api/v3/write_lp: a letter or digit, then letters, digits, `_`,
/// `-` and at most one `/`, up to 511 bytes). The products behind v2 and v1 differ, so there only what none
/// of them takes is wrong. [any thread]
[[nodiscard]] std::string_view wrong_database_name(std::string_view name, Api api) noexcept;

}  // namespace heliograph::influxdb_v3
