// How the program talks while it runs: signals, the log, and the ways to find a plugin.
#include "core/config/parse.hpp"
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>
#include <signal.h>

#include <sstream>

namespace {

using namespace heliograph::testing;

SiteSettings small_site() {
    SiteSettings settings;
    settings.dtus.plant = {.inverters = 1, .ports = 1};
    return settings;
}

}  // namespace

TEST_CASE("SIGUSR1 logs the ledger, and the program goes on", "[integration][signals]") {
    Site site(small_site());
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    CHECK(ledger_in(program->log()).empty());
    program->signal(SIGUSR1);
    REQUIRE(program->wait_for_log("outputs.archive: ledger: received="));
    const Ledger ledger = ledger_in(program->log());
    CHECK(ledger.at("inputs.roof").at("received") >= 3);
    REQUIRE(site.wait_for_snapshots(0, 1));
    stop_and_check(*program);
}

TEST_CASE("SIGINT stops the program as SIGTERM does", "[integration][signals]") {
    Site site(small_site());
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    program->signal(SIGINT);
    const Ledger ledger = check_end(*program);
    CHECK(site.archive().row_count() == ledger.at("outputs.archive").at("delivered"));
    CHECK(count_of(program->log(), "stopping (SIGINT)") == 1);
}

TEST_CASE("with --log-format json every line of the log is a JSON object", "[integration][log]") {
    Site site(small_site());
    Program program(site.workspace(), {{"run", "-c", site.config_path().string(), "--log-format", "json"}});
    REQUIRE(site.wait_for_snapshots(0, 1));
    site.dtus().kill(0);
    REQUIRE(program.wait_for_log("Connection refused"));
    program.signal(SIGTERM);
    REQUIRE(program.wait() == 0);
    std::istringstream lines(program.log());
    std::size_t count = 0;
    std::size_t of_the_input = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        heliograph::config::Problems problems;
        const auto document = heliograph::config::parse_json(line, "line", problems);
        INFO(line << "\n" << problems.to_text());
        REQUIRE(document);
        for (const char* key : {"time", "level", "message"}) {
            REQUIRE(document->root.find(key) != nullptr);
            CHECK_FALSE(document->root.find(key)->value.as_text().empty());
        }
        const auto* node = document->root.find("node");
        of_the_input += std::size_t{node != nullptr && node->value.as_text() == "inputs.roof"};
    }
    CHECK(count >= 4);
    CHECK(of_the_input >= 2);
}

TEST_CASE("plugins are found in a folder that the command line or the environment names",
          "[integration][plugins]") {
    const Workspace workspace;
    std::filesystem::create_directory(workspace.file("more"));
    // A file's name says what a plugin is, so the search goes by it.
    std::filesystem::create_symlink(HELIOGRAPH_TEST_OUTPUT_SECRET, workspace.file("more/output_secret.so"));
    const Finished without = run(workspace, {{"plugins"}});
    CHECK(without.exit_code == 0);
    CHECK(count_of(without.output, "hoymiles_dtu") >= 1);
    CHECK(count_of(without.output, "Takes a secret") == 0);
    const Finished named = run(workspace, {{"plugins", "--plugin-dir", "more"}});
    CHECK(named.exit_code == 0);
    CHECK(count_of(named.output, "Takes a secret") == 1);
    const Finished in_environment =
        run(workspace, {.arguments = {"plugins"}, .environment = {{"HELIOGRAPH_PLUGIN_PATH", "more"}}});
    CHECK(in_environment.exit_code == 0);
    CHECK(in_environment.output == named.output);
}
