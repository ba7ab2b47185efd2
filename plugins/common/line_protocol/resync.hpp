// Finds the way on after an entry that cannot be read, and says what stands at a place.
#pragma once

#include <string>

namespace heliograph::line_protocol {

/// The newline, or the end of the text, that ends a broken entry: the first that is not in a string, as
/// InfluxDB finds it. A quote opens a string when it follows the `=` of a field. nullptr when a string is
/// never closed.
[[nodiscard]] const char* end_of_broken_entry(const char* at, const char* end) noexcept;

/// The next newline, or the end of the text.
[[nodiscard]] const char* find_newline(const char* at, const char* end) noexcept;

/// What stands at `at`, cut off at 32 bytes or the end of the line, with `?` for what cannot be printed.
[[nodiscard]] std::string snippet(const char* at, const char* end);

}  // namespace heliograph::line_protocol
