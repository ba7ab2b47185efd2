#include "outputs/stdout/json_format.hpp"

#include "outputs/stdout/time_text.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace heliograph::standard_output {
namespace {

using namespace std::string_literals;

std::string json_text(std::string_view text) {
    line_protocol::Buffer out;
    append_json_text(out, text);
    return std::string(out.view());
}

std::string json(const OwnedBatch& batch) {
    line_protocol::Buffer out;
    for (const MetricView metric : batch.metrics()) {
        append_json(out, metric);
    }
    return std::string(out.view());
}

}  // namespace

TEST_CASE("a metric is one line of JSON", "[unit][stdout]") {
    OwnedBatch batch;
    batch.batch()
        .add("inverter")
        .tag("serial", "S1")
        .tag("site", "home")
        .field("power", 412.5)
        .field("offset", std::int64_t{-3})
        .field("energy", std::numeric_limits<std::uint64_t>::max())
        .field("up", true)
        .field("model", std::string_view("HM-800"))
        .time(1'782'036'000'000'000'001);
    batch.batch().add("empty");
    CHECK(
        json(batch) ==
        R"({"name":"inverter","time":"2026-06-21T10:00:00.000000001Z","tags":{"serial":"S1","site":"home"},)"
        R"("fields":{"power":412.5,"offset":-3,"energy":18446744073709551615,"up":true,"model":"HM-800"}})"
        "\n"
        R"({"name":"empty","time":null,"tags":{},"fields":{}})"
        "\n");
}

TEST_CASE("numbers that JSON cannot say become null", "[unit][stdout]") {
    OwnedBatch batch;
    batch.batch()
        .add("m")
        .field("a", std::numeric_limits<double>::quiet_NaN())
        .field("b", std::numeric_limits<double>::infinity())
        .field("c", 1e300)
        .time(0);
    CHECK(
        json(batch) ==
        R"({"name":"m","time":"1970-01-01T00:00:00.000000000Z","tags":{},"fields":{"a":null,"b":null,"c":1e+300}})"
        "\n");
}

TEST_CASE("text is escaped so that it reads back", "[unit][stdout]") {
    struct Case {
        std::string name;
        std::string text;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {"empty", "", R"("")"},
        {"quotes and backslash", R"(a"b\c)", R"("a\"b\\c")"},
        {"named controls", "\b\f\n\r\t", R"("\b\f\n\r\t")"},
        {"other controls", "\x01\x1F"s + '\0', R"("\u0001\u001f\u0000")"},
        {"delete", "\x7F", "\"\x7F\""},
        {"UTF-8 as it is", "é€😀", "\"é€😀\""},
        {"a stray byte",
         "a\xFF"
         "b",
         "\"a\xEF\xBF\xBD"
         "b\""},
        {"a cut sequence", "\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(json_text(c.text) == c.want);
    }
}

TEST_CASE("times before the epoch and at the ends of the range are written", "[unit][stdout]") {
    struct Case {
        std::int64_t time;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {951'782'400'000'000'000, "2000-02-29T00:00:00.000000000Z"},
        {std::numeric_limits<std::int64_t>::max(), "2262-04-11T23:47:16.854775807Z"},
        {std::numeric_limits<std::int64_t>::min() + 1, "1677-09-21T00:12:43.145224193Z"},
    }));
    DYNAMIC_SECTION(c.want) {
        line_protocol::Buffer out;
        append_rfc3339(out, c.time);
        CHECK(out.view() == c.want);
    }
}

}  // namespace heliograph::standard_output
