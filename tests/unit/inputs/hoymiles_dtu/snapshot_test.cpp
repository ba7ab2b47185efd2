#include "inputs/hoymiles_dtu/snapshot.hpp"

#include <catch2/catch.hpp>

namespace heliograph::hoymiles {
namespace {

using namespace std::chrono_literals;

const SerialNumber kFirst{0x116172200101};
const SerialNumber kSecond{0x117763504101};
const Moment kNoon{std::chrono::sys_days{std::chrono::days{20000}} + 12h, 20000};

PortRecord online_record(SerialNumber serial, std::uint16_t port) {
    PortRecord record;
    record.serial = serial;
    record.port = port;
    record.pv_voltage = 35.2;
    record.pv_current = 1.18;
    record.grid_voltage = 241.1;
    record.grid_frequency = 49.98;
    record.pv_power = 41.5;
    record.energy_today = 812;
    record.energy_total = 66654;
    record.temperature = -7.3;
    record.operating_status = 3;
    record.alarm_count = 4;
    record.link_status = 1;
    return record;
}

PortRecord offline_record(SerialNumber serial, std::uint16_t port) {
    PortRecord record;
    record.serial = serial;
    record.port = port;
    record.energy_today = 812;
    record.energy_total = 66654;
    record.alarm_count = 4;
    return record;
}

ScanResult scan_of(std::vector<PortRecord> records, ScanStatus status = ScanStatus::complete) {
    ScanResult scan;
    scan.status = status;
    scan.dtu_serial = SerialNumber{0x11D361600831};
    scan.records = std::move(records);
    return scan;
}

}  // namespace

TEST_CASE("an inverter has one entry, its ports one each", "[unit][hoymiles]") {
    Counters counters;
    const auto snapshot = make_snapshot(
        scan_of({online_record(kFirst, 1), online_record(kFirst, 2), online_record(kSecond, 1)}), counters,
        kNoon);
    REQUIRE(snapshot.inverters.size() == 2);
    CHECK(snapshot.inverters[0].serial == kFirst);
    CHECK(snapshot.inverters[0].grid_voltage == 241.1);
    CHECK(snapshot.inverters[0].grid_frequency == 49.98);
    CHECK(snapshot.inverters[0].temperature == -7.3);
    CHECK(snapshot.inverters[0].operating_status == 3);
    CHECK(snapshot.inverters[0].alarm_count == 4);
    CHECK(snapshot.inverters[0].link_status == 1);
    REQUIRE(snapshot.ports.size() == 3);
    CHECK(snapshot.ports[1].port == 2);
    CHECK(snapshot.ports[1].pv_voltage == 35.2);
    CHECK(snapshot.ports[1].pv_current == 1.18);
    CHECK(snapshot.ports[1].pv_power == 41.5);
    CHECK(snapshot.ports[1].today_production == 812);
    CHECK(snapshot.ports[1].total_production == 66654);
    CHECK(snapshot.dtu.serial.text() == "11D361600831");
    CHECK(snapshot.dtu.pv_power == 124.5);
    CHECK(snapshot.dtu.today_production == 3 * 812);
    CHECK(snapshot.dtu.total_production == 3 * 66654);
    CHECK(snapshot.dtu.ports_online == 3);
    CHECK(snapshot.dtu.ports_total == 3);
}

TEST_CASE("an alarm history is no alarm, an alarm code of an online inverter is", "[unit][hoymiles]") {
    Counters counters;
    auto record = online_record(kFirst, 1);
    CHECK(make_snapshot(scan_of({record}), counters, kNoon).dtu.alarm_flag == false);
    record.alarm_code = 209;
    CHECK(make_snapshot(scan_of({record}), counters, kNoon).dtu.alarm_flag == true);
    auto offline = offline_record(kFirst, 1);
    offline.alarm_code = 130;
    CHECK(make_snapshot(scan_of({offline}), counters, kNoon).dtu.alarm_flag == false);
}

TEST_CASE("nothing electrical of an offline inverter is published but one power of 0", "[unit][hoymiles]") {
    Counters counters;
    make_snapshot(scan_of({online_record(kFirst, 1)}), counters, kNoon);
    for (int i = 0; i < 3; ++i) {
        const auto snapshot = make_snapshot(scan_of({offline_record(kFirst, 1)}), counters, kNoon);
        CHECK_FALSE(snapshot.inverters[0].grid_voltage);
        CHECK_FALSE(snapshot.inverters[0].grid_frequency);
        CHECK_FALSE(snapshot.inverters[0].temperature);
        CHECK(snapshot.inverters[0].operating_status == 0);
        CHECK_FALSE(snapshot.ports[0].pv_voltage);
        CHECK_FALSE(snapshot.ports[0].pv_current);
        CHECK(snapshot.ports[0].pv_power == (i == 0 ? std::optional{0.0} : std::nullopt));
        CHECK(snapshot.ports[0].today_production == 812);
        CHECK(snapshot.ports[0].total_production == 66654);
        CHECK(snapshot.dtu.pv_power == 0.0);
        CHECK(snapshot.dtu.total_production == 66654);
        CHECK(snapshot.dtu.ports_online == 0);
    }
}

TEST_CASE("the power of 0 is published after a restart as well", "[unit][hoymiles]") {
    Counters before;
    make_snapshot(scan_of({online_record(kFirst, 1)}), before, kNoon);
    Counters after;
    after.restore(before.serialise());
    CHECK(make_snapshot(scan_of({offline_record(kFirst, 1)}), after, kNoon).ports[0].pv_power == 0.0);
}

TEST_CASE("stale values are neither published nor replaced by 0", "[unit][hoymiles]") {
    Counters counters;
    make_snapshot(scan_of({online_record(kFirst, 1)}), counters, kNoon);
    auto stale = online_record(kFirst, 1);
    stale.link_status = 0;
    auto snapshot = make_snapshot(scan_of({stale}), counters, kNoon);
    CHECK_FALSE(snapshot.ports[0].pv_power);
    CHECK_FALSE(snapshot.inverters[0].grid_voltage);
    CHECK(snapshot.dtu.pv_power == 0.0);
    snapshot = make_snapshot(scan_of({offline_record(kFirst, 1)}), counters, kNoon);
    CHECK(snapshot.ports[0].pv_power == 0.0);
}

TEST_CASE("a half-filled record of an online inverter is left out", "[unit][hoymiles]") {
    Counters counters;
    make_snapshot(scan_of({online_record(kFirst, 1), online_record(kFirst, 2)}), counters, kNoon);
    PortRecord half = offline_record(kFirst, 1);
    half.energy_total = 0;
    const auto snapshot = make_snapshot(scan_of({half, online_record(kFirst, 2)}), counters, kNoon);
    REQUIRE(snapshot.inverters.size() == 1);
    CHECK(snapshot.inverters[0].online);
    CHECK(snapshot.inverters[0].grid_voltage == 241.1);
    CHECK_FALSE(snapshot.ports[0].pv_power);
    CHECK(snapshot.ports[0].total_production == 66654);
    CHECK(snapshot.ports[1].pv_power == 41.5);
    CHECK(snapshot.dtu.ports_online == 1);
}

TEST_CASE("a partial scan leaves the totals and says nothing about the sum of power", "[unit][hoymiles]") {
    Counters counters;
    make_snapshot(scan_of({online_record(kFirst, 1), online_record(kSecond, 1)}), counters, kNoon);
    auto snapshot = make_snapshot(scan_of({online_record(kFirst, 1)}, ScanStatus::partial), counters, kNoon);
    CHECK(snapshot.ports.size() == 1);
    CHECK_FALSE(snapshot.dtu.pv_power);
    CHECK_FALSE(snapshot.dtu.alarm_flag);
    CHECK(snapshot.dtu.total_production == 2 * 66654);
    auto alarmed = online_record(kFirst, 1);
    alarmed.alarm_code = 143;
    snapshot = make_snapshot(scan_of({alarmed}, ScanStatus::partial), counters, kNoon);
    CHECK(snapshot.dtu.alarm_flag == true);
}

TEST_CASE("an empty plant has a DTU without production", "[unit][hoymiles]") {
    Counters counters;
    const auto snapshot = make_snapshot(scan_of({}), counters, kNoon);
    CHECK(snapshot.dtu.pv_power == 0.0);
    CHECK(snapshot.dtu.alarm_flag == false);
    CHECK_FALSE(snapshot.dtu.total_production);
    CHECK(snapshot.inverters.empty());
}

TEST_CASE("an inverter shows the alarm code of whichever port has one", "[unit][hoymiles]") {
    Counters counters;
    auto second = online_record(kFirst, 2);
    second.alarm_code = 210;
    const auto snapshot = make_snapshot(scan_of({online_record(kFirst, 1), second}), counters, kNoon);
    REQUIRE(snapshot.inverters.size() == 1);
    CHECK(snapshot.inverters[0].alarm_code == 210);
}

TEST_CASE("a scan whose port numbers skip makes no port known", "[unit][hoymiles]") {
    Counters counters;
    make_snapshot(scan_of({online_record(kFirst, 1)}), counters, kNoon);
    auto grown = online_record(kFirst, 1);
    grown.energy_total += 5;
    ScanResult scan =
        scan_of({grown, online_record(kFirst, 3)}, GENERATE(ScanStatus::complete, ScanStatus::partial));
    const auto snapshot = make_snapshot(scan, counters, kNoon);
    REQUIRE(snapshot.ports.size() == 2);
    CHECK(snapshot.ports[0].total_production == 66659);
    CHECK_FALSE(snapshot.ports[1].total_production);
    CHECK(snapshot.dtu.total_production == 66659);
    CHECK_FALSE(counters.knows(kFirst, 3));
}

TEST_CASE("a scan with a warning makes no port known", "[unit][hoymiles]") {
    Counters counters;
    ScanResult scan = scan_of({online_record(kFirst, 1)});
    scan.warning = "the DTU lists a port more than once";
    CHECK_FALSE(make_snapshot(scan, counters, kNoon).dtu.total_production);
    scan.warning.clear();
    CHECK(make_snapshot(scan, counters, kNoon).dtu.total_production == 66654);
}

TEST_CASE("a partial scan counts no ports, and has no energy of a day that some ports have not begun",
          "[unit][hoymiles]") {
    Counters counters;
    make_snapshot(scan_of({online_record(kFirst, 1), online_record(kSecond, 1)}), counters, kNoon);
    const Moment next_day{kNoon.time + 24h, kNoon.local_day + 1};
    const ScanResult partial = scan_of({online_record(kFirst, 1)}, ScanStatus::partial);
    auto snapshot = make_snapshot(partial, counters, next_day);
    CHECK_FALSE(snapshot.dtu.ports_online);
    CHECK_FALSE(snapshot.dtu.ports_total);
    CHECK_FALSE(snapshot.dtu.today_production);
    CHECK(snapshot.dtu.total_production == 2 * 66654);
    make_snapshot(scan_of({online_record(kFirst, 1), online_record(kSecond, 1)}), counters, next_day);
    snapshot = make_snapshot(partial, counters, next_day);
    CHECK(snapshot.dtu.today_production == 2 * 812);
}

}  // namespace heliograph::hoymiles
