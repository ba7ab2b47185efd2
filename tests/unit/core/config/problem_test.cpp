#include "core/config/problem.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>

namespace heliograph::config {
namespace {

Position place(const std::string& file, std::uint32_t line, std::uint32_t column) {
    return {.file = std::make_shared<const std::string>(file), .line = line, .column = column};
}

TEST_CASE("a problem is one line of place, subject, message and hint", "[unit][config]") {
    const Problem problem{.position = place("site.toml", 3, 7),
                          .subject = "outputs.influx",
                          .message = "there is no option `databse`",
                          .hint = "did you mean `database`?"};
    CHECK(problem.to_text() ==
          "site.toml:3:7: outputs.influx: there is no option `databse`; did you mean `database`?");
}

TEST_CASE("a problem leaves out what is not known", "[unit][config]") {
    CHECK(Problem{place("a.toml", 3, 0), "", "wrong", ""}.to_text() == "a.toml:3: wrong");
    CHECK(Problem{place("a.toml", 0, 0), "", "wrong", ""}.to_text() == "a.toml: wrong");
    CHECK(Problem{{}, "outputs.x", "wrong", ""}.to_text() == "outputs.x: wrong");
    CHECK(Problem{{}, "", "wrong", ""}.to_text() == "wrong");
}

TEST_CASE("a problem stays on its line whatever the file holds", "[unit][config]") {
    CHECK(Problem{{}, "a\nb", "\x1b[31m", ""}.to_text() == "a\\nb: \\x1b[31m");
}

TEST_CASE("problems sort by place and otherwise keep their order", "[unit][config]") {
    Problems problems;
    CHECK(problems.empty());
    problems.add({place("b", 1, 1), "", "fifth", ""});
    problems.add({place("a", 10, 1), "", "fourth", ""});
    problems.add({place("a", 2, 5), "", "second", ""});
    problems.add({place("a", 2, 5), "", "third", ""});
    problems.add({place("a", 2, 4), "", "first", ""});
    problems.sort();
    CHECK(problems.size() == 5);
    CHECK(problems.to_text() ==
          "a:2:4: first\n"
          "a:2:5: second\n"
          "a:2:5: third\n"
          "a:10:1: fourth\n"
          "b:1:1: fifth\n");
}

TEST_CASE("nearest_name finds what was most likely meant", "[unit][config]") {
    constexpr std::array<std::string_view, 9> kNames{"database",  "interval",  "jitter", "url", "token",
                                                     "name_pass", "name_drop", "from",   "x"};
    struct Case {
        std::string wanted;
        std::optional<std::string> nearest;
    };
    const auto c = GENERATE(values<Case>({{"databse", "database"},
                                          {"dtaabase", "database"},
                                          {"DATABASE", "database"},
                                          {"Intervall", "interval"},
                                          {"inter", "interval"},
                                          {"ulr", "url"},
                                          {"form", "from"},
                                          {"name-pass", "name_pass"},
                                          {"name", std::nullopt},
                                          {"password", std::nullopt},
                                          {"y", std::nullopt},
                                          {"", std::nullopt},
                                          {std::string(500, 'a'), std::nullopt}}));
    DYNAMIC_SECTION(c.wanted) {
        CHECK(nearest_name(c.wanted, kNames) == c.nearest);
    }
}

TEST_CASE("nearest_name takes strings as well as views", "[unit][config]") {
    const std::vector<std::string> names{"roof", "garage"};
    CHECK(nearest_name("rof", names) == "roof");
    CHECK(nearest_name("rof", std::vector<std::string>{}) == std::nullopt);
}

}  // namespace
}  // namespace heliograph::config
