// DTUs that misbehave: each stops only itself, is logged, and is read again as soon as it is well.
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace heliograph::testing;
using namespace std::chrono_literals;
using heliograph::dtu_simulator::Fault;
using heliograph::dtu_simulator::FaultKind;
using heliograph::dtu_simulator::unix_now;

constexpr std::chrono::nanoseconds kInterval = 2s;

struct Misbehaviour {
    std::string name;
    Fault fault;
    std::string said;  // what the log says of it
};

/// What a DTU does wrong so that nothing can be read of it.
const std::vector<Misbehaviour> kMisbehaviours{
    {"silent", {FaultKind::silent}, "no reply within 500 ms"},
    {"slow", {FaultKind::slow, 3000}, "no reply within 500 ms"},
    {"cut in mid-reply", {FaultKind::cut}, "the DTU closed the connection"},
    {"exception", {FaultKind::exception, 6}, "exception 6"},
    {"not mapped", {FaultKind::not_mapped}, "has not mapped its inverters yet"},
    {"not mapped, with a byte count of 0", {FaultKind::not_mapped_zero}, "has not mapped its inverters yet"},
    {"refuses connections", {FaultKind::refuse}, "the DTU closed the connection"},
};

SiteSettings site_of(std::size_t dtus) {
    SiteSettings settings;
    settings.interval = std::chrono::duration_cast<std::chrono::milliseconds>(kInterval);
    settings.dtus.count = dtus;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    return settings;
}

/// Waits until a snapshot shows that a DTU is read again, and fails the test if that took more than two
/// intervals.
void check_recovery(const Site& site, std::size_t dtu, std::int64_t healed) {
    INFO("DTU " << dtu);
    REQUIRE(site.wait_for_snapshot_after(dtu, healed));
    const std::int64_t first =
        site.archive().number("SELECT min(time) FROM dtu WHERE dtu_name = '" + site.dtu_name(dtu) +
                              "' AND time > " + std::to_string(healed));
    CHECK(std::chrono::nanoseconds(first - healed) <= 2 * kInterval);
}

}  // namespace

TEST_CASE("a DTU that is switched off and on again is read within two intervals", "[fault][dtu]") {
    Site site(site_of(1));
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    site.dtus().kill(0);
    REQUIRE(program->wait_for_log("Connection refused"));
    const std::int64_t before = site.snapshots(0);
    site.dtus().revive(0);
    const std::int64_t healed = unix_now();
    check_recovery(site, 0, healed);
    CHECK(site.snapshots(0) > before);
    REQUIRE(program->wait_for_log("gathering works again"));
    stop_and_check(*program);
    // Once for the connection that broke, if a request was on its way, and once for those that are refused.
    CHECK(count_of(program->log(), "Connection refused") == 1);
    CHECK(count_of(program->log(), "gathering failed") <= 2);
    site.check_manners();
    site.check_archive();
}

TEST_CASE("DTUs that misbehave hold up no other, and are read again within two intervals", "[fault][dtu]") {
    const std::size_t healthy = kMisbehaviours.size();
    Site site(site_of(healthy + 1));
    const auto program = site.start();
    for (std::size_t dtu = 0; dtu <= healthy; ++dtu) {
        REQUIRE(site.wait_for_snapshot_after(dtu, 0));
    }
    for (std::size_t dtu = 0; dtu < healthy; ++dtu) {
        site.dtus().set_fault(dtu, kMisbehaviours[dtu].fault);
    }
    for (std::size_t dtu = 0; dtu < healthy; ++dtu) {
        INFO(kMisbehaviours[dtu].name);
        CHECK(eventually([&] {
            const std::string log = program->log();
            const std::size_t at = log.find(site.dtu_name(dtu) + ": ");
            return at != std::string::npos &&
                   log.substr(at, log.find('\n', at) - at).find(kMisbehaviours[dtu].said) !=
                       std::string::npos;
        }));
    }
    const std::int64_t sick = unix_now();
    REQUIRE(site.wait_for_snapshots(healthy, 2));
    for (std::size_t dtu = 0; dtu < healthy; ++dtu) {
        INFO(kMisbehaviours[dtu].name);
        CHECK(site.last_snapshot(dtu) < sick);
        site.dtus().clear_faults(dtu);
    }
    const std::int64_t healed = unix_now();
    for (std::size_t dtu = 0; dtu <= healthy; ++dtu) {
        check_recovery(site, dtu, healed);
    }
    stop_and_check(*program);
    site.check_manners();
    site.check_archive();
}

TEST_CASE("a wrong byte count spoils no reading", "[fault][dtu]") {
    SiteSettings settings = site_of(1);
    settings.interval = 1s;
    Site site(settings);
    site.dtus().set_fault(0, {FaultKind::wrong_byte_count, 255});
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    const auto rows = site.archive().rows("SELECT * FROM port ORDER BY port_number");
    REQUIRE(rows.size() >= 2);
    CHECK(std::get<double>(rows[0].at("pv_power")) == site.dtus().plant(0).reading(0, kNoon).pv_power);
    stop_and_check(*program);
    site.check_manners();
    site.check_archive();
}

TEST_CASE("a reply to another request is not taken for the one that is awaited", "[fault][dtu]") {
    SiteSettings settings = site_of(1);
    settings.interval = 1s;
    Site site(settings);
    site.dtus().set_fault(0, {FaultKind::wrong_transaction, 7});
    const auto program = site.start();
    REQUIRE(program->wait_for_log("gathering failed"));
    CHECK(site.snapshots(0) == 0);
    site.dtus().clear_faults(0);
    REQUIRE(site.wait_for_snapshots(0, 1));
    stop_and_check(*program);
    site.check_manners();
    site.check_archive();
}
