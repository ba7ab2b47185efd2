// The numbers of field values and timestamps, read exactly and without std::from_chars where they are short.
#pragma once

#include "plugins/common/line_protocol/dialect.hpp"

#include <heliograph/abi.h>

#include <cstdint>

namespace heliograph::line_protocol {

struct ReadNumber {
    const char* end = nullptr;      ///< behind the number and its suffix
    const char* problem = nullptr;  ///< what is wrong, for people; nullptr when all is well
    std::int32_t type = HG_FLOAT;   ///< HG_FLOAT, HG_INTEGER or HG_UNSIGNED
    hg_value value{};
};

/// Reads the number at `at`: `1`, `-1.5`, `1e+06` (float), `1i` (integer), `1u` (unsigned integer). Dialect
/// v1 takes
/// `.5` and `1.` too. A float too large for a double is infinity in v3, as InfluxDB 3 has it, and a problem
/// in v1; one too small is zero in both. What follows the number is the caller's to judge.
[[nodiscard]] ReadNumber read_number(const char* at, const char* end, Dialect dialect) noexcept;

struct ReadInteger {
    const char* end = nullptr;
    const char* problem = nullptr;
    std::int64_t value = 0;
};

/// Reads an integer without a suffix, the form of a timestamp.
[[nodiscard]] ReadInteger read_integer(const char* at, const char* end) noexcept;

}  // namespace heliograph::line_protocol
