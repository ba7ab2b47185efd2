#include "plugins/common/glob/glob.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace heliograph {
namespace {

struct Case {
    std::string pattern;
    std::vector<std::string> matching;
    std::vector<std::string> other;
};

std::string repeated(const std::string& text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

TEST_CASE("a glob matches whole names", "[unit][glob]") {
    const auto c = GENERATE(values<Case>({
        {"", {""}, {"a"}},
        {"roof", {"roof"}, {"roo", "roofs", "Roof", ""}},
        {"*", {"", "a", "roof.power/x"}, {}},
        {"**", {"", "a", "roof"}, {}},
        {"pv_*", {"pv_", "pv_power"}, {"pv", "xpv_power"}},
        {"*_power", {"_power", "pv_power"}, {"power", "pv_power_total"}},
        {"*a*b*", {"ab", "xaxbx", "aab"}, {"ba", "a", "b"}},
        {"a*b", {"ab", "aXb", "abb"}, {"a", "b", "abc"}},
        {"?", {"a", "\u00e9", "\xff"}, {"", "ab"}},
        {"a?c", {"abc", "a\u20acc"}, {"ac", "abbc"}},
        {"[abc]x", {"ax", "bx", "cx"}, {"dx", "x", "abx"}},
        {"[a-cx-z]", {"a", "b", "y"}, {"d", "w", "-"}},
        {"[!a-c]", {"d", "-"}, {"a", "c", ""}},
        {"[^a]", {"b"}, {"a"}},
        {"[]x]", {"]", "x"}, {"[", ""}},
        {"[a-]", {"a", "-"}, {"b"}},
        {"[\u00e0-\u00ff]", {"\u00e9"}, {"e"}},
        {"[abc", {"[abc"}, {"a"}},
        {"[]", {"[]"}, {"]"}},
        {"{a,b}", {"a", "b"}, {"ab", "", "{a,b}"}},
        {"x{a,b*,?d}y", {"xay", "xby", "xbbby", "xcdy"}, {"xy", "xcy", "xad"}},
        {"{a,{b,c}d,}z", {"az", "bdz", "cdz", "z"}, {"bz", "dz"}},
        {"{a*,b}*c", {"ac", "axc", "bc", "bxc"}, {"c", "xc"}},
        {"{*,x}", {"", "anything"}, {}},
        {"{a,b", {"{a,b"}, {"a"}},
        {"a,b}", {"a,b}"}, {"a"}},
        {"{a,{b}", {"{a,b"}, {"a", "b"}},
        {"{[,}],x}", {",", "}", "x"}, {"[,}]"}},
        {R"(a\*)", {"a*"}, {"ab", R"(a\*)"}},
        {R"(\{a,b\})", {"{a,b}"}, {"a"}},
        {R"({a\,b,c})", {"a,b", "c"}, {"a"}},
        {R"(a\)", {R"(a\)"}, {"a"}},
    }));
    DYNAMIC_SECTION(c.pattern) {
        const Glob glob(c.pattern);
        CHECK(glob.text() == c.pattern);
        for (const std::string& name : c.matching) {
            CAPTURE(name);
            CHECK(glob.matches(name));
        }
        for (const std::string& name : c.other) {
            CAPTURE(name);
            CHECK_FALSE(glob.matches(name));
        }
    }
}

TEST_CASE("a glob is literal when nothing in it is special", "[unit][glob]") {
    CHECK(Glob("roof").is_literal());
    CHECK(Glob("a,b}]").is_literal());
    CHECK_FALSE(Glob("roof*").is_literal());
    CHECK_FALSE(Glob("ro?f").is_literal());
    CHECK_FALSE(Glob("{a}").is_literal());
    CHECK_FALSE(Glob("[a]").is_literal());
}

TEST_CASE("a glob takes no more than its pattern times the name, whatever they are", "[unit][glob]") {
    const std::string name(2000, 'a');
    CHECK_FALSE(Glob(repeated("*a", 300) + "b").matches(name));
    CHECK_FALSE(Glob(repeated("{a*,*a}", 100) + "b").matches(name));
    CHECK(Glob(repeated("{a,b}", 2000)).matches(name));
    CHECK(Glob(repeated("{", 50'000) + "a" + repeated("}", 50'000)).matches("a"));
    CHECK(Glob(repeated("[", 50'000)).matches(repeated("[", 50'000)));
}

}  // namespace
}  // namespace heliograph
