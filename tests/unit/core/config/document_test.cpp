#include "core/config/document.hpp"

#include <catch2/catch.hpp>

namespace heliograph::config {
namespace {

TEST_CASE("a value knows its kind and content", "[unit][config]") {
    CHECK(Value().is(Kind::table));
    CHECK(Value::boolean(true).as_boolean());
    CHECK(Value::integer(-3).as_integer() == -3);
    CHECK(Value::floating(0.5).as_floating() == 0.5);
    CHECK(Value::text("x").as_text() == "x");
    CHECK(Value::date_time("07:30:00").as_date_time() == "07:30:00");
    CHECK(Value::list({Value::integer(1)}).as_list().size() == 1);
    CHECK_THROWS_AS(Value::text("1").as_integer(), std::bad_variant_access);
    CHECK(describe(Value::date_time("07:30:00").kind()) == "a date or time");
}

TEST_CASE("find looks up the keys of a table, and finds none in other values", "[unit][config]") {
    Value table = Value::table({{.key = "a", .key_position = {}, .value = Value::integer(1)},
                                {.key = "b", .key_position = {}, .value = Value::integer(2)}});
    REQUIRE(table.find("b") != nullptr);
    CHECK(std::as_const(table).find("b")->value.as_integer() == 2);
    CHECK(table.find("c") == nullptr);
    CHECK(Value::text("a").find("a") == nullptr);
}

TEST_CASE("same_content tells kinds, values and keys apart", "[unit][config]") {
    CHECK(same_content(Value::integer(1), Value::integer(1, {.file = nullptr, .line = 4, .column = 2})));
    CHECK_FALSE(same_content(Value::integer(1), Value::floating(1)));
    CHECK_FALSE(same_content(Value::text("a"), Value::date_time("a")));
    CHECK_FALSE(same_content(Value::list({Value::integer(1)}), Value::list({})));
    const Value a = Value::table({{.key = "a", .key_position = {}, .value = Value::integer(1)}});
    const Value b = Value::table({{.key = "b", .key_position = {}, .value = Value::integer(1)}});
    CHECK_FALSE(same_content(a, b));
}

}  // namespace
}  // namespace heliograph::config
