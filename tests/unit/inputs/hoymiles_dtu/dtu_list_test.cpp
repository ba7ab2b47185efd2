#include "inputs/hoymiles_dtu/hoymiles_dtu.hpp"
#include "plugins/testkit/plugin_under_test.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>

namespace heliograph::hoymiles {
namespace {

using testkit::PluginUnderTest;
using testkit::RecordingHost;
using testkit::Settings;
using Texts = std::vector<std::string>;

std::vector<testkit::ReportedProblem> check(const Settings& settings) {
    RecordingHost host;
    PluginUnderTest input{descriptor<HoymilesDtu>(HoymilesDtu::kType, HoymilesDtu::kSummary), host, settings};
    return input.check();
}

}  // namespace

TEST_CASE("options that name DTUs well have no problems", "[unit][hoymiles]") {
    CHECK(check({{"host", "192.168.1.20"}}).empty());
    CHECK(check({{"host", "192.168.1.20"}, {"dtu_name", "roof"}, {"utc_offset", "+02:00"}}).empty());
    CHECK(check({{"hosts", Texts{"one", "two:5020"}}, {"dtu_names", TextMap{{"two:5020", "barn"}}}}).empty());
}

TEST_CASE("options that do not work are reported, all of them", "[unit][hoymiles]") {
    const auto none = check({});
    REQUIRE(none.size() == 1);
    CHECK(none[0].option == "host");

    const auto problems = check({{"host", "dtu"},
                                 {"hosts", Texts{"DTU:502", "not a host", "barn"}},
                                 {"dtu_name", "roof"},
                                 {"dtu_names", TextMap{{"shed", "Shed"}}},
                                 {"utc_offset", "Berlin"}});
    REQUIRE(problems.size() == 5);
    CHECK(problems[0].message == "dtu port 502 is listed twice");
    CHECK(problems[0].option == "hosts");
    CHECK(problems[0].key == "DTU:502");
    CHECK(problems[1].message == "\"not a host\" is not a host or host:port");
    CHECK(problems[2].message == "\"shed\" is not one of the hosts");
    CHECK(problems[3].message == "one name cannot serve 2 DTUs");
    CHECK(problems[4].option == "utc_offset");
}

TEST_CASE("a DTU is named by the config or after its host", "[unit][hoymiles]") {
    Options options;
    options.hosts = {"one", "two:5020"};
    options.dtu_names = {{"two:5020", "barn"}};
    auto list = list_dtus(options);
    REQUIRE(list.size() == 2);
    CHECK(list[0].name == "one");
    CHECK(list[0].address == DtuAddress{"one", 502});
    CHECK(list[1].name == "barn");
    CHECK(list[1].address == DtuAddress{"two", 5020});

    Options single;
    single.host = "192.168.1.20";
    single.port = 5020;
    CHECK(list_dtus(single).at(0).name == "192.168.1.20");
    CHECK(list_dtus(single).at(0).address == DtuAddress{"192.168.1.20", 5020});
    single.dtu_name = "roof";
    CHECK(list_dtus(single).at(0).name == "roof");
}

}  // namespace heliograph::hoymiles
