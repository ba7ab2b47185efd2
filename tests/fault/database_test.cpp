// A database that another program keeps locked: nothing is lost, and the log says it once.
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>

#include <memory>

namespace {

using namespace heliograph::testing;

}  // namespace

TEST_CASE("while the database is locked metrics wait, and the log says so once", "[fault][database]") {
    SiteSettings settings;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    settings.output_lines = "busy_timeout = \"100ms\"\nretry_initial = \"100ms\"\nretry_max = \"200ms\"\n";
    Site site(settings);
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));

    auto lock = std::make_unique<DatabaseLock>(site.archive_path());
    const std::uint64_t scans = site.scans_completed();
    REQUIRE(program->wait_for_log("cannot write, the metrics are kept"));
    REQUIRE(eventually([&] { return site.scans_completed() >= scans + 4; }));
    const std::int64_t before = site.snapshots(0);
    lock.reset();

    REQUIRE(eventually([&] { return site.snapshots(0) >= before + 3; }));
    REQUIRE(program->wait_for_log("writing works again"));
    const Ledger ledger = stop_and_check(*program);
    const std::string log = program->log();
    CHECK(count_of(log, "cannot write, the metrics are kept") == 1);
    CHECK(count_of(log, "writing works again") == 1);
    const LedgerLine& output = ledger.at("outputs.archive");
    CHECK(output.at("delivered") == ledger.at("inputs.roof").at("delivered"));
    CHECK(output.at("delivered") == output.at("received"));
    CHECK(site.archive().row_count() == output.at("delivered"));
    site.check_manners();
    site.check_archive();
}

TEST_CASE("a database that cannot be made at the start is made as soon as it can", "[fault][database]") {
    SiteSettings settings;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    settings.output_lines = "retry_initial = \"100ms\"\nretry_max = \"200ms\"\n";
    Site site(settings);
    // A folder stands where the file is to be.
    std::filesystem::create_directory(site.archive_path());
    const auto program = site.start();
    REQUIRE(program->wait_for_log("outputs.archive: cannot be opened"));
    REQUIRE(eventually([&] { return site.scans_completed() >= 2; }));
    std::filesystem::remove(site.archive_path());
    REQUIRE(site.wait_for_snapshots(0, 2));
    const Ledger ledger = stop_and_check(*program);
    CHECK(count_of(program->log(), "cannot be opened") == 1);
    CHECK(site.archive().row_count() == ledger.at("inputs.roof").at("delivered"));
}
