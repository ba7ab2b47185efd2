#include "plugins/common/line_protocol/utf8.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace heliograph::line_protocol;

TEST_CASE("UTF-8 is told from what only looks like it", "[unit][line_protocol]") {
    struct Case {
        std::string name;
        std::string text;
        bool valid;
    };
    const auto c = GENERATE(values<Case>({
        {"empty", "", true},
        {"ASCII", "power of 8 bytes and more", true},
        {"two bytes", "K\xC3\xB6ln", true},
        {"three bytes", "\xE2\x98\x83", true},
        {"four bytes", "\xF0\x9F\x98\x80", true},
        {"last before the surrogates", "\xED\x9F\xBF", true},
        {"largest code point", "\xF4\x8F\xBF\xBF", true},
        {"late in a long text", "0123456789abcdef\xC3\xB6", true},
        {"lone continuation", "a\x80", false},
        {"two bytes cut off", "a\xC3", false},
        {"three bytes cut off", "\xE2\x98", false},
        {"four bytes cut off", "\xF0\x9F\x98", false},
        {"overlong slash", "\xC0\xAF", false},
        {"overlong in three", "\xE0\x9F\xBF", false},
        {"overlong in four", "\xF0\x8F\xBF\xBF", false},
        {"surrogate", "\xED\xA0\x80", false},
        {"beyond the largest", "\xF4\x90\x80\x80", false},
        {"five bytes", "\xF8\x88\x80\x80\x80", false},
        {"never a byte of it", "0123456789abcdef\xFF", false},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(is_utf8(c.text) == c.valid);
    }
}
