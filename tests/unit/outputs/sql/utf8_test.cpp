#include "outputs/sql/utf8.hpp"

#include <catch2/catch.hpp>

using heliograph::sql::cut_text;
using heliograph::sql::is_storable_text;
using heliograph::sql::repaired_text;

TEST_CASE("valid UTF-8 without NUL is stored as it is", "[unit][sql]") {
    for (const std::string text :
         {"", "roof", "Zähler", "☀ 太陽 🌞", "eight by8 and more than that, in words"}) {
        CAPTURE(text);
        CHECK(is_storable_text(text));
        CHECK(repaired_text(text) == text);
    }
}

TEST_CASE("NUL is removed and bad bytes become U+FFFD", "[unit][sql]") {
    struct Case {
        std::string text;
        std::string want;
    };
    const std::string bad = "\xEF\xBF\xBD";
    const auto c = GENERATE_COPY(values<Case>({
        {std::string("a\0b", 3), "ab"},
        {std::string("sixteen bytes of", 16) + std::string(1, '\0'), "sixteen bytes of"},
        {std::string("1234\0"
                     "678",
                     8),
         "1234678"},
        {"\xFF", bad},
        {"a\x80"
         "b",
         "a" + bad + "b"},
        {"\xC0\xAF", bad + bad},                      // overlong
        {"\xED\xA0\x80", bad + bad + bad},            // a surrogate
        {"\xF4\x90\x80\x80", bad + bad + bad + bad},  // above U+10FFFF
        {"cut \xE2\x82", "cut " + bad + bad},
    }));
    CAPTURE(c.text);
    CHECK_FALSE(is_storable_text(c.text));
    CHECK(repaired_text(c.text) == c.want);
}

TEST_CASE("text is cut between characters", "[unit][sql]") {
    CHECK(cut_text("abc", 3) == "abc");
    CHECK(cut_text("abcd", 3) == "abc");
    CHECK(cut_text("ab€", 4) == "ab");
    CHECK(cut_text("€", 2).empty());
}
