#include "plugins/common/line_protocol/resync.hpp"

#include <cstddef>
#include <cstring>

namespace heliograph::line_protocol {

const char* end_of_broken_entry(const char* at, const char* end) noexcept {
    bool in_fields = false;
    bool quoted = false;
    std::size_t equals = 0;
    std::size_t commas = 0;
    for (; at != end; ++at) {
        switch (*at) {
            case '\n':
                if (!quoted) {
                    return at;
                }
                break;
            case '\\':
                if (at + 1 != end && (at[1] != '\n' || quoted)) {
                    ++at;
                }
                break;
            case ' ':
                in_fields = true;
                break;
            case '=':
                equals += in_fields && !quoted ? 1 : 0;
                break;
            case ',':
                commas += in_fields && !quoted ? 1 : 0;
                break;
            case '"':
                quoted = in_fields && equals > commas ? !quoted : quoted;
                break;
            default:
                break;
        }
    }
    return quoted ? nullptr : end;
}

const char* find_newline(const char* at, const char* end) noexcept {
    const auto* const found =
        static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    return found == nullptr ? end : found;
}

std::string snippet(const char* at, const char* end) {
    constexpr std::ptrdiff_t kLongest = 32;
    std::string text;
    const char* const stop = end - at > kLongest ? at + kLongest : end;
    for (; at != stop && *at != '\n'; ++at) {
        const bool printable =
            static_cast<unsigned char>(*at) >= 0x20 && static_cast<unsigned char>(*at) < 0x7F;
        text += printable ? *at : '?';
    }
    return text;
}

}  // namespace heliograph::line_protocol
