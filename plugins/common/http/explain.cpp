#include "plugins/common/http/ending.hpp"

#include <algorithm>
#include <chrono>

namespace heliograph::http {
namespace {

using Cause = Failure::Cause;
using Kind = Failure::Kind;

constexpr std::size_t kLongestQuote = 200;

/// What of a URL may be told.
struct Place {
    std::string where;  // host and port
    std::string host;
    std::string path;
    bool is_https = false;
};

Place place_of(std::string_view url) {
    std::string text = without_secrets(url);
    Place place;
    if (const auto scheme = text.find("://"); scheme != std::string::npos) {
        place.is_https = scheme == 5;
        text.erase(0, scheme + 3);
    }
    const auto slash = text.find('/');
    place.path = slash == std::string::npos ? "/" : text.substr(slash);
    place.where = text.substr(0, slash);
    const auto bracket = place.where.find(']');
    place.host = place.where.substr(0, place.where.find(':', bracket == std::string::npos ? 0 : bracket));
    return place;
}

/// What the server wrote, shortened and on one line; empty for nothing and for pages.
std::string quote(const Response& response) {
    if (is_html(response)) {
        return {};
    }
    std::string_view body = response.body;
    constexpr std::string_view kSpace = " \t\r\n";
    body.remove_prefix(std::min(body.find_first_not_of(kSpace), body.size()));
    body = body.substr(0, body.find_last_not_of(kSpace) + 1);
    if (body.empty()) {
        return {};
    }
    std::size_t size = std::min(body.size(), kLongestQuote);
    // A character of several bytes is left out rather than cut in two.
    for (int i = 0;
         i < 3 && size > 0 && size < body.size() && (static_cast<unsigned char>(body[size]) & 0xC0U) == 0x80U;
         ++i) {
        --size;
    }
    std::string out = ": ";
    for (const char c : body.substr(0, size)) {
        out.push_back(static_cast<unsigned char>(c) < 0x20U || c == '\x7F' ? ' ' : c);
    }
    return size < body.size() ? out + "..." : out;
}

std::string of_tls(const Failure& failure, const Place& place) {
    const std::string begin = "TLS with " + place.where + " failed: " + failure.reason;
    switch (failure.cause) {
        case Cause::not_tls:
            return begin + "; does it expect http://, or is it another port?";
        case Cause::unknown_authority:
            return begin + "; put the certificate of that authority into a file and name it as tls_ca_file";
        case Cause::self_signed:
            return begin +
                   "; if it is your server, put its certificate into a file and name it as tls_ca_file";
        case Cause::expired:
            return begin + "; renew it, or check the clock of this machine";
        case Cause::not_yet_valid:
            return begin + "; check the clock of this machine";
        case Cause::wrong_name:
            return begin + " than " + place.host +
                   "; use a name that it is made for in the URL, or name it as tls_server_name";
        case Cause::certificate_wanted:
            return begin + "; check tls_certificate_file and tls_key_file";
        case Cause::own_files:
            return begin + "; check tls_ca_file, tls_certificate_file, tls_key_file and the key's password";
        default:
            return begin + "; check the TLS settings of both sides";
    }
}

std::string of_timeout(const Failure& failure, const Place& place) {
    switch (failure.cause) {
        case Cause::connecting:
            return "connecting to " + place.where +
                   " timed out; check the address, and whether a firewall swallows the attempt";
        case Cause::sending:
            return "sending to " + place.where + " timed out; the network is slow, or the server is stuck";
        default:
            return place.where +
                   " did not answer in time, and may have taken the data all the same; is the server busy?";
    }
}

std::string of_failure(const Failure& failure, const Place& place) {
    switch (failure.kind) {
        case Kind::resolve:
            if (failure.cause == Cause::connecting) {
                return "the name " + place.host +
                       " could not be resolved in time; check the DNS of this machine";
            }
            return "no such host: " + place.host + "; check the name in the URL, and the DNS of this machine";
        case Kind::connect:
            if (failure.cause == Cause::refused) {
                return "connection refused by " + place.where +
                       "; is the server running, and is this its port?";
            }
            return "no connection to " + place.where + ": " + failure.reason +
                   "; check the address and the network";
        case Kind::proxy:
            return "the proxy on the way to " + place.where + " failed: " + failure.reason +
                   (failure.cause == Cause::proxy_login ? "; check the proxy's user and password"
                                                        : "; check the address of the proxy");
        case Kind::tls:
            return of_tls(failure, place);
        case Kind::timeout:
            return of_timeout(failure, place);
        case Kind::interrupted:
            return "interrupted while sending to " + place.where;
        case Kind::invalid_request:
            return "cannot send to " + place.where + ": " + failure.reason + "; check the configuration";
        case Kind::broken:
            break;
    }
    if (failure.cause == Cause::not_http) {
        return place.where + " answered in something that is not HTTP; " +
               (place.is_https ? "is this the right port?"
                               : "does it expect https://, or is it another port?");
    }
    if (failure.cause == Cause::handshake) {
        return failure.reason + " with " + place.where + "; does it expect https:// on this port?";
    }
    return failure.reason + " (" + place.where + "); did the server restart, or is a proxy in between?";
}

std::string seconds_of(std::chrono::nanoseconds wait) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()) + " s";
}

std::string advice(const Response& response, const Place& place) {
    switch (response.status) {
        case 401:
            return "the token or password is missing, wrong or expired";
        case 403:
            return "the token or user has no right to do this";
        case 404:
            return "nothing is there at " + place.path + "; check the path in the URL, and the product";
        case 405:
            return "it does not take such a request at " + place.path +
                   "; it may be another product or version than the one configured";
        case 407:
            return "the proxy wants a user and password";
        case 408:
        case 425:
            return "it asks to be sent this again";
        case 413:
            return "the request is larger than it takes";
        case 429:
            return "it asks to be sent less";
        case 501:
        case 505:
            return "it cannot do this; it may be another product or version than the one configured";
        case 502:
        case 503:
        case 504:
            return "the server, or a proxy before it, is not ready";
        default:
            break;
    }
    return response.status >= 500 ? "see the log of the server" : "it refuses the request";
}

std::string of_response(const Response& response, const Place& place) {
    const std::string begin = place.where + " answered " + std::to_string(response.status);
    if (response.status >= 300 && response.status < 400) {
        const std::string target =
            response.location.empty() ? std::string("elsewhere") : without_secrets(response.location);
        return begin + ", a redirect to " + target +
               ", and redirects are not followed; put the final address into the URL, unless it is a login "
               "page";
    }
    if (response.status < 300) {
        return is_html(response) ? begin +
                                       " with a web page; a login page or captive portal answered, or the "
                                       "URL leads to something else"
                                 : begin + quote(response);
    }
    std::string text = begin + quote(response) + "; " + advice(response, place);
    const bool is_busy = response.status == 408 || response.status == 425 || response.status == 429;
    if (response.retry_after && (is_busy || response.status >= 500)) {
        text += ", in " + seconds_of(*response.retry_after);
    }
    return text;
}

}  // namespace

std::string explain(const Outcome& outcome, std::string_view url) {
    const auto place = place_of(url);
    return outcome.response ? of_response(*outcome.response, place) : of_failure(outcome.failure, place);
}

}  // namespace heliograph::http
