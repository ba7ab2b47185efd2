#include "outputs/sql/postgresql_copy.hpp"

#include "outputs/sql/engine.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace heliograph::sql;
using Catch::Matchers::Contains;

namespace {

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4U];
        text += kDigits[static_cast<unsigned char>(byte) & 15U];
    }
    return text;
}

std::string encoded(Wire wire, const Value& value) {
    CopyBuffer buffer;
    buffer.add_value({wire, "\"v\""}, value);
    return hex(buffer.bytes());
}

Value whole(std::int64_t value) {
    return Value::of(value);
}

constexpr std::uint64_t kMostUnsigned = std::numeric_limits<std::uint64_t>::max();

}  // namespace

TEST_CASE("values take the binary form of their column", "[unit][sql]") {
    CHECK(encoded(Wire::float8, {}) == "ffffffff");
    CHECK(encoded(Wire::float8, Value::of(1.5)) == "000000083ff8000000000000");
    CHECK(encoded(Wire::float4, Value::of(1.5)) == "000000043fc00000");
    CHECK(encoded(Wire::int2, whole(-2)) == "00000002fffe");
    CHECK(encoded(Wire::int4, whole(258)) == "0000000400000102");
    CHECK(encoded(Wire::int8, whole(-1)) == "00000008ffffffffffffffff");
    CHECK(encoded(Wire::int8, Value::of(2.0)) == "000000080000000000000002");
    CHECK(encoded(Wire::float8, whole(2)) == "000000084000000000000000");
    CHECK(encoded(Wire::boolean, whole(1)) == "0000000101");
    CHECK(encoded(Wire::text, Value::of(std::string_view("aä"))) == "0000000361c3a4");
    CHECK(encoded(Wire::text, Value::of(std::string_view())) == "00000000");
    CHECK(encoded(Wire::text, whole(-7)) == "000000022d37");
    CHECK(encoded(Wire::json, Value::of(std::string_view("{}"))) == "000000027b7d");
    CHECK(encoded(Wire::jsonb, Value::of(std::string_view("{}"))) == "00000003017b7d");
}

TEST_CASE("times count microseconds from 2000 and are rounded down", "[unit][sql]") {
    constexpr std::int64_t kMillennium = 946'684'800'000'000'000;
    for (const Wire wire : {Wire::timestamp, Wire::timestamptz}) {
        CHECK(encoded(wire, whole(kMillennium)) == "000000080000000000000000");
        CHECK(encoded(wire, whole(kMillennium + 1'999)) == "000000080000000000000001");
        CHECK(encoded(wire, whole(kMillennium - 1)) == "00000008ffffffffffffffff");
    }
    CHECK(microseconds(std::numeric_limits<std::int64_t>::min()) == -9'223'372'036'854'776);
}

TEST_CASE("numerics are groups of four digits with a weight", "[unit][sql]") {
    // Size, number of groups, weight, sign, scale, groups.
    CHECK(encoded(Wire::numeric, whole(0)) ==
          "00000008"
          "0000000000000000");
    CHECK(encoded(Wire::numeric, whole(1)) ==
          "0000000a"
          "0001000000000000"
          "0001");
    CHECK(encoded(Wire::numeric, whole(-10'000)) ==
          "0000000c"
          "0002000140000000"
          "00010000");
    CHECK(encoded(Wire::numeric, Value::of(kMostUnsigned)) ==
          "00000012"
          "0005000400000000"
          "07341a5802e103bb064f");
    CHECK(encoded(Wire::numeric, Value::of(1.5)) ==
          "0000000c"
          "0002000000000001"
          "00011388");
    CHECK(encoded(Wire::numeric, Value::of(-0.0001)) ==
          "0000000a"
          "0001ffff40000004"
          "0001");
    CHECK(encoded(Wire::numeric, Value::of(1e20)) ==
          "0000000a"
          "0001000500000000"
          "0001");
}

TEST_CASE("what a column cannot hold is refused with its name and type", "[unit][sql]") {
    struct Case {
        Wire wire;
        Value value;
        std::string shown;
    };
    const std::vector<Case> cases{
        {Wire::int2, whole(32'768), "is smallint and cannot hold 32768"},
        {Wire::int4, whole(-2'147'483'649), "is integer and cannot hold -2147483649"},
        {Wire::int8, Value::of(kMostUnsigned), "is bigint and cannot hold 18446744073709551615"},
        {Wire::int8, Value::of(1.5), "is bigint and cannot hold 1.5"},
        {Wire::int8, Value::of(9.3e18), "is bigint and cannot hold 9.3e+18"},
        {Wire::float4, Value::of(1e300), "is real and cannot hold 1e+300"},
        {Wire::boolean, whole(2), "is boolean and cannot hold 2"},
        {Wire::float8, Value::of(std::string_view("secret")), "cannot hold a text"},
        {Wire::timestamptz, Value::of(kMostUnsigned), "is timestamptz and cannot hold"},
        {Wire::unsupported, {}, "has a type that this output cannot write"},
        {Wire::unsupported, Value::of(1.5), "has a type that this output cannot write"},
        {Wire::unsupported, Value::of(std::string_view("a")), "has a type that this output cannot write"},
    };
    for (const Case& wanted : cases) {
        CAPTURE(wanted.shown);
        CHECK_THROWS_WITH(encoded(wanted.wire, wanted.value),
                          Contains("column \"v\" ") && Contains(wanted.shown));
        CHECK_THROWS_AS(encoded(wanted.wire, wanted.value), RowError);
    }
}

TEST_CASE("a row that is refused leaves the buffer as it was", "[unit][sql]") {
    const std::array<CopyColumn, 2> columns{{{Wire::text, "a"}, {Wire::int2, "b"}}};
    const std::array<Value, 2> good{Value::of(std::string_view("x")), whole(1)};
    const std::array<Value, 2> bad{Value::of(std::string_view("y")), whole(100'000)};
    CopyBuffer buffer;
    buffer.add_row(columns, good, 10);
    CHECK_THROWS_AS(buffer.add_row(columns, bad, 11), RowError);
    buffer.add_row(columns, good, 12);
    REQUIRE(buffer.rows() == 2);
    CHECK(buffer.number(0) == 10);
    CHECK(buffer.number(1) == 12);
    const std::string row =
        "0002"
        "0000000178"
        "000000020001";
    CHECK(hex(buffer.bytes(0, 2)) == row + row);
    CHECK(hex(buffer.bytes(0, 1)) == row);
    CHECK(hex(buffer.bytes(1, 1)) == row);
    CHECK(buffer.bytes(1, 0).empty());
    buffer.clear();
    CHECK(buffer.rows() == 0);
    CHECK(buffer.bytes().empty());
}

TEST_CASE("a buffer grows as rows come and keeps what it has", "[unit][sql]") {
    const std::array<CopyColumn, 1> columns{{{Wire::text, "a"}}};
    const std::string text(1'000, 'x');
    CopyBuffer buffer;
    for (std::size_t i = 0; i < 1'000; ++i) {
        buffer.add_row(columns, std::array<Value, 1>{Value::of(std::string_view(text))}, i);
    }
    CHECK(buffer.bytes().size() == 1'000 * (2 + 4 + text.size()));
    CHECK(buffer.bytes(999, 1).substr(6) == text);
}

TEST_CASE("types are told apart by the catalog's number", "[unit][sql]") {
    CHECK(wire_of(20) == Wire::int8);
    CHECK(wire_of(1043) == Wire::text);
    CHECK(wire_of(1184) == Wire::timestamptz);
    CHECK(wire_of(2950) == Wire::unsupported);
    CHECK(wire_of(0) == Wire::unsupported);
}
