// Names and strings as line protocol wants them: checked and copied eight bytes at a time, escaped only where
// needed.
#pragma once

#include "plugins/common/line_protocol/dialect.hpp"
#include "plugins/common/line_protocol/plain_copy.hpp"

#include <cstddef>
#include <string_view>

namespace heliograph::line_protocol {

/// Bytes to have ready behind `out` for a text of `size` bytes: each byte may become three, and copies run
/// over by less than one word.
[[nodiscard]] constexpr std::size_t escaped_bound(std::size_t size) noexcept {
    return 3 * size + 16;
}

enum class NameKind {
    measurement,  ///< `=` stands for itself
    key_or_value  ///< tag key, tag value, field key
};

struct EscapeSettings {
    Dialect dialect = Dialect::v3;
    bool replace_invalid_utf8 = true;  ///< each byte that is no part of a UTF-8 sequence becomes U+FFFD
};

struct Escaped {
    char* end = nullptr;   ///< of the text written; equal to `out` when nothing is left of the name
    bool altered = false;  ///< a reader gets another text back than was given
};

namespace detail {

[[nodiscard]] Escaped write_special_name(char* out, std::string_view name, NameKind kind,
                                         EscapeSettings settings) noexcept;
[[nodiscard]] char* write_special_string(char* out, std::string_view text, EscapeSettings settings) noexcept;

}  // namespace detail

/// Writes a name. Delimiters get a backslash and, in dialect v3, backslashes are doubled. What no server can
/// represent is altered: backslashes at the end are cut off; newline, carriage return, tab and form feed
/// become `\n`, `\r`, `\t` and `\f`, two characters; other control characters become `_`. `out` has room for
/// escaped_bound(name.size()) bytes.
[[nodiscard]] inline Escaped write_name(char* out, std::string_view name, NameKind kind,
                                        EscapeSettings settings) noexcept {
    if (copy_if_plain<NameTest>(out, name)) [[likely]] {
        return {out + name.size(), false};
    }
    return detail::write_special_name(out, name, kind, settings);
}

/// Writes the inside of a quoted string: `"` and `\` get a backslash, everything else, newlines too, stays as
/// it is. `out` has room for escaped_bound(text.size()) bytes. Returns the end.
[[nodiscard]] inline char* write_string(char* out, std::string_view text, EscapeSettings settings) noexcept {
    if (copy_if_plain<StringTest>(out, text)) [[likely]] {
        return out + text.size();
    }
    return detail::write_special_string(out, text, settings);
}

}  // namespace heliograph::line_protocol
