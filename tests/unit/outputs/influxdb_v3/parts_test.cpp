// The small parts that need no server: URLs, names of databases, endpoints, lanes.
#include "outputs/influxdb_v3/database_name.hpp"
#include "outputs/influxdb_v3/endpoint.hpp"
#include "outputs/influxdb_v3/lanes.hpp"
#include "outputs/influxdb_v3/url.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace heliograph::influxdb_v3 {
namespace {

TEST_CASE("parse_url reads where a server is", "[unit][influxdb_v3]") {
    struct Case {
        std::string url;
        std::string base;
        std::string host;
    };
    const std::vector<Case> cases{
        {"http://localhost:8181", "http://localhost:8181", "localhost:8181"},
        {"https://db.example/", "https://db.example", "db.example"},
        {"HTTPS://db.example/a/b/", "https://db.example/a/b", "db.example"},
        {"https://[::1]:8181", "https://[::1]:8181", "[::1]:8181"},
        {"db.example", "https://db.example", "db.example"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.url);
        const auto parsed = parse_url(c.url);
        const auto* server = std::get_if<Server>(&parsed);
        REQUIRE(server != nullptr);
        CHECK(server->base == c.base);
        CHECK(server->host == c.host);
    }
}

TEST_CASE("parse_url refuses what is no URL of a server, without showing it", "[unit][influxdb_v3]") {
    for (const std::string url :
         {"", "http://", "http://:8181", "ftp://secret", "http://secret:0", "http://secret:65536",
          "http://secret:x", "secret:8181", "http://secret@host", "http://host/?p=secret",
          "http://host/#secret", "http://se cret", "http://[::1", "http://host/api/v3/write_lp",
          "http://se%20cret"}) {
        CAPTURE(url);
        const auto parsed = parse_url(url);
        const auto* problem = std::get_if<UrlProblem>(&parsed);
        REQUIRE(problem != nullptr);
        CHECK_FALSE(problem->message.empty());
        CHECK_FALSE(problem->hint.empty());
        CHECK(problem->message.find("secret") == std::string::npos);
    }
    const auto parsed = parse_url("db:8181");
    CHECK(std::get<UrlProblem>(parsed).hint.find("http://db:8181") != std::string::npos);
}

TEST_CASE("A database of InfluxDB 3 has a name of few characters", "[unit][influxdb_v3]") {
    for (const std::string good : {"a", "9", "solar", "so_la-r", "db/rp"}) {
        CHECK(wrong_database_name(good, Api::v3).empty());
    }
    for (const std::string bad : {"", "_a", "-a", "/a", "a/", "a/b/c", "a b", "\xC3\xA4", "a\nb"}) {
        CAPTURE(bad);
        CHECK_FALSE(wrong_database_name(bad, Api::v3).empty());
    }
    CHECK(wrong_database_name(std::string(511, 'a'), Api::v3).empty());
    CHECK_FALSE(wrong_database_name(std::string(512, 'a'), Api::v3).empty());
    CHECK(wrong_database_name("my bucket", Api::v2).empty());
    CHECK_FALSE(wrong_database_name("", Api::v1).empty());
}

TEST_CASE("What stands in a query is percent-encoded", "[unit][influxdb_v3]") {
    CHECK(percent_encode("aZ9-._~") == "aZ9-._~");
    CHECK(percent_encode("a b/&=\xC3\xA4") == "a%20b%2F%26%3D%C3%A4");
}

OwnedBatch& fill(OwnedBatch& owned, std::size_t count, std::size_t series) {
    for (std::size_t i = 0; i < count; ++i) {
        owned.batch().add("m", 1, 1).tag("s", std::to_string(i % series)).field("x", 1.0).time(1);
    }
    return owned;
}

TEST_CASE("Metrics that fit in one request share one lane", "[unit][influxdb_v3]") {
    OwnedBatch owned;
    Lanes lanes({"solar", "", 100, 4});
    lanes.sort(fill(owned, 100, 10).metrics());
    REQUIRE(lanes.lanes().size() == 1);
    CHECK(lanes.lanes()[0].metrics.size() == 100);
    CHECK(lanes.database(lanes.lanes()[0]) == "solar");
}

TEST_CASE("A series is in one lane only, and every metric is in one", "[unit][influxdb_v3]") {
    OwnedBatch owned;
    Lanes lanes({"solar", "", 100, 4});
    const MetricSpan metrics = fill(owned, 1'000, 50).metrics();
    for (int round = 0; round < 2; ++round) {
        lanes.sort(metrics);
        CHECK(lanes.lanes().size() == 4);
        std::map<std::string, const Lane*> lane_of;
        std::size_t total = 0;
        for (const Lane& lane : lanes.lanes()) {
            total += lane.metrics.size();
            for (std::size_t i = 0; i < lane.metrics.size(); ++i) {
                const std::string series(metrics[lane.metrics[i]].tag("s"));
                CHECK(lane_of.emplace(series, &lane).first->second == &lane);
                CHECK((i == 0 || lane.metrics[i - 1] < lane.metrics[i]));
            }
        }
        CHECK(total == 1'000);
        CHECK(lane_of.size() == 50);
    }
}

TEST_CASE("Every database has lanes of its own", "[unit][influxdb_v3]") {
    OwnedBatch owned;
    fill(owned, 30, 3);
    owned.batch().add("m", 0, 1).field("x", 1.0).time(1);
    Lanes lanes({"solar", "s", 100, 4});
    lanes.sort(owned.metrics());
    REQUIRE(lanes.lanes().size() == 4);
    CHECK(lanes.database(lanes.lanes()[0]) == "0");
    CHECK(lanes.lanes()[0].metrics.size() == 10);
    CHECK(lanes.database(lanes.lanes()[3]) == "solar");
    CHECK(lanes.lanes()[3].metrics.size() == 1);
}

}  // namespace
}  // namespace heliograph::influxdb_v3
