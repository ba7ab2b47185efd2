#include "plugins/common/line_protocol/escaping.hpp"

#include "plugins/common/line_protocol/utf8.hpp"

#include <cstring>

namespace heliograph::line_protocol {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

char* write_bytes(char* out, std::string_view bytes) noexcept {
    std::memcpy(out, bytes.data(), bytes.size());
    return out + bytes.size();
}

// U+0080 to U+009F: control characters too, as Unicode has it.
bool is_c1_control(std::string_view sequence) noexcept {
    return sequence.size() == 2 && sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

char control_letter(char control) noexcept {
    switch (control) {
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        case '\f':
            return 'f';
        default:
            return '\0';
    }
}

}  // namespace

namespace detail {

Escaped write_special_name(char* out, std::string_view name, NameKind kind,
                           EscapeSettings settings) noexcept {
    bool altered = false;
    while (!name.empty() && name.back() == '\\') {
        name.remove_suffix(1);
        altered = true;
    }
    while (!name.empty()) {
        const char c = name.front();
        std::size_t used = 1;
        if (static_cast<unsigned char>(c) >= 0x80) {
            const std::size_t sequence = utf8_sequence_size(name);
            if (sequence == 0 && settings.replace_invalid_utf8) {
                out = write_bytes(out, kReplacement);
                altered = true;
            } else {
                used = sequence == 0 ? 1 : sequence;
                const bool control = is_c1_control(name.substr(0, used));
                out = write_bytes(out, control ? std::string_view("_") : name.substr(0, used));
                altered = altered || control;
            }
        } else if (c == ' ' || c == ',' || (c == '=' && kind == NameKind::key_or_value) ||
                   (c == '\\' && settings.dialect == Dialect::v3)) {
            *out++ = '\\';
            *out++ = c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            altered = true;
            if (const char letter = control_letter(c); letter != '\0') {
                *out++ = '\\';
                *out++ = letter;
            } else {
                *out++ = '_';
            }
        } else {
            *out++ = c;
        }
        name.remove_prefix(used);
    }
    return {out, altered};
}

char* write_special_string(char* out, std::string_view text, EscapeSettings settings) noexcept {
    while (!text.empty()) {
        const char c = text.front();
        std::size_t used = 1;
        if (static_cast<unsigned char>(c) >= 0x80) {
            const std::size_t sequence = utf8_sequence_size(text);
            used = sequence == 0 ? 1 : sequence;
            const bool replace = sequence == 0 && settings.replace_invalid_utf8;
            out = write_bytes(out, replace ? kReplacement : text.substr(0, used));
        } else {
            if (c == '"' || c == '\\') {
                *out++ = '\\';
            }
            *out++ = c;
        }
        text.remove_prefix(used);
    }
    return out;
}

}  // namespace detail
}  // namespace heliograph::line_protocol
