// Decodes any bytes in both dialects. Whatever decodes keeps the promises of records, can be encoded, and
// comes back the same, unless it holds what line protocol cannot carry.
#include "plugins/common/line_protocol/decoder.hpp"
#include "plugins/common/line_protocol/encoder.hpp"
#include "plugins/common/line_protocol/utf8.hpp"

#include <heliograph/owned_batch.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace heliograph;
using namespace heliograph::line_protocol;

void require(bool holds, const char* promise) {
    if (!holds) {
        std::fprintf(stderr, "broken: %s\n", promise);
        std::abort();
    }
}

// No control characters, UTF-8, and no backslash at the end: others are altered by the encoder.
bool is_plain_name(std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto byte = static_cast<unsigned char>(name[i]);
        const bool c1 = byte == 0xC2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xA0;
        if (byte < 0x20 || byte == 0x7F || c1) {
            return false;
        }
    }
    return is_utf8(name) && name.back() != '\\';
}

bool can_be_carried(MetricView metric) {
    bool can = is_plain_name(metric.name());
    for (const hg_tag& tag : metric.tags()) {
        can = can && is_plain_name(view(tag.key)) && is_plain_name(view(tag.value));
    }
    for (const hg_field& field : metric.fields()) {
        can = can && is_plain_name(view(field.key)) &&
              !(field.type == HG_FLOAT && !std::isfinite(field.value.floating)) &&
              !(field.type == HG_TEXT && !is_utf8(view(field.value.text)));
    }
    return can;
}

bool is_same_value(const hg_field& a, const hg_field& b) {
    if (a.type != b.type) {
        return false;
    }
    switch (a.type) {
        case HG_FLOAT:
            return std::bit_cast<std::uint64_t>(a.value.floating) ==
                   std::bit_cast<std::uint64_t>(b.value.floating);
        case HG_BOOLEAN:
            return a.value.boolean == b.value.boolean;
        case HG_TEXT:
            return view(a.value.text) == view(b.value.text);
        default:
            return a.value.integer == b.value.integer;
    }
}

bool is_same(MetricView a, MetricView b) {
    if (a.name() != b.name() || a.time() != b.time() || a.tags().size() != b.tags().size() ||
        a.fields().size() != b.fields().size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.tags().size(); ++i) {
        if (view(a.tags()[i].key) != view(b.tags()[i].key) ||
            view(a.tags()[i].value) != view(b.tags()[i].value)) {
            return false;
        }
    }
    for (std::size_t i = 0; i < a.fields().size(); ++i) {
        if (view(a.fields()[i].key) != view(b.fields()[i].key) ||
            !is_same_value(a.fields()[i], b.fields()[i])) {
            return false;
        }
    }
    return true;
}

void check_record(MetricView metric) {
    require(!metric.name().empty(), "a metric has a name");
    require(!metric.fields().empty(), "a metric has fields");
    for (std::size_t i = 0; i < metric.tags().size(); ++i) {
        const hg_tag& tag = metric.tags()[i];
        require(tag.key.size != 0 && tag.value.size != 0, "tags are not empty");
        require(i == 0 || view(metric.tags()[i - 1].key) < view(tag.key),
                "tags are sorted, none is repeated");
    }
    for (const hg_field& field : metric.fields()) {
        require(field.key.size != 0, "field keys are not empty");
        require(metric.fields().size() > 50 || &metric.field(view(field.key))->record() == &field,
                "no field is repeated");
    }
}

void check(std::string_view text, Dialect dialect, std::size_t max_line_bytes) {
    OwnedBatch first;
    Batch batch = first.batch();
    Decoder decoder(dialect);
    decoder.decode(text, batch, [&](const DecodeError& error) {
        require(error.offset <= text.size(), "an error lies within the text");
    });
    Encoder encoder({.dialect = dialect});
    Encoder splitter({.dialect = dialect, .max_line_bytes = max_line_bytes});
    Buffer line;
    OwnedBatch second;
    for (const MetricView metric : batch.metrics()) {
        check_record(metric);
        const bool exact = can_be_carried(metric);
        line.clear();
        const EncodeResult result = encoder.append(metric, line);
        require(result.status == EncodeStatus::ok || !exact, "a plain metric can be encoded");
        second.reset();
        Batch again = second.batch();
        const DecodeResult decoded = decoder.decode(line.view(), again);
        require(decoded.failed == 0, "what is encoded can be decoded");
        require(decoded.decoded == (result.status == EncodeStatus::ok ? 1u : 0u), "one metric is one line");
        require(!exact || is_same(metric, again.metrics()[0]), "a metric comes back as it was");

        line.clear();
        const EncodeResult split = splitter.append(metric, line);
        second.reset();
        const DecodeResult parts = decoder.decode(line.view(), again);
        require(parts.failed == 0 && parts.decoded == split.lines, "split metrics can be decoded");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto dialect :
         {heliograph::line_protocol::Dialect::v1, heliograph::line_protocol::Dialect::v3}) {
        check(text, dialect, 24 + size % 64);
    }
    return 0;
}
