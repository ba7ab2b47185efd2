// The errors of this output, for people: what was tried, what came back, and what to do.
#pragma once

#include "outputs/influxdb_v3/endpoint.hpp"
#include "outputs/influxdb_v3/judgement.hpp"
#include "plugins/common/http/client.hpp"

#include <string>
#include <string_view>

namespace heliograph::influxdb_v3 {

/// What the advice depends on besides the answer. Views: valid during the call.
struct Attempt {
    const Endpoint& endpoint;
    std::string_view database;
    std::string_view url;  ///< what was sent to; its query is left out
    bool has_token = false;
    std::string_view token_file;  ///< empty: the token is an option
};

/// Why a write was kept, in one line without secrets: "writing to database solar at http://db:8181: …".
/// [any thread]
[[nodiscard]] std::string advise(const Judgement& judgement, const http::Outcome& outcome,
                                 const Attempt& attempt);

/// Why the server counts as unreachable when the output is opened. [any thread]
[[nodiscard]] std::string advise_unreachable(const http::Outcome& outcome, const Endpoint& endpoint);

/// For the log, when a limit of the server has cost lines. [any thread]
[[nodiscard]] std::string advise_limit(std::string_view message, std::string_view database);

/// The reason of a rejected metric: what the server says of it, and its line, shortened. [any thread]
[[nodiscard]] std::string rejection(std::string_view message, std::string_view line);

}  // namespace heliograph::influxdb_v3
