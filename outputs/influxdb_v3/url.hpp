// Reads the url option: where the server is.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace heliograph::influxdb_v3 {

/// Where a server is.
struct Server {
    std::string base;  ///< "https://host:8181/prefix", no slash at the end: paths are appended
    std::string host;  ///< "host:8181", as the URL has it
};

/// What is wrong with a URL and what to write instead. Holds nothing of the URL's user information.
struct UrlProblem {
    std::string message;
    std::string hint;
};

/// `http://host:port/prefix` or `https://…`; port and prefix are optional. A bare host name means https, as
/// it does to the official Python client. [any thread]
[[nodiscard]] std::variant<Server, UrlProblem> parse_url(std::string_view url);

}  // namespace heliograph::influxdb_v3
