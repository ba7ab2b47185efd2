#include "inputs/hoymiles_dtu/counters.hpp"

#include <catch2/catch.hpp>

#include <limits>

namespace heliograph::hoymiles {
namespace {

using namespace std::chrono_literals;

const SerialNumber kSerial{0x116172200101};
constexpr std::int32_t kDay = 20000;

/// One port through the hours of one or more days.
struct Site {
    Counters counters = Counters{};

    static Moment at(std::chrono::seconds time_of_day, std::int32_t day = kDay) {
        return {std::chrono::sys_days{std::chrono::days{day}} + time_of_day, day};
    }

    std::optional<PortCounters> online(Moment moment, std::uint32_t today, std::uint32_t total) {
        return counters.update({kSerial, 1, today, total, true}, moment);
    }
    std::optional<PortCounters> offline(Moment moment, std::uint32_t today, std::uint32_t total) {
        return counters.update({kSerial, 1, today, total, false}, moment);
    }
};

PortCounters believed(std::uint32_t today, std::uint32_t total) {
    return {kSerial, 1, today, total};
}

}  // namespace

TEST_CASE("counters that grow are believed", "[unit][hoymiles]") {
    Site site;
    CHECK(site.online(Site::at(10h), 100, 5000) == believed(100, 5000));
    CHECK(site.online(Site::at(10h + 1min), 110, 5010) == believed(110, 5010));
    CHECK(site.online(Site::at(10h + 2min), 110, 5010) == believed(110, 5010));
}

TEST_CASE("an inverter that is offline at the first reading has its counters", "[unit][hoymiles]") {
    Site site;
    CHECK(site.offline(Site::at(22h), 812, 66654) == believed(812, 66654));
}

TEST_CASE("zeros of a restarted DTU are no counters", "[unit][hoymiles]") {
    Site site;
    CHECK_FALSE(site.offline(Site::at(22h), 0, 0));
    CHECK(site.counters.sums(Site::at(22h)).ports == 0);
    CHECK(site.offline(Site::at(22h + 1min), 812, 66654) == believed(812, 66654));
    CHECK(site.offline(Site::at(23h), 0, 0) == believed(812, 66654));
}

TEST_CASE("a lifetime of 0 is never accepted after another", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    for (int i = 1; i < 100; ++i) {
        CHECK(site.online(Site::at(10h + i * 1min), 0, 0) == believed(100, 5000));
    }
}

TEST_CASE("a new inverter starts at a lifetime of 0", "[unit][hoymiles]") {
    Site site;
    CHECK(site.online(Site::at(10h), 0, 0) == believed(0, 0));
    CHECK(site.online(Site::at(11h), 66, 66) == believed(66, 66));
}

TEST_CASE("a smaller lifetime of an offline inverter is ignored", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(17h), 800, 66654);
    for (int i = 1; i < 100; ++i) {
        CHECK(site.offline(Site::at(18h + i * 1min), 800, 65854) == believed(800, 66654));
    }
    CHECK(site.online(Site::at(7h, kDay + 1), 0, 66654) == believed(0, 66654));
}

TEST_CASE("a smaller lifetime of an online inverter has to be confirmed over minutes", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 66654);
    for (int i = 1; i <= 5; ++i) {
        CHECK(site.online(Site::at(10h + i * 1min), 3, 20)->total == 66654);
    }
    CHECK(site.online(Site::at(10h + 6min), 3, 20)->total == 20);
    CHECK(site.online(Site::at(10h + 7min), 4, 21)->total == 21);
}

TEST_CASE("a good reading in between starts the confirmation anew", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 66654);
    for (int round = 0; round < 5; ++round) {
        for (int i = 1; i <= 5; ++i) {
            CHECK(site.online(Site::at(10h + round * 10min + i * 1min), 100, 20)->total == 66654);
        }
        CHECK(site.online(Site::at(10h + round * 10min + 6min), 100, 66654)->total == 66654);
    }
}

TEST_CASE("quick polls do not make a confirmation", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 66654);
    for (int i = 1; i <= 200; ++i) {
        CHECK(site.online(Site::at(10h + i * 1s), 100, 20)->total == 66654);
    }
}

