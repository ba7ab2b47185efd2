#include "core/config/option_values.hpp"

#include "core/config/interpolate.hpp"
#include "core/config/parse.hpp"

#include <heliograph/options.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heliograph::config {
namespace {

using namespace std::chrono_literals;

enum class Mode : std::uint8_t { fast, careful };

struct Sample {
    std::string text;
    std::int64_t integer = 0;
    double number = 0;
    bool flag = false;
    std::chrono::nanoseconds period{};
    Size size;
    std::vector<std::string> list;
    TextMap map;
    Secret token;
    Mode mode = Mode::fast;

    static constexpr auto describe = options(
        option<&Sample::text>("text", "A text."),
        option<&Sample::integer>("integer", "An integer.").at_least(-10).at_most(10).unit("W"),
        option<&Sample::number>("number", "A number.").at_most(0.5), option<&Sample::flag>("flag", "A flag."),
        option<&Sample::period>("period", "A period.").at_least(1s).at_most(1h),
        option<&Sample::size>("size", "A size.").at_least(Size{1024}),
        option<&Sample::list>("list", "A list."), option<&Sample::map>("map", "A map."),
        option<&Sample::token>("token", "A secret."),
        option<&Sample::mode>("mode", "A mode.").choices({{"fast", Mode::fast}, {"careful", Mode::careful}}));
};

struct Needy {
    std::string host;
    Secret key;

