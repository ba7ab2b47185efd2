// UTF-8 checks: an InfluxDB 3 server refuses a whole request over one byte that is not UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace heliograph::line_protocol {

/// Bytes of the UTF-8 sequence at the front of `text`, 1 to 4; 0 when there is none (RFC 3629: shortest form
/// only, no surrogates, nothing beyond U+10FFFF). `text` must not be empty.
[[nodiscard]] std::size_t utf8_sequence_size(std::string_view text) noexcept;

/// Whether all of `text` is UTF-8. ASCII is checked eight bytes at a time.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace heliograph::line_protocol
