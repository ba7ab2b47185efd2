#include "outputs/influxdb_v3/advice.hpp"

#include "plugins/common/http/ending.hpp"

namespace heliograph::influxdb_v3 {
namespace {

constexpr std::size_t kLongestLine = 240;

std::string quoted(std::string_view text) {
    return '"' + one_line(text, 128) + '"';
}

/// "(404: Not found)", or "(404)" when the server says nothing.
std::string answer(const Judgement& judgement, const http::Outcome& outcome) {
    std::string text = " (" + std::to_string(outcome.response->status);
    if (!judgement.message.empty()) {
        text += ": " + judgement.message;
    }
    return text + ")";
}

std::string api_word(Api api) {
    return api == Api::v3 ? "v3" : (api == Api::v2 ? "v2" : "v1");
}

std::string of_token(const Judgement& judgement, const http::Outcome& outcome, const Attempt& attempt) {
    const std::string came = answer(judgement, outcome);
    if (!attempt.has_token) {
        return "the server wants a token" + came + "; set token or token_file to one that may write";
    }
    const std::string where =
        attempt.token_file.empty() ? "token" : "the file " + std::string(attempt.token_file);
    return "the server does not accept the token" + came + "; is what " + where +
           " holds complete, and has it not expired? token_scheme says how it is sent";
}

std::string of_endpoint(const Judgement& judgement, const http::Outcome& outcome, const Attempt& attempt) {
    const std::string path(attempt.endpoint.write_path());
    std::string text = "there is no " + path + " there" + answer(judgement, outcome);
    if (outcome.response->status == 405 && attempt.endpoint.api() == Api::v3) {
        return text +
               "; Cloud Serverless, Cloud Dedicated and Clustered have no v3 endpoint: set api = \"v2\"";
    }
    text += "; does url lead to InfluxDB, through every proxy? api = \"" + api_word(attempt.endpoint.api());
    switch (attempt.endpoint.api()) {
        case Api::v3:
            return text +
                   "\" is for InfluxDB 3 Core and Enterprise; \"v2\" is for 2.x and its cloud, \"v1\" for "
                   "1.x";
        case Api::v2:
            return text +
                   "\" is for 2.x and the cloud products; \"v3\" is for InfluxDB 3 Core and Enterprise";
        case Api::v1:
            break;
    }
    return text + "\" is for 1.x; \"v3\" is for InfluxDB 3 Core and Enterprise";
}

std::string of_database(const Judgement& judgement, const http::Outcome& outcome, const Attempt& attempt) {
    const std::string came = answer(judgement, outcome);
    if (outcome.response->status != 404) {
        return "the server does not take that database" + came + "; correct database, or make it anew";
    }
    return attempt.endpoint.api() == Api::v2
               ? "the bucket does not exist" + came + "; create it, or correct database and organization"
               : "the database does not exist" + came + "; create it (CREATE DATABASE " +
                     quoted(attempt.database) + "), or correct database";
}

std::string of_something_else(const http::Outcome& outcome) {
    const http::Response& response = *outcome.response;
    const std::string what = response.location.empty()
                                 ? "a web page"
                                 : "a redirect to " + one_line(http::without_secrets(response.location), 200);
    return "not InfluxDB but something else answered with " + what + " (" + std::to_string(response.status) +
           "); is url complete, and does a proxy, a login page or a captive portal stand in between?";
}

std::string of_alarm(const Judgement& judgement, const http::Outcome& outcome, const Attempt& attempt) {
    switch (judgement.cause) {
        case Cause::token:
            return of_token(judgement, outcome, attempt);
        case Cause::right:
            return "the token may not write to this database" + answer(judgement, outcome) +
                   "; give it the right to write, or set another token";
        case Cause::endpoint:
            return of_endpoint(judgement, outcome, attempt);
        case Cause::database:
            return of_database(judgement, outcome, attempt);
        case Cause::retention_policy:
            return "the retention policy does not exist" + answer(judgement, outcome) +
                   "; create it, or correct retention_policy";
        case Cause::limit:
            return "a limit of the server is reached" + answer(judgement, outcome) +
                   "; raise it, or remove what is not needed there";
        case Cause::request:
            return "the server does not understand the request" + answer(judgement, outcome) +
                   "; is api right for this server, and does a proxy change what passes it?";
        case Cause::not_influxdb:
            return of_something_else(outcome);
        case Cause::other:
            break;
    }
    return {};
}

}  // namespace

std::string advise(const Judgement& judgement, const http::Outcome& outcome, const Attempt& attempt) {
    std::string text =
        "writing to database " + quoted(attempt.database) + " at " + attempt.endpoint.server().base + ": ";
    const std::string alarm =
        judgement.action == Action::alarm && outcome.response ? of_alarm(judgement, outcome, attempt) : "";
    if (!alarm.empty()) {
        return text + alarm;
    }
    return text + http::explain(outcome, attempt.url);
}

std::string advise_unreachable(const http::Outcome& outcome, const Endpoint& endpoint) {
    return "connecting to " + endpoint.server().base + ": " + http::explain(outcome, endpoint.ping_url());
}

std::string advise_limit(std::string_view message, std::string_view database) {
    return "a limit of the server keeps metrics out of database " + quoted(database) + ": " +
           one_line(message, kLongestMessage) +
           "; they are rejected until an operator raises the limit, or tables, columns or databases are "
           "fewer";
}

std::string rejection(std::string_view message, std::string_view line) {
    return one_line(message, kLongestMessage) + "; the line was: " + one_line(line, kLongestLine);
}

}  // namespace heliograph::influxdb_v3
