// Holds a serial number of a DTU or an inverter, so that identity is compared as a number and shown as 12 hex
// digits.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace heliograph::hoymiles {

/// Six bytes, each of them two hex digits of what is printed on the device ("11D361600831").
class SerialNumber {
public:
    static constexpr std::size_t kBytes = 6;
    static constexpr std::size_t kDigits = 12;

    constexpr SerialNumber() = default;
    constexpr explicit SerialNumber(std::uint64_t value) : value_(value & 0xFFFF'FFFF'FFFFULL) {}

    /// Reads the six bytes as they stand in a register block, most significant first.
    static constexpr SerialNumber from_bytes(std::span<const std::uint8_t, kBytes> bytes) {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : bytes) {
            value = (value << 8U) | byte;
        }
        return SerialNumber{value};
    }

    /// Reads 12 hex digits of either case; nothing else is a serial number.
    [[nodiscard]] static std::optional<SerialNumber> parse(std::string_view text);

    constexpr std::uint64_t value() const { return value_; }
    /// All zero: what a DTU sends for "nothing here".
    constexpr bool is_zero() const { return value_ == 0; }
    /// The MI generation (serials that start with "10") measures the PV current in steps of 0.1 A, all others
    /// in steps of 0.01 A. Source: the hoymiles_modbus client since its release 0.9.0.
    constexpr bool is_mi() const { return (value_ >> 40U) == 0x10; }

    /// 12 upper-case hex digits.
    std::string text() const;

    friend constexpr auto operator<=>(const SerialNumber&, const SerialNumber&) = default;

private:
    std::uint64_t value_ = 0;
};

}  // namespace heliograph::hoymiles
