#include "inputs/hoymiles_dtu/serial_number.hpp"

#include <charconv>

namespace heliograph::hoymiles {

std::optional<SerialNumber> SerialNumber::parse(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    if (text.size() != kDigits) {
        return std::nullopt;
    }
    const auto [position, error] = std::from_chars(text.data(), end, value, 16);
    if (error != std::errc{} || position != end) {
        return std::nullopt;
    }
    return SerialNumber{value};
}

std::string SerialNumber::text() const {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result(kDigits, '0');
    std::uint64_t rest = value_;
    for (std::size_t i = kDigits; i-- > 0; rest >>= 4U) {
        result[i] = digits[rest & 0xFU];
    }
    return result;
}

}  // namespace heliograph::hoymiles
