#include "plugins/common/line_protocol/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace heliograph::line_protocol {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080u;

}  // namespace

std::size_t utf8_sequence_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const auto continues = [&](std::size_t index) { return (byte(index) & 0xC0u) == 0x80u; };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2) {
        return 0;
    }
    if (first < 0xE0) {
        return text.size() >= 2 && continues(1) ? 2 : 0;
    }
    if (first < 0xF0) {
        if (text.size() < 3 || !continues(1) || !continues(2)) {
            return 0;
        }
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (first > 0xF4 || text.size() < 4 || !continues(1) || !continues(2) || !continues(3)) {
        return 0;
    }
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return overlong || beyond ? 0 : 4;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        std::uint64_t word = 0;
        if (text.size() >= sizeof(word)) {
            std::memcpy(&word, text.data(), sizeof(word));
            if ((word & kHighBits) == 0) {
                text.remove_prefix(sizeof(word));
                continue;
            }
        }
        const std::size_t size = utf8_sequence_size(text);
        if (size == 0) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace heliograph::line_protocol
