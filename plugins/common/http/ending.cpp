#include "plugins/common/http/ending.hpp"

#include <strings.h>

namespace heliograph::http {
namespace {

bool begins_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && ::strncasecmp(text.data(), prefix.data(), prefix.size()) == 0;
}

Ending of_failure(const Failure& failure) noexcept {
    const bool needs_person = failure.kind == Failure::Kind::tls ||
                              failure.kind == Failure::Kind::invalid_request ||
                              failure.cause == Failure::Cause::proxy_login;
    return needs_person ? Ending::alarm : Ending::retry;
}

}  // namespace

bool is_html(const Response& response) noexcept {
    if (begins_with(response.content_type, "text/html") ||
        begins_with(response.content_type, "application/xhtml")) {
        return true;
    }
    std::string_view body = response.body;
    if (body.substr(0, 3) == "\xEF\xBB\xBF") {
        body.remove_prefix(3);
    }
    const auto first = body.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && body[first] == '<';
}

Ending classify(const Outcome& outcome) noexcept {
    if (!outcome.response) {
        return of_failure(outcome.failure);
    }
    const long status = outcome.response->status;
    if (status >= 200 && status < 300) {
        return is_html(*outcome.response) ? Ending::alarm : Ending::accepted;
    }
    switch (status) {
        case 408:
        case 425:
        case 429:
            return Ending::retry;
        case 413:
            return Ending::split;
        case 401:
        case 403:
        case 404:
        case 405:
        case 407:
        case 501:
        case 505:
            return Ending::alarm;
        default:
            break;
    }
    if (status >= 500 && status < 600) {
        return Ending::retry;
    }
    // A page for people is from something between: what the server thinks of the data is not known.
    return status >= 400 && status < 500 && !is_html(*outcome.response) ? Ending::refused : Ending::alarm;
}

std::string without_secrets(std::string_view url) {
    std::string out;
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos && scheme <= 8) {
        out = url.substr(0, scheme + 3);
        url.remove_prefix(scheme + 3);
    }
    const std::string_view whole = url;
    url = url.substr(0, url.find_first_of("?#"));
    // A password may hold a slash that should have been escaped, so user information ends at the last @.
    const auto at = url.rfind('@');
    if (at != std::string_view::npos) {
        url.remove_prefix(at + 1);
    }
    const auto authority = url.substr(0, url.find('/'));
    const auto colon = authority.find(':', authority.substr(0, 1) == "[" ? authority.find(']') : 0);
    const auto port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon + 1);
    if (port.find_first_not_of("0123456789") != std::string_view::npos ||
        (at == std::string_view::npos && authority.size() == url.size() &&
         whole.find('@') != std::string_view::npos)) {
        return out + "...";  // what looks like a host may be part of a password
    }
    for (const char c : url) {
        out.push_back(static_cast<unsigned char>(c) < 0x20U || c == '\x7F' ? ' ' : c);
    }
    return out;
}

}  // namespace heliograph::http
