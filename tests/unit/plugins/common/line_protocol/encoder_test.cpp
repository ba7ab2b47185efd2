#include "plugins/common/line_protocol/encoder.hpp"

#include "model.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace heliograph;
using namespace heliograph::line_protocol;
using namespace heliograph::line_protocol::test;

namespace {

std::string encode(const Model& model, EncodeSettings settings = {}) {
    Buffer out;
    const Record record(model);
    return Encoder(settings).append(record.view(), out).status == EncodeStatus::ok ? std::string(out.view())
                                                                                   : "error";
}

Model one_tag(std::string key, std::string value) {
    return {"m", {{std::move(key), std::move(value)}}, {{"n", std::int64_t{1}}}, 3};
}

}  // namespace

TEST_CASE("Names of every length are checked to their last byte", "[unit][line_protocol]") {
    for (std::size_t size = 1; size <= 40; ++size) {
        const std::string plain(size, 'x');
        CHECK(encode(one_tag("t", plain)) == "m,t=" + plain + " n=1i 3\n");
        for (std::size_t place = 0; place < size; ++place) {
            std::string name = plain;
            name[place] = ',';
            std::string wanted = plain;
            wanted.replace(place, 1, "\\,");
            CHECK(encode(one_tag("t", name)) == "m,t=" + wanted + " n=1i 3\n");
            name[place] = '\x7F';
            wanted = plain;
            wanted[place] = '_';
            CHECK(encode(one_tag("t", name)) == "m,t=" + wanted + " n=1i 3\n");
            const Model text{"m", {}, {{"s", std::string(plain).replace(place, 1, "\"")}}, 3};
            CHECK(encode(text) == "m s=\"" + std::string(plain).replace(place, 1, "\\\"") + "\" 3\n");
        }
    }
}

TEST_CASE("Control characters in names become something that can be written", "[unit][line_protocol]") {
    CHECK(encode(one_tag("t", std::string("a\0b", 3))) == "m,t=a_b n=1i 3\n");
    CHECK(encode(one_tag("t", "a\n\r\t\f\x1B")) == "m,t=a\\n\\r\\t\\f_ n=1i 3\n");
    CHECK(encode(one_tag("t", "a\xC2\x85z")) == "m,t=a_z n=1i 3\n");  // U+0085, a control character too
    CHECK(encode(one_tag("t", "a\xC2\xA0z")) == "m,t=a\xC2\xA0z n=1i 3\n");
}

TEST_CASE("Bytes that are not UTF-8 are replaced, in names and in strings", "[unit][line_protocol]") {
    Model model = one_tag("t", "a\xFFz");
    model.fields = {{"s", std::string("K\xC3\xB6ln \"\xC3\"")}};
    CHECK(encode(model) == "m,t=a\xEF\xBF\xBDz s=\"K\xC3\xB6ln \\\"\xEF\xBF\xBD\\\"\" 3\n");
    CHECK(encode(model, {.replace_invalid_utf8 = false}) == "m,t=a\xFFz s=\"K\xC3\xB6ln \\\"\xC3\\\"\" 3\n");
}

TEST_CASE("Keys that become the same are written once", "[unit][line_protocol]") {
    const Model model{"m",
                      {{"path", "/"}, {"path\\", "C:"}, {"q\x01", "1"}, {"q\x02", "2"}},
                      {{"n\\", std::int64_t{1}}, {"n", std::int64_t{2}}, {"k", std::int64_t{3}}},
                      3};
    Buffer out;
    const Record record(model);
    Encoder encoder(EncodeSettings{});
    const EncodeResult result = encoder.append(record.view(), out);
    CHECK(out.view() == "m,path=/,q_=1 n=1i,k=3i 3\n");
    CHECK(result.dropped_tags == 2);
    CHECK(result.dropped_fields == 1);
    // The next metric is not looked at with the eyes of the last.
    const Model next = one_tag("a", "b");
    const Record other(next);
    out.clear();
    CHECK(encoder.append(other.view(), out).dropped_tags == 0);
    CHECK(out.view() == "m,a=b n=1i 3\n");
}

