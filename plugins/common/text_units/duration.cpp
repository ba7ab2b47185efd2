#include "plugins/common/text_units/duration.hpp"

#include "plugins/common/text_units/decimal.hpp"

#include <array>
#include <cstddef>
#include <limits>

namespace heliograph {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t nanoseconds;
};

constexpr std::uint64_t kMicrosecond = 1'000;
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint64_t kWeek = 7 * kDay;

constexpr std::array<Unit, 10> kUnits{{{"ns", 1},
                                       {"us", kMicrosecond},
                                       {"\u00b5s", kMicrosecond},  // micro sign
                                       {"\u03bcs", kMicrosecond},  // Greek mu, which looks the same
                                       {"ms", kMillisecond},
                                       {"s", kSecond},
                                       {"m", kMinute},
                                       {"h", kHour},
                                       {"d", kDay},
                                       {"w", kWeek}}};

std::string quoted(std::string_view text) {
    constexpr std::size_t kLongest = 40;
    return '"' + std::string(text.substr(0, kLongest)) + (text.size() > kLongest ? "...\"" : "\"");
}

Parsed<std::chrono::nanoseconds> failure(std::string error) {
    return Parsed<std::chrono::nanoseconds>::failure(std::move(error));
}

/// "1.5" of a unit, without trailing zeros.
std::string with_fraction(std::uint64_t count, std::uint64_t unit, std::string_view name) {
    std::string text = std::to_string(count / unit);
    if (const std::uint64_t rest = count % unit; rest != 0) {
        std::string digits = std::to_string(rest + unit).substr(1);  // the unit is a power of ten
        digits.erase(digits.find_last_not_of('0') + 1);
        text += '.' + digits;
    }
    return text.append(name);
}

}  // namespace

Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text, Negative negative) {
    if (text.empty()) {
        return failure("an empty text is not a duration; write a number and a unit, such as \"60s\"");
    }
    std::string_view rest = text;
    const bool is_negative = rest.front() == '-';
    if (is_negative || rest.front() == '+') {
        rest.remove_prefix(1);
    }
    if (is_negative && negative == Negative::reject) {
        return failure(quoted(text) + " is negative, and this duration must not be");
    }
    if (rest == "0") {
        return std::chrono::nanoseconds{0};
    }

    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t total = 0;
    do {
        detail::Decimal number;
        const detail::DecimalError error = detail::take_decimal(rest, number);
        if (error == detail::DecimalError::not_a_number) {
            return failure(quoted(text) + " is not a duration; write a number and a unit, such as \"60s\"");
        }
        const std::string_view name = rest.substr(0, rest.find_first_of("0123456789.+- "));
        if (name.empty()) {
            return failure(rest.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos
                               ? quoted(text) + " has no unit; for seconds write \"" + std::string(text) +
                                     "s\""
                               : quoted(text) + " has a number without a unit right after it");
        }
        const Unit* unit = nullptr;
        for (const Unit& known : kUnits) {
            unit = known.name == name ? &known : unit;
        }
        if (unit == nullptr) {
            return failure(quoted(text) + " has the unknown unit " + quoted(name) +
                           "; the units are ns, us, ms, s, m, h, d and w");
        }
        rest.remove_prefix(name.size());
        const auto part =
            error == detail::DecimalError::none ? number.times(unit->nanoseconds) : std::nullopt;
        if (!part || *part > kLargest - total) {
            return failure(quoted(text) + " is too long; the longest duration is about 292 years");
        }
        total += *part;
    } while (!rest.empty());
    const auto count = static_cast<std::int64_t>(total);
    return std::chrono::nanoseconds{is_negative ? -count : count};
}

std::string format_duration(std::chrono::nanoseconds duration) {
    const bool is_negative = duration.count() < 0;
    // The smallest duration has no positive twin, so the sign is taken off in unsigned arithmetic.
    std::uint64_t count = static_cast<std::uint64_t>(duration.count());
    count = is_negative ? 0 - count : count;
    std::string text = is_negative ? "-" : "";
    if (count == 0) {
        return "0s";
    }
    if (count < kMicrosecond) {
        return text + std::to_string(count) + "ns";
    }
    if (count < kMillisecond) {
        return text + with_fraction(count, kMicrosecond, "us");
    }
    if (count < kSecond) {
        return text + with_fraction(count, kMillisecond, "ms");
    }
    if (count % kWeek == 0) {
        return text + std::to_string(count / kWeek) + "w";
    }
    for (const Unit& unit : {Unit{"d", kDay}, Unit{"h", kHour}, Unit{"m", kMinute}}) {
        if (count >= unit.nanoseconds) {
            text += std::to_string(count / unit.nanoseconds).append(unit.name);
            count %= unit.nanoseconds;
        }
    }
    return count == 0 ? text : text + with_fraction(count, kSecond, "s");
}

}  // namespace heliograph
