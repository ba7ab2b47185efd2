#include "processors/tags/tags.hpp"

#include "plugins/testkit/plugin_under_test.hpp"
#include "tests/unit/processors/show.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace heliograph::tags {
namespace {

using testkit::PluginUnderTest;
using testkit::RecordingHost;
using testkit::Settings;
using testkit::show;

const hg_descriptor& tags_descriptor() {
    return descriptor<Tags>(Tags::kType, Tags::kSummary);
}

/// The metric that every case starts from.
void fill(OwnedBatch& batch) {
    batch.batch()
        .add("inverter")
        .tag("dtu", "D1")
        .tag("port", "2")
        .tag("serial", "S1")
        .field("power", 412.5)
        .field("alarms", std::int64_t{-3})
        .field("model", std::string_view("HM-800"))
        .field("up", true);
}

std::string rewritten(const Settings& settings) {
    RecordingHost host;
    PluginUnderTest plugin(tags_descriptor(), host, settings);
    REQUIRE(plugin.open().ok());
    OwnedBatch batch;
    fill(batch);
    REQUIRE(plugin.process(batch).ok());
    REQUIRE(batch.size() == 1);
    return show(batch.metrics()[0]);
}

constexpr auto kFields = " power=412.5,alarms=-3i,model=\"HM-800\",up=true";

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("tags are rewritten step by step", "[unit][tags]") {
    struct Case {
        std::string name;
        Settings settings;
        std::string tags;
    };
    const auto c = GENERATE(values<Case>({
        {"nothing asked", {}, ",dtu=D1,port=2,serial=S1"},
        {"add in the middle", {{"add", TextMap{{"home", "x"}}}}, ",dtu=D1,home=x,port=2,serial=S1"},
        {"add at both ends, in any order",
         {{"add", TextMap{{"zone", "9"}, {"area", "1"}}}},
         ",area=1,dtu=D1,port=2,serial=S1,zone=9"},
        {"add replaces", {{"add", TextMap{{"port", "7"}}}}, ",dtu=D1,port=7,serial=S1"},
        {"add as a fallback",
         {{"add", TextMap{{"port", "7"}, {"site", "home"}}}, {"overwrite", false}},
         ",dtu=D1,port=2,serial=S1,site=home"},
        {"add of empty text does nothing", {{"add", TextMap{{"port", ""}}}}, ",dtu=D1,port=2,serial=S1"},
        {"drop by pattern", {{"drop", List{"[ds]*"}}}, ",port=2"},
        {"keep by pattern", {{"keep", List{"s*", "port"}}}, ",port=2,serial=S1"},
        {"keep, then drop", {{"keep", List{"s*", "port"}}, {"drop", List{"p*"}}}, ",serial=S1"},
        {"keep does not touch what is added",
         {{"keep", List{"port"}}, {"add", TextMap{{"site", "home"}}}},
         ",port=2,site=home"},
        {"drop every tag", {{"drop", List{"*"}}}, ""},
        {"rename moves to its new place",
         {{"rename", TextMap{{"dtu", "source"}}}},
         ",port=2,serial=S1,source=D1"},
        {"rename of a missing tag", {{"rename", TextMap{{"host", "source"}}}}, ",dtu=D1,port=2,serial=S1"},
        {"rename onto a tag", {{"rename", TextMap{{"dtu", "serial"}}}}, ",port=2,serial=D1"},
        {"rename does not replace when told not to",
         {{"rename", TextMap{{"dtu", "serial"}}}, {"overwrite", false}},
         ",dtu=D1,port=2,serial=S1"},
        {"rename of every tag",
         {{"rename", TextMap{{"dtu", "c"}, {"port", "b"}, {"serial", "a"}}}},
         ",a=S1,b=2,c=D1"},
        {"copy after rename",
         {{"rename", TextMap{{"dtu", "source"}}}, {"copy", TextMap{{"gateway", "source"}}}},
         ",gateway=D1,port=2,serial=S1,source=D1"},
        {"copy of a copy",
         {{"copy", TextMap{{"a", "dtu"}, {"b", "a"}}}},
         ",a=D1,b=D1,dtu=D1,port=2,serial=S1"},
        {"every type of field as a tag",
         {{"drop", List{"*"}},
          {"from_fields",
           TextMap{{"p", "power"}, {"a", "alarms"}, {"m", "model"}, {"u", "up"}, {"n", "none"}}}},
         ",a=-3,m=HM-800,p=412.5,u=true"},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(rewritten(c.settings) == "inverter" + c.tags + kFields);
    }
}

TEST_CASE("fields that became tags are removed when asked, but never the last one", "[unit][tags]") {
    CHECK(rewritten({{"from_fields", TextMap{{"model", "model"}, {"up", "up"}}}, {"drop_fields", true}}) ==
          "inverter,dtu=D1,model=HM-800,port=2,serial=S1,up=true power=412.5,alarms=-3i");
    CHECK(rewritten({{"from_fields", TextMap{{"a", "power"}, {"b", "alarms"}, {"c", "model"}, {"d", "up"}}},
                     {"drop_fields", true}}) ==
          "inverter,a=412.5,b=-3,c=HM-800,d=true,dtu=D1,port=2,serial=S1 up=true");
}

TEST_CASE("a field that did not become a tag stays", "[unit][tags]") {
    SECTION("the tag was there and is not replaced") {
        CHECK(rewritten({{"from_fields", TextMap{{"port", "alarms"}, {"m", "model"}}},
                         {"drop_fields", true},
                         {"overwrite", false}}) ==
              "inverter,dtu=D1,m=HM-800,port=2,serial=S1 power=412.5,alarms=-3i,up=true");
    }
    SECTION("one of its two tags was there") {
        CHECK(rewritten({{"from_fields", TextMap{{"model", "model"}, {"port", "model"}}},
                         {"drop_fields", true},
                         {"overwrite", false}}) ==
              "inverter,dtu=D1,model=HM-800,port=2,serial=S1 power=412.5,alarms=-3i,up=true");
    }
    SECTION("it has no sensible text") {
        RecordingHost host;
        PluginUnderTest plugin(tags_descriptor(), host,
                               {{"from_fields", TextMap{{"t", "value"}}}, {"drop_fields", true}});
        REQUIRE(plugin.open().ok());
        OwnedBatch batch;
        batch.batch().add("m").field("value", std::numeric_limits<double>::quiet_NaN()).field("other", 1);
        batch.batch().add("m").field("value", std::numeric_limits<double>::infinity()).field("other", 1);
        batch.batch().add("m").field("value", std::string_view()).field("other", 1);
        REQUIRE(plugin.process(batch).ok());
        for (const MetricView metric : batch.metrics()) {
            CHECK(metric.tags().empty());
            CHECK(metric.fields().size() == 2);
        }
    }
}

TEST_CASE("a field without a sensible text makes no tag", "[unit][tags]") {
    RecordingHost host;
    PluginUnderTest plugin(tags_descriptor(), host, {{"from_fields", TextMap{{"t", "value"}}}});
    REQUIRE(plugin.open().ok());
    OwnedBatch batch;
    batch.batch().add("m").field("value", std::numeric_limits<double>::quiet_NaN());
    batch.batch().add("m").field("value", std::numeric_limits<double>::infinity());
    batch.batch().add("m").field("value", std::string_view());
    REQUIRE(plugin.process(batch).ok());
    for (const MetricView metric : batch.metrics()) {
        CHECK(metric.tags().empty());
    }
}

TEST_CASE("fixed tags point into the options instead of being copied", "[unit][tags]") {
    RecordingHost host;
    PluginUnderTest plugin(tags_descriptor(), host, {{"add", TextMap{{"site", "home"}}}});
    REQUIRE(plugin.open().ok());
    OwnedBatch batch;
    fill(batch);
    fill(batch);
    REQUIRE(plugin.process(batch).ok());
    const auto& first = batch.metrics()[0].tags()[3];
    const auto& second = batch.metrics()[1].tags()[3];
    CHECK(view(first.key) == "site");
    CHECK(first.key.data == second.key.data);
    CHECK(first.value.data == second.value.data);
}

TEST_CASE("the processor is pure and counts nothing as added or removed", "[unit][tags]") {
    CHECK((tags_descriptor().abilities & HG_ABILITY_PURE) != 0);
    RecordingHost host;
    PluginUnderTest plugin(tags_descriptor(), host, {{"drop", List{"*"}}});
    REQUIRE(plugin.open().ok());
    OwnedBatch batch;
    fill(batch);
    batch.reset_counts();
    REQUIRE(plugin.process(batch).ok());
    CHECK(batch.door().added == 0);
    CHECK(batch.door().filtered == 0);
}

}  // namespace heliograph::tags
