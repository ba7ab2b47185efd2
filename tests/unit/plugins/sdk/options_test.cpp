#include "core/config/option_values.hpp"
#include "core/config/parse.hpp"

#include <heliograph/options.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heliograph {
namespace {

using namespace std::chrono_literals;

enum class Colour : std::uint8_t { red = 7, green = 3 };

struct All {
    std::string text = "default text";
    std::int64_t integer = -5;
    std::uint16_t small = 80;
    double number = 0.25;
    bool flag = true;
    std::chrono::seconds period{90};
    std::chrono::nanoseconds fine{1500};
    Size size{4096};
    std::vector<std::string> list{"a", "b"};
    TextMap map{{"k", "v"}, {"l", "w"}};
    Secret secret{"hush"};
    Colour colour = Colour::green;
    std::optional<std::int64_t> maybe;
    std::optional<std::string> maybe_text = "given";
    std::optional<Colour> maybe_colour;

    static constexpr auto describe = options(
        option<&All::text>("text", "A text.").example("\"t\""),
        option<&All::integer>("integer", "An integer.").unit("W").at_least(-10).at_most(10),
        option<&All::small>("small", "A port."), option<&All::number>("number", "A number.").at_most(0.5),
        option<&All::flag>("flag", "A flag."), option<&All::period>("period", "A period.").at_least(1min),
        option<&All::fine>("fine", "A fine period.").at_most(1s),
        option<&All::size>("size", "A size.").at_least(Size{1024}), option<&All::list>("list", "A list."),
        option<&All::map>("map", "A map."), option<&All::secret>("secret", "A secret."),
        option<&All::colour>("colour", "A colour.").choices({{"red", Colour::red}, {"green", Colour::green}}),
        option<&All::maybe>("maybe", "Perhaps."), option<&All::maybe_text>("maybe_text", "Perhaps a text."),
        option<&All::maybe_colour>("maybe_colour", "Perhaps a colour.")
            .choices({{"red", Colour::red}, {"green", Colour::green}}));
};

struct Needy {
    std::string host = "not a default";

