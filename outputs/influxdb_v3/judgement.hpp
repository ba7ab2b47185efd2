// What the answer to a write means for the lines that were sent, by the rules of InfluxDB's endpoints.
#pragma once

#include "outputs/influxdb_v3/options.hpp"
#include "outputs/influxdb_v3/reply.hpp"
#include "plugins/common/http/client.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace heliograph::influxdb_v3 {

/// What to do with the lines of one request.
enum class Action {
    accept,        ///< all of them are stored
    retry,         ///< time will help: keep them, and leave the server alone for a while
    alarm,         ///< a person must help: keep them, and ask again slowly
    split,         ///< too many bytes: send them in halves
    bisect,        ///< some are refused for good, and the server does not say which
    reject_lines,  ///< those in Judgement::lines are refused for good
};

/// What a person must see to, when the action is alarm; what stands in the way, for the text of the error.
enum class Cause {
    other,
    token,             ///< 401, or a header that cannot be understood
    right,             ///< 403
    endpoint,          ///< 404, 405: no such path or method there
    database,          ///< it does not exist, was deleted, or its name is wrong
    retention_policy,  ///< 1.x: it does not exist
    limit,             ///< a limit of the server: databases, tables, columns
    request,           ///< something about the request itself, not its lines
    not_influxdb,      ///< a redirect or a web page
};

struct Judgement {
    Action action = Action::retry;
    Cause cause = Cause::other;
    std::string message;             ///< what the server says; empty when it says nothing
    std::vector<BadLine> lines;      ///< not empty with reject_lines
    bool others_are_stored = false;  ///< with reject_lines: the lines not named are stored, else none is
    std::string
        limit;  ///< with reject_lines: what a limit of the server kept out; an operator must see to it
    std::chrono::nanoseconds retry_after{};
};

/// Judges the outcome of a write of `sent` lines. Line numbers outside of them are not trusted: such an
/// answer is taken for one that names no lines. [any thread]
[[nodiscard]] Judgement judge(const http::Outcome& outcome, Api api, std::size_t sent);

}  // namespace heliograph::influxdb_v3
