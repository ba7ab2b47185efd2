#include "plugins/common/line_protocol/number_reader.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

using namespace heliograph::line_protocol;

namespace {

ReadNumber read(const std::string& text, Dialect dialect = Dialect::v3) {
    return read_number(text.data(), text.data() + text.size(), dialect);
}

bool is_whole(const std::string& text, const ReadNumber& number) {
    return number.problem == nullptr && number.end == text.data() + text.size();
}

}  // namespace

TEST_CASE("Floats are read exactly", "[unit][line_protocol]") {
    for (const std::string text : {"0",
                                   "-0",
                                   "1",
                                   "42",
                                   "0042",
                                   "21.5",
                                   "-0.64",
                                   "1.0e-4",
                                   "1e4",
                                   "1E4",
                                   "6.632243e+06",
                                   "9007199254740993",
                                   "0.30000000000000004",
                                   "123456789012345678901234567890",
                                   "1e22",
                                   "1e23",
                                   "8.5e-23",
                                   "4.9e-324",
                                   "2.2250738585072011e-308",
                                   "1.7976931348623157e308",
                                   "0.000000000000000000000000000001",
                                   "1797693134862315708145274237317043567980705675258449965989174768031572607"
                                   "80028538760589558632766878"}) {
        CAPTURE(text);
        const ReadNumber number = read(text);
        double wanted = 0;
        std::from_chars(text.data(), text.data() + text.size(), wanted);
        REQUIRE(is_whole(text, number));
        CHECK(number.type == HG_FLOAT);
        CHECK(std::bit_cast<std::uint64_t>(number.value.floating) == std::bit_cast<std::uint64_t>(wanted));
    }
    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
        const auto places = static_cast<std::size_t>(random() % 19);
        std::string text = std::to_string(random() >> (random() % 64));
        text = places < text.size() && places != 0
                   ? text.substr(0, text.size() - places) + '.' + text.substr(text.size() - places)
                   : text + "e" + std::to_string(static_cast<int>(random() % 60) - 30);
        double wanted = 0;
        std::from_chars(text.data(), text.data() + text.size(), wanted);
        const ReadNumber number = read(text);
        CAPTURE(text);
        CHECK(is_whole(text, number));
        CHECK(number.value.floating == wanted);
    }
}

TEST_CASE("A float out of range is infinite or zero in v3, and too large is a problem in v1",
          "[unit][line_protocol]") {
    const std::string zeros(400, '0');
    for (const std::string& text : {std::string("1e400"), std::string("1e99999999999999999999"), "1" + zeros,
                                    "1" + zeros + ".5e10", "0." + zeros + "1e800"}) {
        CAPTURE(text);
        CHECK(read(text).value.floating == std::numeric_limits<double>::infinity());
        CHECK(read("-" + text).value.floating == -std::numeric_limits<double>::infinity());
        CHECK(read(text, Dialect::v1).problem != nullptr);
    }
    for (const std::string& text : {std::string("1e-400"), "0." + zeros + "1", "1" + zeros + "e-800",
                                    "0." + zeros + "1e50", std::string("0e400"), "0." + zeros + "e999"}) {
        CAPTURE(text);
        CHECK(read(text).value.floating == 0.0);
        CHECK(std::signbit(read("-" + text).value.floating));
        CHECK(is_whole(text, read(text, Dialect::v1)));
    }
}

TEST_CASE("Integers are read to their limits and no further", "[unit][line_protocol]") {
    CHECK(read("9223372036854775807i").value.integer == std::numeric_limits<std::int64_t>::max());
    CHECK(read("-9223372036854775808i").value.integer == std::numeric_limits<std::int64_t>::min());
    CHECK(read("0009223372036854775807i").type == HG_INTEGER);
    CHECK(read("18446744073709551615u").value.unsigned_integer == std::numeric_limits<std::uint64_t>::max());
    CHECK(read("18446744073709551615u").type == HG_UNSIGNED);
    for (const std::string text : {"9223372036854775808i", "-9223372036854775809i", "18446744073709551616u",
                                   "99999999999999999999u", "184467440737095516150u", "-1u"}) {
        CAPTURE(text);
        CHECK(read(text).problem != nullptr);
    }
}

TEST_CASE("Half a number is a problem", "[unit][line_protocol]") {
    for (const std::string text : {"", "-", ".", "-.", "+1", "e5", "1e", "1e+", "1.5e-", "i", "NaN", ".e1"}) {
        CAPTURE(text);
        CHECK(read(text, Dialect::v3).problem != nullptr);
        CHECK(read(text, Dialect::v1).problem != nullptr);
    }
    for (const std::string text : {".5", "1.", "-.5", "1.e3"}) {
        CAPTURE(text);
        CHECK(read(text, Dialect::v3).problem != nullptr);
        CHECK(is_whole(text, read(text, Dialect::v1)));
    }
}