    static constexpr auto describe =
        options(option<&Needy::host>("host", "Where.").required().example("\"h\""));
};

const hg_option& find(std::string_view name) {
    for (const hg_option* option : OptionTable<All>::instance().options()) {
        if (view(option->name) == name) {
            return *option;
        }
    }
    FAIL("no such option");
    std::abort();
}

bool has(const hg_option& option, hg_option_flag flag) {
    return (option.flags & static_cast<std::uint32_t>(flag)) != 0;
}

std::vector<hg_option_value> defaults() {
    std::vector<hg_option_value> values;
    for (const hg_option* option : OptionTable<All>::instance().options()) {
        values.push_back(option->default_value);
    }
    return values;
}

/// The struct as a config would fill it.
All from_toml(std::string_view text, std::string& problems) {
    config::Problems found;
    const auto document = config::parse_toml(text, "t.toml", found);
    REQUIRE(document);
    const std::array<std::span<const hg_option* const>, 1> sets{OptionTable<All>::instance().options()};
    const auto values = config::read_options(document->root, sets, {}, "test", found);
    problems = found.to_text();
    All all;
    OptionTable<All>::apply(all, values.front().values());
    return all;
}

TEST_CASE("A declaration becomes a descriptor with type, help, default, bounds and choices", "[unit][sdk]") {
    struct Case {
        std::string name;
        std::int32_t type;
        std::string shown;  // the default
    };
    const auto c = GENERATE(values<Case>({
        {"text", HG_OPTION_TEXT, "\"default text\""},
        {"integer", HG_OPTION_INTEGER, "-5"},
        {"small", HG_OPTION_INTEGER, "80"},
        {"number", HG_OPTION_FLOAT, "0.25"},
        {"flag", HG_OPTION_BOOLEAN, "true"},
        {"period", HG_OPTION_DURATION, "\"1m30s\""},
        {"fine", HG_OPTION_DURATION, "\"1.5us\""},
        {"size", HG_OPTION_SIZE, "\"4KiB\""},
        {"list", HG_OPTION_LIST, "[\"a\", \"b\"]"},
        {"map", HG_OPTION_MAP, "{ k = \"v\", l = \"w\" }"},
        {"secret", HG_OPTION_SECRET, "\"***\""},
        {"colour", HG_OPTION_CHOICE, "\"green\""},
        {"maybe", HG_OPTION_INTEGER, ""},
        {"maybe_text", HG_OPTION_TEXT, "\"given\""},
        {"maybe_colour", HG_OPTION_CHOICE, ""},
    }));
    DYNAMIC_SECTION(c.name) {
        const hg_option& option = find(c.name);
        CHECK(option.size == sizeof(hg_option));
        CHECK(option.type == c.type);
        CHECK_FALSE(view(option.help).empty());
        CHECK(has(option, HG_OPTION_HAS_DEFAULT) == !c.shown.empty());
        CHECK(option.default_value.type == (c.shown.empty() ? 0 : c.type));
        CHECK(config::option_value_text(option.default_value, option) == c.shown);
    }
}

TEST_CASE("Bounds, units, examples and choices are on their options only", "[unit][sdk]") {
    CHECK(view(find("text").example) == "\"t\"");
    CHECK(view(find("integer").unit) == "W");
    CHECK(find("integer").minimum == -10);
    CHECK(find("integer").maximum == 10);
    CHECK_FALSE(has(find("number"), HG_OPTION_HAS_MINIMUM));
    CHECK(find("number").maximum == 0.5);
    CHECK(find("period").minimum == 60e9);
    CHECK(find("fine").maximum == 1e9);
    CHECK(find("size").minimum == 1024);
    CHECK(find("colour").choices.count == 2);
    CHECK(view(find("colour").choices.items[1]) == "green");
    CHECK(find("colour").default_value.value.integer == 1);
    CHECK(find("text").choices.count == 0);
    CHECK_FALSE(has(find("maybe"), HG_OPTION_HAS_MINIMUM));
    CHECK_FALSE(has(find("maybe"), HG_OPTION_HAS_MAXIMUM));
}

TEST_CASE("An integer that holds less than the door's is bounded by its type", "[unit][sdk]") {
    CHECK(has(find("small"), HG_OPTION_HAS_MINIMUM));
    CHECK(has(find("small"), HG_OPTION_HAS_MAXIMUM));
    CHECK(find("small").minimum == 0);
    CHECK(find("small").maximum == 65535);
    std::string problems;
    static_cast<void>(from_toml("small = 70000", problems));
    CHECK(problems == "t.toml:1:9: test: option `small`: must be at most 65535; it is 70000\n");
}

TEST_CASE("A required option has no default", "[unit][sdk]") {
    const hg_option& host = *OptionTable<Needy>::instance().options().front();
    CHECK(has(host, HG_OPTION_REQUIRED));
    CHECK_FALSE(has(host, HG_OPTION_HAS_DEFAULT));
    CHECK(host.default_value.type == 0);
}

TEST_CASE("The defaults go through the door and back unchanged", "[unit][sdk]") {
    All all;
    all.text.clear();
    all.list.clear();
    all.map.clear();
    all.secret.value.clear();
    all.maybe_text.reset();
    all.maybe = 12;
    all.colour = Colour::red;
    OptionTable<All>::apply(all, defaults());
    const All fresh;
    CHECK(all.text == fresh.text);
    CHECK(all.integer == fresh.integer);
    CHECK(all.small == fresh.small);
    CHECK(all.number == fresh.number);
    CHECK(all.flag == fresh.flag);
    CHECK(all.period == fresh.period);
    CHECK(all.fine == fresh.fine);
    CHECK(all.size == fresh.size);
    CHECK(all.list == fresh.list);
    CHECK(all.map == fresh.map);
    CHECK(all.secret.value == fresh.secret.value);
    CHECK(all.colour == fresh.colour);
    CHECK(all.maybe_text == fresh.maybe_text);
    CHECK(all.maybe == 12);  // not set and no default: left alone
}

TEST_CASE("Every type is filled in from a config", "[unit][sdk]") {
    std::string problems;
    const All all = from_toml(R"(
text = "other"
integer = 10
small = 65535
number = 0.125
flag = false
period = "2h"
fine = "1ms"
size = "1MiB"
list = ["x"]
map = { z = "1", a = "2" }
secret = "open sesame"
colour = "red"
maybe = 0
maybe_text = ""
maybe_colour = "red"
)",
                              problems);
    CHECK(problems.empty());
    CHECK(all.text == "other");
    CHECK(all.integer == 10);
    CHECK(all.small == 65535);
    CHECK(all.number == 0.125);
    CHECK_FALSE(all.flag);
    CHECK(all.period == 2h);
    CHECK(all.fine == 1ms);
    CHECK(all.size == Size{1 << 20});
    CHECK(all.list == std::vector<std::string>{"x"});
    CHECK(all.map == TextMap{{"z", "1"}, {"a", "2"}});
    CHECK(all.secret.value == "open sesame");
    CHECK(all.colour == Colour::red);
    CHECK(all.maybe == 0);
    CHECK(all.maybe_text == "");
    CHECK(all.maybe_colour == Colour::red);
}

TEST_CASE("Values of another type or fewer values than options leave the members alone", "[unit][sdk]") {
    All all;
    std::vector<hg_option_value> values = defaults();
    values.resize(2);
    values[0].type = HG_OPTION_INTEGER;
    values[0].value.integer = 1;
    values[1].value.integer = 3;
    all.list = {"mine"};
    OptionTable<All>::apply(all, values);
    CHECK(all.text == "default text");
    CHECK(all.integer == 3);
    CHECK(all.list == std::vector<std::string>{"mine"});
    OptionTable<All>::apply(all, {});
    CHECK(all.integer == 3);
}

TEST_CASE("A plugin may have no options", "[unit][sdk]") {
    CHECK(OptionTable<NoOptions>::instance().options().empty());
}

}  // namespace
}  // namespace heliograph
