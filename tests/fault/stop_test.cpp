// Stopping: what has been gathered is delivered first, however often one asks.
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>

namespace {

using namespace heliograph::testing;
using namespace std::chrono_literals;
namespace dtu_simulator = heliograph::dtu_simulator;

}  // namespace

TEST_CASE("SIGTERM under load delivers everything that was gathered", "[fault][stop]") {
    struct Case {
        std::string name;
        std::string output_lines;
    };
    const auto c = GENERATE(values<Case>(
        {{"written all the time", "metric_batch_size = 100\n"},
         {"written at the stop only",
          "flush_interval = \"10m\"\nmetric_batch_size = 1000000\nbuffer_limit = \"256MiB\"\n"}}));
    CAPTURE(c.name);
    SiteSettings settings;
    settings.dtus.count = 200;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    settings.agent_lines = "stop_timeout = \"30s\"\n";
    settings.output_lines = c.output_lines;
    Site site(settings);
    const auto program = site.start();
    REQUIRE(eventually([&] { return site.scans_completed() >= 500; }));
    const auto asked = std::chrono::steady_clock::now();
    const Ledger ledger = stop_and_check(*program);
    CHECK(std::chrono::steady_clock::now() - asked < 30s);

    const LedgerLine& output = ledger.at("outputs.archive");
    CHECK(output.at("received") == ledger.at("inputs.roof").at("delivered"));
    CHECK(output.at("delivered") == output.at("received"));
    CHECK(output.at("delivered") >= 400 * 4);
    CHECK(site.archive().row_count() == output.at("delivered"));
    site.check_manners();
    site.check_archive();
}

TEST_CASE("after SIGKILL the database is whole, and a new run goes on where it was", "[fault][stop]") {
    SiteSettings settings;
    settings.dtus.count = 20;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    Site site(settings);
    const auto killed = site.start();
    REQUIRE(eventually([&] { return site.scans_completed() >= 50; }));
    killed->signal(SIGKILL);
    CHECK(killed->wait() == 128 + SIGKILL);
    const auto rows = site.archive().rows("PRAGMA integrity_check");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at("integrity_check") == Cell("ok"));

    for (std::size_t dtu = 0; dtu < site.dtus().size(); ++dtu) {
        site.dtus().set_fault(dtu, {dtu_simulator::FaultKind::lifetime_zero});
    }
    const std::int64_t before = site.snapshots(0);
    const auto next = site.start();
    REQUIRE(eventually([&] { return site.snapshots(0) >= before + 2; }));
    stop_and_check(*next);
    site.check_manners();
    site.check_archive();
}

TEST_CASE("a second SIGTERM does not cut the drain short", "[fault][stop]") {
    SiteSettings settings;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    settings.agent_lines = "stop_timeout = \"60s\"\n";
    settings.output_lines = "busy_timeout = \"100ms\"\nretry_initial = \"100ms\"\nretry_max = \"200ms\"\n";
    Site site(settings);
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    auto lock = std::make_unique<DatabaseLock>(site.archive_path());
    REQUIRE(program->wait_for_log("cannot write"));
    program->signal(SIGTERM);
    REQUIRE(program->wait_for_log("stopping (SIGTERM)"));
    program->signal(SIGTERM);
    program->signal(SIGTERM);
    // Still at it, although it could have died of the second one at once.
    CHECK_FALSE(eventually([&] { return !program->running(); }, 500ms));
    lock.reset();
    const Ledger ledger = check_end(*program);
    const LedgerLine& output = ledger.at("outputs.archive");
    CHECK(output.at("delivered") == output.at("received"));
    CHECK(site.archive().row_count() == output.at("delivered"));
}

TEST_CASE("what cannot be delivered before the deadline is dropped and counted", "[fault][stop]") {
    SiteSettings settings;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    settings.agent_lines = "stop_timeout = \"500ms\"\n";
    settings.output_lines = "busy_timeout = \"100ms\"\nretry_initial = \"100ms\"\nretry_max = \"200ms\"\n";
    Site site(settings);
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    const DatabaseLock lock(site.archive_path());
    REQUIRE(program->wait_for_log("cannot write"));
    const Ledger ledger = stop_and_check(*program, 1);
    const LedgerLine& output = ledger.at("outputs.archive");
    CHECK(output.at("dropped") >= 4);
    CHECK(output.at("delivered") + output.at("dropped") == output.at("received"));
    CHECK(count_of(program->log(), "could not be delivered before the program stopped") == 1);
    CHECK(site.archive().row_count() == output.at("delivered"));
}
