#include "plugins/testkit/influxdb3_answers.hpp"

#include <algorithm>
#include <utility>

namespace heliograph::testkit {
namespace {

std::string json_text(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.append(1, '\\').append(1, c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            const auto byte = static_cast<unsigned char>(c);
            out.append("\\u00").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
        } else {
            out += c;
        }
    }
    return out + '"';
}

bool is_limit(const InfluxDb3Refusal& refusal) {
    return refusal.message.starts_with("Update to schema would exceed number of") ||
           refusal.message.starts_with("Adding a new database would exceed limit of");
}

std::string element(const InfluxDb3Refusal& refusal) {
    return "{\"error_message\":" + json_text(refusal.message) +
           ",\"line_number\":" + std::to_string(refusal.number) +
           ",\"original_line\":" + json_text(refusal.original) + "}";
}

}  // namespace

Reply text_error(unsigned status, std::string text) {
    return {.status = status, .body = std::move(text)};
}

Reply json_error(unsigned status, std::string_view text) {
    return {.status = status, .body = "{\"error\":" + json_text(text) + "}"};
}

Reply parameter_error(InfluxDb3Endpoint endpoint, std::string text) {
    switch (endpoint) {
        case InfluxDb3Endpoint::v3:
            return text_error(400, std::move(text));
        case InfluxDb3Endpoint::v2:
            return {.status = 400, .body = "{\"code\":\"invalid\",\"message\":" + json_text(text) + "}"};
        case InfluxDb3Endpoint::v1:
            break;
    }
    return json_error(400, text);
}

Reply too_large(InfluxDb3Endpoint endpoint, std::size_t limit) {
    const std::string text = "max request size (" + std::to_string(limit) + " bytes) exceeded";
    if (endpoint == InfluxDb3Endpoint::v2) {
        return {.status = 413,
                .body = "{\"code\":\"request too large\",\"message\":" + json_text(text) + "}"};
    }
    return text_error(413, text);
}

Reply partial_answer(const std::vector<InfluxDb3Refusal>& refusals, DataForm form) {
    std::string body = "{\"error\":\"partial write of line protocol occurred\"";
    if (form == DataForm::null) {
        body += ",\"data\":null";
    } else if (form == DataForm::object && refusals.size() == 1) {
        body += ",\"data\":" + element(refusals.front());
    } else if (form != DataForm::absent) {
        body += ",\"data\":[";
        for (std::size_t i = 0; i < refusals.size(); ++i) {
            body += (i == 0 ? "" : ",") + element(refusals[i]);
        }
        body += "]";
    }
    const bool limit = std::any_of(refusals.begin(), refusals.end(), is_limit);
    return {.status = limit ? 422U : 400U, .body = body + "}"};
}

Reply all_or_nothing_answer(const InfluxDb3Refusal& first, InfluxDb3Endpoint endpoint) {
    if (endpoint == InfluxDb3Endpoint::v2) {
        return {.status = 400,
                .body = "{\"code\":\"invalid\",\"message\":" +
                        json_text("write buffer error: line protocol parse failed: " + first.message) + "}"};
    }
    return {.status = 400,
            .body = "{\"error\":\"line protocol parsing error\",\"data\":" + element(first) + "}"};
}

}  // namespace heliograph::testkit
