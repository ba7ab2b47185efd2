#include "core/config/parse.hpp"
#include "tests/unit/core/config/outline.hpp"

#include <catch2/catch.hpp>

namespace heliograph::config {
namespace {

std::string problems_of(std::string_view text) {
    Problems problems;
    CHECK_FALSE(parse_json(text, "f.json", problems));
    return problems.to_text();
}

TEST_CASE("parse_json gives every key and value its place, in the order of the file", "[unit][config]") {
    constexpr std::string_view kText = R"(
  {
  "outputs": {"é": "ü\u00e9\n", "port" :8181, "on": true, "off":false},
  "inputs": {
    "roof": [ 1.5, -2, [],
              {"a": {}}, 1e3 ]}
}
)";
    Problems problems;
    const auto document = parse_json(kText, "f.json", problems);
    REQUIRE(document);
    CHECK(problems.empty());
    CHECK(document->file == "f.json");
    CHECK(outline(document->root) == R"( 2:3 table
outputs 3:3 3:14 table
outputs.é 3:15 3:20 "üé
"
outputs.port 3:33 3:41 8181
outputs.on 3:47 3:53 true
outputs.off 3:59 3:65 false
inputs 4:3 4:13 table
inputs.roof 5:5 5:13 list
inputs.roof[0] 5:15 float 1.5
inputs.roof[1] 5:20 -2
inputs.roof[2] 5:24 list
inputs.roof[3] 6:15 table
inputs.roof[3].a 6:16 6:21 table
inputs.roof[4] 6:26 float 1000
)");
}

TEST_CASE("parse_json skips a byte order mark", "[unit][config]") {
    Problems problems;
    const auto document = parse_json("\xEF\xBB\xBF{\"a\": 1}", "f.json", problems);
    REQUIRE(document);
    CHECK(outline(document->root) == " 1:1 table\na 1:2 1:7 1\n");
}

TEST_CASE("parse_json says where a file is not JSON", "[unit][config]") {
    struct Case {
        std::string text;
        std::string problem;
    };
    const std::string structure =
        "not valid JSON: a comma, a colon, a quote or a bracket is missing or too many\n";
    const std::string open_end = "not valid JSON: this object or list is not closed\n";
    const std::string broken_text =
        "not valid JSON: this text is not closed on its line, or holds a control character\n";
    const std::string word = "not a JSON value: a text needs quotes\n";
    const std::string number = "not a number that JSON knows, or one that does not fit 64 bits\n";
    const auto c = GENERATE_COPY(values<Case>(
        {{"", "1:1: the file is empty, and a JSON object is wanted\n"},
         {" \n ", "2:2: the file is empty, and a JSON object is wanted\n"},
         {"[1]", "1:1: not a config: a JSON config is one object, in { }\n"},
         {"{\n\"a\": 1\n\"b\": 2}", "3:1: " + structure},
         {"{\"a\": 1,}", "1:9: " + structure},
         {"{\"a\" 1}", "1:6: " + structure},
         {"{a: 1}", "1:2: " + structure},
         {"{\"a\": [1 2]}", "1:10: " + structure},
         {"{\"a\": 1", "1:1: " + open_end},
         {"{\"a\": {\n", "1:7: " + open_end},
         {"{\"}\": [{}, 2", "1:7: " + open_end},
         {"{\"a\": {}} x", "1:11: not valid JSON: something follows the end of the object\n"},
         {"{\"a\": }", "1:7: " + structure},
         {"{\"a\": [1,]}", "1:10: " + structure},
         {"{\"a\": \n\"x}", "2:1: " + broken_text},
         {"{\"a\": \"x\ny\"}", "1:7: " + broken_text},
         {"{\"a\": \n nil}", "2:2: " + word},
         {"{\"a\": truely}", "1:7: " + word},
         {"{\"a\": off}", "1:7: " + word},
         {"{\"a\": 1e999}", "1:7: " + number},
         {"{\"a\": 01}", "1:7: " + number},
         {"{\"a\": 99999999999999999999}", "1:7: " + number},
         {"{\"a\": \"\\x\"}", "1:7: not valid JSON: this text has an escape that JSON does not know\n"},
         {"{\"a\": 1,\n \"é\xff\": 1}", "2:4: not valid JSON: the file is not UTF-8\n"},
         {"{\"a\": 1}\n{}", "2:1: not valid JSON: something follows the end of the object\n"}}));
    DYNAMIC_SECTION(c.text) {
        CHECK(problems_of(c.text) == "f.json:" + c.problem);
    }
}

TEST_CASE("parse_json reports repeated keys and nulls, and still returns the rest", "[unit][config]") {
    constexpr std::string_view kText = R"({
  "a": 1, "b": null,
  "\u0061": 2,
  "big": 18446744073709551615,
  "a": 3
})";
    Problems problems;
    const auto document = parse_json(kText, "f.json", problems);
    REQUIRE(document);
    problems.sort();
    CHECK(problems.to_text() ==
          "f.json:2:16: null is not a value here; leave the key out to keep the default\n"
          "f.json:3:3: the key `a` is given twice; it was first given in line 2\n"
          "f.json:4:10: the integer is too large: the largest is 9223372036854775807\n"
          "f.json:5:3: the key `a` is given twice; it was first given in line 2\n");
    CHECK(document->root.find("a")->value.as_integer() == 1);
}

TEST_CASE("parse_json refuses what nests too deeply", "[unit][config]") {
    std::string lists(100'000, '[');
    CHECK(problems_of("{\"a\": " + lists + std::string(100'000, ']') + "}") ==
          "f.json:1:71: nested deeper than 64 levels, which no config needs\n");
    Problems problems;
    CHECK(parse_json("{\"a\": " + std::string(64, '[') + std::string(64, ']') + "}", "f.json", problems));
}

TEST_CASE("TOML and JSON with the same keys give the same document", "[unit][config]") {
    constexpr std::string_view kToml = R"(
[agent]
interval = "60s"
[inputs.roof]
type = "hoymiles_dtu"
host = "${DTU_HOST}"
ports = [1, 2.5, true, "é"]
[processors.site]
from = ["roof"]
add = { site = "home", "a.b" = [] }
)";
    constexpr std::string_view kJson = R"({
"inputs": {"roof": {"type": "hoymiles_dtu", "ports": [1, 2.5, true, "\u00e9"], "host": "${DTU_HOST}"}},
"agent": {"interval": "60s"},
"processors": {"site": {"from": ["roof"], "add": {"a.b": [], "site": "home"}}}
})";
    Problems problems;
    const auto toml = parse_toml(kToml, "f.toml", problems);
    const auto json = parse_json(kJson, "f.json", problems);
    REQUIRE(toml);
    REQUIRE(json);
    CHECK(problems.empty());
    CHECK(same_content(toml->root, json->root));
    CHECK_FALSE(same_content(toml->root, toml->root.find("inputs")->value));
}

}  // namespace
}  // namespace heliograph::config
