// The two dialects of line protocol and the units of its timestamps: what reader and writer must agree on.
#pragma once

#include <cstdint>

namespace heliograph::line_protocol {

/// The dialects differ in the backslash of names (measurements, tag keys, tag values, field keys).
enum class Dialect {
    v1,  ///< InfluxDB 1.x and 2.x: a backslash is itself unless a delimiter follows.
    v3,  ///< Every InfluxDB 3 product, on all of its endpoints: `\\` is one backslash, so the writer doubles
         ///< each.
};

/// The unit of the timestamps in the text.
enum class Precision { nanosecond, microsecond, millisecond, second };

[[nodiscard]] constexpr std::int64_t nanoseconds_per(Precision precision) noexcept {
    switch (precision) {
        case Precision::nanosecond:
            return 1;
        case Precision::microsecond:
            return 1'000;
        case Precision::millisecond:
            return 1'000'000;
        case Precision::second:
            break;
    }
    return 1'000'000'000;
}

}  // namespace heliograph::line_protocol
