#include "plugins/common/http/retry_after.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace heliograph::http;
using namespace std::chrono_literals;

TEST_CASE("Retry-After is a number of seconds or a date", "[unit][http]") {
    struct Case {
        std::string name;
        std::string text;
        std::optional<std::chrono::nanoseconds> want;
    };
    const auto c = GENERATE(values<Case>({
        {"seconds", "120", 120s},
        {"zero", "0", 0s},
        {"space around", " 7\t", 7s},
        {"leading zeros", "0000000000000000000000000000030", 30s},
        {"ten minutes", "600", 10min},
        {"more than ten minutes", "601", 10min},
        {"beyond any integer", std::string(400, '9'), 10min},
        {"a date", "Sun, 06 Nov 1994 08:49:37 GMT", 37s},
        {"a date of RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", 37s},
        {"a date of asctime", "Sun Nov  6 08:49:37 1994", 37s},
        {"a date that has passed", "Sun, 06 Nov 1994 08:48:00 GMT", 0s},
        {"a date long past", "Sun, 06 Nov 1594 08:48:00 GMT", 0s},
        {"a date far away", "Mon, 06 Nov 2394 08:48:00 GMT", 10min},
        {"nothing", "", std::nullopt},
        {"space", "  ", std::nullopt},
        {"negative", "-5", std::nullopt},
        {"a fraction", "1.5", std::nullopt},
        {"a word", "soon", std::nullopt},
        {"a lone weekday", "Sun", std::nullopt},
        {"a date that is none", "Sun, 99 Nov 1994 08:49:37 GMT", std::nullopt},
        {"a time that is none", "Sun, 06 Nov 1994 88:49:37 GMT", std::nullopt},
        {"a zero inside", std::string("1\0002", 3), std::nullopt},
    }));
    DYNAMIC_SECTION(c.name) {
        const auto now = parse_http_date("Sun, 06 Nov 1994 08:49:00 GMT");
        REQUIRE(now);
        CHECK(parse_retry_after(c.text, *now) == c.want);
    }
}
