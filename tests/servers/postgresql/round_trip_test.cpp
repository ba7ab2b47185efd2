// A hundred thousand metrics come back from PostgreSQL as they went in, and a repeat changes nothing.
#include "tests/servers/postgresql/postgres_fixture.hpp"
#include "tests/servers/postgresql/sample_metrics.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <cstdlib>
#include <optional>
#include <string>

using namespace heliograph;
using namespace heliograph::sql::test;

namespace {

struct Variant {
    std::string name;
    testkit::Settings settings;
    std::string time;  // an expression that gives microseconds since 1970
    std::string n;     // one that gives the tag n
    std::string zone;  // and one for the tag zone
};

constexpr std::size_t kBatch = 10'000;

const std::string kTimestamp = "(extract(epoch FROM time) * 1000000)::numeric(30, 0)";

void write_sample(PostgresFixture& fixture, std::size_t count = SampleMetric::kCount) {
    for (std::size_t n = 0; n < count;) {
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

std::string shown(const std::optional<std::string>& text) {
    return text ? *text : "NULL";
}

template <class Number>
std::string shown_number(const std::optional<Number>& number) {
    return number ? std::to_string(*number) : "NULL";
}

std::int64_t microseconds(std::int64_t nanoseconds) {
    return nanoseconds / 1'000 - (nanoseconds % 1'000 < 0 ? 1 : 0);
}

bool same_floating(const std::string& found, const std::optional<double>& wanted) {
    if (!wanted || !std::isfinite(*wanted)) {
        return found == "NULL";
    }
    return std::bit_cast<std::uint64_t>(std::strtod(found.c_str(), nullptr)) ==
           std::bit_cast<std::uint64_t>(*wanted);
}

/// How many of the rows differ from the sample; all are looked at.
std::size_t differences(const testing::Rows& rows, std::size_t measurement, const Variant& variant) {
    std::size_t different = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const SampleMetric metric(i * SampleMetric::kMeasurements + measurement);
        const auto& row = rows[i];
        const std::int64_t step = variant.name == "milliseconds" ? 1'000 : 1;
        const std::int64_t wanted = microseconds(metric.time);
        const std::int64_t floored = (wanted / step - (wanted % step < 0 ? 1 : 0)) * step;
        const bool same = row[0] == std::to_string(floored) && row[1] == std::to_string(metric.n) &&
                          row[2] == metric.zone && same_floating(row[3], metric.floating) &&
                          row[4] == shown_number(metric.integer) &&
                          row[5] == shown_number(metric.number_without_sign) &&
                          row[6] == (metric.boolean ? "t" : "f") && row[7] == shown(metric.text);
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

void check_sample(PostgresFixture& fixture, const Variant& variant,
                  std::size_t count = SampleMetric::kCount) {
    for (std::size_t measurement = 0; measurement < SampleMetric::kMeasurements; ++measurement) {
        const auto rows = fixture.query("SELECT " + variant.time + ", " + variant.n + ", " + variant.zone +
                                        ", floating, integer, \"unsigned\", boolean, text FROM sample_" +
                                        std::to_string(measurement) + " ORDER BY (" + variant.n + ")::int");
        REQUIRE(rows.size() == count / SampleMetric::kMeasurements);
        CHECK(differences(rows, measurement, variant) == 0);
    }
}

const Variant kPlain{"merge", {}, kTimestamp, "n", "zone"};

}  // namespace

TEST_CASE(
    "a hundred thousand metrics are read back from PostgreSQL as they were written, and a repeat changes "
    "nothing",
    "[servers][postgresql]") {
    PostgresFixture fixture;
    write_sample(fixture);
    check_sample(fixture, kPlain);
    write_sample(fixture);
    check_sample(fixture, kPlain);
    CHECK(fixture.value("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
                        "'sample_0'::regclass AND attname = 'unsigned'") == "numeric(20,0)");
}

TEST_CASE("on_conflict = ignore stores the same metrics, and a repeat changes nothing",
          "[servers][postgresql]") {
    const Variant variant{"ignore", {{"on_conflict", "ignore"}}, kTimestamp, "n", "zone"};
    PostgresFixture fixture(variant.settings);
    write_sample(fixture);
    check_sample(fixture, variant);
    fixture.query("UPDATE sample_1 SET boolean = NULL");
    write_sample(fixture);
    CHECK(fixture.value("SELECT count(*) FROM sample_1 WHERE boolean IS NULL") == "20000");
}

TEST_CASE("time and tags are stored in any form that the options name", "[servers][postgresql]") {
    const Variant variant = GENERATE(values<Variant>({
        {"append", {{"on_conflict", "append"}}, kTimestamp, "n", "zone"},
        {"jsonb", {{"layout", "jsonb"}}, kTimestamp, "tags ->> 'n'", "COALESCE(tags ->> 'zone', '')"},
        {"nanoseconds", {{"time_format", "ns"}}, "floor(time / 1000.0)", "n", "zone"},
        {"milliseconds", {{"time_format", "ms"}}, "time::numeric * 1000", "n", "zone"},
        {"text",
         {{"time_format", "text"}},
         "(extract(epoch FROM left(time, 26)::timestamp) * 1000000)::numeric(30, 0)",
         "n",
         "zone"},
    }));
    DYNAMIC_SECTION(variant.name) {
        constexpr std::size_t kSome = 20'000;
        PostgresFixture fixture(variant.settings);
        write_sample(fixture, kSome);
        check_sample(fixture, variant, kSome);
    }
}
