// What a metric looks like when it arrives, and what of it cannot.
#include "tests/unit/outputs/influxdb_v3/influxdb_fixture.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace heliograph::influxdb_v3::test {
namespace {

std::string text(const std::string& value) {
    return value;
}

TEST_CASE("Metrics arrive with their tags, fields, types and times", "[unit][influxdb_v3]") {
    const auto compression = GENERATE(text("gzip"), text("none"));
    const auto api = GENERATE(text("v3"), text("v2"));
    InfluxFixture fixture(
        {{"compression", compression}, {"compression_minimum", std::int64_t{0}}, {"api", api}});
    REQUIRE(fixture.output.open().ok());
    fixture.batch.batch()
        .add("port", 2, 5)
        .tag("dtu", "roof")
        .tag("site", "a b,c=d")
        .field("power", 1.5)
        .field("energy", std::int64_t{-7})
        .field("count", std::numeric_limits<std::uint64_t>::max())
        .field("online", true)
        .field("state", std::string_view("a \"b\"\nc"))
        .time(kNoon + 1);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    const auto rows = fixture.server.rows("solar", "port");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].time == kNoon + 1);
    CHECK(rows[0].tags == std::map<std::string, std::string>{{"dtu", "roof"}, {"site", "a b,c=d"}});
    CHECK(rows[0].fields == std::map<std::string, std::string>{{"power", "1.5"},
                                                               {"energy", "-7i"},
                                                               {"count", "18446744073709551615u"},
                                                               {"online", "true"},
                                                               {"state", "\"a \"b\"\nc\""}});
    const auto request = fixture.server.writes().at(0);
    CHECK(request.header("Content-Encoding") == (compression == "gzip" ? "gzip" : ""));
    CHECK(request.header("Content-Type") == "text/plain; charset=utf-8");
    CHECK(request.header("User-Agent") == "test");
}

TEST_CASE("The request says what each API wants to hear", "[unit][influxdb_v3]") {
    struct Case {
        std::string name;
        testkit::Settings settings;
        std::string target;
        std::string authorization;
    };
    const std::vector<Case> cases{
        {"v3",
         {{"token", text("apiv3_x")}},
         "/api/v3/write_lp?db=solar&precision=nanosecond&accept_partial=true",
         "Bearer apiv3_x"},
        {"v3, no_sync, seconds",
         {{"no_sync", true}, {"precision", text("second")}},
         "/api/v3/write_lp?db=solar&precision=second&accept_partial=true&no_sync=true",
         ""},
        {"v2",
         {{"api", text("v2")},
          {"organization", text("my org")},
          {"token", text("t")},
          {"precision", text("microsecond")}},
         "/api/v2/write?bucket=solar&precision=us&org=my%20org",
         "Token t"},
        {"v1",
         {{"api", text("v1")}, {"retention_policy", text("autogen")}, {"precision", text("millisecond")}},
         "/write?db=solar&precision=ms&rp=autogen",
         ""},
        {"v3 with Token",
         {{"token", text("t")}, {"token_scheme", text("token")}},
         "/api/v3/write_lp?db=solar&precision=nanosecond&accept_partial=true",
         "Token t"},
    };
    for (const Case& c : cases) {
        DYNAMIC_SECTION(c.name) {
            InfluxFixture fixture(c.settings);
            REQUIRE(fixture.output.open().ok());
            add_ports(fixture.batch, 1);
            CHECK(fixture.write().ok());
            const auto request = fixture.server.writes().at(0);
            CHECK(request.target == c.target);
            CHECK(request.header("Authorization") == c.authorization);
            CHECK(fixture.server.rows("solar", "power").at(0).time == kNoon);
        }
    }
}

TEST_CASE("A metric without a time gets that of the write", "[unit][influxdb_v3]") {
    InfluxFixture fixture;
    REQUIRE(fixture.output.open().ok());
    fixture.batch.batch().add("m", 0, 1).field("a", 1.0);
    CHECK(fixture.write().ok());
    CHECK(fixture.server.lines_without_time() == 0);
    CHECK(fixture.server.rows("solar", "m").at(0).time > 0);
    CHECK(fixture.host.counter("added_times") == 1);
}

