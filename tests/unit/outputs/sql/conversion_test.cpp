#include "outputs/sql/conversion.hpp"

#include "outputs/sql/engine.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace heliograph::sql;
using heliograph::FieldView;
using heliograph::MetricView;
using heliograph::OwnedBatch;

namespace {

/// The only field of a metric made for it.
template <class Content>
FieldView field(OwnedBatch& owned, Content content) {
    auto batch = owned.batch();
    return FieldView(batch.add("m").field("f", content).metric().record().fields[0]);
}

constexpr std::uint64_t kAboveSigned = std::uint64_t{1} << 63;

}  // namespace

TEST_CASE("iso_time writes nine digits of UTC", "[unit][sql]") {
    CHECK(iso_time(0) == "1970-01-01T00:00:00.000000000Z");
    CHECK(iso_time(1'782'043'200'123'456'789) == "2026-06-21T12:00:00.123456789Z");
    CHECK(iso_time(951'782'400'000'000'000) == "2000-02-29T00:00:00.000000000Z");
    CHECK(iso_time(-1) == "1969-12-31T23:59:59.999999999Z");
    CHECK(iso_time(std::numeric_limits<std::int64_t>::max()) == "2262-04-11T23:47:16.854775807Z");
    CHECK(iso_time(std::numeric_limits<std::int64_t>::min()) == "1677-09-21T00:12:43.145224192Z");
}

TEST_CASE("milliseconds round down, also before 1970", "[unit][sql]") {
    RowConverter converter;
    CHECK(converter.time(1'999'999, TimeFormat::milliseconds).integer() == 1);
    CHECK(converter.time(-1, TimeFormat::milliseconds).integer() == -1);
    CHECK(converter.time(1'999'999, TimeFormat::nanoseconds).integer() == 1'999'999);
}

TEST_CASE("a value of its column's type is not counted as converted", "[unit][sql]") {
    OwnedBatch batch;
    RowConverter converter;
    CHECK(converter.field(field(batch, 1.5), ColumnType::floating).floating() == 1.5);
    CHECK(converter.field(field(batch, -2), ColumnType::integer).integer() == -2);
    CHECK(converter.field(field(batch, kAboveSigned), ColumnType::unsigned_integer).unsigned_integer() ==
          kAboveSigned);
    CHECK(converter.field(field(batch, true), ColumnType::boolean).integer() == 1);
    CHECK(converter.field(field(batch, "on"), ColumnType::text).text() == "on");
    CHECK(converter.changes().converted_values == 0);
}

TEST_CASE("a number goes into any column that can hold it, and is counted", "[unit][sql]") {
    OwnedBatch batch;
    RowConverter converter;
    CHECK(converter.field(field(batch, 7), ColumnType::floating).floating() == 7.0);
    CHECK(converter.field(field(batch, 1.6), ColumnType::integer).floating() == 1.6);
    CHECK(converter.field(field(batch, 0.1), ColumnType::text).text() == "0.1");
    CHECK(converter.field(field(batch, kAboveSigned), ColumnType::text).text() == "9223372036854775808");
    CHECK(converter.field(field(batch, kAboveSigned), ColumnType::floating).floating() ==
          9223372036854775808.0);
    CHECK(converter.field(field(batch, true), ColumnType::text).text() == "true");
    CHECK(converter.field(field(batch, true), ColumnType::floating).floating() == 1.0);
    CHECK(converter.changes().converted_values == 7);
    CHECK_THROWS_AS(converter.field(field(batch, kAboveSigned), ColumnType::integer), RowError);
}

TEST_CASE("integers that a floating column rounds are counted", "[unit][sql]") {
    OwnedBatch batch;
    RowConverter converter;
    const auto rounded = [&](auto number) {
        converter.reset_changes();
        (void)converter.field(field(batch, number), ColumnType::floating);
        CHECK(converter.changes().converted_values == 1);
        return converter.changes().rounded_values == 1;
    };
    constexpr std::int64_t kLastExact = std::int64_t{1} << 53;
    CHECK_FALSE(rounded(std::int64_t{0}));
    CHECK_FALSE(rounded(kLastExact));
    CHECK_FALSE(rounded(-kLastExact));
    CHECK(rounded(kLastExact + 1));
    CHECK(rounded(-kLastExact - 1));
    CHECK_FALSE(rounded(kLastExact + 2));
    CHECK(rounded(std::numeric_limits<std::int64_t>::max()));
    CHECK_FALSE(rounded(std::numeric_limits<std::int64_t>::min()));
    CHECK_FALSE(rounded(std::uint64_t{1} << 63));
    CHECK(rounded(std::numeric_limits<std::uint64_t>::max()));

    converter.reset_changes();
    (void)converter.field(field(batch, kLastExact + 1), ColumnType::integer);
    (void)converter.field(field(batch, kLastExact + 1), ColumnType::text);
    CHECK(converter.changes().rounded_values == 0);
}

TEST_CASE("NaN and infinities become NULL and are counted", "[unit][sql]") {
    OwnedBatch batch;
    RowConverter converter;
    const auto kind = [&](double number) {
        return converter.field(field(batch, number), ColumnType::floating).kind();
    };
    CHECK(kind(std::nan("")) == Value::Kind::null);
    CHECK(kind(std::numeric_limits<double>::infinity()) == Value::Kind::null);
    CHECK(kind(-std::numeric_limits<double>::infinity()) == Value::Kind::null);
    CHECK(converter.changes().not_a_number == 3);
    CHECK(converter.changes().converted_values == 0);
}

TEST_CASE("text that no database takes is repaired and counted", "[unit][sql]") {
    RowConverter converter;
    const std::string_view fine = "fine";
    CHECK(converter.text(fine).text().data() == fine.data());
    CHECK(converter.text("bad \xFF").text() == "bad \xEF\xBF\xBD");
    CHECK(converter.changes().repaired_texts == 1);
}

TEST_CASE("tags as JSON are one object, escaped and in their order", "[unit][sql]") {
    OwnedBatch batch;
    RowConverter converter;
    CHECK(converter.tags_as_json(batch.batch().add("m").metric().view().tags()).text() == "{}");
    batch.batch()
        .add("m")
        .tag("b", "quote \" backslash \\ tab \t bell \x07")
        .tag("a\n", "\u00e4 \U0001F31E")
        .tag("c", std::string_view("nul \0 bad \xFF", 11));
    const MetricView view = batch.metrics()[1];
    converter.next_row();
    CHECK(converter.tags_as_json(view.tags()).text() ==
          "{\"a\\u000a\": \"\u00e4 \U0001F31E\", \"b\": \"quote \\\" backslash \\\\ tab \\u0009 bell "
          "\\u0007\", "
          "\"c\": \"nul  bad \uFFFD\"}");
    CHECK(converter.changes().repaired_texts == 1);
}

TEST_CASE("a value comes in the type of its column", "[unit][sql]") {
    OwnedBatch batch;
    RowConverter converter;
    const auto kind = [&](auto value, ColumnType column) {
        return converter.field(field(batch, value), column).kind();
    };
    CHECK(kind(1, ColumnType::floating) == Value::Kind::floating);
    CHECK(kind(std::uint64_t{1}, ColumnType::floating) == Value::Kind::floating);
    CHECK(kind(true, ColumnType::floating) == Value::Kind::floating);
    CHECK(kind(std::uint64_t{1}, ColumnType::integer) == Value::Kind::integer);
    CHECK(kind(std::uint64_t{1}, ColumnType::unsigned_integer) == Value::Kind::unsigned_integer);
    CHECK(kind(1.5, ColumnType::text) == Value::Kind::text);
    CHECK_THROWS_AS(kind(std::numeric_limits<std::uint64_t>::max(), ColumnType::integer), NumberTooLarge);
}
