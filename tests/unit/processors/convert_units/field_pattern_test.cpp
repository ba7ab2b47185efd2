#include "processors/convert_units/field_pattern.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace heliograph::convert_units {

TEST_CASE("a pattern names a field, of one measurement or of any", "[unit][convert_units]") {
    struct Case {
        std::string pattern;
        std::string measurement;
        std::string field;
        bool want;
    };
    const auto c = GENERATE(values<Case>({
        {"power", "port", "power", true},
        {"power", "port", "power2", false},
        {"port:power", "port", "power", true},
        {"port:power", "inverter", "power", false},
        {"p*:*_power", "port", "pv_power", true},
        {"*:a:b", "m", "a:b", true},
        {"a:b", "m", "a:b", false},
    }));
    DYNAMIC_SECTION(c.pattern << " on " << c.measurement << " and " << c.field) {
        CHECK(FieldPattern(c.pattern).matches(c.measurement, c.field) == c.want);
    }
}

TEST_CASE("a pattern with an empty part is empty", "[unit][convert_units]") {
    CHECK(FieldPattern("").is_empty());
    CHECK(FieldPattern(":power").is_empty());
    CHECK(FieldPattern("port:").is_empty());
    CHECK_FALSE(FieldPattern("port:power").is_empty());
}

TEST_CASE("of two patterns that match the first one counts", "[unit][convert_units]") {
    const FieldMap map({{"port:power", "kW"}, {"*", "W"}});
    CHECK(map.find("port", "power")->value == "kW");
    CHECK(map.find("inverter", "power")->value == "W");
    CHECK(FieldMap({}).find("port", "power") == nullptr);
}

}  // namespace heliograph::convert_units
