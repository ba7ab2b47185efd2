#include "tools/dtu_simulator/plant.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <stdexcept>

namespace heliograph::dtu_simulator {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMidnight = 1'750'032'000 * kSecond;  // 2025-06-16

TEST_CASE("A day of 24 hours is plausible at every minute", "[unit][dtu_simulator]") {
    const Plant plant({.inverters = 2, .ports = 2, .mi_inverters = 1});
    for (std::size_t port = 0; port < plant.port_count(); ++port) {
        PortReading before = plant.reading(port, kMidnight);
        double most_power = 0;
        double watt_hours = 0;
        for (std::int64_t minute = 1; minute <= 24 * 60; ++minute) {
            const PortReading now = plant.reading(port, kMidnight + minute * kMinute);
            INFO("port " << port << ", minute " << minute);
            REQUIRE(now.lifetime_energy >= before.lifetime_energy);
            if (now.today_energy < before.today_energy) {
                REQUIRE(now.today_energy == 0);
                REQUIRE(minute == 22 * 60 + 30);
            }
            const bool daylight = minute >= 6 * 60 && minute < 20 * 60;
            const bool linked = minute >= 6 * 60 && minute < 20 * 60 + 10;
            REQUIRE(now.linked == linked);
            REQUIRE(now.operating_status == (linked ? 3 : 0));
            REQUIRE((now.pv_power > 0) <= daylight);
            if (linked) {
                REQUIRE(now.pv_voltage > 15);
                REQUIRE(now.pv_voltage < 40);
                REQUIRE(now.pv_power <= plant.settings().port_watts);
                REQUIRE(std::abs(now.grid_voltage - 230) < 8);
                REQUIRE(std::abs(now.grid_frequency - 50) < 0.06);
                REQUIRE(now.temperature > 10);
                REQUIRE(now.temperature < 60);
                const double step = is_mi_serial(now.serial) ? 0.1 : 0.01;
                REQUIRE(std::abs(now.pv_voltage * now.pv_current - now.pv_power) <=
                        now.pv_voltage * step / 2 + 1e-6);
            } else {
                REQUIRE(now.pv_voltage == 0);
                REQUIRE(now.pv_current == 0);
                REQUIRE(now.grid_voltage == 0);
                REQUIRE(now.grid_frequency == 0);
                REQUIRE(now.temperature == 0);
            }
            if (now.today_energy > before.today_energy) {
                REQUIRE(static_cast<std::uint32_t>(now.today_energy - before.today_energy) ==
                        now.lifetime_energy - before.lifetime_energy);
            }
            most_power = std::max(most_power, now.pv_power);
            watt_hours += now.pv_power / 60;
            before = now;
        }
        CHECK(most_power > 0.3 * plant.settings().port_watts);
        const PortReading evening = plant.reading(port, kMidnight + 21 * kHour);
        CHECK(evening.today_energy == Approx(watt_hours).epsilon(0.005));
        CHECK(evening.lifetime_energy - plant.reading(port, kMidnight).lifetime_energy ==
              evening.today_energy);
    }
}

TEST_CASE("Today's counter is kept after dusk, cleared later and counts from 0 in the morning",
          "[unit][dtu_simulator]") {
    const Plant plant({.seed = 7});
    CHECK(plant.reading(0, kMidnight + 20 * kHour + 11 * kMinute).today_energy > 300);
    CHECK(plant.reading(0, kMidnight + 22 * kHour + 29 * kMinute).today_energy > 300);
    CHECK(plant.reading(0, kMidnight + 22 * kHour + 30 * kMinute).today_energy == 0);
    CHECK(plant.reading(0, kMidnight + kDay + 5 * kHour).today_energy == 0);
    CHECK(plant.reading(0, kMidnight + kDay + 6 * kHour).today_energy == 0);
    CHECK(plant.reading(0, kMidnight + kDay + 8 * kHour).today_energy > 0);
}

TEST_CASE("Today's counter may be cleared by the morning wake-up alone", "[unit][dtu_simulator]") {
    const Plant plant({.today_cleared = std::chrono::hours(48)});
    const auto evening = plant.reading(0, kMidnight + 21 * kHour).today_energy;
    CHECK(evening > 300);
    CHECK(plant.reading(0, kMidnight + kDay + 5 * kHour).today_energy == evening);
    CHECK(plant.reading(0, kMidnight + kDay + 6 * kHour).today_energy == 0);
}

TEST_CASE("Lifetime counters never fall over months", "[unit][dtu_simulator]") {
    const Plant plant({.seed = 3, .inverters = 1, .ports = 1});
    std::uint32_t before = 0;
    for (std::int64_t hour = -40 * 24; hour < 60 * 24; ++hour) {
        const std::uint32_t now = plant.reading(0, kMidnight + hour * kHour).lifetime_energy;
        REQUIRE(now >= before);
        before = now;
    }
    CHECK(before > 1'000'000);
}

TEST_CASE("An inverter that is not heard keeps its counters and shows nothing else",
          "[unit][dtu_simulator]") {
    const Plant plant({.seed = 5});
    const std::int64_t noon = kMidnight + 12 * kHour;
    const PortReading at_noon = plant.reading(1, noon);
    const PortReading later = plant.reading(1, noon + 2 * kHour, {.unheard_since = noon});
    CHECK_FALSE(later.linked);
    CHECK(later.pv_power == 0);
    CHECK(later.grid_voltage == 0);
    CHECK(later.today_energy == at_noon.today_energy);
    CHECK(later.lifetime_energy == at_noon.lifetime_energy);
    CHECK(plant.reading(1, noon + 11 * kHour, {.unheard_since = noon}).today_energy == 0);
    CHECK(plant.reading(1, noon + 2 * kHour).lifetime_energy > later.lifetime_energy);
}

TEST_CASE("Counters can read zero, and lifetime can fall back to the morning's", "[unit][dtu_simulator]") {
    const Plant plant({.seed = 5});
    const std::int64_t night = kMidnight + 21 * kHour;
    const PortReading zero = plant.reading(0, night, {.counters_zero = true});
    CHECK(zero.lifetime_energy == 0);
    CHECK(zero.today_energy == 0);
    const PortReading true_one = plant.reading(0, night);
    const PortReading morning = plant.reading(0, night, {.lifetime_from_morning = true});
    CHECK(morning.lifetime_energy == true_one.lifetime_energy - true_one.today_energy);
    const std::int64_t noon = kMidnight + 12 * kHour;
    CHECK(plant.reading(0, noon, {.lifetime_from_morning = true}) == plant.reading(0, noon));
}

TEST_CASE("The same seed gives the same plant and another gives another", "[unit][dtu_simulator]") {
    const std::int64_t noon = kMidnight + 12 * kHour;
    CHECK(Plant({.seed = 9}).reading(2, noon) == Plant({.seed = 9}).reading(2, noon));
    CHECK_FALSE(Plant({.seed = 9}).reading(2, noon) == Plant({.seed = 10}).reading(2, noon));
    CHECK_FALSE(Plant({.dtu_index = 1}).reading(2, noon) == Plant({.dtu_index = 2}).reading(2, noon));
}

TEST_CASE("A reading repeats until the DTU refreshes it", "[unit][dtu_simulator]") {
    const Plant plant({.refresh = std::chrono::seconds(30)});
    const std::int64_t noon = kMidnight + 12 * kHour;
    CHECK(plant.reading(0, noon) == plant.reading(0, noon + 29 * kSecond));
    CHECK_FALSE(plant.reading(0, noon) == plant.reading(0, noon + 30 * kSecond));
}

TEST_CASE("Local time moves the day", "[unit][dtu_simulator]") {
    const Plant plant({.utc_offset = std::chrono::hours(2)});
    CHECK(plant.reading(0, kMidnight + 4 * kHour).linked);
    CHECK_FALSE(plant.reading(0, kMidnight + 4 * kHour - kSecond).linked);
    CHECK_FALSE(plant.reading(0, kMidnight + 19 * kHour).linked);
}

TEST_CASE("Serials are unique, tell the family and have twelve digits", "[unit][dtu_simulator]") {
    std::set<std::string> dtus;
    std::set<std::string> inverters;
    for (std::size_t index = 0; index < 50; ++index) {
        const Plant plant({.dtu_index = index, .inverters = 3, .ports = 2, .mi_inverters = 1});
        dtus.insert(plant.dtu_serial());
        for (std::size_t port = 0; port < plant.port_count(); ++port) {
            const PortReading reading = plant.reading(port, kMidnight);
            CHECK(reading.serial.size() == 12);
            CHECK(is_mi_serial(reading.serial) == (port < 2));
            CHECK(reading.port == port % 2 + 1);
            inverters.insert(reading.serial);
        }
    }
    CHECK(dtus.size() == 50);
    CHECK(inverters.size() == 150);
}

TEST_CASE("A plant that no DTU could have is refused", "[unit][dtu_simulator]") {
    CHECK(Plant({.inverters = 99, .ports = 1}).port_count() == 99);
    CHECK_THROWS_WITH(Plant({.inverters = 25, .ports = 4}), Catch::Contains("at most 99 ports"));
    CHECK_THROWS_AS(Plant({.inverters = 0}), std::invalid_argument);
    CHECK_THROWS_AS(Plant({.ports = 0}), std::invalid_argument);
    CHECK_THROWS_AS(Plant({.inverters = 1, .mi_inverters = 2}), std::invalid_argument);
    CHECK_THROWS_AS(Plant({.sunrise = std::chrono::hours(9), .sunset = std::chrono::hours(8)}),
                    std::invalid_argument);
    CHECK_THROWS_AS(Plant({.refresh = std::chrono::seconds(0)}), std::invalid_argument);
}

TEST_CASE("Times before the plant was built and before 1970 are answered", "[unit][dtu_simulator]") {
    const Plant plant({});
    CHECK(plant.reading(0, 12 * kHour).lifetime_energy == 0);
    CHECK(plant.reading(0, -12 * kHour).linked);
}

}  // namespace
}  // namespace heliograph::dtu_simulator
