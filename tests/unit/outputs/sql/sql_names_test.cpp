// Names that come from the network and mean harm, or only look like it.
#include "tests/unit/outputs/sql/sql_fixture.hpp"

#include <catch2/catch.hpp>

using namespace heliograph;
using namespace heliograph::sql::test;

namespace {

std::string quoted(const std::string& name) {
    std::string text = "\"";
    for (const char c : name) {
        text += c == '"' ? std::string("\"\"") : std::string(1, c);
    }
    return text + '"';
}

}  // namespace

TEST_CASE("any name can be that of a metric, a tag and a field, and touches no other table", "[unit][sql]") {
    const auto name = GENERATE(values<std::string>({
        "'; DROP TABLE witness; --",
        "\"; DROP TABLE witness; --",
        "\") VALUES (1); DROP TABLE witness; --",
        "select",
        "table",
        "time",
        "TIME",
        "rowid",
        "oid",
        "excluded",
        "stored",
        "sqlite_master",
        "SQLITE_sequence",
        "sqlite_stat1",
        "heliograph_rebuild",
        "a\"b",
        "\"",
        "\"\"",
        "'",
        "`",
        "[x]",
        "a\\b",
        "%s%n",
        "{COLUMNS}",
        "?1",
        ":x",
        "-- x",
        "/* x",
        "a b",
        " ",
        "a.b",
        "main.witness",
        "🌞",
        "Zähler",
        "\xFF\xFE",
        "a\nb",
        "\t",
        std::string("a\0b", 3),
        std::string(200, 'n'),
        std::string(300, 'n'),
        std::string(60000, 'n'),
    }));
    CAPTURE(name.substr(0, 100));
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("witness").field("power", 1.0).time(kNoon);
    batch.add(std::string_view(name))
        .tag(std::string_view(name), "tag")
        .field(std::string_view(name), 5.5)
        .time(kNoon);
    batch.add("witness").field("power", 2.0).time(kNoon + 1);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    REQUIRE(fixture.write().ok());
    fixture.output.close();
    REQUIRE(fixture.write().ok());  // found again, not made again

    auto database = fixture.database();
    CHECK(database.rows("SELECT power FROM witness") == lines({"1.0", "2.0"}));
    const auto tables =
        database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'witness'");
    REQUIRE(tables.size() == 1);
    CHECK(database.rows("SELECT * FROM " + quoted(tables[0])) == lines({std::to_string(kNoon) + "|tag|5.5"}));
}

TEST_CASE("names that mean harm stay names in scripts, templates and deletions", "[unit][sql]") {
    const auto name = GENERATE(values<std::string>({
        "'; DROP TABLE witness; --",
        "\"; DROP TABLE witness; --",
        "'); DROP TABLE witness; --",
        "{table}{columns}{key}",
        "a\\'b",
        "select",
        "\U0001F31E",
        std::string(200, 'n'),
        std::string("a\0b", 3),
    }));
    CAPTURE(name);
    SqlFixture fixture({{"on_conflict", "append"},
                        {"keep", std::chrono::nanoseconds(std::chrono::hours(1))},
                        {"create_table",
                         "CREATE TABLE {table} ({columns}); CREATE TABLE IF NOT EXISTS made (x); "
                         "INSERT INTO made SELECT count(*) FROM {table}"},
                        {"after_create", TextMap{{"*",
                                                  "CREATE TABLE IF NOT EXISTS seen (name TEXT); INSERT INTO "
                                                  "seen VALUES ({table_text})"}}}});
    fixture.host.set_now(kNoon);
    auto batch = fixture.batch.batch();
    batch.add("witness").field("power", 1.0).time(kNoon);
    batch.add(std::string_view(name))
        .tag(std::string_view(name), "t")
        .field(std::string_view(name), 5.5)
        .time(kNoon);
    batch.add(std::string_view(name))
        .tag(std::string_view(name), "t")
        .field(std::string_view(name), 6.5)
        .time(0);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    CHECK(fixture.host.counter("deleted_rows") == 1);
    auto database = fixture.database();
    CHECK(database.rows("SELECT power FROM witness") == lines({"1.0"}));
    CHECK(database.rows("SELECT * FROM made") == lines({"0", "0"}));
    const auto tables = database.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('witness', 'made', 'seen')");
    REQUIRE(tables.size() == 1);
    CHECK(database.rows("SELECT * FROM " + quoted(tables[0])) == lines({std::to_string(kNoon) + "|t|5.5"}));
    const bool has_backslash = name.find('\\') != std::string::npos;
    CHECK(database.rows("SELECT name FROM seen") ==
          (has_backslash ? lines({"\"witness\""}) : lines({"\"witness\"", quoted(tables[0])})));
}

TEST_CASE("names that differ in case only are kept apart", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("Host").tag("Site", "a").tag("site", "b").field("Power", 1.0).field("power", 2.0).time(kNoon);
    batch.add("host").tag("site", "c").field("power", 3.0).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    fixture.output.close();
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    CHECK(database.rows("SELECT * FROM \"Host\"") == lines({std::to_string(kNoon) + "|a|b|1.0|2.0"}));
    const std::string twin = database.value("SELECT name FROM sqlite_schema WHERE name GLOB 'host_*'");
    CHECK(database.rows("SELECT site, power FROM " + twin) == lines({"c|3.0"}));
}

TEST_CASE("a tag and a field of one name, and both named time, have columns of their own", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("port", 7).time(kNoon);
    batch.add("m").tag("port", "one").tag("time", "noon").field("port", 8).field("time", 9).time(kNoon + 1);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    auto database = fixture.database();
    const std::string tag = database.value("SELECT name FROM pragma_table_info('m') WHERE pk = 2");
    CHECK(database.value("SELECT count(*) FROM pragma_table_info('m')") == "5");
    CHECK(database.rows("SELECT port FROM m ORDER BY time") == lines({"7", "8"}));
    CHECK(database.rows("SELECT " + quoted(tag) + " FROM m ORDER BY time") == lines({"", "one"}));
}

TEST_CASE("a field that occurs twice in a metric is rejected with its name", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("power", 1.0).field("power", 2.0).time(kNoon);
    batch.add("m").field("power", 3.0).time(kNoon);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK(outcome.rejected.at(0) == "field \"power\" occurs twice");
    CHECK(fixture.database().rows("SELECT power FROM m") == lines({"3.0"}));
}