TEST_CASE("What is dropped is counted", "[unit][line_protocol]") {
    const Model model{"m",
                      {{"a", ""}, {"b", "\\\\"}, {"c", "1"}},
                      {{"x", std::numeric_limits<double>::quiet_NaN()},
                       {"y", -std::numeric_limits<double>::infinity()},
                       {"", 1.0},
                       {"z", 1.0}},
                      3};
    Buffer out;
    const Record record(model);
    const EncodeResult result = Encoder(EncodeSettings{}).append(record.view(), out);
    CHECK(out.view() == "m,c=1 z=1 3\n");
    CHECK(result.dropped_tags == 2);
    CHECK(result.dropped_fields == 3);
    CHECK(result.lines == 1);
}

TEST_CASE("Times are scaled toward the past", "[unit][line_protocol]") {
    struct Case {
        Precision precision;
        std::int64_t time;
        std::string text;
    };
    const auto c = GENERATE(values<Case>({
        {Precision::nanosecond, -1, "-1"},
        {Precision::microsecond, 1'999, "1"},
        {Precision::microsecond, -1, "-1"},
        {Precision::millisecond, -1'000'000, "-1"},
        {Precision::millisecond, -1'000'001, "-2"},
        {Precision::second, 1'519'194'109'999'999'999, "1519194109"},
        {Precision::second, std::numeric_limits<std::int64_t>::max(), "9223372036"},
        {Precision::second, std::numeric_limits<std::int64_t>::min() + 1, "-9223372037"},
    }));
    const Model model{"m", {}, {{"n", std::int64_t{1}}}, c.time};
    CHECK(encode(model, {.precision = c.precision}) == "m n=1i " + c.text + "\n");
}

TEST_CASE("A metric without a time is written without one", "[unit][line_protocol]") {
    CHECK(encode({"m", {}, {{"n", std::int64_t{1}}}, HG_TIME_UNSET}) == "m n=1i\n");
}

TEST_CASE("A long metric is split by fields, each line with its head and time", "[unit][line_protocol]") {
    Model model{"m", {{"t", "v"}}, {}, 5};
    for (int i = 0; i < 100; ++i) {
        model.fields.emplace_back("field" + std::to_string(i),
                                  std::string(static_cast<std::size_t>(i % 7), 's'));
    }
    const std::size_t longest = 60;
    Buffer out;
    const Record record(model);
    const EncodeResult result = Encoder({.max_line_bytes = longest}).append(record.view(), out);
    REQUIRE(result.status == EncodeStatus::ok);
    std::size_t lines = 0;
    std::string fields;
    for (std::string_view left = out.view(); !left.empty(); ++lines) {
        const std::string_view line = left.substr(0, left.find('\n') + 1);
        left.remove_prefix(line.size());
        CHECK(line.size() <= longest);
        CHECK(line.substr(0, 6) == "m,t=v ");
        CHECK(line.substr(line.size() - 3) == " 5\n");
        fields += std::string(line.substr(6, line.size() - 9)) + ',';
    }
    CHECK(lines == result.lines);
    const std::string whole = encode(model);
    CHECK(fields == whole.substr(6, whole.size() - 9) + ',');
}

TEST_CASE("Nothing stays behind when a later field does not fit", "[unit][line_protocol]") {
    const Model model{"m", {}, {{"a", std::int64_t{1}}, {"long", std::string(50, 'x')}}, 5};
    Buffer out;
    out.append("before\n");
    const Record record(model);
    CHECK(Encoder({.max_line_bytes = 30}).append(record.view(), out).status == EncodeStatus::need_more_space);
    CHECK(out.view() == "before\n");
}

TEST_CASE("The reserved columns of InfluxDB 3 are known", "[unit][line_protocol]") {
    CHECK(is_reserved_column("time"));
    CHECK(is_reserved_column("__chunk_order"));
    CHECK_FALSE(is_reserved_column("times"));
}

TEST_CASE("Every status has words for a person", "[unit][line_protocol]") {
    for (const EncodeStatus status :
         {EncodeStatus::ok, EncodeStatus::no_fields, EncodeStatus::invalid_measurement,
          EncodeStatus::measurement_starts_with_hash, EncodeStatus::need_more_space}) {
        CHECK_FALSE(describe(status).empty());
    }
}
