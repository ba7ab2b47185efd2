#include "outputs/sql/sql.hpp"

#include "tests/unit/outputs/sql/sql_fixture.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace heliograph;
using namespace heliograph::sql::test;

TEST_CASE("every type of value is stored in a typed column and read back", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch()
        .add("port")
        .tag("dtu", "roof")
        .field("power", 12.5)
        .field("delta", std::int64_t{-3})
        .field("energy", std::uint64_t{42})
        .field("largest", std::numeric_limits<std::uint64_t>::max())
        .field("linked", true)
        .field("status", "Täglich ☀")
        .field("empty", "")
        .time(kNoon);
    REQUIRE(fixture.output.open().ok());
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());

    auto database = fixture.database();
    CHECK(database.rows("SELECT * FROM port") ==
          lines({"1782043200000000000|roof|12.5|-3|42|18446744073709551615|1|Täglich ☀|"}));
    CHECK(database.rows("SELECT name || ' ' || type FROM pragma_table_info('port')") ==
          lines({"time INTEGER", "dtu TEXT", "power REAL", "delta INTEGER", "energy UNSIGNED BLOB",
                 "largest UNSIGNED BLOB", "linked BOOLEAN", "status TEXT", "empty TEXT"}));
    CHECK(
        database.rows("SELECT typeof(power), typeof(delta), typeof(energy), typeof(largest), typeof(linked), "
                      "typeof(empty) FROM port") == lines({"real|integer|integer|text|integer|text"}));
    CHECK(database.rows("SELECT \"notnull\", dflt_value, pk FROM pragma_table_info('port') WHERE pk > 0") ==
          lines({"1|NULL|1", "1|''|2"}));
    CHECK(database.value("PRAGMA journal_mode") == "wal");
    CHECK(fixture.host.counter("created_tables") == 1);
}

TEST_CASE("a repeat of a batch changes nothing", "[unit][sql]") {
    const std::string on_conflict = GENERATE("merge", "ignore");
    CAPTURE(on_conflict);
    SqlFixture fixture({{"on_conflict", on_conflict}});
    auto batch = fixture.batch.batch();
    for (int i = 0; i < 10; ++i) {
        batch.add("port")
            .tag("dtu", i % 2 == 0 ? "roof" : "barn")
            .field("power", i * 1.5)
            .time(kNoon + i / 2 * kSecond);
        batch.add("dtu").field("uptime", i).time(kNoon + i * kSecond);
    }
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    const auto ports = database.rows("SELECT * FROM port ORDER BY 1, 2");
    const auto dtus = database.rows("SELECT * FROM dtu ORDER BY 1");
    CHECK(ports.size() == 10);
    REQUIRE(fixture.write().ok());
    fixture.output.close();
    REQUIRE(fixture.output.open().ok());
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT * FROM port ORDER BY 1, 2") == ports);
    CHECK(database.rows("SELECT * FROM dtu ORDER BY 1") == dtus);
}

TEST_CASE("fields of one time and tag set that come apart end up in one row", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("port").tag("dtu", "roof").field("power", 1.0).time(kNoon);
    batch.add("port").tag("dtu", "roof").field("voltage", 230.5).time(kNoon);
    REQUIRE(fixture.write().ok());
    fixture.batch.reset();
    batch.add("port").tag("dtu", "roof").field("power", 2.0).field("status", "late").time(kNoon);
    REQUIRE(fixture.write().ok());
    CHECK(fixture.database().rows("SELECT power, voltage, status FROM port") == lines({"2.0|230.5|late"}));
    CHECK(fixture.host.counter("added_columns") == 2);
}

TEST_CASE("on_conflict ignore keeps the row that came first", "[unit][sql]") {
    SqlFixture fixture(testkit::Settings{{"on_conflict", "ignore"}});
    fixture.batch.batch().add("port").field("power", 1.0).time(kNoon);
    fixture.batch.batch().add("port").field("power", 2.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    CHECK(fixture.database().rows("SELECT power FROM port") == lines({"1.0"}));
}

TEST_CASE("the time column holds what time_format says", "[unit][sql]") {
    struct Case {
        std::string format;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({{"ns", "1782043200000000000|integer"},
                                          {"ms", "1782043200000|integer"},
                                          {"text", "2026-06-21T12:00:00.000000000Z|text"}}));
    CAPTURE(c.format);
    SqlFixture fixture(testkit::Settings{{"time_format", c.format}, {"table_prefix", std::string("solar_")}});
    fixture.batch.batch().add("port").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    CHECK(fixture.database().rows("SELECT time, typeof(time) FROM solar_port") == lines({c.want}));
}

TEST_CASE("NaN is stored as NULL and broken text is repaired, both counted", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch()
        .add("port")
        .tag("dtu", "r\xFFof")
        .field("power", std::nan(""))
        .field("status", std::string_view("a\0b", 3))
        .time(kNoon);
    REQUIRE(fixture.write().ok());
    CHECK(fixture.database().rows("SELECT dtu, power, status FROM port") ==
          lines({"r\xEF\xBF\xBDof|NULL|ab"}));
    CHECK(fixture.host.counter("not_a_number") == 1);
    CHECK(fixture.host.counter("repaired_texts") == 2);
}

TEST_CASE("a metric without fields is a row of its time and tags", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch().add("seen").tag("dtu", "roof").time(kNoon);
    REQUIRE(fixture.write().ok());
    REQUIRE(fixture.write().ok());
    CHECK(fixture.database().rows("SELECT dtu FROM seen") == lines({"roof"}));
}

TEST_CASE("a database in memory takes metrics", "[unit][sql]") {
    testkit::RecordingHost host;
    testkit::PluginUnderTest output(SqlFixture::descriptor(), host,
                                    {{"url", std::string("sqlite::memory:")}});
    OwnedBatch batch;
    batch.batch().add("port").field("power", 1.0).time(kNoon);
    CHECK(output.check().empty());
    CHECK(output.open().ok());
    CHECK(output.write(batch.metrics()).ok());
    CHECK(output.write(batch.metrics()).ok());
    CHECK(host.counter("created_tables") == 1);
    CHECK(host.log().empty());
}

TEST_CASE("the last level of the database's directory is made", "[unit][sql]") {
    const TemporaryDirectory directory;
    testkit::RecordingHost host;
    const std::string root = directory.path().string();
    testkit::PluginUnderTest one_level(SqlFixture::descriptor(), host,
                                       {{"url", "sqlite://" + root + "/new/x.db"}});
    CHECK(one_level.open().ok());
    testkit::PluginUnderTest two_levels(SqlFixture::descriptor(), host,
                                        {{"url", "sqlite://" + root + "/a/b/x.db"}});
    const auto outcome = two_levels.open();
    CHECK(outcome.status == HG_RETRY);
    CHECK_THAT(outcome.error, Catch::Contains("directory does not exist"));
}
