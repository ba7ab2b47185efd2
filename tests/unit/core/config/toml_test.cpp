#include "core/config/parse.hpp"
#include "tests/unit/core/config/outline.hpp"

#include <catch2/catch.hpp>

namespace heliograph::config {
namespace {

std::string problems_of(std::string_view text) {
    Problems problems;
    CHECK_FALSE(parse_toml(text, "f.toml", problems));
    return problems.to_text();
}

TEST_CASE("parse_toml gives every key and value its place, in the order of the file", "[unit][config]") {
    constexpr std::string_view kText = R"(# a comment
[outputs.influx]
url = "http://é" # é is one column
port = 8_181
"quoted key" = true

[inputs.roof]
tags.site . "the name" = 'home'
factors = [ 1.5,
    { low = -2, high = inf } ]
since = 2024-05-01T10:00:00Z
day = 2024-05-01
  at = 07:30:00
[[list]]
a = """
two
lines"""
[[list]]
[outputs.zero]
)";
    Problems problems;
    const auto document = parse_toml(kText, "f.toml", problems);
    REQUIRE(document);
    CHECK(problems.empty());
    CHECK(document->file == "f.toml");
    CHECK(document->root.find("outputs")->key_position.file_name() == "f.toml");
    CHECK(outline(document->root) == R"( 1:1 table
outputs 2:2 2:1 table
outputs.influx 2:10 2:1 table
outputs.influx.url 3:1 3:7 "http://é"
outputs.influx.port 4:1 4:8 8181
outputs.influx.quoted key 5:1 5:16 true
outputs.zero 19:10 19:1 table
inputs 7:2 7:1 table
inputs.roof 7:9 7:1 table
inputs.roof.tags 8:1 8:1 table
inputs.roof.tags.site 8:6 8:6 table
inputs.roof.tags.site.the name 8:13 8:26 "home"
inputs.roof.factors 9:1 9:11 list
inputs.roof.factors[0] 9:13 float 1.5
inputs.roof.factors[1] 10:5 table
inputs.roof.factors[1].low 10:7 10:13 -2
inputs.roof.factors[1].high 10:17 10:24 float inf
inputs.roof.since 11:1 11:9 date_time 2024-05-01T10:00:00Z
inputs.roof.day 12:1 12:7 date_time 2024-05-01
inputs.roof.at 13:3 13:8 date_time 07:30:00
list 14:3 14:1 list
list[0] 14:1 table
list[0].a 15:1 15:5 "two
lines"
list[1] 18:1 table
)");
}

TEST_CASE("parse_toml accepts a file without any key", "[unit][config]") {
    Problems problems;
    for (const std::string_view text : {"", "\n\n", "# nothing\n", "\xEF\xBB\xBF"}) {
        const auto document = parse_toml(text, "f.toml", problems);
        REQUIRE(document);
        CHECK(document->root.as_table().empty());
    }
    CHECK(problems.empty());
}

TEST_CASE("parse_toml says where a file is not TOML", "[unit][config]") {
    CHECK(problems_of("a = 1\nb = \n") ==
          "f.toml:2:5: not valid TOML: parsing key-value pair: expected value, saw '\\n'\n");
    CHECK(problems_of("[a]\nx = 1\n\n[a]\n") ==
          "f.toml:4:1: not valid TOML: parsing table header: cannot redefine existing table 'a'\n");
    CHECK(problems_of("a = \"\xff\"") == "f.toml:1:5: not valid TOML: Encountered invalid utf-8 sequence\n");
    CHECK(problems_of("interval = 10s\n") ==
          "f.toml:1:14: not valid TOML: parsing decimal integer: expected digit, saw 's'; a value with a "
          "unit is a "
          "text and needs quotes, such as \"60s\"\n");
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

TEST_CASE("parse_toml refuses what nests too deeply, however it is written", "[unit][config]") {
    const std::string refused = ": nested deeper than 64 levels, which no config needs\n";
    CHECK(problems_of("a = " + repeated("[", 100'000)) == "f.toml:1:69" + refused);
    CHECK(problems_of("\na = " + repeated("{a=", 100'000)) == "f.toml:2:197" + refused);
    CHECK(problems_of("a" + repeated(".a", 1'000'000) + " = 1") == "f.toml:1:130" + refused);
    CHECK(problems_of("['a'" + repeated(" . \"a\"", 1'000'000) + "]") == "f.toml:1:390" + refused);
    CHECK_THAT(problems_of("a = " + repeated("{" + repeated("a.", 10) + "b=", 10) + "1" + repeated("}", 10)),
               Catch::EndsWith(refused));
}

TEST_CASE("parse_toml counts as nesting only what nests", "[unit][config]") {
    Problems problems;
    const std::string dots = repeated("a.[{", 100);
    const std::string text = "a = \"" + dots + "\\\"" + dots + "\"\nb = '" + dots + "'\nc = \"\"\"\n" + dots +
                             "\"\n" + dots + "\"\"\"\"\nd = '''" + dots + "'''\n# " + dots + "\nl = [" +
                             repeated("[1.5], ", 200) + "]\nn = " + repeated("[", 64) + repeated("]", 64) +
                             "\n";
    CHECK_FALSE(parse_toml("x = 1\n" + repeated("[", 70), "f.toml", problems));
    problems = {};
    CHECK(parse_toml(text, "f.toml", problems));
    CHECK(problems.to_text().empty());
}

}  // namespace
}  // namespace heliograph::config