TEST_CASE("The tags of tag_order come first in a line", "[unit][influxdb_v3]") {
    InfluxFixture fixture({{"tag_order", std::vector<std::string>{"z", "nowhere", "m"}}});
    REQUIRE(fixture.output.open().ok());
    fixture.batch.batch()
        .add("t", 4, 1)
        .tag("a", "1")
        .tag("b", "2")
        .tag("m", "3")
        .tag("z", "4")
        .field("x", 1.0)
        .time(kNoon);
    CHECK(fixture.write().ok());
    CHECK(fixture.server.writes().at(0).body_text == "t,z=4,m=3,a=1,b=2 x=1 " + std::to_string(kNoon) + "\n");
}

TEST_CASE("What cannot be written is altered or left out, and counted", "[unit][influxdb_v3]") {
    InfluxFixture fixture;
    REQUIRE(fixture.output.open().ok());
    Batch batch = fixture.batch.batch();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    batch.add("nan", 0, 2).field("x", nan).field("y", 1.0).time(kNoon);
    batch.add("only_nan", 0, 1).field("x", nan).time(kNoon);
    batch.add("reserved", 2, 2)
        .tag("__chunk_order", "1")
        .tag("time", "2")
        .field("time", 1.0)
        .field("time_", 2.0)
        .time(kNoon);
    batch.add("family", 0, 1).field("a::b", 1.0).time(kNoon);
    batch.add("path", 1, 1).tag("p", "C:\\").field("x", 1.0).time(kNoon);
    batch.add("utf8", 1, 1).tag("t", "a\xFF").field("s", std::string_view("b\xFE")).time(kNoon);
    batch.add("#hash", 0, 1).field("x", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    CAPTURE(outcome.error, outcome.rejected);
    CHECK(outcome.ok());
    CHECK(outcome.rejected.size() == 2);
    CHECK(outcome.rejected.contains(1));
    CHECK(outcome.rejected.contains(6));
    using Texts = std::map<std::string, std::string>;
    CHECK(fixture.server.rows("solar", "nan").at(0).fields == Texts{{"y", "1"}});
    CHECK(fixture.server.rows("solar", "reserved").at(0).tags ==
          Texts{{"__chunk_order_", "1"}, {"time__", "2"}});
    CHECK(fixture.server.rows("solar", "reserved").at(0).fields == Texts{{"time___", "1"}, {"time_", "2"}});
    CHECK(fixture.server.rows("solar", "family").at(0).fields == Texts{{"a__b", "1"}});
    CHECK(fixture.server.rows("solar", "path").at(0).tags == Texts{{"p", "C:"}});
    CHECK(fixture.server.rows("solar", "utf8").at(0).tags == Texts{{"t", "a\xEF\xBF\xBD"}});
    CHECK(fixture.host.counter("dropped_fields") == 1);
    CHECK(fixture.host.counter("renamed_columns") == 4);
    CHECK(fixture.host.counter("altered_names") == 2);
    CHECK(fixture.host.counter("repaired_texts") == 1);
}

TEST_CASE("A backslash that InfluxDB 1.x would lose becomes an underscore", "[unit][influxdb_v3]") {
    InfluxFixture fixture({{"api", text("v1")}});
    REQUIRE(fixture.output.open().ok());
    fixture.batch.batch()
        .add("a\\ b\\c", 1, 2)
        .tag("k\\ ", "v\\,w")
        .field("x\\=y", 1.0)
        .field("p::q", 2.0)
        .time(7);
    fixture.server.add_faults({{{.status = 204}, false}});  // the fake reads names as InfluxDB 3 does
    CHECK(fixture.write().ok());
    CHECK(fixture.server.writes().at(0).body_text == "a_\\ b\\c,k\\\\ =v\\\\,w x_\\=y=1,p::q=2 7\n");
    CHECK(fixture.host.counter("altered_names") == 1);
    CHECK(fixture.host.counter("renamed_columns") == 1);
}

TEST_CASE("An unsigned integer is cut to what InfluxDB 1.x can hold, and counted", "[unit][influxdb_v3]") {
    InfluxFixture fixture({{"api", text("v1")}});
    REQUIRE(fixture.output.open().ok());
    fixture.batch.batch()
        .add("m", 0, 2)
        .field("big", std::numeric_limits<std::uint64_t>::max())
        .field("small", std::uint64_t{7})
        .time(kNoon);
    CHECK(fixture.write().ok());
    CHECK(fixture.server.rows("solar", "m").at(0).fields ==
          std::map<std::string, std::string>{{"big", "9223372036854775807i"}, {"small", "7i"}});
    CHECK(fixture.host.counter("limited_integers") == 1);
}

}  // namespace
}  // namespace heliograph::influxdb_v3::test
