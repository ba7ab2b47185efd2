#include "outputs/influxdb_v3/reply.hpp"

#include "plugins/common/line_protocol/utf8.hpp"

#include <simdjson.h>

#include <charconv>
#include <cstdint>
#include <optional>

namespace heliograph::influxdb_v3 {
namespace {

namespace dom = simdjson::dom;

std::optional<std::string_view> text_member(dom::object object, std::string_view key) {
    std::string_view text;
    if (object[key].get(text) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return text;
}

/// A line number: a whole number from 1; nothing for whatever else stands there.
std::optional<std::size_t> line_number(dom::object object, std::string_view key) {
    std::uint64_t number = 0;
    if (object[key].get(number) != simdjson::SUCCESS || number == 0) {
        return std::nullopt;
    }
    return number;
}

void add_line(dom::element element, Reply& reply) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) {
        reply.names_every_line = false;
        return;
    }
    const auto number = line_number(object, "line_number");
    const std::string_view message = text_member(object, "error_message").value_or("");
    if (number) {
        reply.lines.push_back({*number, one_line(message, kLongestMessage)});
    } else {
        reply.names_every_line = false;
    }
}

/// `data` of InfluxDB 3 Core.
void read_data(dom::object object, Reply& reply) {
    dom::element data;
    if (object["data"].get(data) != simdjson::SUCCESS || data.is_null()) {
        return;
    }
    reply.has_data = true;
    if (dom::array elements; data.get(elements) == simdjson::SUCCESS) {
        reply.has_data = elements.begin() != elements.end();
        for (const dom::element element : elements) {
            add_line(element, reply);
        }
    } else {
        add_line(data, reply);
    }
}

/// The lines in a message such as "error parsing line 2 (1-based): …".
void read_message_lines(std::string_view message, Reply& reply) {
    constexpr std::string_view kBefore = "error parsing line ";
    constexpr std::string_view kAfter = " (1-based)";
    std::size_t at = 0;
    while ((at = message.find(kBefore, at)) != std::string_view::npos) {
        at += kBefore.size();
        const std::string_view rest = message.substr(at);
        std::size_t number = 0;
        const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        const auto digits = static_cast<std::size_t>(parsed.ptr - rest.data());
        std::string_view reason = rest.substr(digits);
        if (parsed.ec != std::errc() || number == 0 || !reason.starts_with(kAfter)) {
            continue;
        }
        reason.remove_prefix(kAfter.size());
        reason.remove_prefix(reason.starts_with(": ") ? 2 : 0);
        reason = reason.substr(0, reason.find('\n'));
        reply.lines.push_back({number, one_line(reason, kLongestMessage)});
    }
}

bool read_json(std::string_view body, Reply& reply) {
    dom::parser parser;
    dom::object object;
    if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) {
        return false;
    }
    const auto error = text_member(object, "error");
    const auto message = text_member(object, "message");
    const std::string_view said = error ? *error : message.value_or("");
    reply.form = Reply::Form::json;
    reply.message = one_line(said.empty() ? body : said, kLongestMessage);
    read_data(object, reply);
    if (!reply.has_data) {
        read_message_lines(said, reply);
        if (const auto line = line_number(object, "line"); line && reply.lines.empty()) {
            reply.lines.push_back({*line, reply.message});
        }
    }
    return true;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t longest) {
    constexpr std::string_view kEllipsis = "...";
    std::string line;
    bool was_blank = true;  // nothing blank at the beginning
    while (!text.empty()) {
        const std::size_t sequence = line_protocol::utf8_sequence_size(text);
        const std::size_t used = sequence == 0 ? 1 : sequence;
        if (line.size() + used > longest) {
            while (line.size() + kEllipsis.size() > longest && !line.empty()) {
                // Whole characters only.
                while ((static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U) {
                    line.pop_back();
                }
                line.pop_back();
            }
            return line.append(kEllipsis);
        }
        const auto first = static_cast<unsigned char>(text.front());
        if (sequence == 0) {
            line += '?';
        } else if (first <= ' ' || first == 0x7F) {
            line += was_blank ? "" : " ";
        } else {
            line += text.substr(0, used);
        }
        was_blank = first <= ' ' || first == 0x7F;
        text.remove_prefix(used);
    }
    while (line.ends_with(' ')) {
        line.pop_back();
    }
    return line;
}

Reply parse_reply(std::string_view body) {
    Reply reply;
    const std::size_t begin = body.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) {
        return reply;
    }
    body.remove_prefix(begin);
    if (body.front() == '{' && read_json(body, reply)) {
        return reply;
    }
    reply.form = body.front() == '<' ? Reply::Form::markup : Reply::Form::text;
    reply.message = one_line(body, kLongestMessage);
    return reply;
}

}  // namespace heliograph::influxdb_v3
