#include "plugins/testkit/plugin_under_test.hpp"
#include "processors/convert_units/convert_units.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace heliograph::convert_units {
namespace {

using testkit::PluginUnderTest;
using testkit::RecordingHost;
using testkit::Settings;

const std::vector<Declaration> kPort{
    {"port", "pv_power", true, HG_FLOAT, "W", "Power of the panel"},
    {"port", "pv_voltage", true, HG_FLOAT, "V", ""},
    {"port", "energy", true, HG_INTEGER, "Wh", ""},
    {"port", "alarms", true, HG_INTEGER, "", ""},
    {"port", "model", true, HG_TEXT, "", ""},
    {"port", "serial", false, HG_TEXT, "", ""},
};

/// The problems as option[key]: message.
std::vector<std::string> problems_of(const Settings& settings, const std::vector<Declaration>& upstream) {
    RecordingHost host;
    host.upstream = upstream;
    PluginUnderTest plugin(descriptor<ConvertUnits>(ConvertUnits::kType, ConvertUnits::kSummary), host,
                           settings);
    std::vector<std::string> texts;
    for (const auto& problem : plugin.check()) {
        CHECK_FALSE(problem.hint.empty());
        texts.push_back(problem.option + "[" + problem.key + "]: " + problem.message);
    }
    return texts;
}

}  // namespace

TEST_CASE("conversions that can be done are no problem", "[unit][convert_units]") {
    CHECK(problems_of({{"fields", TextMap{{"*_power", "kW"}, {"port:energy", "kWh"}}}}, kPort).empty());
    CHECK(
        problems_of({{"fields", TextMap{{"alarms", "%"}}}, {"source_units", TextMap{{"alarms", "1"}}}}, kPort)
            .empty());
    CHECK(problems_of({{"fields", TextMap{{"other", "kW"}}}, {"source_units", TextMap{{"o*", "W"}}}}, kPort)
              .empty());
    CHECK(problems_of({{"fields", TextMap{{"pv_power", "kW"}}},
                       {"rename", TextMap{{"*", "{field}_{unit}"}}},
                       {"keep_original", true}},
                      kPort)
              .empty());
    CHECK(problems_of({{"fields", TextMap{{"whatever", "kW"}}}}, {}).empty());
}

TEST_CASE("check names the field and both units", "[unit][convert_units]") {
    struct Case {
        std::string name;
        Settings settings;
        std::string problem;
    };
    const auto c = GENERATE(values<Case>({
        {"unlike dimensions",
         {{"fields", TextMap{{"pv_power", "V"}}}},
         "fields[pv_power]: the field 'port:pv_power' is in 'W', which cannot be converted to 'V'"},
        {"unlike dimensions by pattern",
         {{"fields", TextMap{{"pv_*", "kW"}}}},
         "fields[pv_*]: the field 'port:pv_voltage' is in 'V', which cannot be converted to 'kW'"},
        {"unlike source unit",
         {{"fields", TextMap{{"pv_power", "kW"}}}, {"source_units", TextMap{{"pv_power", "V"}}}},
         "fields[pv_power]: the field 'port:pv_power' is in 'V', which cannot be converted to 'kW'"},
        {"unlike source unit of an undeclared field",
         {{"fields", TextMap{{"other", "kW"}}}, {"source_units", TextMap{{"other", "V"}}}},
         "fields[other]: the field 'other' is in 'V', which cannot be converted to 'kW'"},
        {"no unit",
         {{"fields", TextMap{{"pv_power", "kilowat"}}}},
         "fields[pv_power]: 'kilowat' is not a unit"},
        {"no source unit",
         {{"fields", TextMap{{"pv_power", "kW"}}}, {"source_units", TextMap{{"pv_power", "Wx"}}}},
         "source_units[pv_power]: 'Wx' is not a unit"},
        {"undeclared field",
         {{"fields", TextMap{{"pv_powr", "kW"}}}},
         "fields[pv_powr]: no input declares a field 'pv_powr'"},
        {"taken by an earlier entry",
         {{"fields", TextMap{{"pv_power", "kW"}, {"*:pv_power", "MW"}}}},
         "fields[*:pv_power]: every field that '*:pv_power' matches is matched by an entry before it"},
        {"declared without a unit",
         {{"fields", TextMap{{"alarms", "%"}}}},
         "fields[alarms]: the unit of 'alarms' is not known: its input declares none"},
        {"text",
         {{"fields", TextMap{{"model", "W"}}}},
         "fields[model]: the field 'port:model' is not a number"},
        {"nothing named",
         {{"fields", TextMap{{"pv_power", "kW"}, {":x", "W"}}}},
         "fields[:x]: ':x' names no field"},
        {"keep_original without rename",
         {{"fields", TextMap{{"pv_power", "kW"}}}, {"keep_original", true}},
         "keep_original[]: without a new name the converted field takes the place of the original"},
        {"names collide",
         {{"fields", TextMap{{"pv_power", "kW"}}}, {"rename", TextMap{{"pv_power", "energy"}}}},
         "rename[]: the fields 'pv_power' and 'energy' of 'port' would both be called 'energy'"},
        {"unknown mark",
         {{"fields", TextMap{{"pv_power", "kW"}}}, {"rename", TextMap{{"*", "{name}_kw"}}}},
         "rename[*]: '{name}_kw' holds a brace that means nothing"},
        {"renamed to time",
         {{"fields", TextMap{{"pv_power", "kW"}}}, {"rename", TextMap{{"*", "time"}}}},
         "rename[*]: 'time' is reserved for the time of the metric"},
        {"renamed to nothing",
         {{"fields", TextMap{{"pv_power", "kW"}}}, {"rename", TextMap{{"*power", ""}}}},
         "rename[*power]: the new name is empty"},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(problems_of(c.settings, kPort) == std::vector{c.problem});
    }
}

TEST_CASE("two inputs that declare different units for one field are a problem", "[unit][convert_units]") {
    auto upstream = kPort;
    upstream.push_back({"port", "pv_power", true, HG_FLOAT, "kW", ""});
    const Settings settings{{"fields", TextMap{{"pv_power", "MW"}}}};
    CHECK(problems_of(settings, upstream) ==
          std::vector<std::string>{
              "fields[pv_power]: the field 'port:pv_power' comes from two inputs in different "
              "units, 'W' and 'kW'"});
    Settings told = settings;
    told.emplace_back("source_units", TextMap{{"pv_power", "W"}});
    CHECK(problems_of(told, upstream).empty());
}

TEST_CASE("two spellings of one unit are no conflict", "[unit][convert_units]") {
    auto upstream = kPort;
    upstream.push_back({"port", "energy", true, HG_INTEGER, "W.h", ""});
    CHECK(problems_of({{"fields", TextMap{{"energy", "kWh"}}}}, upstream).empty());
}

TEST_CASE("a declared unit that is none is a problem", "[unit][convert_units]") {
    CHECK(
        problems_of({{"fields", TextMap{{"x", "kW"}}}}, {{"m", "x", true, HG_FLOAT, "watts?", ""}}) ==
        std::vector<std::string>{"fields[x]: the field 'm:x' is declared in 'watts?', which is not a unit"});
}

}  // namespace heliograph::convert_units
