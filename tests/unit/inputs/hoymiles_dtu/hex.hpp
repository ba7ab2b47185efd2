// Lets tests write frames as hex text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace heliograph::hoymiles::test {

/// Blanks are ignored; everything else has to be hex digits, two per byte.
inline std::vector<std::uint8_t> from_hex(std::string_view text) {
    const auto digit = [](char character) {
        return static_cast<unsigned>(character <= '9' ? character - '0' : (character | 0x20) - 'a' + 10);
    };
    std::vector<std::uint8_t> bytes;
    unsigned digits = 0;
    unsigned value = 0;
    for (const char character : text) {
        if (character == ' ') {
            continue;
        }
        value = value * 16 + digit(character);
        if (++digits % 2 == 0) {
            bytes.push_back(static_cast<std::uint8_t>(value));
            value = 0;
        }
    }
    return bytes;
}

}  // namespace heliograph::hoymiles::test
