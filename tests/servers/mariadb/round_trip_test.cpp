// A hundred thousand metrics come back from MariaDB as they went in, and a repeat changes nothing.
#include "tests/servers/mariadb/mariadb_fixture.hpp"
#include "tests/servers/postgresql/sample_metrics.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

using namespace heliograph;
using namespace heliograph::sql::test;

namespace {

constexpr std::size_t kBatch = 10'000;

struct Variant {
    std::string name;
    testkit::Settings settings;
    std::string time;                       // an expression that gives microseconds since 1970
    std::int64_t nanoseconds_kept = 1'000;  // to what times are rounded down
};

const std::string kMicroseconds = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', time)";

void write_sample(MariadbFixture& fixture) {
    for (std::size_t n = 0; n < SampleMetric::kCount;) {
        fixture.batch.reset();
        for (const std::size_t end = n + kBatch; n < end; ++n) {
            SampleMetric(n).add_to(fixture.batch.batch());
        }
        const auto outcome = fixture.write();
        INFO(outcome.error);
        REQUIRE(outcome.ok());
        REQUIRE(outcome.rejected.empty());
    }
}

template <class Number>
std::string shown(const std::optional<Number>& number) {
    return number ? std::to_string(*number) : "NULL";
}

/// MariaDB keeps every bit of a number but the sign of zero.
bool same_floating(const std::string& found, const std::optional<double>& wanted) {
    if (!wanted || !std::isfinite(*wanted)) {
        return found == "NULL";
    }
    const double number = std::strtod(found.c_str(), nullptr);
    return std::bit_cast<std::uint64_t>(number + 0.0) == std::bit_cast<std::uint64_t>(*wanted + 0.0);
}

/// How many of the rows differ from the sample; all are looked at.
std::size_t differences(const testing::Rows& rows, std::size_t measurement, const Variant& variant) {
    std::size_t different = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const SampleMetric metric(i * SampleMetric::kMeasurements + measurement);
        const auto& row = rows[i];
        const std::int64_t step = variant.nanoseconds_kept;
        const std::int64_t kept = metric.time / step - (metric.time % step < 0 ? 1 : 0);
        const bool same = row[0] == std::to_string(kept) && row[1] == std::to_string(metric.n) &&
                          row[2] == metric.zone && same_floating(row[3], metric.floating) &&
                          row[4] == shown(metric.integer) && row[5] == shown(metric.number_without_sign) &&
                          row[6] == (metric.boolean ? "1" : "0") && row[7] == metric.text.value_or("NULL");
        if (!same && ++different == 1) {
            std::string all;
            for (const std::string& value : row) {
                all += value + "|";
            }
            UNSCOPED_INFO("the first that differs is metric " << metric.n << ": " << all);
        }
    }
    return different;
}

void check_sample(MariadbFixture& fixture, const Variant& variant) {
    for (std::size_t measurement = 0; measurement < SampleMetric::kMeasurements; ++measurement) {
        const auto rows =
            fixture.query("SELECT " + variant.time +
                          ", n, zone, floating, `integer`, `unsigned`, boolean, text FROM sample_" +
                          std::to_string(measurement) + " ORDER BY CAST(n AS int)");
        REQUIRE(rows.size() == SampleMetric::kCount / SampleMetric::kMeasurements);
        CHECK(differences(rows, measurement, variant) == 0);
    }
}

const Variant kPlain{"merge", {}, kMicroseconds};

}  // namespace

TEST_CASE(
    "A hundred thousand metrics are read back from MariaDB as they were written, and a repeat adds no row",
    "[servers][mariadb]") {
    MariadbFixture fixture;
    write_sample(fixture);
    check_sample(fixture, kPlain);
    write_sample(fixture);
    check_sample(fixture, kPlain);
    CHECK(
        fixture.query("SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
                      "DATABASE() AND TABLE_NAME = 'sample_0' ORDER BY COLUMN_NAME") ==
        testing::Rows{{"boolean", "tinyint(1)"},
                      {"floating", "double"},
                      {"integer", "bigint(20)"},
                      {"n", "varchar(191)"},
                      {"text", "longtext"},
                      {"time", "datetime(6)"},
                      {"unsigned", "bigint(20) unsigned"},
                      {"zone", "varchar(191)"}});
}

TEST_CASE("on_conflict = ignore leaves rows on MariaDB as they are", "[servers][mariadb]") {
    const Variant variant{"ignore", {{"on_conflict", "ignore"}}, kMicroseconds};
    MariadbFixture fixture(variant.settings);
    write_sample(fixture);
    check_sample(fixture, variant);
    fixture.query("UPDATE sample_1 SET boolean = NULL");
    write_sample(fixture);
    CHECK(fixture.value("SELECT count(*) FROM sample_1 WHERE boolean IS NULL") == "20000");
}

