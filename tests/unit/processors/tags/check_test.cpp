#include "plugins/testkit/plugin_under_test.hpp"
#include "processors/tags/tags.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace heliograph::tags {
namespace {

using testkit::PluginUnderTest;
using testkit::RecordingHost;
using testkit::Settings;

/// The problems as option[key]: message.
std::vector<std::string> problems_of(const Settings& settings) {
    RecordingHost host;
    PluginUnderTest plugin(descriptor<Tags>(Tags::kType, Tags::kSummary), host, settings);
    std::vector<std::string> texts;
    for (const auto& problem : plugin.check()) {
        CHECK_FALSE(problem.hint.empty());
        texts.push_back(problem.option + "[" + problem.key + "]: " + problem.message);
    }
    return texts;
}

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("options that make sense are no problem", "[unit][tags]") {
    CHECK(problems_of({}).empty());
    CHECK(problems_of({{"keep", List{"s*", "port"}},
                       {"rename", TextMap{{"serial", "inverter"}}},
                       {"copy", TextMap{{"device", "inverter"}}},
                       {"from_fields", TextMap{{"model", "model"}}},
                       {"drop_fields", true},
                       {"add", TextMap{{"site", "home"}}}})
              .empty());
    CHECK(problems_of({{"from_fields", TextMap{{"site", "site_name"}}},
                       {"add", TextMap{{"site", "unknown"}}},
                       {"overwrite", false}})
              .empty());
}

TEST_CASE("check names what is wrong with an option", "[unit][tags]") {
    struct Case {
        std::string name;
        Settings settings;
        std::string problem;
    };
    const auto c = GENERATE(values<Case>({
        {"empty pattern", {{"drop", List{""}}}, "drop[]: a pattern is empty and matches no tag"},
        {"pattern twice", {{"keep", List{"a*", "a*"}}}, "keep[a*]: the pattern 'a*' is there twice"},
        {"kept and dropped",
         {{"keep", List{"a"}}, {"drop", List{"a"}}},
         "drop[a]: 'a' is both kept and dropped"},
        {"drop_fields alone",
         {{"drop_fields", true}},
         "drop_fields[]: there are no from_fields, so there is no field to remove"},
        {"no name to add", {{"add", TextMap{{"", "x"}}}}, "add[]: the new tag has no name"},
        {"no value to add", {{"add", TextMap{{"site", ""}}}}, "add[site]: the tag 'site' has no value"},
        {"time added",
         {{"add", TextMap{{"time", "x"}}}},
         "add[time]: 'time' is reserved for the time of the metric"},
        {"time by rename",
         {{"rename", TextMap{{"stamp", "time"}}}},
         "rename[stamp]: 'time' is reserved for the time of the metric"},
        {"rename to itself", {{"rename", TextMap{{"a", "a"}}}}, "rename[a]: 'a' is renamed to itself"},
        {"rename chain",
         {{"rename", TextMap{{"a", "b"}, {"b", "c"}}}},
         "rename[a]: 'a' becomes 'b', which is itself renamed to 'c'"},
        {"two renames to one",
         {{"rename", TextMap{{"a", "c"}, {"b", "c"}}}},
         "rename[b]: the tag 'c' is made by rename already"},
        {"rename of a dropped tag",
         {{"drop", List{"se*"}}, {"rename", TextMap{{"serial", "s"}}}},
         "rename[serial]: the tag 'serial' has been removed by drop ('se*') before it is read"},
        {"copy of a tag that is not kept",
         {{"keep", List{"a"}}, {"copy", TextMap{{"c", "b"}}}},
         "copy[c]: the tag 'b' has been removed before it is read: keep does not name it"},
        {"copy of a renamed tag",
         {{"rename", TextMap{{"a", "b"}}}, {"copy", TextMap{{"c", "a"}}}},
         "copy[c]: 'a' has become 'b' by rename before it is copied"},
        {"copy without a source", {{"copy", TextMap{{"c", ""}}}}, "copy[c]: the existing tag has no name"},
        {"field without a name",
         {{"from_fields", TextMap{{"c", ""}}}},
         "from_fields[c]: the field to make 'c' from has no name"},
        {"made twice",
         {{"copy", TextMap{{"c", "a"}}}, {"add", TextMap{{"c", "x"}}}},
         "add[c]: the tag 'c' is made by copy already"},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(problems_of(c.settings) == std::vector{c.problem});
    }
}

}  // namespace heliograph::tags
