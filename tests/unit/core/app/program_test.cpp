#include "core/app/program.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace heliograph::app {
namespace {

struct Result {
    int code = -1;
    std::string output;
    std::string errors;
};

/// Runs the program in this process, its streams caught.
Result run(const std::vector<std::string>& arguments) {
    std::ostringstream output;
    std::ostringstream errors;
    auto* const real_output = std::cout.rdbuf(output.rdbuf());
    auto* const real_errors = std::cerr.rdbuf(errors.rdbuf());
    const int code = run_program(arguments);
    std::cout.rdbuf(real_output);
    std::cerr.rdbuf(real_errors);
    return {code, output.str(), errors.str()};
}

TEST_CASE("version names the program's version and that of the plugin door", "[unit][app]") {
    const Result result = run({"version"});
    CHECK(result.code == kSuccess);
    CHECK(result.output.starts_with("heliograph "));
    CHECK(result.output.find(", plugin ABI 1.0\n") != std::string::npos);
    CHECK(result.errors.empty());
}

TEST_CASE("help lists every command and the exit codes, in whatever way it is asked for", "[unit][app]") {
    const Result result = run(GENERATE(values<std::vector<std::string>>(
        {{"--help"}, {"-h"}, {"help"}, {"run", "--help"}, {"help", "run"}})));
    CHECK(result.code == kSuccess);
    for (const char* word : {"  run ", "  check ", "  once ", "  graph ", "  plugins [TYPE...]",
                             "  sample TYPE...", "  version ", "  help ", "--config", "--plugin-dir",
                             "--format", "--log-level", "--log-format", "Exit codes: 0 "}) {
        CAPTURE(word);
        CHECK(result.output.find(word) != std::string::npos);
    }
}

TEST_CASE("A command line that is wrong ends with 2 and says why", "[unit][app]") {
    struct Case {
        std::vector<std::string> arguments;
        std::string want;
    };
    const std::string try_help = "\nTry: heliograph --help\n";
    const auto c = GENERATE_COPY(values<Case>({
        {{"rnu"}, "heliograph: there is no command `rnu`" + try_help},
        {{"run", "extra"}, "heliograph: run takes no `extra`" + try_help},
        {{"graph", "--format", "svg"},
         "heliograph: graph cannot print svg; it knows: mermaid dot" + try_help},
        {{"check", "--format", "json"}, "heliograph: check cannot print json; it has no --format" + try_help},
        {{"run", "--log-level", "loud"},
         "heliograph: --log-level takes error, warning, info or debug, not loud" + try_help},
        {{"run", "--log-format", "xml"}, "heliograph: --log-format takes text or json, not xml" + try_help},
        {{"run", "--nonsense"}, "heliograph: unrecognised option '--nonsense'" + try_help},
    }));
    DYNAMIC_SECTION(c.want) {
        const Result result = run(c.arguments);
        CHECK(result.code == kBadConfig);
        CHECK(result.errors == c.want);
        CHECK(result.output.empty());
    }
}

TEST_CASE("No command at all prints the help as an error", "[unit][app]") {
    const Result result = run({});
    CHECK(result.code == kBadConfig);
    CHECK(result.errors.find("Usage: heliograph COMMAND [OPTIONS]") != std::string::npos);
}

TEST_CASE("A config that is wrong ends with 2, its problems sorted and counted", "[unit][app]") {
    const auto path =
        std::filesystem::temp_directory_path() / ("heliograph-app-" + std::to_string(::getpid()) + ".toml");
    const std::string command = GENERATE("check", "run", "once", "graph");
    SECTION("no such file") {
        const Result result = run({command, "-c", path.string()});
        CHECK(result.code == kBadConfig);
        CHECK(result.errors.find(path.string()) != std::string::npos);
        CHECK(result.errors.find("1 problem; nothing was started\n") != std::string::npos);
    }
    SECTION("two problems") {
        std::ofstream(path) << "[agent]\nintervall = \"60s\"\n[inputs.a]\ntype = \"nonesuch_type\"\n";
        const Result result = run({command, "-c", path.string()});
        CHECK(result.code == kBadConfig);
        CHECK(result.errors.starts_with(path.string() +
                                        ":2:1: agent: option `intervall`: there is no such option; did "
                                        "you mean `interval`?\n"));
        CHECK(result.errors.find("there is no input plugin `nonesuch_type`") != std::string::npos);
        CHECK(result.errors.find(" problems; nothing was started\n") != std::string::npos);
    }
    std::error_code error;
    std::filesystem::remove(path, error);
}

TEST_CASE("Plugins that are not there are an error of plugins and sample", "[unit][app]") {
    const Result plugins = run({"plugins", "nonesuch_type"});
    CHECK(plugins.code == kFailure);
    CHECK(plugins.errors.find("there is no plugin `nonesuch_type`") != std::string::npos);
    const Result sample = run({"sample", "nonesuch_type"});
    CHECK(sample.code == kFailure);
    CHECK(sample.errors.find("there is no plugin `nonesuch_type`") != std::string::npos);
    CHECK(run({"sample"}).code == kBadConfig);
}

}  // namespace
}  // namespace heliograph::app
