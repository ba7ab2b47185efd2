#include "plugins/common/line_protocol/decoder.hpp"

#include "model.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace heliograph;
using namespace heliograph::line_protocol;
using namespace heliograph::line_protocol::test;

namespace {

struct Decoded {
    std::vector<Model> metrics;
    std::vector<DecodeError> errors;
};

Decoded decode_all(std::string_view text, Dialect dialect = Dialect::v3,
                   Precision precision = Precision::nanosecond) {
    OwnedBatch owned;
    Batch batch = owned.batch();
    Decoded decoded;
    const DecodeResult result = decode(text, dialect, precision, batch,
                                       [&](const DecodeError& error) { decoded.errors.push_back(error); });
    for (const MetricView metric : batch.metrics()) {
        decoded.metrics.push_back(model_of(metric));
    }
    CHECK(result.decoded == decoded.metrics.size());
    CHECK(result.failed == decoded.errors.size());
    return decoded;
}

bool lies_in(std::string_view part, std::string_view whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

TEST_CASE("Text that needs no unescaping is not copied", "[unit][line_protocol]") {
    const std::string text = "cpu,host=a,kept=x\\y load=1.5,name=\"web \\d\" 1\n";
    OwnedBatch owned;
    Batch batch = owned.batch();
    REQUIRE(decode(text, Dialect::v3, Precision::nanosecond, batch).decoded == 1);
    const MetricView metric = batch.metrics()[0];
    CHECK(lies_in(metric.name(), text));
    for (const hg_tag& tag : metric.tags()) {
        CHECK(lies_in(view(tag.key), text));
        CHECK(lies_in(view(tag.value), text));
    }
    CHECK(lies_in(metric.field("name")->text(), text));
    CHECK(metric.field("name")->text() == "web \\d");
}

TEST_CASE("Text that was handed over lives as long as the batch", "[unit][line_protocol]") {
    OwnedBatch owned;
    Batch batch = owned.batch();
    Decoder decoder;
    decoder.decode_owned(std::make_unique<std::string>("cpu,host=a\\ b load=1 1\n"), batch);
    decoder.decode_owned(std::make_unique<std::string>("mem free=2i 2\n"), batch);
    REQUIRE(batch.size() == 2);
    CHECK(model_of(batch.metrics()[0]) == Model{"cpu", {{"host", "a b"}}, {{"load", 1.0}}, 1});
    CHECK(model_of(batch.metrics()[1]) == Model{"mem", {}, {{"free", std::int64_t{2}}}, 2});
}

TEST_CASE("A broken entry is reported with its place, and its neighbours are read", "[unit][line_protocol]") {
    const Decoded decoded = decode_all(
        "a f=1 1\n"
        "# a comment\n"
        "\n"
        "b f=1.0i 2\n"
        "c f=\"two\nlines\" 3\n"
        "d f=\"two\nlines\"x 3\n"
        "e f=1 4");
    REQUIRE(decoded.metrics.size() == 3);
    CHECK(decoded.metrics[2].measurement == "e");
    REQUIRE(decoded.errors.size() == 2);
    CHECK(decoded.errors[0].entry == 1);
    CHECK(decoded.errors[0].line == 4);
    CHECK(decoded.errors[0].offset == 28);
    CHECK(decoded.errors[0].message == "the number does not end here, found: i 2");
    CHECK(decoded.errors[1].entry == 3);
    CHECK(decoded.errors[1].line == 7);
}

TEST_CASE("A string that is never closed takes only its own line along", "[unit][line_protocol]") {
    const Decoded decoded = decode_all("a f=\"open 1\nb f=2 2\nc f= 3\nd f=4 4\n");
    REQUIRE(decoded.errors.size() == 2);
    CHECK(decoded.errors[0].message == "the string is never closed, found: \"open 1");
    REQUIRE(decoded.metrics.size() == 2);
    CHECK(decoded.metrics[0].measurement == "b");
    CHECK(decoded.metrics[1].measurement == "d");
}

TEST_CASE("A backslash at the end of a line does not join it to the next", "[unit][line_protocol]") {
    for (const Dialect dialect : {Dialect::v1, Dialect::v3}) {
        const Decoded decoded = decode_all("a\\\nb f=1 1\nc,t=x\\", dialect);
        CHECK(decoded.errors.size() == 2);
        REQUIRE(decoded.metrics.size() == 1);
        CHECK(decoded.metrics[0].measurement == "b");
    }
}

TEST_CASE("Records hold tags in order and every key once", "[unit][line_protocol]") {
    const Decoded decoded = decode_all("m,c=1,a=2,b=3,a=4 x=1,y=2,x=3i 1");
    REQUIRE(decoded.metrics.size() == 1);
    CHECK(decoded.metrics[0] ==
          Model{"m", {{"a", "4"}, {"b", "3"}, {"c", "1"}}, {{"x", std::int64_t{3}}, {"y", 2.0}}, 1});
}

TEST_CASE("Many tags and fields are put in order too", "[unit][line_protocol]") {
    Model wanted{"m", {}, {}, 9};
    std::string tags;
    std::string fields;
    for (int i = 999; i >= 0; --i) {
        const std::string name = std::to_string(1'000 + i);
        tags += ",t" + name + "=first,t" + name + "=v" + name;
        wanted.tags.emplace_back("t" + name, "v" + name);
        fields += (fields.empty() ? "" : ",") + ("f" + name + "=0");
        wanted.fields.emplace_back("f" + name, static_cast<double>(i));
    }
    for (int i = 0; i < 1'000; ++i) {
        fields += ",f" + std::to_string(1'000 + i) + "=" + std::to_string(i);
    }
    const Decoded decoded = decode_all("m" + tags + " " + fields + " 9\n");
    REQUIRE(decoded.metrics.size() == 1);
    CHECK(decoded.metrics[0] == normalised(wanted));
}

TEST_CASE("Timestamps are scaled by the precision", "[unit][line_protocol]") {
    CHECK(decode_all("m f=1 -2", Dialect::v3, Precision::second).metrics.at(0).time == -2'000'000'000);
    CHECK(decode_all("m f=1 5", Dialect::v3, Precision::millisecond).metrics.at(0).time == 5'000'000);
    CHECK(decode_all("m f=1 5", Dialect::v3, Precision::microsecond).metrics.at(0).time == 5'000);
    const Decoded late = decode_all("m f=1 1519194109000000042", Dialect::v3, Precision::second);
    REQUIRE(late.errors.size() == 1);
    CHECK(late.errors[0].message.find("is the precision right?") != std::string::npos);
}

TEST_CASE("A metric without a timestamp asks for the time of the gather", "[unit][line_protocol]") {
    CHECK(decode_all("m f=1").metrics.at(0).time == HG_TIME_UNSET);
    CHECK(decode_all("m f=1 \n").metrics.at(0).time == HG_TIME_UNSET);
}

TEST_CASE("Only the line that is not UTF-8 fails", "[unit][line_protocol]") {
    const Decoded decoded = decode_all("a s=\"K\xC3\xB6ln\" 1\nb s=\"\xFF\" 2\nc f=3 3\n");
    CHECK(decoded.metrics.size() == 2);
    REQUIRE(decoded.errors.size() == 1);
    CHECK(decoded.errors[0].entry == 1);
    CHECK(decoded.errors[0].message.find("not UTF-8") != std::string::npos);
}

TEST_CASE("Every way to break a line is named", "[unit][line_protocol]") {
    struct Case {
        std::string line;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {",t=a f=1", "the measurement is empty, found: ,t=a f=1"},
        {"m", "the line has no fields"},
        {"m,t=a ", "the line has no fields"},
        {"m,t f=1", "a tag has no value: = should stand here, found:  f=1"},
        {"m,t= f=1", "the value of a tag is empty, found:  f=1"},
        {"m,=a f=1", "the key of a tag is empty, found: =a f=1"},
        {"m\\\\,t=a f=1", "a name cannot end with a backslash, found: ,t=a f=1"},
        {"m,t=a\\\\ f=1", "a name cannot end with a backslash, found:  f=1"},
        {"m =1", "the key of a field is empty, found: =1"},
        {"m f 1", "a field has no value: = should stand here, found:  1"},
        {"m f=yes", "the value is not a number, a string in quotes, true or false, found: yes"},
        {"m f=\"a\"b", "the string ended before this; a quote inside of it needs a backslash, found: b"},
        {"m f=1 1.5", "the line should end here, found: .5"},
        {"m f=1 soon", "the line should end here, found: soon"},
        {"m f=1 99999999999999999999", "the timestamp is not a 64-bit integer, found: 99999999999999999999"},
        {"m f=1 1\r", "the line ends in CR LF, where line protocol wants LF alone, found: ?"},
    }));
    const Decoded decoded = decode_all(c.line + "\n");
    REQUIRE(decoded.errors.size() == 1);
    CHECK(decoded.errors[0].message == c.message);
    CHECK(decode_all(c.line).errors.size() == 1);
}

TEST_CASE("Errors may go unheard", "[unit][line_protocol]") {
    OwnedBatch owned;
    Batch batch = owned.batch();
    const DecodeResult result = decode("bad\nm f=1\n", Dialect::v3, Precision::nanosecond, batch);
    CHECK(result.failed == 1);
    CHECK(result.decoded == 1);
}
