// Nights: no inverter is heard, and nothing that they did not measure may reach a database.
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace heliograph::testing;
using namespace std::chrono_literals;
using heliograph::dtu_simulator::FaultKind;

SiteSettings one_dtu() {
    SiteSettings settings;
    settings.dtus.plant = {.inverters = 2, .ports = 2};
    return settings;
}

std::int64_t total_production(const Site& site) {
    return site.archive().number("SELECT total_production FROM dtu ORDER BY time DESC LIMIT 1");
}

}  // namespace

TEST_CASE("at night no zeros are written for what is not measured", "[fault][night]") {
    Site site(one_dtu());
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    const std::int64_t total = total_production(site);
    CHECK(total > 0);
    const auto fault = GENERATE(FaultKind::night, FaultKind::lifetime_morning);
    site.dtus().set_fault(0, {FaultKind::night});
    site.dtus().add_fault(0, {fault});
    REQUIRE(site.wait_for_snapshots(0, 3));
    CHECK(total_production(site) == total);
    CHECK(
        site.archive().number("SELECT count(*) FROM inverter WHERE link_status = 0 AND grid_voltage IS NULL "
                              "AND grid_frequency IS NULL AND temperature IS NULL") >= 2);
    CHECK(site.archive().number("SELECT count(*) FROM port WHERE pv_voltage IS NULL") >= 4);
    // The last power of the day is closed by one 0, so that no chart goes on with it.
    CHECK(site.archive().number("SELECT count(*) FROM port WHERE pv_power = 0") == 4);
    stop_and_check(*program);
    site.check_manners();
    site.check_archive();
}

TEST_CASE("a restart at night, while the DTU has forgotten its counters, loses no total", "[fault][night]") {
    Site site(one_dtu());
    const auto by_day = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    const std::int64_t total = total_production(site);
    stop_and_check(*by_day);

    site.dtus().set_fault(0, {FaultKind::night});
    site.dtus().add_fault(0, {FaultKind::lifetime_zero});
    const auto at_night = site.start();
    REQUIRE(site.wait_for_snapshots(0, 2));
    CHECK(total_production(site) == total);
    stop_and_check(*at_night);

    site.dtus().clear_faults(0);
    const auto next_day = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    CHECK(total_production(site) == total);
    stop_and_check(*next_day);
    site.check_manners();
    site.check_archive();
}
