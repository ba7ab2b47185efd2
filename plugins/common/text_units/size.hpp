// Amounts of bytes as people write them: "64MiB", "1GB", "512".
#pragma once

#include "plugins/common/text_units/parsed.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heliograph {

/// Reads a number of bytes with an optional unit: B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB
/// (powers of 1024), in either case, with or without a space before it. What is finer than a byte is cut off.
/// Fails when the text is no such number, the unit is unknown, or the size does not fit 64 bits.
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text);

/// The shortest text that reads back as exactly this number of bytes: "64MiB", "1GB", "1234B".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace heliograph
