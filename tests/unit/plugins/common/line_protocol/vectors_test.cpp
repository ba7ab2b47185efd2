// Every encode and decode case that was observed on four parsers: InfluxDB 3, the Go library, Telegraf,
// influxd 1.6.7.
#include "model.hpp"
#include "plugins/common/line_protocol/decoder.hpp"
#include "plugins/common/line_protocol/encoder.hpp"

#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

using namespace heliograph;
using namespace heliograph::line_protocol;
using namespace heliograph::line_protocol::test;

namespace {

using Json = simdjson::dom::element;

std::string text_of(Json json) {
    return std::string(std::string_view(json));
}

template <class Number>
Number number_of(const std::string& text) {
    Number number{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    REQUIRE(parsed.ec == std::errc{});
    REQUIRE(parsed.ptr == text.data() + text.size());
    return number;
}

Value value_of(const std::string& type, const std::string& text) {
    if (type == "float" || type == "number") {
        if (text == "nan") {
            return std::numeric_limits<double>::quiet_NaN();
        }
        return text == "inf" ? std::numeric_limits<double>::infinity() : number_of<double>(text);
    }
    if (type == "int") {
        return number_of<std::int64_t>(text);
    }
    if (type == "uint") {
        return number_of<std::uint64_t>(text);
    }
    if (type == "bool") {
        return text == "true";
    }
    REQUIRE(type == "string");
    return text;
}

Model model_of(Json json) {
    Model model{text_of(json["measurement"]), {}, {}, HG_TIME_UNSET};
    for (const Json tag : json["tags"]) {
        model.tags.emplace_back(text_of(tag.at(0)), text_of(tag.at(1)));
    }
    for (const Json field : json["fields"]) {
        model.fields.emplace_back(text_of(field.at(0)), value_of(text_of(field.at(1)), text_of(field.at(2))));
    }
    Json time;
    if (json["time_ns"].get(time) == simdjson::SUCCESS || json["ts"].get(time) == simdjson::SUCCESS) {
        if (!time.is_null()) {
            model.time = number_of<std::int64_t>(text_of(time));
        }
    }
    return model;
}

// The only case in base64 is one invalid byte in a string.
std::string bytes_of(Json test) {
    Json bytes;
    if (test["bytes"].get(bytes) == simdjson::SUCCESS) {
        return text_of(bytes);
    }
    REQUIRE(text_of(test["bytes_b64"]) == "bSBzPSL/IiAx");
    return "m s=\"\xFF\" 1";
}

EncodeSettings settings_of(Json options, Dialect dialect) {
    EncodeSettings settings{.dialect = dialect};
    bool flag = false;
    if (options["uint_support"].get(flag) == simdjson::SUCCESS) {
        settings.unsigned_support = flag;
    }
    if (options["omit_timestamp"].get(flag) == simdjson::SUCCESS) {
        settings.omit_timestamp = flag;
    }
    std::uint64_t bytes = 0;
    if (options["max_line_bytes"].get(bytes) == simdjson::SUCCESS) {
        settings.max_line_bytes = bytes;
    }
    std::string_view precision = "ns";
    if (options["precision"].get(precision) == simdjson::SUCCESS) {
        REQUIRE((precision == "s" || precision == "ms"));
        settings.precision = precision == "s" ? Precision::second : Precision::millisecond;
    }
    return settings;
}

std::string_view status_name(EncodeStatus status) {
    switch (status) {
        case EncodeStatus::ok:
            return "ok";
        case EncodeStatus::no_fields:
            return "no_fields";
        case EncodeStatus::invalid_measurement:
            return "invalid_measurement";
        case EncodeStatus::measurement_starts_with_hash:
            return "measurement_starts_with_hash";
        case EncodeStatus::need_more_space:
            return "need_more_space";
    }
    return "?";
}

Json load_vectors() {
    static simdjson::dom::parser parser;
    static const Json document =
        parser.load(HELIOGRAPH_SOURCE_DIR "/tests/unit/plugins/common/line_protocol/data/line_protocol.json");
    return document;
}

struct Wanted {
    std::vector<Model> points;
    std::size_t errors = 0;
};

Wanted wanted_of(Json result) {
    Wanted wanted;
    for (const Json point : result["points"]) {
        wanted.points.push_back(normalised(model_of(point)));
    }
    wanted.errors = std::uint64_t(result["errors"]);
    return wanted;
}

void check_decode(const std::string& bytes, Dialect dialect, const Wanted& wanted) {
    OwnedBatch owned;
    Batch batch = owned.batch();
    std::vector<DecodeError> errors;
    const DecodeResult result = decode(bytes, dialect, Precision::nanosecond, batch,
                                       [&](const DecodeError& error) { errors.push_back(error); });
    std::vector<Model> found;
    for (const MetricView metric : batch.metrics()) {
        found.push_back(test::model_of(metric));
    }
    CHECK(found == wanted.points);
    CHECK(errors.size() == wanted.errors);
    CHECK(result.failed == wanted.errors);
    CHECK(result.decoded == wanted.points.size());
}

}  // namespace

TEST_CASE("Every encode case comes out byte for byte", "[unit][line_protocol]") {
    std::size_t cases = 0;
    for (const Json test : load_vectors()["encode"]) {
        ++cases;
        const std::string id = text_of(test["id"]);
        const std::string served = text_of(test["dialect"]);
        const Model model = model_of(test["model"]);
        for (const Dialect dialect : {Dialect::v1, Dialect::v3}) {
            if (served != "both" && served != (dialect == Dialect::v1 ? "v1" : "v3")) {
                continue;
            }
            CAPTURE(id, served, dialect == Dialect::v3);
            Buffer out;
            out.append("before\n");
            const Record record(model);
            const EncodeResult result =
                Encoder(settings_of(test["options"], dialect)).append(record.view(), out);
            std::string_view wanted_error = "ok";
            if (test["error"].get(wanted_error) == simdjson::SUCCESS) {
                CHECK(status_name(result.status) == wanted_error);
                CHECK(out.view() == "before\n");
            } else {
                CHECK(status_name(result.status) == "ok");
                CHECK(out.view() == "before\n" + text_of(test["bytes"]));
            }
        }
    }
    CHECK(cases == 67);
}

TEST_CASE("Every encode case that is lossless reads back as InfluxDB 3 reads it", "[unit][line_protocol]") {
    for (const Json test : load_vectors()["encode"]) {
        Json parsed;
        if (test["parsed_v3"].get(parsed) != simdjson::SUCCESS) {
            continue;
        }
        CAPTURE(text_of(test["id"]));
        Wanted wanted;
        if (parsed.is_array()) {
            for (const Json point : parsed) {
                wanted.points.push_back(normalised(model_of(point)));
            }
        } else {
            wanted.errors = 1;
        }
        check_decode(text_of(test["bytes"]), Dialect::v3, wanted);
    }
}

TEST_CASE("Dialect v3 decodes every case as InfluxDB 3 does", "[unit][line_protocol]") {
    // Repeated tags and fields are compared after normalisation: records hold a key once, the last value
    // wins.
    std::size_t cases = 0;
    for (const Json test : load_vectors()["decode"]) {
        ++cases;
        CAPTURE(text_of(test["id"]));
        check_decode(bytes_of(test), Dialect::v3, wanted_of(test["v3"]));
    }
    CHECK(cases == 60);
}

TEST_CASE("Dialect v1 decodes every case as influxd 1.6.7 does, but for a few", "[unit][line_protocol]") {
    // A string followed by junk is refused, as by InfluxDB 3, and unsigned integers and the last nanosecond
    // are read.
    const std::set<std::string> like_v3 = {"dec/string-junk-after", "dec/uint", "dec/ts-max-int64"};
    for (const Json test : load_vectors()["decode"]) {
        const std::string id = text_of(test["id"]);
        CAPTURE(id);
        Json result = test["v3"];
        Json other;
        if (like_v3.count(id) == 0 && test["differs"]["influxd_1_6_7"].get(other) == simdjson::SUCCESS) {
            result = other;
        }
        Wanted wanted = wanted_of(result);
        if (id == "dec/invalid-utf8") {
            // influxd shows U+FFFD when it answers a query; here the bytes stay as they came.
            wanted.points.at(0).fields.at(0).second = std::string("\xFF");
        }
        check_decode(bytes_of(test), Dialect::v1, wanted);
    }
}
