#include "plugins/common/line_protocol/number_reader.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

namespace heliograph::line_protocol {
namespace {

constexpr std::uint64_t kLargestInteger = std::numeric_limits<std::int64_t>::max();
constexpr const char* kNotANumber = "the value is not a number, a string in quotes, true or false";
constexpr const char* kIntegerRange = "the integer does not fit in 64 bits";

// Clinger's fast path: up to 2^53 the digits are exact, up to 10^22 the power is, so one operation rounds
// correctly.
constexpr std::uint64_t kLargestExactDigits = std::uint64_t{1} << 53;
constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::int64_t kExponentLimit = 1'000'000'000'000;  // beyond any text; keeps sums from overflowing

// Digits as far as they fit in 64 bits.
struct Digits {
    const char* end = nullptr;
    std::uint64_t value = 0;
    bool overflow = false;
};

constexpr std::ptrdiff_t kAlwaysFits = 19;  // digits

Digits read_digits_checked(const char* at, const char* end, std::uint64_t value, bool overflow) noexcept {
    for (; at != end; ++at) {
        const auto digit = static_cast<unsigned>(*at - '0');
        overflow = overflow || __builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
                   __builtin_add_overflow(value, digit, &value);
    }
    return {end, value, overflow};
}

// Goes on from `digits`, which hold `before` digits.
Digits read_digits(const char* at, const char* end, Digits digits = {}, std::ptrdiff_t before = 0) noexcept {
    const char* const start = at;
    std::uint64_t value = digits.value;
    for (; at != end; ++at) {
        const auto digit = static_cast<unsigned>(static_cast<unsigned char>(*at)) - '0';
        if (digit > 9) {
            break;
        }
        value = value * 10 + digit;
    }
    if (before + (at - start) > kAlwaysFits) {
        return read_digits_checked(start, at, digits.value, digits.overflow);
    }
    return {at, value, false};
}

// Eight digits at the front of a long number, such as a timestamp; false when there are none.
bool take_eight_digits(const char*& at, const char* end, std::uint64_t& value) noexcept {
    if (end - at < 8) {
        return false;
    }
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    if constexpr (std::endian::native == std::endian::big) {
        word = __builtin_bswap64(word);
    }
    word ^= 0x3030303030303030u;
    if (((word | (word + 0x0606060606060606u)) & 0xF0F0F0F0F0F0F0F0u) != 0) {
        return false;
    }
    // Ones and tens to pairs, pairs to fours, fours to eight.
    word = word * 10 + (word >> 8);
    word = (((word & 0x000000FF000000FFu) * 0x000F424000000064u) +
            (((word >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u)) >>
           32;
    value = value * 100'000'000 + word;
    at += 8;
    return true;
}

ReadNumber problem(const char* at, const char* what) noexcept {
    return {at, what, HG_FLOAT, {}};
}

ReadNumber finish_integer(const char* end, bool negative, Digits whole) noexcept {
    const std::uint64_t limit = kLargestInteger + (negative ? 1 : 0);
    if (whole.overflow || whole.value > limit) {
        return problem(end, kIntegerRange);
    }
    const std::uint64_t bits = negative ? std::uint64_t{0} - whole.value : whole.value;
    return {end, nullptr, HG_INTEGER, {.integer = static_cast<std::int64_t>(bits)}};
}

// For a number that is out of range: whether it is too large rather than too small. The value is between
// 0.1 * 10^m and 10^m, m being the exponent plus the digits from the first that is not zero.
bool is_too_large(const char* at, const char* end, std::int64_t exponent) noexcept {
    std::int64_t significant = 0;
    for (; at != end && *at != 'e' && *at != 'E'; ++at) {
        significant += (*at > '0' && *at <= '9') || (*at == '0' && significant != 0) ? 1 : 0;
    }
    return significant != 0 && exponent + significant > 0;
}

ReadNumber finish_float(const char* start, const char* end, Digits digits, std::int64_t exponent,
                        bool negative, Dialect dialect) noexcept {
    double value = 0;
    if (!digits.overflow && digits.value <= kLargestExactDigits && exponent >= -22 && exponent <= 22) {
        value = static_cast<double>(digits.value);
        value = exponent < 0 ? value / kPowers[static_cast<std::size_t>(-exponent)]
                             : value * kPowers[static_cast<std::size_t>(exponent)];
        value = negative ? -value : value;
    } else if (std::from_chars(start, end, value).ec == std::errc::result_out_of_range) {
        value = is_too_large(start, end, exponent) ? std::numeric_limits<double>::infinity() : 0.0;
        value = negative ? -value : value;
    }
    if (std::isinf(value) && dialect == Dialect::v1) {
        return problem(start, "the number is too large for a double");
    }
    return {end, nullptr, HG_FLOAT, {.floating = value}};
}

}  // namespace

ReadNumber read_number(const char* at, const char* end, Dialect dialect) noexcept {
    const char* const start = at;
    const bool negative = at != end && *at == '-';
    if (negative) {
        ++at;
    }
    const Digits whole = read_digits(at, end);
    const std::ptrdiff_t whole_size = whole.end - at;
    const bool has_whole = whole_size != 0;
    at = whole.end;
    if (has_whole && at != end) {
        if (*at == 'i') {
            return finish_integer(at + 1, negative, whole);
        }
        if (*at == 'u') {
            if (negative) {
                return problem(start, "an unsigned integer cannot be negative");
            }
            return whole.overflow
                       ? problem(start, kIntegerRange)
                       : ReadNumber{at + 1, nullptr, HG_UNSIGNED, {.unsigned_integer = whole.value}};
        }
    }
    Digits digits = whole;
    std::int64_t exponent = 0;
    bool has_fraction = false;
    if (at != end && *at == '.') {
        ++at;
        digits = read_digits(at, end, whole, whole_size);
        has_fraction = digits.end != at;
        exponent = -static_cast<std::int64_t>(digits.end - at);
        at = digits.end;
        if (dialect == Dialect::v3 && (!has_whole || !has_fraction)) {
            return problem(start, "a number needs a digit on each side of its point");
        }
    }
    if (!has_whole && !has_fraction) {
        return problem(start, kNotANumber);
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
        ++at;
        const bool small = at != end && *at == '-';
        if (at != end && (*at == '-' || *at == '+')) {
            ++at;
        }
        const Digits power = read_digits(at, end);
        if (power.end == at) {
            return problem(start, "the exponent of the number has no digits");
        }
        const bool huge = power.overflow || power.value > static_cast<std::uint64_t>(kExponentLimit);
        const std::int64_t shift = huge ? kExponentLimit : static_cast<std::int64_t>(power.value);
        exponent += small ? -shift : shift;
        at = power.end;
    }
    return finish_float(start, at, digits, exponent, negative, dialect);
}

ReadInteger read_integer(const char* at, const char* end) noexcept {
    const char* const start = at;
    const bool negative = at != end && *at == '-';
    if (negative) {
        ++at;
    }
    const char* const first = at;
    Digits head;
    if (take_eight_digits(at, end, head.value)) {
        take_eight_digits(at, end, head.value);
    }
    const Digits digits = read_digits(at, end, head, at - first);
    if (digits.end == first) {
        return {start, "a number is missing", 0};
    }
    const ReadNumber number = finish_integer(digits.end, negative, digits);
    return {number.end, number.problem, number.value.integer};
}

}  // namespace heliograph::line_protocol
