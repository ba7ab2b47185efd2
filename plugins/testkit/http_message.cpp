#include "plugins/testkit/http_message.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>

#include <libdeflate.h>

#include <algorithm>
#include <memory>

namespace heliograph::testkit {
namespace {

const std::string* find(const HttpFields& fields, std::string_view name) {
    const auto found = std::find_if(fields.begin(), fields.end(), [name](const auto& field) {
        return boost::beast::iequals(field.first, name);
    });
    return found == fields.end() ? nullptr : &found->second;
}

int digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

bool has_body(const Reply& reply) {
    return reply.status >= 200 && reply.status != 204 && reply.status != 304;
}

}  // namespace

std::string ReceivedRequest::header(std::string_view name) const {
    const auto* value = find(headers, name);
    return value == nullptr ? std::string{} : *value;
}

bool ReceivedRequest::has_header(std::string_view name) const {
    return find(headers, name) != nullptr;
}

std::string ReceivedRequest::parameter(std::string_view name) const {
    const auto* value = find(query, name);
    return value == nullptr ? std::string{} : *value;
}

bool ReceivedRequest::has_parameter(std::string_view name) const {
    return find(query, name) != nullptr;
}

void split_target(ReceivedRequest& request) {
    std::string_view rest = request.target;
    if (const auto scheme = rest.find("://"); scheme != std::string_view::npos && scheme < rest.find('/')) {
        rest.remove_prefix(scheme + 3);
        const auto slash = rest.find('/');
        rest = slash == std::string_view::npos ? std::string_view{"/"} : rest.substr(slash);
    }
    const auto question = rest.find('?');
    request.path = rest.substr(0, question);
    if (question == std::string_view::npos) {
        return;
    }
    rest.remove_prefix(question + 1);
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const auto equals = pair.find('=');
        request.query.emplace_back(decode(pair.substr(0, equals)), equals == std::string_view::npos
                                                                       ? std::string{}
                                                                       : decode(pair.substr(equals + 1)));
    }
}

void unpack_body(ReceivedRequest& request) {
    request.body_text = request.body;
    if (!boost::beast::iequals(request.header("Content-Encoding"), "gzip")) {
        return;
    }
    auto text = gunzip(request.body);
    request.body_is_valid = text.has_value();
    request.body_text = std::move(text).value_or(std::string{});
}

std::string serialize(const Reply& reply, bool is_head) {
    std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " ";
    out += boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(reply.status));
    out += "\r\n";
    for (const auto& [name, value] : reply.headers) {
        out += name + ": " + value + "\r\n";
    }
    if (reply.close) {
        out += "Connection: close\r\n";
    }
    const bool framed = find(reply.headers, "Content-Length") != nullptr ||
                        find(reply.headers, "Transfer-Encoding") != nullptr;
    if (has_body(reply) && !framed) {
        out += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
    }
    out += "\r\n";
    if (has_body(reply) && !is_head) {
        out += reply.body;
    }
    return out;
}

std::optional<std::string> gunzip(std::string_view packed) {
    const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
        libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
    std::string out;
    std::string member(std::max<std::size_t>(packed.size() * 8, 4096), '\0');
    do {
        std::size_t read = 0;
        std::size_t written = 0;
        const auto result = libdeflate_gzip_decompress_ex(decompressor.get(), packed.data(), packed.size(),
                                                          member.data(), member.size(), &read, &written);
        if (result == LIBDEFLATE_INSUFFICIENT_SPACE && member.size() < (std::size_t{1} << 30U)) {
            member.resize(member.size() * 4);
            continue;
        }
        if (result != LIBDEFLATE_SUCCESS) {
            return std::nullopt;
        }
        out.append(member, 0, written);
        packed.remove_prefix(read);
    } while (!packed.empty());
    return out;
}

}  // namespace heliograph::testkit