TEST_CASE("a step beyond the rated power is rejected", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    CHECK(site.online(Site::at(10h + 1min), 101, 5031) == believed(100, 5000));
    CHECK(site.online(Site::at(10h + 1min), 101, 5030) == believed(101, 5030));
    CHECK(site.online(Site::at(10h + 2min), 102, std::numeric_limits<std::uint32_t>::max()) ==
          believed(101, 5030));
    SECTION("after a gap too, whose length counts") {
        CHECK(site.online(Site::at(20h), 101, 5030 + 12000) == believed(101, 5030));
        CHECK(site.online(Site::at(20h), 101, 5030 + 11900) == believed(101, 16930));
    }
    SECTION("but a memory that is wrong gives way to what is confirmed") {
        for (int i = 0; i < 5; ++i) {
            CHECK(site.online(Site::at(11h + i * 1min), 101, 66654 + static_cast<unsigned>(i))->total ==
                  5030);
        }
        CHECK(site.online(Site::at(11h + 5min), 101, 66659)->total == 66659);
    }
}

TEST_CASE("a clock that was set back allows no step but the slack", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    CHECK(site.online(Site::at(9h), 120, 5020) == believed(100, 5000));
    CHECK(site.online(Site::at(9h), 105, 5005) == believed(105, 5005));
}

TEST_CASE("today falls only on a new day or after having been offline", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(6h), 5, 4900);
    site.online(Site::at(10h), 100, 5000);
    SECTION("a drop in the middle of the day is ignored") {
        CHECK(site.online(Site::at(10h + 1min), 0, 5001) == believed(100, 5001));
    }
    SECTION("a drop on a new day is a reset, once") {
        CHECK(site.online(Site::at(1h, kDay + 1), 0, 5100) == believed(0, 5100));
        CHECK(site.online(Site::at(9h, kDay + 1), 50, 5150) == believed(50, 5150));
        CHECK(site.online(Site::at(9h + 1min, kDay + 1), 0, 5150) == believed(50, 5150));
    }
    SECTION("a drop on a new day is a reset while the inverter sleeps too") {
        CHECK(site.offline(Site::at(20h), 100, 5000) == believed(100, 5000));
        CHECK(site.offline(Site::at(1h, kDay + 1), 0, 5000) == believed(0, 5000));
    }
    SECTION("the same evening's zero of an offline inverter is ignored") {
        CHECK(site.offline(Site::at(20h), 0, 5000) == believed(100, 5000));
    }
    SECTION("coming back from offline is a reset") {
        site.offline(Site::at(11h), 100, 5000);
        CHECK(site.online(Site::at(12h), 1, 5001) == believed(1, 5001));
        CHECK(site.online(Site::at(12h + 1min), 0, 5001) == believed(1, 5001));
    }
    SECTION("a half-filled record does not touch it") {
        CHECK(site.online(Site::at(6h, kDay + 1), 0, 0) == believed(100, 5000));
    }
    SECTION("a zero that stays on a new day is that day's reset") {
        site.online(Site::at(1h, kDay + 1), 0, 5000);
        site.online(Site::at(1h, kDay + 2), 0, 5000);
        site.online(Site::at(9h, kDay + 2), 30, 5030);
        CHECK(site.online(Site::at(9h + 1min, kDay + 2), 0, 5030) == believed(30, 5030));
    }
}

TEST_CASE("a reset that nobody saw is the reset of its day", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    SECTION("when the lifetime grew more than today") {
        const std::uint32_t today = GENERATE(100U, 400U);
        CHECK(site.online(Site::at(12h, kDay + 1), today, 6000) == believed(today, 6000));
        CHECK(site.online(Site::at(12h + 1min, kDay + 1), 0, 6000) == believed(today, 6000));
        CHECK(site.online(Site::at(6h, kDay + 2), 0, 6000) == believed(0, 6000));
    }
    SECTION("but not when both grew alike") {
        site.online(Site::at(1h, kDay + 1), 101, 5003);
        CHECK(site.online(Site::at(6h, kDay + 1), 0, 5003) == believed(0, 5003));
    }
}

