// Numbers as text, faster than std::to_chars for the short ones that devices report.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heliograph::line_protocol {

/// The most that any of these writes, in bytes.
inline constexpr std::size_t kLongestNumber = 32;

// Each writes at `out`, which has room for kLongestNumber bytes, and returns the end of the text.

[[nodiscard]] char* write_unsigned(char* out, std::uint64_t value) noexcept;
[[nodiscard]] char* write_integer(char* out, std::int64_t value) noexcept;

/// A finite double, in the fewest digits that read back as the same double. Values from 1e-6 up to, but not
/// including, 1e22 are written without an exponent (`0.000001`, `1000000000000000000000`), others with one
/// (`1e+22`, `1.5e-07`). There is a digit on each side of a point, so every InfluxDB reads it; `-0` keeps its
/// sign.
[[nodiscard]] char* write_float(char* out, double value) noexcept;

}  // namespace heliograph::line_protocol
