#include "outputs/influxdb_v3/url.hpp"

#include <algorithm>

namespace heliograph::influxdb_v3 {
namespace {

constexpr std::string_view kForm = "write http://host:port or https://host:port";

UrlProblem problem(std::string message, std::string_view hint = kForm) {
    return {std::move(message), std::string(hint)};
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_host_character(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// Whether the text is a port number from 1 to 65535.
bool is_port(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) {
        return false;
    }
    int value = 0;
    for (const char c : text) {
        value = value * 10 + (c - '0');
    }
    return value >= 1 && value <= 65'535;
}

/// Whether "host" or "host:port" or "[address]:port" is well-formed; the host's part comes back in `host`.
bool split_authority(std::string_view authority, std::string_view& host, std::string_view& port) {
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) {
            return false;
        }
        host = authority.substr(0, end + 1);
        port = authority.substr(end + 1);
        return host.size() > 2 && (port.empty() || port.front() == ':');
    }
    host = authority.substr(0, authority.find(':'));
    port = authority.substr(host.size());
    return !host.empty() && std::all_of(host.begin(), host.end(), is_host_character);
}

}  // namespace

std::variant<Server, UrlProblem> parse_url(std::string_view url) {
    if (url.empty()) {
        return problem("the URL is empty");
    }
    if (std::any_of(url.begin(), url.end(), [](char c) { return c == ' ' || (c >= '\0' && c < ' '); })) {
        return problem("the URL contains a space or a control character");
    }
    const std::size_t colon = url.find("://");
    std::string scheme = "https";
    std::string_view rest = url;
    if (colon != std::string_view::npos) {
        scheme.assign(url.substr(0, colon));
        std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
        if (scheme != "http" && scheme != "https") {
            return problem("the scheme of the URL is neither http nor https");
        }
        rest = url.substr(colon + 3);
    }
    std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    std::string_view path = rest.substr(authority.size());
    if (authority.find('@') != std::string_view::npos) {
        return problem("the URL holds a user name or a password", "give the token with token or token_file");
    }
    std::string_view host;
    std::string_view port;
    if (!split_authority(authority, host, port)) {
        return problem("the URL names no host that could be one");
    }
    if (!port.empty() && !is_port(port.substr(1))) {
        return problem("the port of the URL is not a number from 1 to 65535");
    }
    if (colon == std::string_view::npos && !port.empty()) {
        const std::string where(authority);
        return problem("the URL has no scheme",
                       "write http://" + where + ", or https://" + where + " if the server speaks TLS");
    }
    if (path.find_first_of("?#") != std::string_view::npos) {
        return problem("the URL contains a \"?\" or a \"#\"",
                       "end it before that; database and token have options of their own");
    }
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    if (path.ends_with("/api/v3/write_lp") || path.ends_with("/api/v2/write") || path.ends_with("/write")) {
        return problem("the URL holds the path of an endpoint",
                       "end it before /api or /write; the path follows from api");
    }
    return Server{scheme + "://" + std::string(authority) + std::string(path), std::string(authority)};
}

}  // namespace heliograph::influxdb_v3
