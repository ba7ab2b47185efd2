// Reads the header by which a server says when to come again.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace heliograph::http {

/// No server is obeyed for longer.
inline constexpr std::chrono::minutes kLongestRetryAfter{10};

/// How long to wait by a Retry-After header (RFC 9110, 10.2.3): a number of seconds, or a date in any of the
/// three forms of section 5.6.7. A date before `now` is 0; anything beyond kLongestRetryAfter is that.
/// Nothing when it is neither. [any thread]
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_retry_after(
    std::string_view text, std::chrono::system_clock::time_point now);

/// A date of HTTP (RFC 9110, 5.6.7). [any thread]
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

}  // namespace heliograph::http
