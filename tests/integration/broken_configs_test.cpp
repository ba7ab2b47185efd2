// Every broken config of the folder is run through `check`, and what it says is compared to the letter.
#include "tests/integration/driver/program.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <vector>

namespace {

using namespace heliograph::testing;
namespace fs = std::filesystem;

/// Set to 1, the golden files are written anew from what the program says now; review them like code.
constexpr const char* kUpdate = "HELIOGRAPH_UPDATE_GOLDEN";
constexpr std::string_view kSecret = "715517";  // stands in secret_*.toml

const fs::path kFolder = fs::path(HELIOGRAPH_SOURCE_DIR) / "tests/integration/broken_configs";

std::vector<fs::path> broken_configs() {
    std::vector<fs::path> configs;
    for (const auto& entry : fs::directory_iterator(kFolder)) {
        if (entry.path().extension() == ".toml" || entry.path().extension() == ".json") {
            configs.push_back(entry.path().filename());
        }
    }
    std::sort(configs.begin(), configs.end());
    return configs;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
}

Finished check(const Workspace& workspace, const std::string& config) {
    // Run in the folder, so that paths in the messages are the bare names.
    return run(workspace, {.arguments = {"check", "-c", config},
                           .environment = {{"HELIOGRAPH_TEST_WORD", "maybe"},
                                           {"HELIOGRAPH_TEST_NUMBER", "many"},
                                           {"HELIOGRAPH_TEST_PLUGINS", HELIOGRAPH_TEST_PLUGIN_DIR},
                                           {"HELIOGRAPH_TEST_SECRET_PLUGIN", HELIOGRAPH_TEST_OUTPUT_SECRET}},
                           .folder = kFolder});
}

/// Every problem says where it is, and about which node or table; what is no config at all has no nodes.
void check_form(const std::string& config, const std::string& error) {
    const bool has_nodes = !config.starts_with("not_");
    const std::regex form(
        "[^:]+\\.(toml|json):[0-9]+:[0-9]+: " +
        std::string(has_nodes ? R"((agent|inputs|processors|outputs|the graph|table|key|`)[^:]*: .+)"
                              : ".+"));
    std::istringstream lines(error);
    std::size_t problems = 0;
    for (std::string line; std::getline(lines, line); ++problems) {
        INFO(line);
        if (lines.peek() == std::istringstream::traits_type::eof()) {
            const std::string count = std::to_string(problems) + (problems == 1 ? " problem" : " problems");
            CHECK(line == count + "; nothing was started");
        } else {
            CHECK(std::regex_match(line, form));
        }
    }
    CHECK(problems >= 1);
}

}  // namespace

TEST_CASE("check says of every broken config what is wrong, where, and what was meant",
          "[integration][config]") {
    const Workspace workspace;
    const char* const update = std::getenv(kUpdate);
    const auto configs = broken_configs();
    REQUIRE(configs.size() >= 20);
    for (const fs::path& config : configs) {
        DYNAMIC_SECTION(config.string()) {
            Finished checked = check(workspace, config.string());
            replace_all(checked.error, HELIOGRAPH_TEST_PLUGIN_DIR, "<plugins>");
            CHECK(checked.exit_code == 2);
            CHECK(checked.output.empty());
            CHECK(checked.error.find(kSecret) == std::string::npos);
            check_form(config.string(), checked.error);
            const fs::path golden = kFolder / (config.string() + ".err");
            if (update != nullptr && std::string_view(update) == "1") {
                std::ofstream(golden, std::ios::binary) << checked.error;
            }
            CHECK(checked.error == read_file(golden));
        }
    }
}

TEST_CASE("no golden file is left without its config", "[integration][config]") {
    for (const auto& entry : fs::directory_iterator(kFolder)) {
        if (entry.path().extension() == ".err") {
            CHECK(fs::exists(fs::path(entry.path()).replace_extension()));
        }
    }
}

TEST_CASE("run refuses a broken config as check does", "[integration][config]") {
    const Workspace workspace;
    const Launch checking{.arguments = {"check", "-c", "wrong_key.toml"}, .folder = kFolder};
    for (const char* command : {"run", "once"}) {
        Launch running = checking;
        running.arguments.front() = command;
        const Finished refused = run(workspace, running);
        CHECK(refused.exit_code == 2);
        CHECK(refused.error == run(workspace, checking).error);
    }
}

TEST_CASE("a disabled node may hold anything", "[integration][config]") {
    const Workspace workspace;
    workspace.write("config.toml", R"(
[inputs.roof]
type = "hoymiles_dtu"
host = "192.168.1.20"

[inputs.barn]
enabled = "${HELIOGRAPH_TEST_BARN:-no}"
type = "no_such_plugin"
host = 7
hots = "${HELIOGRAPH_TEST_UNSET}"

[outputs.lines]
type = "stdout"
from = ["roof", "barn"]

[outputs.archive]
enabled = false
type = "sql"
from = ["barn"]
)");
    const Finished checked = run(workspace, {{"check", "-c", "config.toml"}});
    CHECK(checked.error.empty());
    CHECK(
        checked.output ==
        "config.toml is good: 2 nodes will run\n  inputs.barn is disabled\n  outputs.archive is disabled\n");
    CHECK(checked.exit_code == 0);
}

TEST_CASE("a config that is not there is one problem", "[integration][config]") {
    const Workspace workspace;
    const Finished checked = run(workspace, {{"check", "-c", "nowhere.toml"}});
    CHECK(checked.error ==
          "nowhere.toml: cannot read the config file: No such file or directory\n1 problem; nothing was "
          "started\n");
    CHECK(checked.exit_code == 2);
}

TEST_CASE("a secret is in no line of the log", "[integration][config]") {
    const Workspace workspace;
    workspace.write("config.toml", R"(
[agent]
interval = "1s"
stop_timeout = "100ms"

[inputs.roof]
type = "hoymiles_dtu"
host = "127.0.0.1:9"

[outputs.far]
plugin = "${HELIOGRAPH_TEST_SECRET_PLUGIN}"
from = ["roof"]
token = "${HELIOGRAPH_TEST_TOKEN}"
)");
    Launch launch{.arguments = {"check", "-c", "config.toml"},
                  .environment = {{"HELIOGRAPH_TEST_SECRET_PLUGIN", HELIOGRAPH_TEST_OUTPUT_SECRET},
                                  {"HELIOGRAPH_TEST_TOKEN", "key-715517"}}};
    CHECK(run(workspace, launch).exit_code == 0);
    launch.arguments = {"once", "-c", "config.toml", "--log-level", "debug"};
    const Finished finished = run(workspace, launch);
    CHECK(finished.error.find("715517") == std::string::npos);
    CHECK(finished.output.find("715517") == std::string::npos);
    CHECK(finished.exit_code == 1);  // nobody listens at that address
}
