// A real InfluxDB 1 server that goes away in the middle of a batch.
#include "tests/servers/influxdb/influxd_fixture.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <string>

namespace heliograph::influxdb_v3::test {
namespace {

using testing::InfluxdServer;
using namespace std::chrono_literals;

constexpr std::size_t kMetrics = 50'000;

void fill(OwnedBatch& owned) {
    for (std::size_t i = 0; i < kMetrics; ++i) {
        owned.batch()
            .add("port", 1, 1)
            .tag("port", std::to_string(i % 20))
            .field("n", static_cast<std::int64_t>(i))
            .time(kNoon + static_cast<std::int64_t>(i) * kSecond);
    }
}

/// Offers again what was kept, as the host does, until nothing is.
void deliver_rest(InfluxdFixture& fixture, const testkit::WriteOutcome& first) {
    OwnedBatch rest;
    for (std::size_t i = 0; i < kMetrics; ++i) {
        if (!first.ok() || first.kept.contains(i)) {
            rest.batch().add_copy(fixture.batch.metrics()[i]);
        }
    }
    if (rest.size() != 0) {
        const auto outcome = fixture.output.write(rest.metrics());
        CAPTURE(outcome.error);
        REQUIRE(outcome.ok());
        REQUIRE(outcome.kept.empty());
        CHECK(outcome.rejected.empty());
    }
}

void disturb(InfluxdServer& server, const std::string& how) {
    if (how == "kill") {
        server.kill();
    } else if (how == "stop") {
        server.stop();
    } else {
        server.pause();
    }
}

void restore(InfluxdServer& server, const std::string& how) {
    if (how == "pause") {
        server.resume();
    } else {
        server.start();
    }
}

TEST_CASE("A server that goes away in mid-batch costs no metric and doubles none", "[servers][influxdb_v3]") {
    const auto how = GENERATE(std::string("kill"), std::string("stop"), std::string("pause"));
    const std::int64_t concurrency = GENERATE(1, 4);
    CAPTURE(how, concurrency);
    InfluxdFixture fixture({{"max_lines", std::int64_t{100}},
                            {"concurrency", concurrency},
                            {"connect_timeout", std::chrono::nanoseconds(2s)},
                            {"timeout", std::chrono::nanoseconds(5s)}});
    REQUIRE(fixture.output.open().ok());
    fill(fixture.batch);
    // The server lives with the thread that started it, so that the write has one of its own.
    auto writing = std::async(std::launch::async, [&] { return fixture.write(); });
    while (fixture.server.query("SELECT * FROM port LIMIT 1").empty() &&
           writing.wait_for(0s) != std::future_status::ready) {
    }
    disturb(fixture.server, how);
    const auto first = writing.get();
    CAPTURE(first.error, first.kept.size());
    CHECK((first.ok() || first.status == HG_RETRY));
    CHECK(first.rejected.empty());
    if (how != "pause") {
        const auto meanwhile = fixture.write();
        CHECK(meanwhile.status == HG_RETRY);
        CHECK(meanwhile.error.find("refused") != std::string::npos);
    }
    restore(fixture.server, how);
    deliver_rest(fixture, first);

    const auto rows = fixture.select("SELECT n FROM port ORDER BY time");
    REQUIRE(rows.size() == kMetrics);
    for (std::size_t i = 0; i < kMetrics; ++i) {
        if (rows[i].at("n") != std::to_string(i)) {
            FAIL("row " << i << " is " << rows[i].at("n"));
        }
    }
}

TEST_CASE("Writing everything again adds no row", "[servers][influxdb_v3]") {
    InfluxdFixture fixture;
    REQUIRE(fixture.output.open().ok());
    fill(fixture.batch);
    for (int i = 0; i < 2; ++i) {
        REQUIRE(fixture.write().ok());
        CHECK(fixture.select("SELECT count(n) FROM port").at(0).at("count") == std::to_string(kMetrics));
    }
}

}  // namespace
}  // namespace heliograph::influxdb_v3::test