    static constexpr auto describe =
        options(option<&Needy::host>("host", "Where.").required().example("\"192.168.1.20\""),
                option<&Needy::key>("key", "A key.").required());
};

struct Values {
    Sample sample;
    OptionValues values;
    std::string problems;
};

/// One line of a config, read as the options of Sample.
Values read(std::string_view line, const std::map<std::string, std::string>& variables = {}) {
    Problems problems;
    auto document = parse_toml(line, "f.toml", problems);
    REQUIRE(document);
    const Environment environment{
        [&](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
        },
        [](const std::string&) {
            return FileText{{}, "no files here"};
        }};
    interpolate(document->root, environment, problems, "inputs.a");
    const std::array<std::span<const hg_option* const>, 1> sets{OptionTable<Sample>::instance().options()};
    const std::array<std::string_view, 1> known{"type"};
    auto all = read_options(document->root, sets, known, "inputs.a", problems);
    Values values;
    OptionTable<Sample>::apply(values.sample, all.front().values());
    values.values = std::move(all.front());
    values.problems = problems.to_text();
    return values;
}

TEST_CASE("A value of the wrong type or out of bounds is said at its place, with what to do",
          "[unit][config]") {
    struct Case {
        std::string line;
        std::string want;  // after "f.toml:1:COLUMN: inputs.a: option `NAME`: "
    };
    const auto c = GENERATE(values<Case>({
        {"text = 5", "takes a text, and the integer 5 is given; put it in quotes"},
        {"text = true", "takes a text, and the boolean true is given; put it in quotes"},
        {"text = [\"a\"]", "takes a text, and a list is given"},
        {"integer = \"5\"", "takes an integer, and the text \"5\" is given; write it without quotes"},
        {"integer = 1.5", "takes an integer, and a number with a fraction is given"},
        {"integer = 11", "must be at most 10 W; it is 11 W"},
        {"integer = -11", "must be at least -10 W; it is -11 W"},
        {"number = \"a\"", "takes a number, and the text \"a\" is given"},
        {"number = 0.75", "must be at most 0.5; it is 0.75"},
        {"number = nan", "must be a finite number"},
        {"number = -inf", "must be a finite number"},
        {"flag = 1", "takes a boolean (true or false), and the integer 1 is given"},
        {"flag = \"true\"",
         "takes a boolean (true or false), and the text \"true\" is given; write it without quotes"},
        {"period = 60",
         "takes a duration such as \"60s\" or \"1h30m\", and the integer 60 is given; write the unit: "
         "\"60s\""},
        {"period = 0.5",
         "takes a duration such as \"60s\" or \"1h30m\", and a number with a fraction is given; write the "
         "unit: "
         "\"0.5s\""},
        {"period = \"60\"", "\"60\" has no unit; for seconds write \"60s\""},
        {"period = \"soon\"", "\"soon\" is not a duration; write a number and a unit, such as \"60s\""},
        {"period = \"2h\"", "must be at most 1h; it is 2h"},
        {"period = \"1ms\"", "must be at least 1s; it is 1ms"},
        {"size = -1", "takes a size such as \"64MiB\", and the integer -1 is given"},
        {"size = \"1KB\"", "must be at least 1KiB; it is 1KB"},
        {"size = true", "takes a size such as \"64MiB\", and the boolean true is given"},
        {"list = \"a\"", "takes a list of texts, and the text \"a\" is given; write [\"a\"]"},
        {"map = \"a\"", "takes a table of texts, and the text \"a\" is given"},
        {"token = 12345", "takes a secret text, and an integer is given; put it in quotes"},
        {"token = [\"hunter22\"]", "takes a secret text, and a list is given"},
        {"mode = \"carefull\"",
         "takes one of \"fast\", \"careful\", and the text \"carefull\" is given; did you mean \"careful\"?"},
        {"mode = 1", "takes one of \"fast\", \"careful\", and the integer 1 is given"},
    }));
    DYNAMIC_SECTION(c.line) {
        const std::string name = c.line.substr(0, c.line.find(' '));
        const Values values = read(c.line);
        CHECK(values.problems == "f.toml:1:" + std::to_string(name.size() + 4) + ": inputs.a: option `" +
                                     name + "`: " + c.want + "\n");
        CHECK_FALSE(values.values.usable());
    }
}

TEST_CASE("An item of a list or map that is no text is said at its own place", "[unit][config]") {
    CHECK(read("list = [\"a\", 5]").problems ==
          "f.toml:1:14: inputs.a: option `list`: takes a list of texts, and the integer 5 is in it; put it "
          "in quotes\n");
    CHECK(read("map = { a = \"1\", b = 2 }").problems ==
          "f.toml:1:22: inputs.a: option `map`: takes a table of texts, and the integer 2 stands for `b`; "
          "put it in "
          "quotes\n");
}

TEST_CASE("Bounds are inclusive and integers do for numbers and sizes", "[unit][config]") {
    CHECK(read("integer = 10").sample.integer == 10);
    CHECK(read("integer = -10").problems.empty());
    CHECK(read("number = 0.5").sample.number == 0.5);
    CHECK(read("number = -3").sample.number == -3.0);
    CHECK(read("period = \"1h\"").sample.period == 1h);
    CHECK(read("size = 1024").sample.size == Size{1024});
    CHECK(read("size = \"1KiB\"").problems.empty());
}

TEST_CASE("Text from outside is read as the option's type", "[unit][config]") {
    const Values values = read(R"(text = "${TEXT}"
integer = "${INTEGER}"
number = "${NUMBER}"
flag = "${FLAG}"
period = "${PERIOD}"
size = "${SIZE}"
list = "${LIST}"
map = { key = "${TEXT}" }
token = "${TOKEN}"
mode = "${MODE}"
)",
                               {{"TEXT", "5"},
                                {"INTEGER", "-7"},
                                {"NUMBER", "2.5e-1"},
                                {"FLAG", "Yes"},
                                {"PERIOD", "90s"},
                                {"SIZE", "1MiB"},
                                {"LIST", " a, b ,,c "},
                                {"TOKEN", "hunter22"},
                                {"MODE", "careful"}});
    CHECK(values.problems.empty());
    CHECK(values.values.usable());
    CHECK(values.sample.text == "5");
    CHECK(values.sample.integer == -7);
    CHECK(values.sample.number == 0.25);
    CHECK(values.sample.flag);
    CHECK(values.sample.period == 90s);
    CHECK(values.sample.size == Size{1 << 20});
    CHECK(values.sample.list == std::vector<std::string>{"a", "b", "c"});
    CHECK(values.sample.map == TextMap{{"key", "5"}});
    CHECK(values.sample.token.value == "hunter22");
    CHECK(values.sample.mode == Mode::careful);
    CHECK(values.values.secrets() == std::vector<std::string>{"hunter22"});
}

TEST_CASE("What was filled in is never shown, for it may be secret", "[unit][config]") {
    const std::string name = GENERATE("integer", "number", "flag", "period", "size", "mode", "map");
    const std::string line = name + " = \"${TOKEN}\"";
    const Values values = read(line, {{"TOKEN", "hunter22"}});
    CAPTURE(values.problems);
    CHECK_FALSE(values.problems.empty());
    CHECK(values.problems.find("hunter22") == std::string::npos);
    CHECK_FALSE(values.values.usable());
}

