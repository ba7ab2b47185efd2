#include "inputs/hoymiles_dtu/site_time.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace heliograph::hoymiles {

using namespace std::chrono_literals;

TEST_CASE("an offset from UTC is read with its sign", "[unit][hoymiles]") {
    CHECK(parse_utc_offset("Z") == 0min);
    CHECK(parse_utc_offset("+02:00") == 120min);
    CHECK(parse_utc_offset("-05:30") == -330min);
    for (const char* text :
         {"", "+2:00", "+0200", "02:00", "+02:60", "+19:00", "+0a:00", "+02:00 ", "Europe/Berlin"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_utc_offset(text));
    }
}

TEST_CASE("the local day begins at the site's midnight", "[unit][hoymiles]") {
    constexpr std::int64_t day = 20625;
    constexpr std::int64_t second = 1'000'000'000;
    constexpr std::int64_t midnight = day * 86400 * second;
    CHECK(site_moment(midnight, 0min).local_day == day);
    CHECK(site_moment(midnight - 1, 0min).local_day == day - 1);
    CHECK(site_moment(midnight - 7200 * second, 120min).local_day == day);
    CHECK(site_moment(midnight - 7201 * second, 120min).local_day == day - 1);
    CHECK(site_moment(midnight + 3600 * second, -120min).local_day == day - 1);
    CHECK(site_moment(midnight + 5 * second, 0min).time.time_since_epoch().count() == day * 86400 + 5);
}

}  // namespace heliograph::hoymiles
