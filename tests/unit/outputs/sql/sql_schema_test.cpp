// How tables follow metrics that change.
#include "tests/unit/outputs/sql/sql_fixture.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace heliograph;
using namespace heliograph::sql::test;

TEST_CASE("a new tag joins the key and keeps every row", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("port").tag("dtu", "roof").field("power", 1.0).time(kNoon);
    batch.add("port").tag("dtu", "roof").field("power", 2.0).time(kNoon + kSecond);
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    database.run("CREATE INDEX by_power ON port(power)");
    database.run("CREATE VIEW powers AS SELECT power FROM port");

    fixture.batch.reset();
    batch.add("port").tag("dtu", "roof").tag("port", "1").field("power", 10.0).time(kNoon);
    batch.add("port").tag("dtu", "roof").tag("port", "2").field("power", 20.0).field("volt", 5).time(kNoon);
    batch.add("port").tag("dtu", "roof").field("power", 1.5).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    CHECK(
        database.rows("SELECT time - 1782043200000000000, dtu, port, power, volt FROM port ORDER BY 1, 3") ==
        lines({"0|roof||1.5|NULL", "0|roof|1|10.0|NULL", "0|roof|2|20.0|5", "1000000000|roof||2.0|NULL"}));
    CHECK(database.rows("SELECT name, pk FROM pragma_table_info('port') WHERE pk > 0 ORDER BY pk") ==
          lines({"time|1", "dtu|2", "port|3"}));
    CHECK(database.value("SELECT count(*) FROM powers") == "4");
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'by_power'") == "1");
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'heliograph%'") == "0");
    CHECK(database.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a tag that cannot be added leaves the table as it was", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("port").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    // The output does not know the collation, so it can drop the index with the table but not make it again.
    sqlite3_create_collation(database.handle(), "local", SQLITE_UTF8, nullptr,
                             [](void*, int, const void*, int, const void*) { return 0; });
    database.run("CREATE INDEX by_power ON port(power COLLATE local)");
    fixture.batch.reset();
    batch.add("port").tag("dtu", "roof").field("power", 2.0).time(kNoon + kSecond);
    batch.add("other").field("power", 3.0).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK_THAT(outcome.rejected.at(0),
               Catch::Contains("cannot add a tag to table \"port\"") && Catch::Contains("collation"));
    CHECK(database.rows("SELECT * FROM port") == lines({std::to_string(kNoon) + "|1.0"}));
    CHECK(database.rows("SELECT power FROM other") == lines({"3.0"}));
    CHECK(database.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a value of another type than its column is stored without loss", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("f", 1.0).field("i", 1).field("b", true).field("t", "x").time(kNoon);
    batch.add("m").field("f", 2).field("i", 1.6).field("b", 3).field("t", 2.5).time(kNoon + 1);
    batch.add("m")
        .field("f", true)
        .field("i", std::uint64_t{7})
        .field("b", 0.5)
        .field("t", false)
        .time(kNoon + 2);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    CHECK(fixture.database().rows("SELECT f, i, b, t FROM m ORDER BY time") ==
          lines({"1.0|1|1|x", "2.0|1.6|3|2.5", "1.0|7|0.5|false"}));
    CHECK(fixture.host.counter("converted_values") == 8);
}

TEST_CASE("text for a column of numbers gets a column of its own", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("status", 3).field("status_text", "fine").time(kNoon);
    batch.add("m").field("status", "unknown").field("status_text", "odd").time(kNoon + 1);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    auto database = fixture.database();
    CHECK(database.rows("SELECT status, status_text FROM m ORDER BY time") == lines({"3|fine", "NULL|odd"}));
    const std::string column = database.value("SELECT name FROM pragma_table_info('m') WHERE cid = 3");
    CHECK_THAT(column, Catch::Matches("status_[0-9a-f]{8}"));
    CHECK(database.rows("SELECT \"" + column + "\" FROM m ORDER BY time") == lines({"NULL", "unknown"}));
}

TEST_CASE("an unsigned value that its column cannot hold is rejected alone", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("i", 1).time(kNoon);
    batch.add("m").field("i", std::numeric_limits<std::uint64_t>::max()).time(kNoon + 1);
    batch.add("m").field("i", 3).time(kNoon + 2);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK_THAT(outcome.rejected.at(1), Catch::Contains("\"i\""));
    CHECK(fixture.database().rows("SELECT i FROM m") == lines({"1", "3"}));
}

TEST_CASE("a table grows to max_columns and no further", "[unit][sql]") {
    SqlFixture fixture({{"max_columns", std::int64_t{4}}});
    auto batch = fixture.batch.batch();
    batch.add("m").tag("t", "x").field("a", 1).field("b", 2).time(kNoon);
    batch.add("m").tag("t", "x").field("c", 3).time(kNoon + 1);
    batch.add("m").tag("t", "x").field("a", 4).time(kNoon + 2);
    batch.add("wide").field("a", 1).field("b", 2).field("c", 3).field("d", 4).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.size() == 2);
    CHECK_THAT(outcome.rejected.at(1), Catch::Contains("max_columns"));
    CHECK_THAT(outcome.rejected.at(3), Catch::Contains("max_columns"));
    CHECK(fixture.database().rows("SELECT a, b FROM m") == lines({"1|2", "4|NULL"}));
}

TEST_CASE("a table that is dropped or changed under the output is made or read anew", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch().add("port").tag("dtu", "roof").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    SECTION("the table is dropped") {
        database.run("DROP TABLE port");
    }
    SECTION("a column is dropped") {
        database.run("ALTER TABLE port DROP COLUMN power");
    }
    SECTION("a column is renamed") {
        database.run("ALTER TABLE port RENAME COLUMN power TO old_power");
    }
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    CHECK(database.rows("SELECT dtu, power FROM port") == lines({"roof|1.0"}));
}

TEST_CASE("views that somebody else made are left alone", "[unit][sql]") {
    SqlFixture fixture;
    {
        auto database = fixture.database();
        database.run("CREATE TABLE real_table (x)");
        database.run("CREATE VIEW seen AS SELECT * FROM real_table");
    }
    auto batch = fixture.batch.batch();
    batch.add("seen").field("power", 2.0).time(kNoon);
    batch.add("fine").field("power", 3.0).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    auto database = fixture.database();
    CHECK(database.rows("SELECT power FROM fine") == lines({"3.0"}));
    const std::string beside = database.value("SELECT name FROM sqlite_schema WHERE name GLOB 'seen_*'");
    CHECK(database.rows("SELECT power FROM " + beside) == lines({"2.0"}));
}

TEST_CASE("a table that somebody else made is fatal and costs no metric", "[unit][sql]") {
    struct Case {
        std::string columns;
        std::string found;
    };
    const auto c = GENERATE(values<Case>({
        {"id INTEGER PRIMARY KEY, power REAL", "consists of \"id\";"},
        {"power REAL", "it has none;"},
        {"time DATETIME PRIMARY KEY, power REAL", "is declared neither as integers nor as text;"},
    }));
    CAPTURE(c.columns);
    SqlFixture fixture;
    auto database = fixture.database();
    database.run("CREATE TABLE port (" + c.columns + ")");
    auto batch = fixture.batch.batch();
    batch.add("fine").field("power", 3.0).time(kNoon);
    batch.add("port").field("power", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_FATAL);
    CHECK(outcome.rejected.empty());
    CHECK_THAT(outcome.error, Catch::Contains("table \"port\" was not made by this output") &&
                                  Catch::Contains(c.found) && Catch::Contains("table_prefix"));
    CHECK(database.value("SELECT count(*) FROM port") == "0");
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'fine'") == "0");

    database.run("ALTER TABLE port RENAME TO of_somebody_else");
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT power FROM port UNION ALL SELECT power FROM fine") == lines({"1.0", "3.0"}));
}

TEST_CASE("a table of one time_format is fatal for another and costs no metric", "[unit][sql]") {
    struct Case {
        std::string made_with;
        std::string set_to;
        std::string found;
        std::string hint;
    };
    const auto c = GENERATE(values<Case>({
        {"ns", "text", "holds integers, not text", "set time_format to \"ns\" or \"ms\""},
        {"text", "ns", "holds text, not integers", "set time_format = \"text\" again"},
        {"text", "ms", "holds text, not integers", "set time_format = \"text\" again"},
    }));
    CAPTURE(c.made_with, c.set_to);
    SqlFixture fixture(testkit::Settings{{"time_format", c.made_with}});
    fixture.batch.batch().add("port").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    testkit::PluginUnderTest other(SqlFixture::descriptor(), fixture.host,
                                   fixture.settings({{"time_format", c.set_to}}));
    const auto outcome = other.write(fixture.batch.metrics());
    CHECK(outcome.status == HG_FATAL);
    CHECK(outcome.rejected.empty());
    CHECK_THAT(outcome.error, Catch::Contains("table \"port\"") && Catch::Contains(c.found) &&
                                  Catch::Contains(c.hint) && Catch::Contains("table_prefix"));
    CHECK(fixture.database().value("SELECT count(*) FROM port") == "1");
}

TEST_CASE("thousands of shapes are written with bounded memory of them", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    for (int i = 0; i < 1100; ++i) {
        batch.add(std::string_view("m" + std::to_string(i))).field("power", i).time(kNoon);
    }
    REQUIRE(fixture.write().ok());
    REQUIRE(fixture.write().ok());
    CHECK(fixture.database().value("SELECT count(*) FROM sqlite_schema WHERE type = 'table'") == "1100");
    CHECK(fixture.host.counter("created_tables") == 1100);
}
