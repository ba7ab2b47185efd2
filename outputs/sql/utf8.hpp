// Makes text from anywhere fit for a database: valid UTF-8 without NUL.
#pragma once

#include <string>
#include <string_view>

namespace heliograph::sql {

/// Whether text can be stored as it is: valid UTF-8 (RFC 3629) and no NUL. Fast for ASCII. [any thread]
[[nodiscard]] bool is_storable_text(std::string_view text) noexcept;

/// The text with NUL removed and each byte that is not part of valid UTF-8 replaced by U+FFFD. [any thread]
[[nodiscard]] std::string repaired_text(std::string_view text);

/// The longest beginning of valid UTF-8 text that has at most `bytes` bytes and ends with a whole character.
[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t bytes) noexcept;

}  // namespace heliograph::sql
