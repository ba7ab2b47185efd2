#include "plugins/common/line_protocol/number_writer.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

using namespace heliograph::line_protocol;

namespace {

std::string float_text(double value) {
    std::array<char, kLongestNumber> text{};
    return {text.data(), write_float(text.data(), value)};
}

std::string unsigned_text(std::uint64_t value) {
    std::array<char, kLongestNumber> text{};
    return {text.data(), write_unsigned(text.data(), value)};
}

std::string integer_text(std::int64_t value) {
    std::array<char, kLongestNumber> text{};
    return {text.data(), write_integer(text.data(), value)};
}

// Digits of the mantissa, without the zeros that only place the point.
std::size_t significant_digits(const std::string& text) {
    std::string digits;
    for (const char c : text.substr(0, text.find('e'))) {
        if (c >= '0' && c <= '9' && !(digits.empty() && c == '0')) {
            digits += c;
        }
    }
    digits.erase(digits.find_last_not_of('0') + 1);
    return digits.size();
}

void check_shortest(double value) {
    const std::string text = float_text(value);
    CAPTURE(text);
    CHECK(text.size() <= kLongestNumber);
    double back = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), back);
    CHECK(parsed.ptr == text.data() + text.size());
    CHECK(std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(value));
    std::array<char, 40> wanted{};
    char* const end =
        std::to_chars(wanted.data(), wanted.data() + wanted.size(), value, std::chars_format::scientific).ptr;
    CHECK(significant_digits(text) == significant_digits(std::string(wanted.data(), end)));
}

}  // namespace

TEST_CASE("write_float lays its digits out as InfluxDB reads them", "[unit][line_protocol]") {
    struct Case {
        double value;
        std::string text;
    };
    const auto c = GENERATE(values<Case>({
        {0.0, "0"},
        {-0.0, "-0"},
        {42.0, "42"},
        {-0.64, "-0.64"},
        {21.5, "21.5"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3.0, "0.3333333333333333"},
        {229.9, "229.9"},
        {49.998, "49.998"},
        {123456789.123456, "123456789.123456"},
        {0.000001, "0.000001"},
        {0.0000015, "0.0000015"},
        {0.00000099, "9.9e-07"},
        {1e-10, "1e-10"},
        {1.5e-300, "1.5e-300"},
        {5e-324, "5e-324"},
        {1e15, "1000000000000000"},
        {9007199254740993.0, "9007199254740992"},
        {1e21, "1000000000000000000000"},
        {1.2345e21, "1234500000000000000000"},
        {1e22, "1e+22"},
        {1e300, "1e+300"},
        {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
    }));
    CHECK(float_text(c.value) == c.text);
}

TEST_CASE("write_float writes the fewest digits that read back the same", "[unit][line_protocol]") {
    std::mt19937_64 random(20240607);
    for (int i = 0; i < 20'000; ++i) {
        double value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) {
            continue;
        }
        check_shortest(value);
        // What devices report: few digits, few places, and neighbours of such values.
        const double places = std::pow(10.0, static_cast<double>(random() % 9));
        value =
            static_cast<double>(static_cast<std::int64_t>(random() % 2'000'000'000) - 1'000'000'000) / places;
        check_shortest(value);
        check_shortest(std::nextafter(value, 1e9));
        check_shortest(static_cast<double>(random() >> (random() % 64)));
    }
}

TEST_CASE("Integers are written at every length", "[unit][line_protocol]") {
    std::uint64_t value = 0;
    for (int digits = 1; digits <= 20; ++digits) {
        value = value * 10 + static_cast<std::uint64_t>(digits % 10);
        CHECK(unsigned_text(value) == std::to_string(value));
        CHECK(unsigned_text(value - 1) == std::to_string(value - 1));
        const auto negative = -static_cast<std::int64_t>(value / 2);
        CHECK(integer_text(negative) == std::to_string(negative));
    }
    for (std::uint64_t power = 1; power <= 1'000'000'000'000'000'000u; power *= 10) {
        CHECK(unsigned_text(power) == std::to_string(power));
        CHECK(unsigned_text(power - 1) == std::to_string(power - 1));
    }
    CHECK(unsigned_text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(integer_text(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
    CHECK(integer_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}
