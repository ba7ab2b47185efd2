#include "plugins/testkit/influxdb3_server.hpp"

#include "plugins/common/line_protocol/decoder.hpp"
#include "plugins/common/line_protocol/utf8.hpp"
#include "plugins/testkit/influxdb3_answers.hpp"
#include "plugins/testkit/influxdb3_store.hpp"

#include <heliograph/owned_batch.hpp>

#include <algorithm>
#include <charconv>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace heliograph::testkit {
namespace {

using line_protocol::Precision;

std::optional<InfluxDb3Endpoint> endpoint_of(const ReceivedRequest& request) {
    if (request.method != "POST") {
        return std::nullopt;
    }
    if (request.path == "/api/v3/write_lp") {
        return InfluxDb3Endpoint::v3;
    }
    if (request.path == "/api/v2/write") {
        return InfluxDb3Endpoint::v2;
    }
    return request.path == "/write" ? std::optional(InfluxDb3Endpoint::v1) : std::nullopt;
}

/// What is wrong with the credentials; nothing when they are good.
std::optional<Reply> refuse_credentials(const ReceivedRequest& request,
                                        const std::vector<std::string>& tokens) {
    if (tokens.empty()) {
        return std::nullopt;
    }
    const std::string header = request.header("Authorization");
    if (header.empty()) {
        return json_error(401, "the request was not authenticated");
    }
    const std::size_t space = header.find(' ');
    const std::string scheme = header.substr(0, space);
    const std::string token = space == std::string::npos ? "" : header.substr(space + 1);
    if ((scheme != "Bearer" && scheme != "Token") || token.empty() || token.find(' ') != std::string::npos) {
        return json_error(400,
                          "Authorization header was malformed, the request was not in the form of "
                          "'Authorization: <auth-scheme> <token>'");
    }
    if (std::find(tokens.begin(), tokens.end(), token) == tokens.end()) {
        return json_error(401, "the request was not authenticated");
    }
    return std::nullopt;
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<std::string> wrong_database(std::string_view name, std::size_t longest) {
    if (name.empty()) {
        return "database name cannot be empty";
    }
    const bool characters = std::all_of(name.begin(), name.end(), [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '-' || c == '/';
    });
    if (!characters || !is_alphanumeric(name.front()) || name.back() == '/' ||
        std::count(name.begin(), name.end(), '/') > 1) {
        return "invalid character in database or rp name: must be ASCII, containing only letters, numbers, "
               "underscores, or hyphens";
    }
    if (name.size() > longest) {
        return "database name is longer than " + std::to_string(longest) + " bytes";
    }
    return std::nullopt;
}

struct Unit {
    bool automatic = false;
    Precision precision = Precision::nanosecond;
};

std::optional<Unit> unit_of(std::string_view word, InfluxDb3Endpoint endpoint) {
    if (word.empty() || word == "auto") {
        const bool automatic = endpoint == InfluxDb3Endpoint::v3;
        return word.empty() || automatic ? std::optional(Unit{automatic, {}}) : std::nullopt;
    }
    if (word == "nanosecond" || word == "ns" || word == "n") {
        return Unit{false, Precision::nanosecond};
    }
    if (word == "microsecond" || word == "us" || word == "u") {
        return Unit{false, Precision::microsecond};
    }
    if (word == "millisecond" || word == "ms") {
        return Unit{false, Precision::millisecond};
    }
    return word == "second" || word == "s" ? std::optional(Unit{false, Precision::second}) : std::nullopt;
}

/// What `auto` takes a time for.
std::int64_t guess_nanoseconds(std::int64_t time) {
    const std::int64_t size = (time < 0 ? -time : time) / 1'000'000'000;
    return time * (size < 5 ? 1'000'000'000 : (size < 5'000 ? 1'000'000 : (size < 5'000'000 ? 1'000 : 1)));
}

std::string raw_line(std::string_view body, std::size_t number) {
    for (; number > 1; --number) {
        body.remove_prefix(std::min(
            body.size(), body.find('\n') == std::string_view::npos ? body.size() : body.find('\n') + 1));
    }
    return std::string(body.substr(0, std::min<std::size_t>(body.find('\n'), 20)));
}

}  // namespace

class InfluxDb3Server::Implementation {
public:
    explicit Implementation(InfluxDb3Settings settings)
        : settings_(std::move(settings)),
          http_(HttpServerSettings{
              .handler = [this](const ReceivedRequest& request) { return answer(request); },
              .before_body = [this](const ReceivedRequest& request) { return answer_early(request); }}) {}

    Reply answer(const ReceivedRequest& request) {
        const std::lock_guard lock(mutex_);
        if (request.path == "/ping" && (request.method == "GET" || request.method == "POST")) {
            return ping(request);
        }
        const auto endpoint = endpoint_of(request);
        if (!endpoint) {
            return text_error(404, "Not found");
        }
        writes_.push_back(request);
        if (!faults_.empty()) {
            const InfluxDb3Fault fault = std::move(faults_.front());
            faults_.pop_front();
            if (fault.stores) {
                static_cast<void>(write(request, *endpoint));
            }
            return fault.reply;
        }
        return write(request, *endpoint);
    }

    std::optional<Reply> answer_early(const ReceivedRequest& request) {
        const std::lock_guard lock(mutex_);
        std::size_t length = 0;
        const std::string header = request.header("Content-Length");
        std::from_chars(header.data(), header.data() + header.size(), length);
        const auto endpoint = endpoint_of(request);
        if (!endpoint || !settings_.early_answers || length <= settings_.max_request_bytes ||
            refuse_credentials(request, settings_.tokens)) {
            return std::nullopt;
        }
        writes_.push_back(request);
        return too_large(*endpoint, settings_.max_request_bytes);
    }

    InfluxDb3Settings settings_;
    mutable std::mutex mutex_;
    std::deque<InfluxDb3Fault> faults_;
    std::vector<ReceivedRequest> writes_;
    InfluxDb3Store store_;
    std::size_t lines_without_time_ = 0;

private:
    Reply ping(const ReceivedRequest& request) const {
        if (auto refused = refuse_credentials(request, settings_.tokens)) {
            return *refused;
        }
        return {
            .status = 200,
            .headers = {{"X-Influxdb-Version", "3.10.0"}, {"X-Influxdb-Build", "Core"}},
            .body =
                R"({"version":"3.10.0","revision":"none","process_id":"1","product_name":"InfluxDB 3 Core"})"};
    }

    Reply write(const ReceivedRequest& request, InfluxDb3Endpoint endpoint) {
        if (auto refused = refuse_credentials(request, settings_.tokens)) {
            return *refused;
        }
        const std::string_view target = endpoint == InfluxDb3Endpoint::v2 ? "bucket" : "db";
        if (!request.has_parameter(target)) {
            return parameter_error(
                endpoint, request.query.empty() ? "missing query parameter '" + std::string(target) + "'"
                                                : "serde error: missing field `" + std::string(target) + "`");
        }
        const auto unit = unit_of(request.parameter("precision"), endpoint);
        const std::string accept_partial = request.parameter("accept_partial");
        const auto is_boolean = [](std::string_view word) {
            return word.empty() || word == "true" || word == "false";
        };
        if (!unit || !is_boolean(accept_partial) || !is_boolean(request.parameter("no_sync"))) {
            return parameter_error(endpoint, "serde error: invalid value");
        }
        const std::string database = request.parameter(target);
        if (auto wrong = wrong_database(database, endpoint == InfluxDb3Endpoint::v3 ? 511 : 64)) {
            return endpoint == InfluxDb3Endpoint::v3 ? json_error(400, *wrong)
                                                     : parameter_error(endpoint, *wrong);
        }
        if (auto refused = refuse_body(request, endpoint)) {
            return *refused;
        }
        return write_lines(request.body_text, endpoint, database, *unit,
                           endpoint == InfluxDb3Endpoint::v3 && accept_partial != "false");
    }

    [[nodiscard]] std::optional<Reply> refuse_body(const ReceivedRequest& request,
                                                   InfluxDb3Endpoint endpoint) const {
        const std::string encoding = request.header("Content-Encoding");
        if (!encoding.empty() && encoding != "identity" && encoding != "gzip") {
            return parameter_error(endpoint, "unacceptable content-encoding: " + encoding);
        }
        if (request.body.size() > settings_.max_request_bytes) {
            return too_large(endpoint, settings_.max_request_bytes);
        }
        if (!request.body_is_valid) {
            return parameter_error(endpoint, "error decoding gzip stream: corrupt deflate stream");
        }
        if (request.body_text.size() > settings_.max_request_bytes) {
            return too_large(endpoint, settings_.max_request_bytes);
        }
        if (!line_protocol::is_utf8(request.body_text)) {
            return parameter_error(endpoint, "body content is not valid utf8: invalid utf-8 sequence");
        }
        return std::nullopt;
    }

    Reply write_lines(const std::string& body, InfluxDb3Endpoint endpoint, const std::string& database,
                      Unit unit, bool accept_partial) {
        OwnedBatch owned;
        Batch batch = owned.batch();
        std::vector<InfluxDb3Refusal> refusals;
        line_protocol::Decoder decoder(line_protocol::Dialect::v3, unit.precision);
        const auto result = decoder.decode(body, batch, [&](const line_protocol::DecodeError& error) {
            refusals.push_back({error.entry + 1, error.message, raw_line(body, error.entry + 1)});
        });
        if (result.decoded + result.failed == 0) {
            return parameter_error(endpoint, "incoming write was empty");
        }
        if (auto full = store_.ensure_database(database, settings_)) {
            return endpoint == InfluxDb3Endpoint::v2 ? parameter_error(endpoint, *full)
                                                     : json_error(422, *full);
        }
        std::vector<std::pair<MetricView, std::size_t>> good;
        std::size_t number = 0;
        std::size_t failed = 0;
        const std::size_t syntax_errors = refusals.size();
        for (const MetricView metric : owned.metrics()) {
            ++number;
            while (failed < syntax_errors && refusals[failed].number == number) {
                ++failed;
                ++number;
            }
            if (auto wrong = store_.check(database, metric, settings_)) {
                refusals.push_back({number, *wrong, raw_line(body, number)});
            } else {
                good.emplace_back(metric, number);
            }
        }
        std::sort(refusals.begin(), refusals.end(),
                  [](const InfluxDb3Refusal& a, const InfluxDb3Refusal& b) { return a.number < b.number; });
        if (refusals.empty() || accept_partial) {
            for (const auto& [metric, line] : good) {
                store(database, metric, unit);
            }
        }
        if (refusals.empty()) {
            return {.status = 204};
        }
        return accept_partial ? partial_answer(refusals, settings_.data_form)
                              : all_or_nothing_answer(refusals.front(), endpoint);
    }

    void store(const std::string& database, const MetricView& metric, Unit unit) {
        if (metric.time() == HG_TIME_UNSET) {
            // The server's clock: another time for each.
            store_.store(database, metric, static_cast<std::int64_t>(++lines_without_time_));
            return;
        }
        store_.store(database, metric, unit.automatic ? guess_nanoseconds(metric.time()) : metric.time());
    }

public:
    // Last, so that it ends first: its threads use the rest.
    HttpServer http_;
};

InfluxDb3Server::InfluxDb3Server(InfluxDb3Settings settings)
    : implementation_(std::make_unique<Implementation>(std::move(settings))) {}
InfluxDb3Server::~InfluxDb3Server() = default;

std::string InfluxDb3Server::url() const {
    return implementation_->http_.url();
}

std::uint16_t InfluxDb3Server::port() const noexcept {
    return implementation_->http_.port();
}

void InfluxDb3Server::add_faults(std::vector<InfluxDb3Fault> faults) {
    const std::lock_guard lock(implementation_->mutex_);
    std::move(faults.begin(), faults.end(), std::back_inserter(implementation_->faults_));
}

void InfluxDb3Server::set_tokens(std::vector<std::string> tokens) {
    const std::lock_guard lock(implementation_->mutex_);
    implementation_->settings_.tokens = std::move(tokens);
}

void InfluxDb3Server::set_max_request_bytes(std::size_t bytes) {
    const std::lock_guard lock(implementation_->mutex_);
    implementation_->settings_.max_request_bytes = bytes;
}

std::vector<StoredRow> InfluxDb3Server::rows(std::string_view database, std::string_view table) const {
    const std::lock_guard lock(implementation_->mutex_);
    std::vector<StoredRow> found;
    if (const auto* tables = implementation_->store_.database(database)) {
        if (const auto entry = tables->find(table); entry != tables->end()) {
            for (const auto& [key, row] : entry->second.rows) {
                found.push_back(row);
            }
        }
    }
    return found;
}

std::size_t InfluxDb3Server::row_count(std::string_view database) const {
    const std::lock_guard lock(implementation_->mutex_);
    std::size_t count = 0;
    if (const auto* tables = implementation_->store_.database(database)) {
        for (const auto& [name, table] : *tables) {
            count += table.rows.size();
        }
    }
    return count;
}

std::vector<std::string> InfluxDb3Server::tables(std::string_view database) const {
    const std::lock_guard lock(implementation_->mutex_);
    std::vector<std::string> names;
    if (const auto* tables = implementation_->store_.database(database)) {
        for (const auto& [name, table] : *tables) {
            names.push_back(name);
        }
    }
    return names;
}

std::size_t InfluxDb3Server::lines_without_time() const {
    const std::lock_guard lock(implementation_->mutex_);
    return implementation_->lines_without_time_;
}

std::vector<ReceivedRequest> InfluxDb3Server::writes() const {
    const std::lock_guard lock(implementation_->mutex_);
    return implementation_->writes_;
}

void InfluxDb3Server::stop() {
    implementation_->http_.stop();
}

}  // namespace heliograph::testkit