TEST_CASE("Times are stored on MariaDB in any form that the options name", "[servers][mariadb]") {
    const Variant variant = GENERATE(values<Variant>({
        {"append", {{"on_conflict", "append"}}, kMicroseconds},
        {"nanoseconds", {{"time_format", "ns"}}, "time", 1},
        {"milliseconds", {{"time_format", "ms"}}, "time", 1'000'000},
        {"text",
         {{"time_format", "text"}},
         "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', REPLACE(LEFT(time, 26), 'T', ' '))"},
    }));
    DYNAMIC_SECTION(variant.name) {
        MariadbFixture fixture(variant.settings);
        write_sample(fixture);
        check_sample(fixture, variant);
    }
}

TEST_CASE("Rows of one key are merged on MariaDB in the order in which they came, whatever their columns",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    Batch batch = fixture.batch.batch();
    for (int repeat = 0; repeat < 3; ++repeat) {
        batch.add("port").tag("port", "1").field("power", 1.0).time(kNoon);
        batch.add("port").tag("port", "1").field("power", 2.0).field("state", "on").time(kNoon);
        batch.add("port")
            .tag("port", "1")

            .field("power", 3.0)
            .field("volt", 230.5)
            .time(kNoon);
        batch.add("port").tag("port", "1").field("power", 4.0).time(kNoon);
        batch.add("port").tag("port", "1").field("state", "off").time(kNoon);
    }
    REQUIRE(fixture.write().ok());
    CHECK(fixture.query("SELECT port, power, state, volt FROM port") ==
          testing::Rows{{"1", "4", "off", "230.5"}});
}

TEST_CASE("Tags on MariaDB differ in case, in spaces at the end and in accents", "[servers][mariadb]") {
    MariadbFixture fixture;
    for (const char* port : {"a", "A", "a ", " a", "á", "", "🌞"}) {
        fixture.add(kNoon, port, 1.0);
    }
    REQUIRE(fixture.write().ok());
    REQUIRE(fixture.write().ok());
    CHECK(fixture.query("SELECT port FROM port ORDER BY HEX(port)") ==
          testing::Rows{{""}, {" a"}, {"A"}, {"a"}, {"a "}, {"á"}, {"🌞"}});
}

TEST_CASE("Rows that MariaDB refuses are rejected with the reason, and all others are stored",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    const std::string too_long(200, 'x');
    for (int i = 0; i < 5'000; ++i) {
        fixture.add(kNoon + i * kSecond, i % 999 == 7 ? too_long : std::to_string(i), i);
    }
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 5);
    for (const auto& [index, reason] : outcome.rejected) {
        CHECK(index % 999 == 7);
        CHECK_THAT(reason, Catch::Matchers::Contains("Data too long for column 'port'"));
    }
    CHECK(fixture.value("SELECT count(*) FROM port") == "4995");
}

TEST_CASE("A row that a trigger or a constraint of MariaDB refuses is found among the others",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    fixture.add(kNoon, "0", 0);
    REQUIRE(fixture.write().ok());
    const bool by_trigger = GENERATE(false, true);
    if (by_trigger) {
        fixture.query("CREATE TABLE log (n tinyint)");
        // Its own error says "at row 1", whichever row of the insert it is.
        fixture.query(
            "CREATE TRIGGER t BEFORE INSERT ON port FOR EACH ROW INSERT INTO log VALUES "
            "(IF(NEW.power > 90 AND NEW.power < 93, 1000, 0))");
    } else {
        fixture.query("ALTER TABLE port ADD CHECK (power <= 90 OR power >= 93)");
    }
    fixture.batch.reset();
    for (int i = 1; i <= 200; ++i) {
        fixture.add(kNoon + i * kSecond, std::to_string(i), i);
    }
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 2);
    CHECK(outcome.rejected.contains(90));
    CHECK(outcome.rejected.contains(91));
    CHECK(fixture.value("SELECT count(*) FROM port") == "199");
}

TEST_CASE("A text of several megabytes is stored on MariaDB, and one beyond its packets is rejected alone",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    const std::string large(3'000'000, 'x');
    const std::string too_large(17'000'000, 'y');
    Batch batch = fixture.batch.batch();
    batch.add("note").field("text", large).time(kNoon);
    batch.add("note").field("text", too_large).time(kNoon + 1'000);
    batch.add("note").field("text", "short").time(kNoon + 2'000);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK_THAT(outcome.rejected.at(1), Catch::Matchers::Contains("max_allowed_packet"));
    CHECK(fixture.query("SELECT LENGTH(text) FROM note ORDER BY time") == testing::Rows{{"3000000"}, {"5"}});
}
