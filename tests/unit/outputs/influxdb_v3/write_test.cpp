#include "tests/unit/outputs/influxdb_v3/influxdb_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>

namespace heliograph::influxdb_v3::test {
namespace {

using testkit::DataForm;
using testkit::HttpFault;
using testkit::InfluxDb3Fault;
using testkit::InfluxDb3Settings;
using namespace std::chrono_literals;

std::string text(const std::string& value) {
    return value;
}

TEST_CASE("A bad line costs only itself, by every API and in every form of data", "[unit][influxdb_v3]") {
    const auto api = GENERATE(text("v3"), text("v2"), text("v1"));
    const auto form = GENERATE(DataForm::array, DataForm::object, DataForm::null, DataForm::absent);
    const std::size_t bad = GENERATE(0U, 7U, 19U);
    InfluxDb3Settings server;
    server.data_form = form;
    InfluxFixture fixture({{"api", api}, {"escaping", text("v3")}}, server);
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 20);
    OwnedBatch first;
    first.batch().add("power", 1, 1).tag("port", "x").field("watts", 1.0).time(kNoon);
    REQUIRE(fixture.output.write(first.metrics()).ok());
    // The column holds floats by now.
    fixture.batch.batch()[bad].set_field("watts", true);
    const auto outcome = fixture.write();
    CAPTURE(outcome.error, outcome.rejected);
    CHECK(outcome.ok());
    CHECK(outcome.kept.empty());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK(outcome.rejected.begin()->first == bad);
    // Where the server does not say which line it means, it does not say what is wrong with it either.
    const bool is_told = api != "v3" || form == DataForm::array || form == DataForm::object;
    CHECK(outcome.rejected.begin()->second.find(is_told ? "invalid column type for column 'watts'"
                                                        : "partial write") != std::string::npos);
    CHECK(outcome.rejected.begin()->second.find("watts=true") != std::string::npos);
    CHECK(fixture.server.row_count("solar") == 1 + 19);
}

TEST_CASE("Many bad lines are all found where the server names one at a time", "[unit][influxdb_v3]") {
    const auto api = GENERATE(text("v2"), text("v1"));
    InfluxFixture fixture({{"api", api}, {"escaping", text("v3")}});
    REQUIRE(fixture.output.open().ok());
    OwnedBatch first;
    first.batch().add("power", 1, 1).tag("port", "x").field("watts", 1.0).time(kNoon);
    REQUIRE(fixture.output.write(first.metrics()).ok());
    add_ports(fixture.batch, 100);
    for (std::size_t i = 0; i < 100; i += 3) {
        fixture.batch.batch()[i].set_field("watts", std::string_view("bad"));
    }
    const auto outcome = fixture.write();
    CHECK(outcome.ok());
    CHECK(outcome.rejected.size() == 34);
    for (const auto& [index, reason] : outcome.rejected) {
        CHECK(index % 3 == 0);
    }
    CHECK(fixture.server.row_count("solar") == 1 + 66);
}

TEST_CASE("A string with a newline does not shift the lines that are named", "[unit][influxdb_v3]") {
    InfluxFixture fixture;
    REQUIRE(fixture.output.open().ok());
    Batch batch = fixture.batch.batch();
    batch.add("m", 0, 1).field("s", std::string_view("one\ntwo\n\nthree")).time(kNoon);
    batch.add("m", 0, 1).field("s", std::string_view("good")).time(kNoon + 1);
    batch.add("m", 0, 1).field("s", 1.0).time(kNoon + 2);
    const auto outcome = fixture.write();
    CHECK(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK(outcome.rejected.begin()->first == 2);
    CHECK(fixture.server.rows("solar", "m").size() == 2);
}

TEST_CASE("Too large a request is split until a single metric is too large", "[unit][influxdb_v3]") {
    const bool early = GENERATE(true, false);
    InfluxDb3Settings server;
    server.max_request_bytes = 2'000;
    server.early_answers = early;
    InfluxFixture fixture({}, server);
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 100);
    fixture.batch.batch()[42].set_field("watts", std::string(3'000, 'x'));
    const auto outcome = fixture.write();
    CAPTURE(outcome.error);
    CHECK(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK(outcome.rejected.begin()->first == 42);
    CHECK(outcome.rejected.begin()->second.find("too large") != std::string::npos);
    CHECK(outcome.rejected.begin()->second.size() < 1'000);
    CHECK(fixture.server.row_count("solar") == 99);
    CHECK(fixture.host.counter("split_requests") > 0);
}

TEST_CASE("An answer that comes while the body is still being sent is heard", "[unit][influxdb_v3]") {
    InfluxDb3Settings server;
    server.max_request_bytes = std::size_t{1} << 20U;
    InfluxFixture fixture({}, server);
    REQUIRE(fixture.output.open().ok());
    for (std::int64_t i = 0; i < 300; ++i) {
        fixture.batch.batch()
            .add("m", 0, 1)
            .field("s", std::string_view(std::string(20'000, 'x')))
            .time(kNoon + i);
    }
    const auto outcome = fixture.write();
    CAPTURE(outcome.error);
    CHECK(outcome.ok());
    CHECK(outcome.rejected.empty());
    CHECK(outcome.kept.empty());
    CHECK(fixture.server.row_count("solar") == 300);

    SECTION("and the next write begins with requests that fit") {
        const std::size_t before = fixture.server.writes().size();
        CHECK(fixture.write().ok());
        const auto writes = fixture.server.writes();
        for (std::size_t i = before; i < writes.size(); ++i) {
            CHECK(writes[i].body.size() <= server.max_request_bytes);
        }
    }
}

TEST_CASE("A write larger than one request goes out in several, each series in order",
          "[unit][influxdb_v3]") {
    const std::int64_t concurrency = GENERATE(1, 4);
    InfluxFixture fixture({{"max_lines", std::int64_t{50}}, {"concurrency", concurrency}});
    REQUIRE(fixture.output.open().ok());
    Batch batch = fixture.batch.batch();
    constexpr std::size_t kMetrics = 1'000;
    for (std::size_t i = 0; i < kMetrics; ++i) {
        batch.add("m", 1, 1)
            .tag("series", std::to_string(i % 10))
            .field("n", static_cast<std::int64_t>(i))
            .time(kNoon + static_cast<std::int64_t>(i));
    }
    CHECK(fixture.write().ok());
    CHECK(fixture.server.row_count("solar") == kMetrics);
    std::map<std::string, std::string> last;  // of each series, the time seen last
    for (const auto& request : fixture.server.writes()) {
        CHECK(std::count(request.body_text.begin(), request.body_text.end(), '\n') <= 50);
        std::size_t at = 0;
        while (at < request.body_text.size()) {
            const std::size_t end = request.body_text.find('\n', at);
            const std::string line = request.body_text.substr(at, end - at);
            const std::string series = line.substr(0, line.find(' '));
            const std::string time = line.substr(line.rfind(' ') + 1);
            CHECK(last[series] < time);
            last[series] = time;
            at = end + 1;
        }
    }
    CHECK(last.size() == 10);
}

TEST_CASE("max_bytes bounds a request before compression", "[unit][influxdb_v3]") {
    InfluxFixture fixture({{"max_bytes", std::int64_t{1'024}}, {"compression", text("gzip")}});
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 200);
    CHECK(fixture.write().ok());
    CHECK(fixture.server.row_count("solar") == 200);
    for (const auto& request : fixture.server.writes()) {
        CHECK(request.body_text.size() <= 1'024);
    }
}

TEST_CASE("When a request of several fails, what came before it is accepted and the rest is kept",
          "[unit][influxdb_v3]") {
    InfluxFixture fixture({{"max_lines", std::int64_t{10}}, {"concurrency", std::int64_t{1}}});
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 50);
    fixture.server.add_faults({{{.status = 204}, true},
                               {{.status = 204}, true},
                               {{.status = 503, .headers = {{"Retry-After", "60"}}}, false}});
    const auto outcome = fixture.write();
    CHECK(outcome.ok());
    CHECK(outcome.kept.size() == 30);
    CHECK(outcome.kept.begin()->first == 20);
    CHECK(fixture.server.writes().size() == 3);

    SECTION("and the server is left alone as long as it asked for") {
        const auto soon = fixture.write();
        CHECK(soon.status == HG_RETRY);
        CHECK(soon.retry_after == 60s);
        CHECK(fixture.server.writes().size() == 3);
        fixture.host.advance(60s);
        CHECK(fixture.write().ok());
        CHECK(fixture.server.row_count("solar") == 50);
    }
}

TEST_CASE("A server that fails is asked by one request until it answers", "[unit][influxdb_v3]") {
    InfluxFixture fixture({{"max_lines", std::int64_t{10}}, {"concurrency", std::int64_t{4}}});
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 100);
    fixture.server.add_faults(std::vector<InfluxDb3Fault>(5, {{.status = 500, .body = "no"}, false}));
    CHECK(fixture.write().status == HG_RETRY);
    CHECK(fixture.server.writes().size() == 4);
    CHECK(fixture.write().status == HG_RETRY);
    CHECK(fixture.server.writes().size() == 5);
    CHECK(fixture.write().ok());
    CHECK(fixture.server.row_count("solar") == 100);
}

TEST_CASE("The same failure has the same text, whatever the numbers in it", "[unit][influxdb_v3]") {
    InfluxFixture fixture;
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 1);
    fixture.server.add_faults({{{.status = 500, .body = "wal buffer full with 1 ops"}, false},
                               {{.status = 500, .body = "wal buffer full with 2 ops"}, false},
                               {{.status = 503, .body = "away"}, false}});
    const std::string first = fixture.write().error;
    CHECK(first.find("wal buffer full with 1 ops") != std::string::npos);
    CHECK(fixture.write().error == first);
    CHECK(fixture.write().error != first);
    CHECK(fixture.write().ok());
}

TEST_CASE("What was stored before the connection broke is not doubled by the repeat", "[unit][influxdb_v3]") {
    InfluxFixture fixture;
    REQUIRE(fixture.output.open().ok());
    Batch batch = fixture.batch.batch();
    batch.add("m", 0, 1).field("a", 1.0).time(kNoon);
    batch.add("m", 0, 1).field("a", 2.0).time(kNoon + 1);
    fixture.server.add_faults(std::vector<InfluxDb3Fault>(2, {{.fault = HttpFault::reset}, true}));
    CHECK(fixture.write().status == HG_RETRY);
    CHECK(fixture.write().ok());
    CHECK(fixture.server.row_count("solar") == 2);
    CHECK(fixture.server.lines_without_time() == 0);
}

TEST_CASE("The database comes from a tag, and one bad database does not hold up the others",
          "[unit][influxdb_v3]") {
    const bool keep = GENERATE(true, false);
    InfluxFixture fixture({{"database_tag", text("site")}, {"database_tag_keep", keep}});
    REQUIRE(fixture.output.open().ok());
    Batch batch = fixture.batch.batch();
    batch.add("m", 1, 1).tag("site", "north").field("a", 1.0).time(kNoon);
    batch.add("m", 1, 1).tag("site", "south").field("a", 1.0).time(kNoon);
    batch.add("m", 1, 1).tag("site", "not a name!").field("a", 1.0).time(kNoon);
    batch.add("m", 0, 1).field("a", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    CHECK(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK(outcome.rejected.at(2).find("not a name!") != std::string::npos);
    CHECK(fixture.server.rows("north", "m").at(0).tags.size() == (keep ? 1 : 0));
    CHECK(fixture.server.row_count("south") == 1);
    CHECK(fixture.server.row_count("solar") == 1);

    SECTION("which is kept while the others are stored") {
        fixture.server.add_faults({{{.status = 403}, false}});
        OwnedBatch again;
        again.batch().add("m", 1, 1).tag("site", "north").field("a", 2.0).time(kNoon + 1);
        again.batch().add("m", 1, 1).tag("site", "south").field("a", 2.0).time(kNoon + 1);
        const auto half = fixture.output.write(again.metrics());
        CHECK(half.ok());
        CHECK(half.kept.size() == 1);
        CHECK(fixture.server.row_count("north") + fixture.server.row_count("south") == 3);
    }
}

TEST_CASE("A limit of the server is told to the operator once", "[unit][influxdb_v3]") {
    InfluxDb3Settings server;
    server.max_columns = 3;
    InfluxFixture fixture({}, server);
    REQUIRE(fixture.output.open().ok());
    Batch batch = fixture.batch.batch();
    batch.add("m", 0, 3).field("a", 1.0).field("b", 1.0).field("c", 1.0).time(kNoon);
    batch.add("m", 0, 1).field("d", 1.0).time(kNoon + 1);
    for (int i = 0; i < 3; ++i) {
        const auto outcome = fixture.write();
        CHECK(outcome.ok());
        CHECK(outcome.rejected.size() == 1);
    }
    const auto lines = fixture.host.log();
    CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& line) {
              return line.level == LogLevel::warning &&
                     line.text.find("a limit of the server") != std::string::npos;
          }) == 1);
}

TEST_CASE("An interrupted write ends soon, and the next one works", "[unit][influxdb_v3]") {
    InfluxFixture fixture({{"timeout", std::chrono::nanoseconds(10min)}});
    REQUIRE(fixture.output.open().ok());
    add_ports(fixture.batch, 3);
    fixture.server.add_faults({{{.fault = HttpFault::stall}, false}});
    std::thread interrupter([&] {
        while (fixture.server.writes().empty()) {
            std::this_thread::yield();
        }
        fixture.output.interrupt();
    });
    const auto outcome = fixture.write();
    interrupter.join();
    CHECK(outcome.status == HG_STOPPED);
    CHECK(fixture.write().ok());
    CHECK(fixture.server.row_count("solar") == 3);
}

}  // namespace
}  // namespace heliograph::influxdb_v3::test
