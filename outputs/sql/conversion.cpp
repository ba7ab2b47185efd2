#include "outputs/sql/conversion.hpp"

#include "outputs/sql/engine.hpp"
#include "outputs/sql/utf8.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

namespace heliograph::sql {
namespace {

constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

/// Whether a double holds an integer of this magnitude as it is: its digits, save zeros at the end, must fit
/// into the 53 bits of the significand.
bool is_exact_as_double(std::uint64_t magnitude) noexcept {
    return magnitude == 0 || 64 - std::countl_zero(magnitude) - std::countr_zero(magnitude) <=
                                 std::numeric_limits<double>::digits;
}

std::int64_t floor_divide(std::int64_t value, std::int64_t by) noexcept {
    return value / by - (value % by < 0 ? 1 : 0);
}

struct Date {
    std::int64_t year;
    std::int64_t month;
    std::int64_t day;
};

/// The Gregorian date of a day counted from 1970-01-01. Counts in eras of 400 years that begin in March, so
/// that the leap day comes last.
Date date_of(std::int64_t days_since_1970) noexcept {
    constexpr std::int64_t kDaysPerEra = 146'097;
    const std::int64_t days = days_since_1970 + 719'468;
    const std::int64_t era = floor_divide(days, kDaysPerEra);
    const std::int64_t day_of_era = days - era * kDaysPerEra;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
            day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

void append_digits(std::string& text, std::int64_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    text.append(width > digits.size() ? width - digits.size() : 0, '0');
    text += digits;
}

}  // namespace

std::string iso_time(std::int64_t nanoseconds) {
    const std::int64_t seconds = floor_divide(nanoseconds, kNanosecondsPerSecond);
    const std::int64_t day = floor_divide(seconds, kSecondsPerDay);
    const std::int64_t second_of_day = seconds - day * kSecondsPerDay;
    const std::int64_t fraction =
        ((nanoseconds % kNanosecondsPerSecond) + kNanosecondsPerSecond) % kNanosecondsPerSecond;
    const Date date = date_of(day);
    std::string text;
    text.reserve(30);
    append_digits(text, date.year, 4);
    text += '-';
    append_digits(text, date.month, 2);
    text += '-';
    append_digits(text, date.day, 2);
    text += 'T';
    append_digits(text, second_of_day / 3600, 2);
    text += ':';
    append_digits(text, second_of_day / 60 % 60, 2);
    text += ':';
    append_digits(text, second_of_day % 60, 2);
    text += '.';
    append_digits(text, fraction, 9);
    text += 'Z';
    return text;
}

ColumnType column_type(ValueType type) noexcept {
    switch (type) {
        case ValueType::floating:
            return ColumnType::floating;
        case ValueType::integer:
            return ColumnType::integer;
        case ValueType::unsigned_integer:
            return ColumnType::unsigned_integer;
        case ValueType::boolean:
            return ColumnType::boolean;
        case ValueType::text:
            break;
    }
    return ColumnType::text;
}

Value RowConverter::time(std::int64_t nanoseconds, TimeFormat format) {
    switch (format) {
        case TimeFormat::automatic:
        case TimeFormat::nanoseconds:
        case TimeFormat::timestamp:
            break;
        case TimeFormat::milliseconds:
            return Value::of(floor_divide(nanoseconds, kNanosecondsPerMillisecond));
        case TimeFormat::text:
            return keep(iso_time(nanoseconds));
    }
    return Value::of(nanoseconds);
}

Value RowConverter::text(std::string_view text) {
    if (is_storable_text(text)) {
        return Value::of(text);
    }
    ++changes_.repaired_texts;
    return keep(repaired_text(text));
}

Value RowConverter::tags_as_json(std::span<const hg_tag> tags) {
    json_ = '{';
    for (const hg_tag& tag : tags) {
        json_ += json_.size() == 1 ? "\"" : ", \"";
        append_json_text(view(tag.key));
        json_ += "\": \"";
        append_json_text(view(tag.value));
        json_ += '"';
    }
    json_ += '}';
    return Value::of(std::string_view(json_));
}

/// Source of the escapes: RFC 8259, section 7.
void RowConverter::append_json_text(std::string_view raw) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const char c : text(raw).text()) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json_ += '\\';
            json_ += c;
        } else if (byte < 0x20) {
            json_ += "\\u00";
            json_ += kDigits[byte >> 4];
            json_ += kDigits[byte & 15u];
        } else {
            json_ += c;
        }
    }
}

template <class Number>
Value RowConverter::number_as_text(Number number) {
    std::array<char, 32> digits{};  // the longest shortest form of a double has 24 characters
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return keep(std::string(digits.data(), end));
}

template <class Number>
Value RowConverter::integer_as_floating(Number number) {
    auto magnitude = static_cast<std::uint64_t>(number);
    if constexpr (std::is_signed_v<Number>) {
        if (number < 0) {
            magnitude = 0 - magnitude;  // without sign, so that the smallest integer has one too
        }
    }
    changes_.rounded_values += is_exact_as_double(magnitude) ? 0 : 1;
    return Value::of(static_cast<double>(number));
}

Value RowConverter::field(const FieldView& field, ColumnType column) {
    const bool as_text = column == ColumnType::text;
    if (field.type() == ValueType::floating && !std::isfinite(field.floating())) {
        ++changes_.not_a_number;
        return {};
    }
    changes_.converted_values += column_type(field.type()) == column ? 0 : 1;
    switch (field.type()) {
        case ValueType::floating:
            return as_text ? number_as_text(field.floating()) : Value::of(field.floating());
        case ValueType::integer:
            if (column == ColumnType::floating) {
                return integer_as_floating(field.integer());
            }
            return as_text ? number_as_text(field.integer()) : Value::of(field.integer());
        case ValueType::unsigned_integer: {
            const std::uint64_t value = field.unsigned_integer();
            if (as_text) {
                return number_as_text(value);
            }
            if (column == ColumnType::floating) {
                return integer_as_floating(value);
            }
            if (column != ColumnType::unsigned_integer &&
                value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
                throw NumberTooLarge("field \"" + std::string(field.key()) + "\" is " +
                                     std::to_string(value) +
                                     ", more than its column of signed 64 bit integers can hold");
            }
            return column == ColumnType::integer ? Value::of(static_cast<std::int64_t>(value))
                                                 : Value::of(value);
        }
        case ValueType::boolean:
            if (column == ColumnType::floating) {
                return Value::of(field.boolean() ? 1.0 : 0.0);
            }
            return as_text ? Value::of(std::string_view(field.boolean() ? "true" : "false"))
                           : Value::of(std::int64_t{field.boolean()});
        case ValueType::text:
            break;
    }
    return text(field.text());
}

}  // namespace heliograph::sql
