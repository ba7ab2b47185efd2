// Times as people and programs read them.
#pragma once

#include "plugins/common/line_protocol/buffer.hpp"

#include <cstdint>

namespace heliograph::standard_output {

enum class TimeZone { utc, local };

/// Appends nanoseconds since the epoch as RFC 3339 with nine decimals: 2026-06-21T10:00:00.000000000Z.
void append_rfc3339(line_protocol::Buffer& out, std::int64_t nanoseconds);

/// Appends the time of day: 10:00:00. Fractions of a second are cut off, toward the past.
void append_time_of_day(line_protocol::Buffer& out, std::int64_t nanoseconds, TimeZone zone);

}  // namespace heliograph::standard_output
