// How tables on MariaDB come to be and grow, also under several writers at once.
#include "outputs/sql/conversion.hpp"
#include "outputs/sql/make_engine.hpp"
#include "outputs/sql/mariadb_connection.hpp"
#include "outputs/sql/mariadb_rows.hpp"
#include "tests/integration/driver/eventually.hpp"
#include "tests/servers/mariadb/mariadb_fixture.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace heliograph;
using namespace heliograph::sql::test;
using Catch::Matchers::Contains;
using testing::MariadbServer;

TEST_CASE("A tag that joins a table on MariaDB joins its key, and older rows have '' in it",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    fixture.add(kNoon, "1", 1.0);
    REQUIRE(fixture.write().ok());
    fixture.batch.batch().add("port").tag("port", "1").tag("zone", "north").field("power", 2.0).time(kNoon);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(fixture.query("SELECT port, zone, power FROM port ORDER BY zone") ==
          testing::Rows{{"1", "", "1"}, {"1", "north", "2"}});
    CHECK(
        fixture.query("SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() "
                      "ORDER BY SEQ_IN_INDEX") == testing::Rows{{"time"}, {"port"}, {"zone"}});
}

TEST_CASE("A table on MariaDB takes up to 31 tags, whichever way they come", "[servers][mariadb]") {
    const std::size_t first = GENERATE(1U, 4U, 31U);
    DYNAMIC_SECTION("a table made with " << first) {
        MariadbFixture fixture;
        for (std::size_t tags = first; tags <= 32; ++tags) {
            CAPTURE(tags);
            fixture.batch.reset();
            auto metric = fixture.batch.batch().add("wide", tags, 1);
            for (std::size_t tag = 0; tag < tags; ++tag) {
                const std::string key = "tag_" + std::to_string(tag);
                metric.tag(std::string_view(key), "value " + std::to_string(tag));
            }
            metric.field("power", 1.0).time(kNoon);
            const auto outcome = fixture.write();
            INFO(outcome.error);
            REQUIRE(outcome.ok());
            REQUIRE(outcome.rejected.size() == (tags == 32 ? 1 : 0));
            if (tags == 32) {
                CHECK_THAT(outcome.rejected.at(0), Contains("31 tags"));
            }
        }
        CHECK(fixture.value("SELECT count(*) FROM wide") == std::to_string(32 - first));
    }
}

TEST_CASE("A tag that would make stored values too long for the key is refused on MariaDB",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    auto metric = fixture.batch.batch().add("wide", 4, 1);
    for (const char* tag : {"a", "b", "c", "d"}) {
        metric.tag(std::string_view(tag), std::string(180, 'x'));
    }
    metric.field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    fixture.batch.reset();
    fixture.batch.batch().add("wide").tag("e", "1").field("power", 2.0).time(kNoon);
    fixture.batch.batch().add("wide").tag("a", "1").field("power", 3.0).time(kNoon);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK_THAT(outcome.rejected.at(0), Contains("Data too long") || Contains("truncated"));
    CHECK(fixture.value("SELECT count(*) FROM wide") == "2");
}

