// What a user asks of SQLite beyond the usual: tables without a key, scripts, templates, retention, rights.
#include "tests/unit/outputs/sql/sql_fixture.hpp"

#include <catch2/catch.hpp>

using namespace heliograph;
using namespace heliograph::sql::test;
using std::chrono::nanoseconds;

namespace {

constexpr std::int64_t kMinute = 60 * kSecond;

testkit::Settings keep(std::chrono::seconds time) {
    return {{"keep", nanoseconds(time)}};
}

}  // namespace

TEST_CASE("append stores what is sent twice twice, and finds its tables again", "[unit][sql]") {
    SqlFixture fixture(testkit::Settings{{"on_conflict", "append"}});
    auto batch = fixture.batch.batch();
    batch.add("m").tag("dtu", "roof").field("power", 1.0).time(kNoon);
    batch.add("m").tag("dtu", "roof").field("power", 2.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    fixture.output.close();
    fixture.batch.reset();
    batch.add("m").tag("dtu", "roof").tag("port", "1").field("volt", 3.0).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    auto database = fixture.database();
    CHECK(database.rows("SELECT dtu, port, power, volt FROM m ORDER BY rowid") ==
          lines({"roof||1.0|NULL", "roof||2.0|NULL", "roof|1|NULL|3.0"}));
    CHECK(database.value("SELECT count(*) FROM pragma_table_info('m') WHERE pk > 0") == "0");
}

TEST_CASE("a table with a key is fatal for append, and one without for merge", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch().add("m").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    testkit::PluginUnderTest other(SqlFixture::descriptor(), fixture.host,
                                   fixture.settings(testkit::Settings{{"on_conflict", "append"}}));
    const auto outcome = other.write(fixture.batch.metrics());
    CHECK(outcome.status == HG_FATAL);
    CHECK_THAT(outcome.error, Catch::Contains("on_conflict"));
    auto database = fixture.database();
    database.run("DROP TABLE m");
    database.run("CREATE TABLE m (time INTEGER, power REAL)");
    const auto merged = fixture.write();
    CHECK(merged.status == HG_FATAL);
    CHECK_THAT(merged.error, Catch::Contains("set on_conflict = \"append\""));
    CHECK(database.value("SELECT count(*) FROM m") == "0");
    REQUIRE(other.write(fixture.batch.metrics()).ok());
    CHECK(database.rows("SELECT * FROM m") == lines({std::to_string(kNoon) + "|1.0"}));
}

TEST_CASE("rows that are older than keep are deleted, whatever holds the time", "[unit][sql]") {
    const auto more = GENERATE(values<testkit::Settings>({
        {{"time_format", "ns"}},
        {{"time_format", "ms"}},
        {{"time_format", "text"}},
        {{"on_conflict", "append"}},
    }));
    auto settings = keep(std::chrono::hours(1));
    settings.insert(settings.end(), more.begin(), more.end());
    SqlFixture fixture(settings);
    fixture.host.set_now(kNoon);
    auto batch = fixture.batch.batch();
    for (int i = 0; i < 120; ++i) {
        batch.add("m").field("minutes", i).time(kNoon - i * kMinute);
    }
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    CHECK(database.rows("SELECT count(*), max(minutes) FROM m") == lines({"61|60"}));
    CHECK(fixture.host.counter("deleted_rows") == 59);
    fixture.host.advance(std::chrono::minutes(30));
    fixture.batch.reset();
    batch.add("other").field("x", 1).time(kNoon);
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT count(*), max(minutes) FROM m") == lines({"31|30"}));
    CHECK(fixture.host.counter("deleted_rows") == 89);
}

TEST_CASE("deleting stops after a bounded number of rows and spares rows of one time", "[unit][sql]") {
    SqlFixture fixture(keep(std::chrono::hours(1)));
    fixture.host.set_now(kNoon);
    auto batch = fixture.batch.batch();
    // Ten rows at each time.
    for (int i = 0; i < 25'000; ++i) {
        batch.add("m")
            .tag("port", std::to_string(i % 10))
            .field("x", i)
            .time(kNoon - 2 * 3600 * kSecond + i / 10);
    }
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    CHECK(database.value("SELECT count(*) FROM m") == "5000");
    CHECK(database.value("SELECT count(DISTINCT time) FROM m") == "500");
    fixture.batch.reset();
    batch.add("m").field("x", 1).time(kNoon);
    REQUIRE(fixture.write().ok());
    CHECK(database.value("SELECT count(*) FROM m") == "1");
}

TEST_CASE("a trigger that forbids to delete is reported and costs no write", "[unit][sql]") {
    SqlFixture fixture(keep(std::chrono::hours(1)));
    auto batch = fixture.batch.batch();
    batch.add("m").field("power", 1.0).time(kNoon);
    fixture.host.set_now(kNoon);
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    database.run("CREATE TRIGGER guard BEFORE DELETE ON m BEGIN SELECT RAISE(ABORT, 'kept by law'); END");
    fixture.host.advance(std::chrono::hours(2));
    REQUIRE(fixture.write().ok());
    CHECK(fixture.host.logged(LogLevel::warning, "kept by law"));
    CHECK(database.value("SELECT count(*) FROM m") == "1");
}

TEST_CASE("after_create makes a view when the table is made and when it is found", "[unit][sql]") {
    SqlFixture fixture(testkit::Settings{
        {"after_create",
         TextMap{{"inv*",
                  "-- the old name\nCREATE VIEW IF NOT EXISTS inverter_data AS SELECT grid_voltage, "
                  "'a;b' AS x FROM {table};\n CREATE INDEX IF NOT EXISTS by_v ON {table} "
                  "(grid_voltage); -- done"}}}});
    auto batch = fixture.batch.batch();
    batch.add("inverter").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    CHECK(fixture.host.logged(LogLevel::warning, "after_create \"inv*\" failed for table \"inverter\""));
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE type = 'view'") == "0");
    CHECK(database.value("SELECT count(*) FROM inverter") == "1");

    fixture.batch.reset();
    batch.add("inverter").field("grid_voltage", 230.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT * FROM inverter_data") == lines({"230.0|a;b"}));
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'by_v'") == "1");

    database.run("DROP VIEW inverter_data");
    fixture.output.close();
    REQUIRE(fixture.write().ok());
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE type = 'view'") == "0");
    testkit::PluginUnderTest restarted(
        SqlFixture::descriptor(), fixture.host,
        fixture.settings(
            testkit::Settings{{"after_create", TextMap{{"inverter", "CREATE VIEW v AS SELECT 1"}}}}));
    REQUIRE(restarted.write(fixture.batch.metrics()).ok());
    CHECK(database.value("SELECT count(*) FROM v") == "1");
}

TEST_CASE("after_create cannot end the transaction of the batch, nor leave half of itself", "[unit][sql]") {
    const auto script = GENERATE(values<std::string>({
        "CREATE TABLE half (x); COMMIT",
        "CREATE TABLE half (x); ROLLBACK",
        "CREATE TABLE half (x); BEGIN",
        "CREATE TABLE half (x); ROLLBACK TO schema_change",
        "CREATE TABLE half (x); INSERT INTO half VALUES (1, 2)",
        "CREATE TABLE half (x); nonsense",
        "CREATE TABLE half (x); INSERT OR ROLLBACK INTO m SELECT * FROM m UNION ALL SELECT 5, 1 UNION ALL "
        "SELECT 5, 1",
    }));
    CAPTURE(script);
    SqlFixture fixture(testkit::Settings{{"after_create", TextMap{{"*", script}}}});
    auto batch = fixture.batch.batch();
    batch.add("m").field("power", 1.0).time(kNoon);
    batch.add("n").field("power", 2.0).time(kNoon);
    const auto outcome = fixture.write();
    auto database = fixture.database();
    CHECK(outcome.rejected.empty());
    CHECK(fixture.host.logged(LogLevel::warning, "after_create \"*\" failed for table \"m\""));
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == "0");
    if (script.find("OR ROLLBACK") != std::string::npos) {
        CHECK(outcome.status == HG_RETRY);
    } else {
        REQUIRE(outcome.ok());
        CHECK(database.rows("SELECT power FROM m UNION ALL SELECT power FROM n") == lines({"1.0", "2.0"}));
    }
}

TEST_CASE("create_table makes tables the way it says, and names stay names", "[unit][sql]") {
    SqlFixture fixture(
        testkit::Settings{{"create_table",
                           "CREATE TABLE {table} ({columns}, made_by TEXT DEFAULT 'template', PRIMARY KEY "
                           "({key})) WITHOUT ROWID; CREATE TABLE IF NOT EXISTS beside (x)"}});
    auto batch = fixture.batch.batch();
    batch.add("{columns}").tag("{key}", "a").field("{table}", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    CHECK(database.rows("SELECT * FROM \"{columns}\"") == lines({std::to_string(kNoon) + "|a|1.0|template"}));
    CHECK(database.rows("SELECT name FROM pragma_table_info('{columns}') WHERE pk > 0 ORDER BY pk") ==
          lines({"time", "{key}"}));
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'beside'") == "1");
}

TEST_CASE("a create_table that makes another table keeps the batch", "[unit][sql]") {
    SqlFixture fixture(testkit::Settings{
        {"create_table", "CREATE TABLE IF NOT EXISTS wrong ({columns}); SELECT '{table}'"}});
    fixture.batch.batch().add("m").field("power", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_RETRY);
    CHECK(outcome.rejected.empty());
}

TEST_CASE("without the right to change the schema, what has no place is counted or rejected", "[unit][sql]") {
    SqlFixture fixture(testkit::Settings{{"schema_changes", "none"}});
    auto database = fixture.database();
    database.run(
        "CREATE TABLE m (time INTEGER NOT NULL, dtu TEXT NOT NULL DEFAULT '', power REAL, PRIMARY "
        "KEY (time, dtu)) WITHOUT ROWID");
    auto batch = fixture.batch.batch();
    batch.add("m").tag("dtu", "roof").field("power", 1.0).field("volt", 2.0).field("amp", 3.0).time(kNoon);
    batch.add("m")
        .tag("dtu", "roof")
        .field("power", 2.0)
        .field("volt", 2.0)
        .field("amp", 3.0)
        .time(kNoon + 1);
    batch.add("m").tag("site", "x").field("power", 3.0).time(kNoon);
    batch.add("n").field("power", 4.0).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.size() == 2);
    CHECK_THAT(outcome.rejected.at(2), Catch::Contains("\"site\" (text)"));
    CHECK_THAT(outcome.rejected.at(3), Catch::Contains("there is no table \"n\""));
    CHECK(database.rows("SELECT dtu, power FROM m ORDER BY time") == lines({"roof|1.0", "roof|2.0"}));
    CHECK(fixture.host.counter("dropped_fields") == 4);
    CHECK(fixture.host.log().size() == 2);

    database.run("ALTER TABLE m ADD COLUMN volt REAL");
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT volt FROM m ORDER BY time") == lines({"2.0", "2.0"}));
    CHECK(fixture.host.counter("dropped_fields") == 6);
}
