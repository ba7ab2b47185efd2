// The number at the front of a written quantity, kept exact until its unit is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heliograph::detail {

/// `whole` and a fraction of `numerator / denominator`, where the denominator is a power of ten.
struct Decimal {
    std::uint64_t whole = 0;
    std::uint64_t numerator = 0;
    std::uint64_t denominator = 1;

    /// This number times the unit, what is finer than one cut off; nothing when that does not fit.
    [[nodiscard]] std::optional<std::uint64_t> times(std::uint64_t unit) const {
        __extension__ using Wide = unsigned __int128;
        const Wide product = Wide{whole} * unit + Wide{numerator} * unit / denominator;
        if (product > UINT64_MAX) {
            return std::nullopt;
        }
        return static_cast<std::uint64_t>(product);
    }
};

enum class DecimalError : std::uint8_t { none, not_a_number, too_large };

/// Takes digits, and perhaps a point and more digits, off the front of the text. Fraction digits beyond the
/// eighteenth change nothing.
[[nodiscard]] inline DecimalError take_decimal(std::string_view& text, Decimal& decimal) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    constexpr std::uint64_t kFinest = 1'000'000'000'000'000'000;
    decimal = {};
    std::size_t at = 0;
    bool fits = true;
    for (; at < text.size() && is_digit(text[at]); ++at) {
        fits = fits && !__builtin_mul_overflow(decimal.whole, std::uint64_t{10}, &decimal.whole) &&
               !__builtin_add_overflow(decimal.whole, static_cast<std::uint64_t>(text[at] - '0'),
                                       &decimal.whole);
    }
    if (at == 0) {
        return DecimalError::not_a_number;
    }
    if (at < text.size() && text[at] == '.') {
        const std::size_t first = ++at;
        for (; at < text.size() && is_digit(text[at]); ++at) {
            if (decimal.denominator < kFinest) {
                decimal.denominator *= 10;
                decimal.numerator = decimal.numerator * 10 + static_cast<std::uint64_t>(text[at] - '0');
            }
        }
        if (at == first) {
            return DecimalError::not_a_number;
        }
    }
    text.remove_prefix(at);
    return fits ? DecimalError::none : DecimalError::too_large;
}

}  // namespace heliograph::detail
