#include "processors/convert_units/units.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace heliograph::convert_units {
namespace {

std::optional<Conversion> conversion(std::string_view from, std::string_view to) {
    const auto source = Unit::parse(from);
    const auto target = Unit::parse(to);
    REQUIRE(source);
    REQUIRE(target);
    return source->conversion_to(*target);
}

}  // namespace

TEST_CASE("units of solar sites are read in their common spelling", "[unit][convert_units]") {
    for (const std::string text :
         {"W",       "kW",   "MW",   "Wh",      "kWh",  "MWh", "GWh", "W.h",  "J",     "A",  "mA",
          "Ah",      "mAh",  "V",    "VA",      "kVA",  "VAh", "var", "kvar", "kvarh", "Hz", "%",
          "percent", "°C",   "degC", "celsius", "degF", "K",   "s",   "min",  "h",     "d",  "W/m2",
          "W m-2",   "W/m²", "m/s",  "hPa",     "ohm",  "Ω",   "1",   " kW "}) {
        CAPTURE(text);
        CHECK(Unit::parse(text).has_value());
    }
}

TEST_CASE("text that is no unit is not read", "[unit][convert_units]") {
    for (const std::string& text :
         std::vector<std::string>{"", " ", "kwh", "kilowat", "W/", "§", "(", std::string("W\0h", 3)}) {
        CAPTURE(text);
        CHECK_FALSE(Unit::parse(text).has_value());
    }
}

TEST_CASE("conversions give the numbers that people expect, to the last digit", "[unit][convert_units]") {
    struct Case {
        std::string from;
        std::string to;
        double value;
        double want;
    };
    const auto c = GENERATE(values<Case>({
        {"W", "kW", 412.3, 0.4123},
        {"W", "kW", 0.1, 0.0001},
        {"kW", "W", 0.4123, 412.3},
        {"Wh", "kWh", 123456789, 123456.789},
        {"kWh", "J", 1, 3.6e6},
        {"J", "kWh", 3.6e6, 1},
        {"degC", "degF", 100, 212},
        {"degF", "degC", 212, 100},
        {"degF", "degC", 32, 0},
        {"degC", "K", 0, 273.15},
        {"K", "degC", 273.15, 0},
        {"%", "1", 55, 0.55},
        {"1", "%", 0.55, 55.00000000000001},  // as 0.55 * 100 in doubles
        {"min", "h", 90, 1.5},
        {"m/s", "km/h", 10, 36},
        {"kvar", "var", 1.5, 1500},
        {"W.h", "kWh", 1500, 1.5},
    }));
    DYNAMIC_SECTION(c.from << " to " << c.to << " of " << c.value) {
        const auto convert = conversion(c.from, c.to);
        REQUIRE(convert);
        CHECK((*convert)(c.value) == c.want);
    }
}

TEST_CASE("a conversion that is no straight line is done all the same", "[unit][convert_units]") {
    const auto convert = conversion("dBm", "W");
    REQUIRE(convert);
    CHECK((*convert)(30) == Approx(1.0));
    CHECK((*convert)(0) == Approx(0.001));
    CHECK_FALSE(convert->is_identity());
}

TEST_CASE("units of unlike dimensions are not converted", "[unit][convert_units]") {
    CHECK_FALSE(conversion("W", "V"));
    CHECK_FALSE(conversion("Wh", "W"));
    CHECK_FALSE(conversion("var", "W"));
    CHECK_FALSE(conversion("degC", "%"));
}

TEST_CASE("two spellings of one unit are the same", "[unit][convert_units]") {
    CHECK(Unit::parse("degC")->same_as(*Unit::parse("°C")));
    CHECK(Unit::parse("Wh")->same_as(*Unit::parse("W.h")));
    CHECK_FALSE(Unit::parse("Wh")->same_as(*Unit::parse("kWh")));
    CHECK(conversion("Wh", "W.h")->is_identity());
    CHECK_FALSE(conversion("W", "kW")->is_identity());
}

TEST_CASE("a likely unit is suggested for a misspelt one", "[unit][convert_units]") {
    CHECK(suggest_unit("kwh") == "kWh");
    CHECK(suggest_unit("KW") == "kW");
    CHECK(suggest_unit("furlong").empty());
}

TEST_CASE("units are read from several threads at once", "[unit][convert_units]") {
    std::vector<std::thread> threads;
    std::vector<int> good(4, 0);
    for (std::size_t i = 0; i < good.size(); ++i) {
        threads.emplace_back([&good, i] {
            for (int round = 0; round < 100; ++round) {
                const auto from = Unit::parse("kWh");
                const auto to = Unit::parse("Wh");
                const auto convert = from->conversion_to(*to);
                good[i] += (*convert)(2) == 2000 ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(good == std::vector<int>(4, 100));
}

}  // namespace heliograph::convert_units
