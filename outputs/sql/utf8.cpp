#include "outputs/sql/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace heliograph::sql {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::uint8_t>(text[at]);
}

/// Bytes of the character that begins at `at`; 0 when none does. Source: RFC 3629, section 4.
std::size_t character_size(std::string_view text, std::size_t at) noexcept {
    const std::uint8_t lead = byte_at(text, at);
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t size = lead < 0xC2 ? 0 : (lead < 0xE0 ? 2 : (lead < 0xF0 ? 3 : (lead < 0xF5 ? 4 : 0)));
    if (size == 0 || text.size() - at < size) {
        return 0;
    }
    // The second byte also rules out overlong forms, surrogates and what lies above U+10FFFF.
    const std::uint8_t least = lead == 0xE0 ? 0xA0 : (lead == 0xF0 ? 0x90 : 0x80);
    const std::uint8_t most = lead == 0xED ? 0x9F : (lead == 0xF4 ? 0x8F : 0xBF);
    if (byte_at(text, at + 1) < least || byte_at(text, at + 1) > most) {
        return 0;
    }
    for (std::size_t i = 2; i < size; ++i) {
        if ((byte_at(text, at + i) & 0xC0) != 0x80) {
            return 0;
        }
    }
    return size;
}

/// How many bytes from `at` on are ASCII without NUL, in whole words of eight.
std::size_t plain_run(std::string_view text, std::size_t at) noexcept {
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const std::size_t start = at;
    while (text.size() - at >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof(word));
        // Subtracting one sets the high bit of a zero byte.
        if (((word | (word - kOnes)) & kHighBits) != 0) {
            break;
        }
        at += sizeof(word);
    }
    return at - start;
}

}  // namespace

bool is_storable_text(std::string_view text) noexcept {
    for (std::size_t at = plain_run(text, 0); at < text.size();) {
        const std::size_t size = character_size(text, at);
        if (size == 0 || text[at] == '\0') {
            return false;
        }
        at += size;
    }
    return true;
}

std::string repaired_text(std::string_view text) {
    std::string repaired;
    repaired.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = character_size(text, at);
        if (size == 0) {
            repaired += kReplacement;
            ++at;
            continue;
        }
        if (text[at] != '\0') {
            repaired += text.substr(at, size);
        }
        at += size;
    }
    return repaired;
}

std::string_view cut_text(std::string_view text, std::size_t bytes) noexcept {
    if (text.size() <= bytes) {
        return text;
    }
    while (bytes > 0 && (byte_at(text, bytes) & 0xC0) == 0x80) {
        --bytes;
    }
    return text.substr(0, bytes);
}

}  // namespace heliograph::sql
