// Which rows of a batch end up in a PostgreSQL table, and how: merges, refusals, tables made by somebody
// else.
#include "tests/servers/postgresql/postgres_fixture.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace heliograph;
using namespace heliograph::sql::test;
using Catch::Matchers::Contains;
using testing::Rows;

TEST_CASE("metrics of one time and one set of tags become one row with all fields, the last one winning",
          "[servers][postgresql]") {
    PostgresFixture fixture;
    Batch batch = fixture.batch.batch();
    batch.add("port", 1, 1).tag("port", "a").field("power", 1.0).time(kNoon);
    batch.add("port", 1, 2).tag("port", "a").field("power", 2.0).field("voltage", 230.0).time(kNoon);
    batch.add("port", 1, 1).tag("port", "a").field("power", 3.0).time(kNoon + 999);  // the same microsecond
    batch.add("port", 0, 1).field("power", 4.0).time(kNoon);
    batch.add("port", 0, 1).field("power", 5.0).time(kNoon);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    CHECK(fixture.query("SELECT port, power, voltage FROM port ORDER BY port") ==
          Rows{{"", "5", "NULL"}, {"a", "3", "230"}});

    fixture.batch.reset();
    fixture.batch.batch().add("port", 1, 1).tag("port", "a").field("current", 7.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    CHECK(fixture.query("SELECT power, voltage, current FROM port WHERE port = 'a'") ==
          Rows{{"3", "230", "7"}});
}

TEST_CASE("with on_conflict = ignore the first of a time and a set of tags stays", "[servers][postgresql]") {
    PostgresFixture fixture(testkit::Settings{{"on_conflict", "ignore"}});
    fixture.add(kNoon, "a", 1);
    fixture.add(kNoon, "a", 2);
    REQUIRE(fixture.write().ok());
    CHECK(fixture.query("SELECT power FROM port") == Rows{{"1"}});
}

TEST_CASE("with on_conflict = append every metric is a row", "[servers][postgresql]") {
    PostgresFixture fixture(testkit::Settings{{"on_conflict", "append"}});
    fixture.add(kNoon, "a", 1);
    fixture.add(kNoon, "a", 1);
    REQUIRE(fixture.write().ok());
    REQUIRE(fixture.write().ok());
    CHECK(fixture.value("SELECT count(*) FROM port") == "4");
}

TEST_CASE("a tag that comes later joins the key, and old rows stay what they were", "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.add(kNoon, "a", 1);
    REQUIRE(fixture.write().ok());
    fixture.batch.reset();
    Batch batch = fixture.batch.batch();
    fixture.add(kNoon, "a", 2);
    batch.add("port", 2, 1).tag("port", "a").tag("site", "x").field("power", 3.0).time(kNoon);
    batch.add("port", 2, 1).tag("port", "a").tag("site", "y").field("power", 4.0).time(kNoon);
    fixture.add(kNoon, "a", 5);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(fixture.query("SELECT port, site, power FROM port ORDER BY site") ==
          Rows{{"a", "", "5"}, {"a", "x", "3"}, {"a", "y", "4"}});
    CHECK(fixture.query("SELECT indexdef FROM pg_indexes WHERE tablename = 'port'").size() == 1);
    CHECK_THAT(fixture.value("SELECT indexdef FROM pg_indexes WHERE tablename = 'port'"),
               Contains("UNIQUE INDEX") && Contains("(\"time\", port, site)"));
}

TEST_CASE("only the rows that the server refuses are rejected, each with its reason",
          "[servers][postgresql]") {
    const std::string on_conflict = GENERATE(values<std::string>({"merge", "ignore", "append"}));
    DYNAMIC_SECTION(on_conflict) {
        PostgresFixture fixture(testkit::Settings{{"on_conflict", on_conflict}});
        fixture.add(kNoon, "first", 0);
        REQUIRE(fixture.write().ok());
        fixture.query("ALTER TABLE port ADD CONSTRAINT sane CHECK (power < 1000)");
        fixture.batch.reset();
        constexpr std::size_t kRows = 1'000;
        for (std::size_t i = 0; i < kRows; ++i) {
            const bool is_bad = i == 0 || i == 500 || i == 501 || i == kRows - 1;
            fixture.add(kNoon + kSecond, std::to_string(i), is_bad ? 5'000.0 : 1.0);
        }
        const auto outcome = fixture.write();
        INFO(outcome.error);
        REQUIRE(outcome.ok());
        REQUIRE(outcome.rejected.size() == 4);
        for (const std::size_t bad : {std::size_t{0}, std::size_t{500}, std::size_t{501}, kRows - 1}) {
            REQUIRE(outcome.rejected.count(bad) == 1);
            CHECK_THAT(outcome.rejected.at(bad), Contains("violates check constraint \"sane\""));
        }
        CHECK(fixture.value("SELECT count(*) FROM port WHERE power = 1") == "996");
    }
}

TEST_CASE("a key that is too long for an index is rejected alone", "[servers][postgresql]") {
    PostgresFixture fixture;
    std::string noise;
    for (unsigned state = 1; noise.size() < 20'000;) {
        state = state * 1'664'525U + 1'013'904'223U;
        noise += static_cast<char>('!' + (state >> 24) % 90);
    }
    fixture.add(kNoon, "a", 1);
    fixture.add(kNoon, noise, 1);
    fixture.add(kNoon, "b", 1);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK_THAT(outcome.rejected.at(1), Contains("[54000]"));
    CHECK(fixture.value("SELECT count(*) FROM port") == "2");
}

TEST_CASE("a table that somebody else made takes what its columns can hold", "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.query(
        "SET ROLE heliograph; CREATE TABLE port (id bigserial, time timestamp NOT NULL, port varchar(5) "
        "NOT NULL DEFAULT '', r real, d numeric(10, 2), n numeric, s smallint, i integer, u "
        "numeric(20, 0), b boolean, t varchar(10), j jsonb, PRIMARY KEY (time, port))");
    Batch batch = fixture.batch.batch();
    batch.add("port", 1, 8)
        .tag("port", "a")
        .field("r", 1.5)
        .field("d", -2.25)
        .field("n", 0.1)
        .field("s", std::int64_t{-7})
        .field("i", std::int64_t{70'000})
        .field("u", std::uint64_t{18'446'744'073'709'551'615U})
        .field("b", true)
        .field("t", "text")
        .time(kNoon);
    batch.add("port", 1, 1).tag("port", "b").field("t", "far too long a text").time(kNoon);
    batch.add("port", 1, 1).tag("port", "c").field("i", std::int64_t{1} << 40U).time(kNoon);
    batch.add("port", 1, 1).tag("port", "longer than five").field("r", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK_THAT(outcome.rejected.at(1), Contains("value too long for type character varying(10)"));
    CHECK_THAT(outcome.rejected.at(2), Contains("is integer and cannot hold 1099511627776"));
    CHECK_THAT(outcome.rejected.at(3), Contains("value too long for type character varying(5)"));
    CHECK(fixture.query("SELECT time, port, r, d, n, s, i, u, b, t, j FROM port") ==
          Rows{{"2026-06-21 12:00:00", "a", "1.5", "-2.25", "0.1", "-7", "70000", "18446744073709551615", "t",
                "text", "NULL"}});
}

TEST_CASE("a table without a place for the time is left alone, and metrics wait", "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.query("SET ROLE heliograph; CREATE TABLE port (id bigserial PRIMARY KEY, power real)");
    fixture.add(kNoon, "a", 1);
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_FATAL);
    CHECK_THAT(outcome.error, Contains("was not made by this output"));
    CHECK(fixture.value("SELECT count(*) FROM port") == "0");
}

TEST_CASE("old rows are deleted when keep says so", "[servers][postgresql]") {
    PostgresFixture fixture(testkit::Settings{{"keep", std::chrono::nanoseconds(std::chrono::hours(1))}});
    const std::int64_t now = fixture.host.door().now(&fixture.host.door());
    for (int i = 0; i < 50; ++i) {
        fixture.add(now - 7'200 * kSecond - i * kSecond, "a", i);
    }
    fixture.add(now, "a", 1);
    REQUIRE(fixture.write().ok());
    REQUIRE(fixture.write().ok());
    CHECK(fixture.value("SELECT count(*) FILTER (WHERE time > now() - interval '1 hour') FROM port") == "1");
}

TEST_CASE("SQL that a person wrote makes the table and is run after it, as for TimescaleDB",
          "[servers][postgresql]") {
    PostgresFixture fixture(testkit::Settings{
        {"create_table", "CREATE TABLE {table} ({columns}, UNIQUE ({key})) WITH (fillfactor = 80)"},
        {"after_create", TextMap{{"p*", "SELECT create_hypertable({table_text}, 'time')"}}}});
    fixture.query(
        "CREATE TABLE hypertables (name regclass, time_column text); "
        "GRANT ALL ON hypertables TO heliograph; "
        "CREATE FUNCTION create_hypertable(regclass, text) RETURNS void LANGUAGE sql AS "
        "'INSERT INTO hypertables VALUES ($1, $2)'");
    fixture.add(kNoon, "a", 1);
    fixture.batch.batch().add("P'or\"t", 0, 1).field("power", 1.0).time(kNoon);
    fixture.batch.batch().add("p'or\"t", 0, 1).field("power", 1.0).time(kNoon);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    REQUIRE(fixture.write().ok());
    CHECK(fixture.query("SELECT name, time_column FROM hypertables ORDER BY name::text COLLATE \"C\"") ==
          Rows{{"\"p'or\"\"t\"", "time"}, {"port", "time"}});
    CHECK(fixture.value("SELECT reloptions FROM pg_class WHERE relname = 'port'") == "{fillfactor=80}");
    CHECK(fixture.value("SELECT count(*) FROM port") == "1");
}