TEST_CASE("A column on MariaDB is widened for what it cannot hold, and rows that waited go with it",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
    Batch batch = fixture.batch.batch();
    batch.add("port").field("power", 1).field("count", 7).field("on", true).time(kNoon);
    batch.add("port").field("power", 1.6).field("count", 9).field("on", 5).time(kNoon + 1'000);
    batch.add("port").field("power", -2).field("count", 8).field("on", false).time(kNoon + 2'000);
    batch.add("sum").field("count", kLeast).time(kNoon);
    batch.add("sum").field("count", kMost).time(kNoon + 1'000);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(fixture.query("SELECT power, count FROM port ORDER BY time") ==
          testing::Rows{{"1", "7"}, {"1.6", "9"}, {"-2", "8"}});
    // No column holds all numbers from -2^63 to 2^64: the larger one is refused rather than all negative
    // ones.
    REQUIRE(outcome.rejected.size() == 1);
    CHECK_THAT(outcome.rejected.at(4), Contains("18446744073709551615"));
    CHECK(fixture.query("SELECT count FROM sum") == testing::Rows{{std::to_string(kLeast)}});
}

TEST_CASE("Four writers that make the same tables, tags and fields on MariaDB lose nothing",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    constexpr int kWriters = 4;
    constexpr int kMetrics = 40;
    std::vector<std::thread> writers;
    std::vector<std::string> problems(kWriters);
    for (int writer = 0; writer < kWriters; ++writer) {
        writers.emplace_back([&fixture, &problems, writer] {
            testkit::RecordingHost host;
            host.use_system_clock();
            testkit::PluginUnderTest output(MariadbFixture::descriptor(), host, fixture.settings());
            OwnedBatch batch;
            for (int i = 0; i < kMetrics; ++i) {
                batch.reset();
                const std::string table = "table_" + std::to_string(i / 10);
                const std::string tag = "tag_" + std::to_string(i % 3);
                const std::string field = "field_" + std::to_string(i % 7);
                auto metric = batch.batch().add(std::string_view(table));
                metric.tag("writer", std::to_string(writer)).tag(std::string_view(tag), "x");
                // Half of the writers need a wider column than the others make.
                if (writer % 2 == 0) {
                    metric.field(std::string_view(field), i);
                } else {
                    metric.field(std::string_view(field), i + 0.5);
                }
                metric.time(kNoon + i * kSecond);
                testkit::WriteOutcome outcome;
                const bool written = testing::eventually([&] {
                    outcome = output.write(batch.metrics());
                    return outcome.status != HG_RETRY;
                });
                if (!written || !outcome.ok() || !outcome.rejected.empty()) {
                    problems[static_cast<std::size_t>(writer)] +=
                        outcome.error + (outcome.rejected.empty() ? "" : outcome.rejected.at(0)) + "\n";
                }
            }
        });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }
    CHECK(problems == std::vector<std::string>(kWriters));
    int rows = 0;
    for (int table = 0; table < kMetrics / 10; ++table) {
        rows += std::stoi(fixture.value("SELECT count(*) FROM table_" + std::to_string(table)));
    }
    CHECK(rows == kWriters * kMetrics);
    CHECK(
        fixture.value("SELECT DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND "
                      "COLUMN_NAME = 'field_0' AND TABLE_NAME = 'table_0'") == "double");
}

TEST_CASE("Without the right to create, metrics without a table on MariaDB are kept and the right is named",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    fixture.add(kNoon, "1", 1.0);
    fixture.query("REVOKE CREATE ON " + fixture.database + ".* FROM heliograph");
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_FATAL);
    CHECK_THAT(outcome.error, Contains("CREATE command denied") && Contains("grant this user"));
    fixture.query("GRANT CREATE ON " + fixture.database + ".* TO heliograph");
    CHECK(fixture.write().ok());
}

TEST_CASE("A table of another making is used on MariaDB if a unique key begins with the time",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    fixture.query(
        "CREATE TABLE port (id int PRIMARY KEY AUTO_INCREMENT, time datetime(6) NOT NULL, port varchar(20) "
        "NOT NULL DEFAULT '', power float, twice double AS (power * 2) VIRTUAL, UNIQUE KEY k (time, port))");
    fixture.add(kNoon, "1", 1.5);
    fixture.batch.batch().add("port").tag("port", "1").tag("zone", "n").field("power", 2.5).time(kNoon);
    auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    REQUIRE(fixture.write().ok());
    CHECK(fixture.query("SELECT port, zone, power, twice FROM port ORDER BY zone") ==
          testing::Rows{{"1", "", "1.5", "3"}, {"1", "n", "2.5", "5"}});
}

TEST_CASE("The SQL of a person makes the tables on MariaDB", "[servers][mariadb]") {
    MariadbFixture fixture(
        {{"create_table", "CREATE TABLE {table} ({columns}, PRIMARY KEY ({key})) COMMENT 'mine'"},
         {"after_create",
          TextMap{{"*",
                   "CREATE VIEW v AS SELECT 1 AS one; INSERT INTO {table} (time, port) VALUES "
                   "('2020-01-01', 'first')"}}}});
    fixture.add(kNoon, "1", 1.5);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(fixture.query("SELECT port FROM port ORDER BY time") == testing::Rows{{"first"}, {"1"}});
    CHECK(fixture.value(
              "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
              "TABLE_NAME = 'port'") == "mine");
    CHECK(fixture.value("SELECT one FROM v") == "1");
}

TEST_CASE("Old rows are deleted from MariaDB, oldest first, and those of one time together",
          "[servers][mariadb]") {
    const std::string format = GENERATE(as<std::string>{}, "timestamp", "ns", "text");
    DYNAMIC_SECTION(format) {
        MariadbFixture fixture({{"time_format", format}});
        for (int i = 0; i < 10; ++i) {
            fixture.add(kNoon + i / 3 * kSecond, std::to_string(i), i);
        }
        REQUIRE(fixture.write().ok());
        // By the engine, since retention alone decides when.
        sql::Options options;
        options.url = fixture.server.url(fixture.database);
        options.user = MariadbServer::kUser;
        options.password.value = MariadbServer::kPassword;
        const Host host(fixture.host.door());
        const auto engine = sql::make_engine(options, host);
        engine->open();
        const auto table = engine->read_table(sql::Identifier::existing(engine->identifier_rules(), "port"));
        const std::int64_t limit = kNoon + 3 * kSecond;
        const std::string text = sql::iso_time(limit);
        const sql::Value time =
            format == "text" ? sql::Value::of(std::string_view(text)) : sql::Value::of(limit);
        CHECK(engine->delete_before(table, time, 2) == 3);
        CHECK(fixture.value("SELECT count(*) FROM port") == "7");
        CHECK(engine->delete_before(table, time, 100) == 6);
        CHECK(engine->delete_before(table, time, 100) == 0);
        CHECK(fixture.query("SELECT port FROM port") == testing::Rows{{"9"}});
    }
}

TEST_CASE("Rows reach a server that takes no arrays one by one", "[servers][mariadb]") {
    MariadbFixture fixture;
    fixture.query(
        "CREATE TABLE port (time datetime(6) NOT NULL, port varchar(3) NOT NULL DEFAULT '', power double, "
        "count bigint unsigned, state longtext, PRIMARY KEY (time, port))");
    sql::MariadbConnection connection(
        {{sql::ServerLocation::Product::mariadb, "127.0.0.1", fixture.server.port(), fixture.database,
          MariadbServer::kUser, MariadbServer::kPassword},
         sql::Tls::prefer,
         "",
         "",
         "",
         std::chrono::seconds(20),
         std::chrono::seconds(60)});
    connection.open();
    const auto name = sql::Identifier::existing({'`'}, "port");
    sql::MariadbRows rows(connection, name, sql::OnConflict::merge, sql::MariadbRows::Sending::one_by_one);
    using Role = sql::Column::Role;
    const auto column = [](std::string_view column_name, sql::ColumnType type, Role role) {
        return sql::Column{sql::Identifier::existing({'`'}, column_name), type, role};
    };
    const std::vector<sql::Column> columns{column("time", sql::ColumnType::timestamp, Role::time),
                                           column("port", sql::ColumnType::text, Role::tag),
                                           column("power", sql::ColumnType::floating, Role::field),
                                           column("count", sql::ColumnType::unsigned_integer, Role::field),
                                           column("state", sql::ColumnType::text, Role::field)};
    const auto places = rows.place(columns);
    const auto add = [&](std::size_t number, std::string_view port, sql::Value count) {
        const std::vector<sql::Value> row{
            sql::Value::of(kNoon), sql::Value::of(port), sql::Value::of(1.5), count,
            number == 0 ? sql::Value() : sql::Value::of(std::string_view("ön"))};
        rows.append(places, row, number);
    };
    add(0, "a", sql::Value::of(std::numeric_limits<std::uint64_t>::max()));
    add(1, "too long", sql::Value());
    add(2, "b", sql::Value::of(std::int64_t{7}));
    add(3, "c", sql::Value::of(std::int64_t{-7}));
    rows.append(rows.place(std::vector{columns[0], columns[2]}),
                std::vector{sql::Value::of(kNoon), sql::Value::of(2.5)}, 4);
    std::vector<sql::RefusedRow> refused;
    rows.require_columns();
    rows.write(refused);
    REQUIRE(refused.size() == 2);
    CHECK(refused[0].row == 1);
    CHECK_THAT(refused[0].reason, Contains("Data too long"));
    CHECK(refused[1].row == 3);
    CHECK_THAT(refused[1].reason, Contains("cannot hold -7"));
    CHECK(fixture.query("SELECT port, power, count, state FROM port ORDER BY port") ==
          testing::Rows{{"", "2.5", "NULL", "NULL"},
                        {"a", "1.5", "18446744073709551615", "NULL"},
                        {"b", "1.5", "7", "ön"}});
}
