// A plugin built by another compiler, with the headers alone, in a host that knows nothing of it.
#include "tests/conformance/command.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <regex>
#include <string>

namespace heliograph::conformance {
namespace {

const std::string kModules = HELIOGRAPH_OTHER_MODULES;

TEST_CASE("Plugins built by another compiler run from a config that names their files", "[conformance]") {
    const Workspace folder;
    const std::string metrics = folder.file("metrics.txt").string();
    const std::string config = folder.write(
        "site.toml", "[inputs.up]\nplugin = \"" + kModules +
                         "/input_uptime.so\"\n"
                         "[outputs.lines]\nplugin = \"" +
                         kModules + "/output_lines.so\"\nfrom = [\"up\"]\npath = \"" + metrics + "\"\n");
    const Result check = run_heliograph("check -c '" + config + "'");
    INFO(check.output);
    CHECK(check.code == 0);
    for (int round = 1; round <= 2; ++round) {
        const Result once = run_heliograph("once -c '" + config + "'");
        INFO(once.output);
        REQUIRE(once.code == 0);
        CHECK(once.output.find("outputs.lines: ledger: received=1 delivered=1 ") != std::string::npos);
    }
    std::ifstream file(metrics);
    int lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
        CAPTURE(line);
        CHECK(std::regex_match(line, std::regex("[0-9]{19} system uptime=[0-9.e+]+")));
    }
    CHECK(lines == 2);
}

TEST_CASE("What such a plugin throws and reports reaches the person", "[conformance]") {
    const Workspace folder;
    const std::string text = "[inputs.up]\nplugin = \"" + kModules +
                             "/input_uptime.so\"\n[outputs.lines]\nplugin = \"" + kModules +
                             "/output_lines.so\"\nfrom = [\"up\"]\n[agent]\nstop_timeout = \"50ms\"\n";
    const std::string lines_path = "[outputs.lines]\n";
    SECTION("a problem that check finds") {
        std::string empty = text;
        empty.replace(empty.find(lines_path), lines_path.size(), lines_path + "path = \"\"\n");
        const Result check = run_heliograph("check -c '" + folder.write("site.toml", empty).string() + "'");
        CHECK(check.code == 2);
        CHECK(check.output.find("site.toml:4:8: outputs.lines: option `path`: is empty; name a file\n") !=
              std::string::npos);
    }
    SECTION("an exception of open") {
        std::string away = text;
        away.replace(away.find(lines_path), lines_path.size(), lines_path + "path = \"/nowhere/at/all\"\n");
        const Result once = run_heliograph("once -c '" + folder.write("site.toml", away).string() + "'");
        CHECK(once.code == 1);
        CHECK(once.output.find("outputs.lines: cannot be opened: cannot open /nowhere/at/all for writing") !=
              std::string::npos);
    }
}

TEST_CASE("Such a plugin is found by its type on the search path", "[conformance]") {
    const Result list = run_heliograph("plugins --plugin-dir '" + kModules + "'");
    CHECK(list.code == 0);
    CHECK(list.output.find("output     lines ") != std::string::npos);
    CHECK(list.output.find("input      uptime ") != std::string::npos);
}

}  // namespace
}  // namespace heliograph::conformance
