#include "outputs/influxdb_v3/judgement.hpp"

#include "plugins/common/http/ending.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace heliograph::influxdb_v3 {
namespace {

bool contains(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

template <std::size_t count>
bool contains_any(std::string_view text, const std::array<std::string_view, count>& parts) noexcept {
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::string_view part) { return contains(text, part); });
}

/// Limits of InfluxDB 3 Core, the beginnings of their messages (influxdb3_catalog and its write path).
bool is_limit(std::string_view message) noexcept {
    return message.starts_with("Update to schema would exceed") ||
           message.starts_with("Adding a new database would exceed limit of");
}

/// A refusal of lines, whatever else its text holds: names and values of the user's may be in it.
bool speaks_of_lines(std::string_view message) noexcept {
    constexpr std::array<std::string_view, 7> kTexts{"line protocol parse failed",
                                                     "line protocol parsing error",
                                                     "parsing failed for write_lp",
                                                     "partial write",
                                                     "unable to parse",
                                                     "invalid column type for column",
                                                     "failed to parse line protocol"};
    return contains_any(message, kTexts);
}

/// What the v2 endpoint of Core answers by 400 `invalid` though it will pass.
bool is_transient(std::string_view message) noexcept {
    constexpr std::array<std::string_view, 4> kTexts{"error from wal", "error from persister", "object store",
                                                     "catalog"};
    return contains_any(message, kTexts) && !speaks_of_lines(message);
}

/// A 400 that no other choice of lines would change, and what it is about.
Cause cause_of_bad_request(std::string_view message) noexcept {
    constexpr std::array<std::string_view, 5> kDatabase{"in database or rp name", "soft-deleted database",
                                                        "database is required", "database name",
                                                        "invalid bucket name"};
    constexpr std::array<std::string_view, 5> kRequest{
        "missing query parameter", "serde error", "unacceptable content-encoding",
        "error decoding gzip stream", "incoming write was empty"};
    if (speaks_of_lines(message)) {
        return Cause::other;
    }
    if (contains(message, "Authorization header was malformed")) {
        return Cause::token;
    }
    if (contains_any(message, kDatabase)) {
        return Cause::database;
    }
    return contains_any(message, kRequest) ? Cause::request : Cause::other;
}

/// Takes the lines that the reply names, once each and in order; false when it is not to be trusted.
bool take_lines(Reply& reply, std::size_t sent, Judgement& judgement) {
    auto& lines = reply.lines;
    const bool within =
        std::all_of(lines.begin(), lines.end(), [&](const BadLine& line) { return line.number <= sent; });
    if (lines.empty() || !reply.names_every_line || !within) {
        return false;
    }
    std::stable_sort(lines.begin(), lines.end(),
                     [](const BadLine& a, const BadLine& b) { return a.number < b.number; });
    lines.erase(std::unique(lines.begin(), lines.end(),
                            [](const BadLine& a, const BadLine& b) { return a.number == b.number; }),
                lines.end());
    const auto limit =
        std::find_if(lines.begin(), lines.end(), [](const BadLine& line) { return is_limit(line.message); });
    if (limit != lines.end()) {
        judgement.limit = limit->message;
    }
    judgement.action = Action::reject_lines;
    judgement.lines = std::move(lines);
    return true;
}

/// 400 and 422: something is wrong with the body, or with the request, or (v2) with the server after all.
void judge_refusal(long status, Api api, Reply& reply, std::size_t sent, Judgement& judgement) {
    const std::string& message = judgement.message;
    if (reply.form == Reply::Form::markup) {
        judgement.action = Action::alarm;
        judgement.cause = Cause::not_influxdb;
        return;
    }
    if (take_lines(reply, sent, judgement)) {
        // Only the native endpoint is asked to store the good lines, and answers so. Whether the others did
        // is not known, and sending a line twice changes nothing.
        judgement.others_are_stored = contains(message, "partial write of line protocol occurred");
        return;
    }
    if (status == 422 && !reply.has_data && !contains(message, "retention")) {
        judgement.action = Action::alarm;
        judgement.cause = Cause::limit;
        return;
    }
    if (api == Api::v2 && is_transient(message)) {
        judgement.action = Action::retry;
        return;
    }
    judgement.cause = cause_of_bad_request(message);
    judgement.action = judgement.cause == Cause::other ? Action::bisect : Action::alarm;
}

void judge_server_error(Judgement& judgement) {
    if (contains(judgement.message, "retention policy not found")) {
        // InfluxDB 1.x answers so by 500, but waiting does not make one.
        judgement.action = Action::alarm;
        judgement.cause = Cause::retention_policy;
    } else if (contains(judgement.message, "hinted handoff queue not empty")) {
        judgement.action = Action::accept;  // a 1.x cluster has taken the data and is still passing it on
    }
}

Cause cause_of_alarm(const http::Response& response, const Reply& reply) noexcept {
    switch (response.status) {
        case 401:
            return Cause::token;
        case 403:
            return Cause::right;
        case 404:
            return contains(reply.message, "database not found") || contains(reply.message, "bucket")
                       ? Cause::database
                       : Cause::endpoint;
        case 405:
            return Cause::endpoint;
        default:
            return reply.form == Reply::Form::markup || response.status / 100 <= 3 ? Cause::not_influxdb
                                                                                   : Cause::other;
    }
}

Action action_of(http::Ending ending) noexcept {
    switch (ending) {
        case http::Ending::accepted:
            return Action::accept;
        case http::Ending::retry:
            return Action::retry;
        case http::Ending::alarm:
            return Action::alarm;
        case http::Ending::split:
            return Action::split;
        case http::Ending::refused:
            break;
    }
    return Action::bisect;
}

}  // namespace

Judgement judge(const http::Outcome& outcome, Api api, std::size_t sent) {
    Judgement judgement;
    judgement.action = action_of(http::classify(outcome));
    if (!outcome.response || judgement.action == Action::accept) {
        return judgement;
    }
    const http::Response& response = *outcome.response;
    Reply reply = parse_reply(response.body);
    judgement.message = reply.message;
    judgement.retry_after = response.retry_after.value_or(std::chrono::nanoseconds{});
    if (response.status == 400 || response.status == 422) {
        judge_refusal(response.status, api, reply, sent, judgement);
    } else if (response.status >= 500) {
        judge_server_error(judgement);
    } else if (judgement.action == Action::alarm) {
        judgement.cause = cause_of_alarm(response, reply);
    } else if (judgement.action == Action::bisect && response.status != 415) {
        judgement.action = Action::alarm;  // a status that InfluxDB does not use says nothing of the lines
    }
    return judgement;
}

}  // namespace heliograph::influxdb_v3