TEST_CASE("A list from outside may be empty or hold one item", "[unit][config]") {
    CHECK(read("list = \"${LIST}\"", {{"LIST", ""}}).sample.list.empty());
    CHECK(read("list = \"${LIST}\"", {{"LIST", " , "}}).sample.list.empty());
    CHECK(read("list = \"${LIST}\"", {{"LIST", "one item"}}).sample.list ==
          std::vector<std::string>{"one item"});
    CHECK(read("list = [\"${LIST}\", \"b\"]", {{"LIST", "a,b"}}).sample.list ==
          std::vector<std::string>{"a,b", "b"});
}

TEST_CASE("A value that could not be filled in is reported once and not usable", "[unit][config]") {
    const Values values = read("integer = \"${MISSING:?set it}\"");
    CHECK(values.problems.find("set it") != std::string::npos);
    CHECK(values.problems.find('\n') == values.problems.size() - 1);
    CHECK_FALSE(values.values.usable());
}

TEST_CASE("A key that no option has is met with the nearest one that has", "[unit][config]") {
    CHECK(read("type = \"t\"\nperoid = \"60s\"").problems ==
          "f.toml:2:1: inputs.a: option `peroid`: there is no such option; did you mean `period`?\n");
    CHECK(read("entirely_else = 1").problems ==
          "f.toml:1:1: inputs.a: option `entirely_else`: there is no such option\n");
}

TEST_CASE("A required option that is missing is shown by its example", "[unit][config]") {
    Problems problems;
    const auto document = parse_toml("[inputs.a]\ntype = \"t\"\n", "f.toml", problems);
    REQUIRE(document);
    const std::array<std::span<const hg_option* const>, 1> sets{OptionTable<Needy>::instance().options()};
    const std::array<std::string_view, 1> known{"type"};
    const Value& table = document->root.find("inputs")->value.find("a")->value;
    const auto values = read_options(table, sets, known, "inputs.a", problems);
    CHECK(
        problems.to_text() ==
        "f.toml:1:1: inputs.a: option `host`: is required and missing; for example: host = \"192.168.1.20\"\n"
        "f.toml:1:1: inputs.a: option `key`: is required and missing\n");
    CHECK_FALSE(values.front().usable());
}

TEST_CASE("Values know where they stand", "[unit][config]") {
    const Values values = read("text = \"a\"\nlist = [\"x\", \"y\"]\nmap = { k = \"v\" }\n");
    CHECK(values.values.position("text").to_text() == "f.toml:1:8");
    CHECK(values.values.position("list", "y").to_text() == "f.toml:2:14");
    CHECK(values.values.position("list", "z").to_text() == "f.toml:2:8");
    CHECK(values.values.position("map", "k").to_text() == "f.toml:3:9");
}

TEST_CASE("Booleans from outside have many words", "[unit][config]") {
    for (const char* word : {"true", "TRUE", "1", "yes", "On"}) {
        CHECK(boolean_from_text(word) == true);
    }
    for (const char* word : {"false", "0", "No", "off", ""}) {
        CHECK(boolean_from_text(word) == false);
    }
    for (const char* word : {"2", "y", "truee", " true"}) {
        CHECK_FALSE(boolean_from_text(word));
    }
}

TEST_CASE("Values are shown in the words of a config that reads them back", "[unit][config]") {
    struct Case {
        std::string line;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {R"(text = "a \"quoted\" \\ text\n\u0001")", R"("a \"quoted\" \\ text\n\u0001")"},
        {"integer = -7", "-7"},
        {"number = 0.125", "0.125"},
        {"flag = true", "true"},
        {"period = \"90s\"", "\"1m30s\""},
        {"size = 2048", "\"2KiB\""},
        {"list = [\"a\", \"b\\\"\"]", R"(["a", "b\""])"},
        {"list = []", "[]"},
        {"map = { k = \"v\", \"odd key\" = \"w\" }", R"({ k = "v", "odd key" = "w" })"},
        {"map = {}", "{}"},
        {"token = \"hunter22\"", "\"***\""},
        {"token = \"\"", "\"\""},
        {"mode = \"careful\"", "\"careful\""},
    }));
    DYNAMIC_SECTION(c.line) {
        const std::string name = c.line.substr(0, c.line.find(' '));
        const Values values = read(c.line);
        CHECK(values.problems.empty());
        const auto options = OptionTable<Sample>::instance().options();
        for (std::size_t i = 0; i < options.size(); ++i) {
            if (view(options[i]->name) == name) {
                const std::string shown = option_value_text(values.values.values()[i], *options[i]);
                CHECK(shown == c.want);
                CHECK(read(name + " = " + shown).problems.empty());
            }
        }
    }
}

}  // namespace
}  // namespace heliograph::config
