#include "processors/convert_units/convert_units.hpp"

#include "plugins/testkit/plugin_under_test.hpp"
#include "tests/unit/processors/show.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

namespace heliograph::convert_units {
namespace {

using testkit::PluginUnderTest;
using testkit::RecordingHost;
using testkit::Settings;
using testkit::show;

const hg_descriptor& convert_units_descriptor() {
    return descriptor<ConvertUnits>(ConvertUnits::kType, ConvertUnits::kSummary);
}

std::vector<Declaration> declared() {
    return {
        {"port", "power", true, HG_FLOAT, "W", "Power of the panel"},
        {"port", "energy", true, HG_INTEGER, "Wh", ""},
        {"port", "serial", false, HG_TEXT, "", ""},
        {"dtu", "power", true, HG_FLOAT, "kW", ""},
    };
}

void fill(OwnedBatch& batch) {
    batch.batch()
        .add("port")
        .tag("serial", "S1")
        .field("power", 412.3)
        .field("energy", std::int64_t{1500})
        .field("total", std::uint64_t{2500})
        .field("up", true)
        .field("model", std::string_view("HM-800"));
}

std::string converted(RecordingHost& host, const Settings& settings) {
    PluginUnderTest plugin(convert_units_descriptor(), host, settings);
    REQUIRE(plugin.open().ok());
    std::string shown;
    // Twice: the second metric goes by what was remembered of the first.
    for (int round = 0; round < 2; ++round) {
        OwnedBatch batch;
        fill(batch);
        batch.reset_counts();
        REQUIRE(plugin.process(batch).ok());
        REQUIRE(batch.size() == 1);
        CHECK(batch.door().added == 0);
        CHECK((round == 0 || show(batch.metrics()[0]) == shown));
        shown = show(batch.metrics()[0]);
    }
    return shown;
}

}  // namespace

TEST_CASE("fields are converted by their declared units", "[unit][convert_units]") {
    struct Case {
        std::string name;
        Settings settings;
        std::string fields;
    };
    const auto c = GENERATE(values<Case>({
        {"one field",
         {{"fields", TextMap{{"power", "kW"}}}},
         "power=0.4123,energy=1500i,total=2500u,up=true,model=\"HM-800\""},
        {"an integer becomes a float",
         {{"fields", TextMap{{"port:e*", "kWh"}}}},
         "power=412.3,energy=1.5,total=2500u,up=true,model=\"HM-800\""},
        {"an integer stays one when nothing changes",
         {{"fields", TextMap{{"energy", "W.h"}}}},
         "power=412.3,energy=1500i,total=2500u,up=true,model=\"HM-800\""},
        {"another measurement",
         {{"fields", TextMap{{"dtu:power", "W"}}}},
         "power=412.3,energy=1500i,total=2500u,up=true,model=\"HM-800\""},
        {"a unit that the user gives",
         {{"fields", TextMap{{"total", "kWh"}}}, {"source_units", TextMap{{"total", "Wh"}}}},
         "power=412.3,energy=1500i,total=2.5,up=true,model=\"HM-800\""},
        {"a unit that the user corrects",
         {{"fields", TextMap{{"power", "W"}}}, {"source_units", TextMap{{"power", "kW"}}}},
         "power=412300,energy=1500i,total=2500u,up=true,model=\"HM-800\""},
        {"text and booleans stay, whatever they are said to be",
         {{"fields", TextMap{{"*", "kW"}}},
          {"source_units", TextMap{{"up", "W"}, {"model", "W"}, {"*", "kW"}}}},
         "power=412.3,energy=1500i,total=2500u,up=true,model=\"HM-800\""},
        {"a new name",
         {{"fields", TextMap{{"power", "kW"}}}, {"rename", TextMap{{"*", "{field}_in_{unit}"}}}},
         "power_in_kW=0.4123,energy=1500i,total=2500u,up=true,model=\"HM-800\""},
        {"a new name beside the old one",
         {{"fields", TextMap{{"power", "kW"}}},
          {"rename", TextMap{{"power", "kilowatts"}}},
          {"keep_original", true}},
         "power=412.3,energy=1500i,total=2500u,up=true,model=\"HM-800\",kilowatts=0.4123"},
    }));
    DYNAMIC_SECTION(c.name) {
        RecordingHost host;
        host.upstream = declared();
        CHECK(converted(host, c.settings) == "port,serial=S1 " + c.fields);
        CHECK(host.log().empty());
    }
}

TEST_CASE("a field of unknown unit stays, is counted each time and logged once", "[unit][convert_units]") {
    RecordingHost host;
    host.upstream = declared();
    CHECK(converted(host, {{"fields", TextMap{{"total", "kWh"}}}}) ==
          "port,serial=S1 power=412.3,energy=1500i,total=2500u,up=true,model=\"HM-800\"");
    CHECK(host.counter("unknown_unit") == 2);
    REQUIRE(host.log().size() == 1);
    CHECK(host.logged(LogLevel::warning, "'port:total'"));
}

TEST_CASE("a field of unlike dimension stays and is counted", "[unit][convert_units]") {
    RecordingHost host;
    host.upstream = declared();
    CHECK(converted(host, {{"fields", TextMap{{"power", "V"}}}}) ==
          "port,serial=S1 power=412.3,energy=1500i,total=2500u,up=true,model=\"HM-800\"");
    CHECK(host.counter("unlike_unit") == 2);
    CHECK(host.logged(LogLevel::warning, "'W' cannot be converted to 'V'"));
}

TEST_CASE("a converted field never takes the name of another", "[unit][convert_units]") {
    RecordingHost host;
    host.upstream = declared();
    CHECK(converted(host, {{"fields", TextMap{{"power", "kW"}}}, {"rename", TextMap{{"power", "total"}}}}) ==
          "port,serial=S1 power=412.3,energy=1500i,total=2500u,up=true,model=\"HM-800\"");
    CHECK(host.counter("name_taken") == 2);
}

TEST_CASE("endless field names do not make the memory grow without end", "[unit][convert_units]") {
    TreatmentCache cache;
    std::size_t misses = 0;
    const auto visit = [&](const std::string& field) {
        MeasurementCache& known = cache.measurement("m");
        if (known.find(field) == nullptr) {
            known.add(field, {});
            cache.note_field();
            ++misses;
        }
    };
    for (std::size_t i = 0; i <= TreatmentCache::kMostFields; ++i) {
        visit(std::to_string(i));
    }
    const std::size_t before = misses;
    visit("0");
    CHECK(misses == before + 1);  // forgotten when the cache started anew
    visit("0");
    CHECK(misses == before + 1);
}

TEST_CASE("fields are found in any order", "[unit][convert_units]") {
    TreatmentCache cache;
    for (const std::string name : {"a", "b", "c"}) {
        cache.measurement("m").add(name, {});
    }
    for (const std::string order : {"abc", "cba", "bca", "aab"}) {
        MeasurementCache& known = cache.measurement("m");
        for (const char c : order) {
            const std::string name(1, c);
            const auto* found = known.find(name);
            REQUIRE(found != nullptr);
            CHECK(found->name == name);
        }
    }
    CHECK(cache.measurement("other").find("a") == nullptr);
}

TEST_CASE("what leaves is declared with its new unit, name and type", "[unit][convert_units]") {
    RecordingHost host;
    host.upstream = declared();
    PluginUnderTest plugin(convert_units_descriptor(), host,
                           {{"fields", TextMap{{"power", "kW"}, {"energy", "kWh"}}},
                            {"rename", TextMap{{"power", "{field}_{unit}"}}},
                            {"keep_original", true}});
    const auto* declare = static_cast<const hg_declare*>(
        plugin.door().get_extension(&plugin.door(), to_text(HG_EXTENSION_DECLARE)));
    REQUIRE(declare != nullptr);
    std::vector<std::string> shown;
    declare->each(&plugin.door(), &shown, [](void* context, const hg_declaration* record) {
        const Declaration it = Declaration::from(*record);
        static_cast<std::vector<std::string>*>(context)->push_back(
            it.measurement + ":" + it.name + " " + std::to_string(it.type) + " [" + it.unit + "] " + it.help);
    });
    CHECK(shown == std::vector<std::string>{
                       "port:power 1 [W] Power of the panel",
                       "port:power_kW 1 [kW] Power of the panel",
                       "port:energy 1 [kWh] ",
                       "port:serial 5 [] ",
                       "dtu:power 1 [kW] ",
                       "dtu:power_kW 1 [kW] ",
                   });
}

}  // namespace heliograph::convert_units
