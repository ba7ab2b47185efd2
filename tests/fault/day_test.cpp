// A day and a night in less than a minute.
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace {

using namespace heliograph::testing;
using namespace std::chrono_literals;

constexpr std::int64_t kDay = std::chrono::nanoseconds(24h).count();
/// Simulated seconds per second: a day in 40 seconds.
constexpr double kSpeed = 2160;

}  // namespace

TEST_CASE("in 24 hours with a night no total falls and nothing is zero that is not", "[fault][slow]") {
    SiteSettings settings;
    settings.interval = 500ms;
    settings.dtus = {.count = 3, .plant = {.inverters = 1, .ports = 2}, .start_time = kNoon, .speed = kSpeed};
    // Seconds of the collector are half hours of the plant, and so is the power that it seems to have.
    settings.input_lines = "rated_power = 1e6\n";
    Site site(settings);
    const auto program = site.start();
    // A little more, so that the last hours have been read as well.
    REQUIRE(eventually([&] { return site.dtus().time() >= kNoon + kDay + kDay / 24 || !program->running(); },
                       120s));
    stop_and_check(*program);

    site.check_manners();
    site.check_archive();
    for (std::size_t dtu = 0; dtu < site.dtus().size(); ++dtu) {
        INFO("DTU " << dtu);
        const std::string of_dtu = " WHERE dtu_name = '" + site.dtu_name(dtu) + "'";
        CHECK(site.snapshots(dtu) >= 20);
        // The day had its light, and the night its dark.
        CHECK(site.archive().number("SELECT count(*) FROM inverter" + of_dtu + " AND link_status = 1") >= 5);
        CHECK(site.archive().number("SELECT count(*) FROM inverter" + of_dtu + " AND link_status = 0") >= 5);
        // The energy of an afternoon and a morning came in whole.
        const std::int64_t grown =
            site.archive().number("SELECT max(total_production) - min(total_production) FROM dtu" + of_dtu);
        std::int64_t produced = 0;
        const auto& plant = site.dtus().plant(dtu);
        for (std::size_t port = 0; port < plant.port_count(); ++port) {
            produced += plant.reading(port, kNoon + kDay).lifetime_energy;
            produced -= plant.reading(port, kNoon + kDay / 24).lifetime_energy;
        }
        CHECK(grown >= produced * 9 / 10);
        // Today's energy began anew with the new day.
        CHECK(site.archive().number("SELECT count(*) FROM dtu" + of_dtu + " AND today_production < 200") >=
              1);
    }
}
