#include "plugins/common/text_units/duration.hpp"

#include <catch2/catch.hpp>

#include <limits>

namespace heliograph {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST_CASE("parse_duration reads numbers with units and adds them up", "[unit][text_units]") {
    struct Case {
        std::string text;
        nanoseconds want;
    };
    const auto c = GENERATE(values<Case>({{"60s", 60s},
                                          {"1h30m", 90min},
                                          {"250ms", 250ms},
                                          {"7us", 7us},
                                          {"7\u00b5s", 7us},
                                          {"7\u03bcs", 7us},
                                          {"3ns", 3ns},
                                          {"1d", 24h},
                                          {"2w", 336h},
                                          {"1.5h", 90min},
                                          {"0.25s", 250ms},
                                          {"1.9ns", 1ns},
                                          {"0", 0s},
                                          {"0s", 0s},
                                          {"+5s", 5s},
                                          {"30m1h", 90min},
                                          {"0.3333333333333333333333s", 333333333ns},
                                          {"9223372036854775807ns", nanoseconds::max()}}));
    DYNAMIC_SECTION(c.text) {
        const auto duration = parse_duration(c.text);
        INFO(duration.error());
        REQUIRE(duration);
        CHECK(*duration == c.want);
    }
}

TEST_CASE("parse_duration says what is wrong and what to write", "[unit][text_units]") {
    struct Case {
        std::string text;
        std::string error;
    };
    const auto c = GENERATE(values<Case>(
        {{"", R"(an empty text is not a duration; write a number and a unit, such as "60s")"},
         {"60", R"("60" has no unit; for seconds write "60s")"},
         {"1h30", R"("1h30" has a number without a unit right after it)"},
         {"soon", R"("soon" is not a duration; write a number and a unit, such as "60s")"},
         {"-5s", R"("-5s" is negative, and this duration must not be)"},
         {"1.s", R"("1.s" is not a duration; write a number and a unit, such as "60s")"},
         {"5 s", R"("5 s" has a number without a unit right after it)"},
         {"5sec", R"("5sec" has the unknown unit "sec"; the units are ns, us, ms, s, m, h, d and w)"},
         {"5M", R"("5M" has the unknown unit "M"; the units are ns, us, ms, s, m, h, d and w)"},
         {"9223372036854775808ns",
          R"("9223372036854775808ns" is too long; the longest duration is about 292 years)"},
         {"99999999999999999999999w",
          R"("99999999999999999999999w" is too long; the longest duration is about 292 years)"},
         {"15000w1000w", R"("15000w1000w" is too long; the longest duration is about 292 years)"}}));
    DYNAMIC_SECTION(c.text) {
        const auto duration = parse_duration(c.text);
        CHECK_FALSE(duration);
        CHECK(duration.error() == c.error);
    }
}

TEST_CASE("parse_duration reads a negative duration where one is allowed", "[unit][text_units]") {
    CHECK(*parse_duration("-1m30s", Negative::allow) == -90s);
}

TEST_CASE("format_duration writes the plainest text that reads back", "[unit][text_units]") {
    struct Case {
        nanoseconds duration;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({{0s, "0s"},
                                          {1ns, "1ns"},
                                          {1500ns, "1.5us"},
                                          {250ms, "250ms"},
                                          {1250us, "1.25ms"},
                                          {1500ms, "1.5s"},
                                          {60s, "1m"},
                                          {90s, "1m30s"},
                                          {90min, "1h30m"},
                                          {24h, "1d"},
                                          {25h, "1d1h"},
                                          {336h, "2w"},
                                          {360h, "15d"},
                                          {1h + 1ns, "1h0.000000001s"},
                                          {-90s, "-1m30s"},
                                          {nanoseconds::max(), "106751d23h47m16.854775807s"}}));
    DYNAMIC_SECTION(c.want) {
        CHECK(format_duration(c.duration) == c.want);
        CHECK(*parse_duration(c.want, Negative::allow) == c.duration);
    }
}

TEST_CASE("format_duration writes even the smallest duration", "[unit][text_units]") {
    CHECK(format_duration(nanoseconds::min()) == "-106751d23h47m16.854775808s");
}

}  // namespace
}  // namespace heliograph