TEST_CASE("today of an offline inverter grows no more than its lifetime", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    CHECK(site.offline(Site::at(12h), 900, 5000) == believed(100, 5000));
    CHECK(site.offline(Site::at(12h), 130, 5030) == believed(130, 5030));
}

TEST_CASE("an impossible growth of today is rejected until it is confirmed", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    CHECK(site.online(Site::at(10h + 1min), 65535, 5001) == believed(100, 5001));
    CHECK(site.online(Site::at(10h + 2min), 101, 5002) == believed(101, 5002));
}

TEST_CASE("sums hold every port that was ever seen, and today only what was listed today",
          "[unit][hoymiles]") {
    Counters counters;
    const SerialNumber other{0x117763504101};
    counters.update({kSerial, 1, 100, 5000, true}, Site::at(10h));
    counters.update({other, 1, 50, 700, true}, Site::at(10h));
    auto sums = counters.sums(Site::at(10h));
    CHECK(sums.today == 150);
    CHECK(sums.total == 5700);
    counters.update({kSerial, 1, 10, 5010, true}, Site::at(9h, kDay + 1));
    sums = counters.sums(Site::at(9h, kDay + 1));
    CHECK(sums.today == 10);
    CHECK(sums.total == 5710);
    CHECK(sums.ports == 2);
}

TEST_CASE("counters come back from their text", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    site.counters.set_power_open(kSerial, 1, true);
    REQUIRE(site.counters.changed());
    const std::string text = site.counters.serialise();
    CHECK_FALSE(site.counters.changed());

    Site later;
    CHECK(later.counters.restore(text) == 0);
    CHECK_FALSE(later.counters.changed());
    CHECK(later.counters.power_open(kSerial, 1));
    CHECK(later.counters.serialise() == text);
    CHECK(later.offline(Site::at(20h), 0, 0) == believed(100, 5000));
    CHECK(later.online(Site::at(20h), 0, 900000) == believed(100, 5000));
}

TEST_CASE("a text that is not counters is not used", "[unit][hoymiles]") {
    Counters counters;
    for (const char* text : {"", "\n", "heliograph hoymiles counters 2\n", "heliograph", "\xff\xfe\n"}) {
        CHECK_FALSE(counters.restore(text));
    }
}

TEST_CASE("lines that are damaged are skipped, the others are used", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    const std::string text = site.counters.serialise();
    const std::string line = text.substr(text.find('\n') + 1);
    const std::string head = text.substr(0, text.find('\n') + 1);
    const std::string bad = GENERATE(values<std::string>(
        {"garbage\n", "\n", "000000000000 1 1 1 1 1 1 1 1 0 0\n", "116172200102 1 1 1 1 1 1 1 1 0 2\n",
         "116172200102 1 -1 1 1 1 1 1 1 0 0\n", "116172200102 1 1 1 9999999999999999 1 1 1 1 0 0\n",
         "116172200102 1 1 1 1 1 1 1 1 0 0 0\n", "116172200102 1 1 1 1 1 1 1 1 0\n",
         "116172200102 1 1 1 1"}));
    CAPTURE(bad);
    Counters counters;
    CHECK(counters.restore(head + line + bad) == 1);
    CHECK(counters.changed());
    CHECK(counters.sums(Site::at(10h)).total == 5000);
}

TEST_CASE("every prefix of a text is survived", "[unit][hoymiles]") {
    Site site;
    site.online(Site::at(10h), 100, 5000);
    const std::string text = site.counters.serialise();
    for (std::size_t size = 0; size < text.size(); ++size) {
        Counters counters;
        counters.restore(std::string_view{text}.substr(0, size));
        CHECK(counters.sums(Site::at(10h)).ports == 0);
    }
}

TEST_CASE("a DTU that invents serial numbers fills no memory", "[unit][hoymiles]") {
    Counters counters;
    for (unsigned i = 0; i < 5000; ++i) {
        counters.update({SerialNumber{0x116100000000ULL + i}, 1, 1, 1, true}, Site::at(1s * i));
    }
    CHECK(counters.sums(Site::at(10h)).ports == 512);
}

}  // namespace heliograph::hoymiles
