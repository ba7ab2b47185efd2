#include "outputs/stdout/json_format.hpp"

#include "outputs/stdout/time_text.hpp"
#include "plugins/common/line_protocol/number_writer.hpp"
#include "plugins/common/line_protocol/utf8.hpp"

#include <cmath>

namespace heliograph::standard_output {
namespace {

using line_protocol::Buffer;
using line_protocol::kLongestNumber;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_escaped(Buffer& out, unsigned char byte) {
    switch (byte) {
        case '"':
            return out.append("\\\"");
        case '\\':
            return out.append("\\\\");
        case '\b':
            return out.append("\\b");
        case '\f':
            return out.append("\\f");
        case '\n':
            return out.append("\\n");
        case '\r':
            return out.append("\\r");
        case '\t':
            return out.append("\\t");
        default: {
            constexpr std::string_view kDigits = "0123456789abcdef";
            out.append("\\u00");
            out.append(kDigits[byte >> 4U]);
            return out.append(kDigits[byte & 0xFU]);
        }
    }
}

void append_value(Buffer& out, const FieldView& field) {
    switch (field.type()) {
        case ValueType::floating:
            if (std::isfinite(field.floating())) {
                out.commit(line_protocol::write_float(out.prepare(kLongestNumber), field.floating()));
            } else {
                out.append("null");
            }
            break;
        case ValueType::integer:
            out.commit(line_protocol::write_integer(out.prepare(kLongestNumber), field.integer()));
            break;
        case ValueType::unsigned_integer:
            out.commit(line_protocol::write_unsigned(out.prepare(kLongestNumber), field.unsigned_integer()));
            break;
        case ValueType::boolean:
            out.append(field.boolean() ? std::string_view("true") : std::string_view("false"));
            break;
        case ValueType::text:
            append_json_text(out, field.text());
            break;
    }
}

}  // namespace

void append_json_text(Buffer& out, std::string_view text) {
    out.append('"');
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size()) {
            const auto byte = static_cast<unsigned char>(text[plain]);
            if (byte < 0x20 || byte > 0x7E || byte == '"' || byte == '\\') {
                break;
            }
            ++plain;
        }
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) {
            break;
        }
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte < 0x7F) {
            append_escaped(out, byte);
            text.remove_prefix(1);
            continue;
        }
        const std::size_t size = line_protocol::utf8_sequence_size(text);
        out.append(size == 0 ? kReplacement : text.substr(0, size));
        text.remove_prefix(size == 0 ? 1 : size);
    }
    out.append('"');
}

void append_json(Buffer& out, MetricView metric) {
    out.append(R"({"name":)");
    append_json_text(out, metric.name());
    out.append(R"(,"time":)");
    if (metric.time() == HG_TIME_UNSET) {
        out.append("null");
    } else {
        out.append('"');
        append_rfc3339(out, metric.time());
        out.append('"');
    }
    out.append(R"(,"tags":{)");
    bool first = true;
    for (const hg_tag& tag : metric.tags()) {
        if (!first) {
            out.append(',');
        }
        first = false;
        append_json_text(out, view(tag.key));
        out.append(':');
        append_json_text(out, view(tag.value));
    }
    out.append(R"(},"fields":{)");
    first = true;
    for (const hg_field& field : metric.fields()) {
        if (!first) {
            out.append(',');
        }
        first = false;
        append_json_text(out, view(field.key));
        out.append(':');
        append_value(out, FieldView(field));
    }
    out.append("}}\n");
}

}  // namespace heliograph::standard_output
