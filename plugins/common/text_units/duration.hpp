// Durations as people write them in a config or on a command line: "60s", "1h30m", "250ms".
#pragma once

#include "plugins/common/text_units/parsed.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace heliograph {

enum class Negative : std::uint8_t { reject, allow };

/// Reads one or more numbers, each with its unit (ns, us or µs, ms, s, m, h, d of 24 hours, w of 7 days), and
/// adds them up: "90s", "1h30m", "1.5h", "2w". What is finer than a nanosecond is cut off. "0" needs no unit.
/// Fails when there is no unit, the unit is unknown, the sum does not fit (about 292 years), or the duration
/// is negative and that was not allowed.
[[nodiscard]] Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text,
                                                              Negative negative = Negative::reject);

/// The shortest plain text that reads back as the same duration: "1h30m", "1.5s", "2w", "0s".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace heliograph
