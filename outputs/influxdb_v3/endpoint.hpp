// Where a write goes and what must be said with it, by the API that the server speaks.
#pragma once

#include "outputs/influxdb_v3/options.hpp"
#include "outputs/influxdb_v3/url.hpp"

#include <string>
#include <string_view>

namespace heliograph::influxdb_v3 {

/// The URLs of one server. Never changes once made.
class Endpoint {
public:
    /// The options must be checked.
    explicit Endpoint(const Options& options);

    /// The whole URL of a write to that database. A token is never in it.
    [[nodiscard]] std::string write_url(std::string_view database) const;
    /// Answered by every InfluxDB, with 200, 204 or, where it wants a token, 401.
    [[nodiscard]] std::string ping_url() const { return server_.base + "/ping"; }

    /// The path of a write without its query: "/api/v3/write_lp".
    [[nodiscard]] std::string_view write_path() const noexcept;
    [[nodiscard]] const Server& server() const noexcept { return server_; }
    [[nodiscard]] Api api() const noexcept { return api_; }
    /// The word before the token: "Bearer" or "Token".
    [[nodiscard]] std::string_view token_scheme() const noexcept;

private:
    Server server_;
    Api api_;
    TokenScheme scheme_;
    std::string parameters_;  // what follows the database, with its "&"
};

/// Everything but letters, digits and `-._~` as %XX (RFC 3986, section 2.1). [any thread]
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace heliograph::influxdb_v3
