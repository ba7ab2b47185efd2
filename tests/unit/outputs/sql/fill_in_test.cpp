#include "outputs/sql/fill_in.hpp"

#include <catch2/catch.hpp>

using namespace heliograph::sql;

TEST_CASE("placeholders are replaced once and from left to right", "[unit][sql]") {
    const std::string name = R"("{columns}{table}")";
    CHECK(fill_in("CREATE TABLE {table} ({columns}, PRIMARY KEY ({key}))",
                  {{"{table}", name}, {"{columns}", "a INT"}, {"{key}", "a"}}) ==
          "CREATE TABLE " + name + " (a INT, PRIMARY KEY (a))");
    CHECK(fill_in("{a}{a}{b}", {{"{a}", "{b}"}, {"{b}", "{a}"}}) == "{b}{b}{a}");
}

TEST_CASE("braces that are no placeholder stay", "[unit][sql]") {
    for (const std::string text : {"", "{", "{}", "{tab", "{TABLE}", "'{\"a\": 1}'", "{{x}}"}) {
        CAPTURE(text);
        CHECK(fill_in(text, {{"{table}", "t"}}) == text);
    }
    CHECK(fill_in("{{table}}", {{"{table}", "t"}}) == "{t}");
}

TEST_CASE("a name as a text literal is quoted twice", "[unit][sql]") {
    const IdentifierRules rules;
    const auto literal = [&](std::string_view name) {
        return text_literal(Identifier::existing(rules, name));
    };
    CHECK(literal("port") == R"('"port"')");
    CHECK(literal("a'b\"c") == R"('"a''b""c"')");
    CHECK_FALSE(literal("a\\'b").has_value());
}
