#include "plugins/common/line_protocol/number_writer.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace heliograph::line_protocol {
namespace {

constexpr std::uint64_t kAsciiZeros = 0x3030303030303030u;

// The first of eight characters is the lowest byte.
void store(char* out, std::uint64_t characters) noexcept {
    if constexpr (std::endian::native == std::endian::big) {
        characters = __builtin_bswap64(characters);
    }
    std::memcpy(out, &characters, sizeof(characters));
}

// Eight digits of a value below 10^8, a byte each, the most significant in the lowest byte. Splits all at
// once: into two of four digits, four of two, eight of one. The factors are 2^20 / 100 and 2^10 / 10, rounded
// up.
constexpr std::uint64_t eight_digits(std::uint32_t value) noexcept {
    const std::uint64_t fours = value / 10'000 | static_cast<std::uint64_t>(value % 10'000) << 32;
    const std::uint64_t hundreds = (fours * 10'486 >> 20) & 0x0000007F0000007Fu;
    const std::uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
    const std::uint64_t tens = (pairs * 103 >> 10) & 0x000F000F000F000Fu;
    return tens | (pairs - 10 * tens) << 8;
}

void write_eight(char* out, std::uint32_t value) noexcept {
    store(out, eight_digits(value) | kAsciiZeros);
}

// Up to eight digits, without leading zeros. Takes no branch, since lengths are hard to predict.
char* write_short(char* out, std::uint32_t value) noexcept {
    constexpr std::uint64_t kLastDigit = std::uint64_t{1} << 56;  // of zero, one digit is written
    const std::uint64_t digits = eight_digits(value);
    const int leading_zeros = std::countr_zero(digits | kLastDigit) / 8;
    store(out, (digits | kAsciiZeros) >> (8 * leading_zeros));
    return out + 8 - leading_zeros;
}

// Devices report decimals with few places. Six places cover them, and a value of at most 15 digits is the
// only decimal of that length near its double: when digits / 10^6, a correctly rounded division of exact
// numbers, gives the value back, those digits are the shortest.
constexpr double kPlaces = 1e6;
constexpr double kLargestExact = 1e15;

// Writes value as up to nine digits, a point and up to six places; nullptr when it takes more. value >= 0.
char* write_few_places(char* out, double value) noexcept {
    const double scaled = value * kPlaces;
    if (!(scaled < kLargestExact)) {
        return nullptr;
    }
    const auto digits = static_cast<std::uint64_t>(scaled + 0.5);
    if (static_cast<double>(digits) / kPlaces != value) {
        return nullptr;
    }
    const auto places = static_cast<std::uint32_t>(digits % 1'000'000);
    out = write_unsigned(out, digits / 1'000'000);
    *out++ = '.';
    const std::uint64_t last = eight_digits(places * 100);  // not zero: that would be a whole number
    store(out, last | kAsciiZeros);
    return out + 8 - std::countl_zero(last) / 8;
}

constexpr int kFixedFrom = -6;  // powers of ten of the first digit that are written without an exponent
constexpr int kFixedTo = 21;

char* write_any(char* out, double value) noexcept {
    // d[.ddd]e±dd: the digits are the shortest, their layout is ours.
    std::array<char, kLongestNumber> scratch{};
    const char* const end =
        std::to_chars(scratch.data(), scratch.data() + scratch.size(), value, std::chars_format::scientific)
            .ptr;
    const auto size = static_cast<std::size_t>(end - scratch.data());
    const auto* const mark = static_cast<const char*>(std::memchr(scratch.data(), 'e', size));
    int exponent = 0;
    std::from_chars(mark[1] == '+' ? mark + 2 : mark + 1, end, exponent);
    if (exponent < kFixedFrom || exponent > kFixedTo) {
        std::memcpy(out, scratch.data(), size);
        return out + size;
    }
    std::array<char, kLongestNumber> digits{};
    std::size_t count = 0;
    for (const char* at = scratch.data(); at != mark; ++at) {
        if (*at != '.') {
            digits[count++] = *at;
        }
    }
    if (exponent < 0) {
        const auto zeros = static_cast<std::size_t>(-exponent - 1);
        std::memcpy(out, "0.", 2);
        std::memset(out + 2, '0', zeros);
        std::memcpy(out + 2 + zeros, digits.data(), count);
        return out + 2 + zeros + count;
    }
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (count <= whole) {
        std::memcpy(out, digits.data(), count);
        std::memset(out + count, '0', whole - count);
        return out + whole;
    }
    std::memcpy(out, digits.data(), whole);
    out[whole] = '.';
    std::memcpy(out + whole + 1, digits.data() + whole, count - whole);
    return out + count + 1;
}

}  // namespace

char* write_unsigned(char* out, std::uint64_t value) noexcept {
    constexpr std::uint64_t kEight = 100'000'000;
    if (value < kEight) {
        return write_short(out, static_cast<std::uint32_t>(value));
    }
    if (value < kEight * kEight) {
        char* const end = write_short(out, static_cast<std::uint32_t>(value / kEight));
        write_eight(end, static_cast<std::uint32_t>(value % kEight));
        return end + 8;
    }
    const std::uint64_t low = value % (kEight * kEight);
    char* const end = write_short(out, static_cast<std::uint32_t>(value / (kEight * kEight)));
    write_eight(end, static_cast<std::uint32_t>(low / kEight));
    write_eight(end + 8, static_cast<std::uint32_t>(low % kEight));
    return end + 16;
}

char* write_integer(char* out, std::int64_t value) noexcept {
    if (value >= 0) {
        return write_unsigned(out, static_cast<std::uint64_t>(value));
    }
    *out = '-';
    return write_unsigned(out + 1, std::uint64_t{0} - static_cast<std::uint64_t>(value));
}

char* write_float(char* out, double value) noexcept {
    if (std::signbit(value)) {
        *out++ = '-';
        value = -value;
    }
    if (value < kLargestExact) {
        if (const auto whole = static_cast<std::uint64_t>(value); static_cast<double>(whole) == value) {
            return write_unsigned(out, whole);
        }
        if (char* const end = write_few_places(out, value)) {
            return end;
        }
    }
    return write_any(out, value);
}

}  // namespace heliograph::line_protocol
