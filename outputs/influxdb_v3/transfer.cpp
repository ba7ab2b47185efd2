#include "outputs/influxdb_v3/transfer.hpp"

#include "outputs/influxdb_v3/advice.hpp"
#include "outputs/influxdb_v3/database_name.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>
#include <utility>

namespace heliograph::influxdb_v3 {
namespace {

/// So many times in a row a request is sent anew without the lines that were named. Then halving is cheaper.
constexpr unsigned kMostTries = 8;
/// Below this a request is not made smaller because another was too large.
constexpr std::size_t kLeastBytes = std::size_t{64} << 10U;
constexpr std::size_t kMostLimitsRemembered = 32;

LineSettings line_settings(const Options& options) {
    using line_protocol::Dialect;
    const bool first_dialect = options.escaping == Escaping::v1 ||
                               (options.escaping == Escaping::automatic && options.api == Api::v1);
    LineSettings settings;
    settings.encoding.dialect = first_dialect ? Dialect::v1 : Dialect::v3;
    settings.encoding.precision = options.precision;
    // InfluxDB 1.x knows no unsigned integers.
    settings.encoding.unsigned_support = !(first_dialect && options.api == Api::v1);
    settings.rename_families = !first_dialect;
    if (options.api == Api::v3) {
        settings.tag_order = options.tag_order;
    }
    if (!options.database_tag_keep) {
        settings.dropped_tag = options.database_tag;
    }
    return settings;
}

}  // namespace

Transfer::Transfer(const Options& options, Host host)
    : options_(options),
      host_(host),
      endpoint_(options),
      lanes_({options.database, options.database_tag, static_cast<std::size_t>(options.max_lines),
              static_cast<std::size_t>(options.concurrency)}),
      writer_(line_settings(options)),
      gzip_(static_cast<int>(options.compression_level)),
      max_bytes_(options.max_bytes.bytes) {}

std::vector<std::pair<std::string, std::string>> Transfer::headers(const Endpoint& endpoint,
                                                                   const Token& token) {
    std::vector<std::pair<std::string, std::string>> headers;
    headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    if (!token.value().empty()) {
        headers.emplace_back("Authorization", std::string(endpoint.token_scheme()) + ' ' + token.value());
    }
    return headers;
}

void Transfer::write(const MetricSpan& metrics, Verdict& verdict, http::Client& client, Token& token) {
    if (const auto now = host_.monotonic(); now < quiet_until_ && standing_failure_) {
        // The server's wish outlives a write that was kept only in part, for which the host cannot be told.
        throw Retry(standing_failure_->text, quiet_until_ - now);
    }
    verdict_ = &verdict;
    fates_.assign(metrics.size(), Fate::open);
    changes_ = {};
    accepted_ = 0;
    ending_ = Ending::none;
    failure_text_.clear();
    token_was_read_again_ = false;
    writer_.set_now(host_.now());
    lanes_.sort(metrics);
    if (!options_.database_tag.empty()) {
        reject_wrong_databases();
    }
    const auto is_waiting = [](const Lane& lane) { return !lane.stopped && !lane.pieces.empty(); };
    while (ending_ < Ending::retry && std::any_of(lanes_.lanes().begin(), lanes_.lanes().end(), is_waiting)) {
        send_round(metrics, client, token);
    }
    conclude(metrics, verdict);
}

void Transfer::reject_wrong_databases() {
    for (Lane& lane : lanes_.lanes()) {
        const std::string& database = lanes_.database(lane);
        const std::string_view wrong = wrong_database_name(database, options_.api);
        if (lane.metrics.empty() || wrong.empty()) {
            continue;
        }
        const std::string reason = "the tag " + options_.database_tag + " gives the database name \"" +
                                   one_line(database, 64) + "\", which " + std::string(wrong);
        for (const std::uint32_t metric : lane.metrics) {
            reject(metric, reason);
        }
        lane.pieces.clear();
    }
}

void Transfer::send_round(const MetricSpan& metrics, http::Client& client, Token& token) {
    // A server that failed is asked by one request; the others follow when it answers.
    const std::size_t most = is_failing_ ? 1 : static_cast<std::size_t>(options_.concurrency);
    if (chunks_.size() < most) {
        chunks_.resize(most);
    }
    requests_.clear();
    token_sent_ = token.value();
    for (Lane& lane : lanes_.lanes()) {
        if (requests_.size() == most) {
            break;
        }
        Chunk& chunk = chunks_[requests_.size()];
        if (!lane.stopped && fill(chunk, lane, metrics)) {
            requests_.push_back(request(chunk, token));
        }
    }
    if (requests_.empty()) {
        return;
    }
    const std::vector<http::Outcome> outcomes = client.send_all(requests_);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        settle(chunks_[i], outcomes[i], token);
    }
}

bool Transfer::fill(Chunk& chunk, Lane& lane, const MetricSpan& metrics) {
    const auto max_lines = static_cast<std::size_t>(options_.max_lines);
    chunk.clear();
    chunk.lane = &lane;
    while (chunk.lines.empty() && !lane.pieces.empty()) {
        const Lane::Piece piece = lane.pieces.back();
        lane.pieces.pop_back();
        std::size_t at = piece.begin;
        for (; at < piece.end && chunk.lines.size() < max_lines; ++at) {
            const std::size_t metric = lane.metrics[at];
            if (fates_[metric] != Fate::open) {
                continue;
            }
            const std::size_t before = chunk.body.size();
            Changes changes;
            const auto status = writer_.append(metrics[metric], chunk.body, changes);
            if (status != line_protocol::EncodeStatus::ok) {
                changes_ += changes;
                reject(metric, line_protocol::describe(status));
                continue;
            }
            if (chunk.body.size() > max_bytes_ && !chunk.lines.empty()) {
                chunk.body.truncate(before);
                break;
            }
            chunk.changes += changes;
            chunk.lines.push_back({before, at});
        }
        chunk.piece = {piece.begin, at, piece.tries};
        if (at < piece.end) {
            lane.pieces.push_back({at, piece.end, 0});
        }
    }
    return !chunk.lines.empty();
}

http::Request Transfer::request(Chunk& chunk, const Token& token) {
    http::Request request;
    request.url = endpoint_.write_url(lanes_.database(*chunk.lane));
    request.headers = headers(endpoint_, token);
    request.body = chunk.body.view();
    if (options_.compression == Compression::gzip &&
        chunk.body.size() >= options_.compression_minimum.bytes) {
        gzip_.compress(chunk.body.view(), chunk.compressed);
        request.body = chunk.compressed;
        request.body_is_gzip = true;
    }
    return request;
}

void Transfer::settle(Chunk& chunk, const http::Outcome& outcome, Token& token) {
    const Judgement judgement = judge(outcome, options_.api, chunk.lines.size());
    switch (judgement.action) {
        case Action::accept:
            accept(chunk);
            break;
        case Action::reject_lines:
            reject_named(chunk, judgement);
            break;
        case Action::split:
        case Action::bisect:
            halve(chunk, judgement, outcome);
            break;
        case Action::retry:
        case Action::alarm:
            leave(chunk, judgement, outcome, token);
            return;
    }
    is_failing_ = false;
}

void Transfer::accept(const Chunk& chunk) {
    for (std::size_t i = 0; i < chunk.lines.size(); ++i) {
        Fate& fate = fates_[chunk.metric(i)];
        if (fate == Fate::open) {
            fate = Fate::accepted;
            ++accepted_;
        }
    }
    changes_ += chunk.changes;
}

void Transfer::reject_named(Chunk& chunk, const Judgement& judgement) {
    for (const BadLine& line : judgement.lines) {
        const std::size_t index = line.number - 1;
        const std::string& message = line.message.empty() ? judgement.message : line.message;
        reject(chunk.metric(index), rejection(message, chunk.line(index)));
    }
    if (!judgement.limit.empty()) {
        warn_of_limit(judgement.limit, lanes_.database(*chunk.lane));
    }
    if (judgement.others_are_stored) {
        accept(chunk);
        return;
    }
    Lane::Piece rest = chunk.piece;
    if (++rest.tries < kMostTries) {
        chunk.lane->pieces.push_back(rest);
    } else {
        chunk.lane->put_back_halves(rest, chunk.lines[chunk.lines.size() / 2].place);
    }
}

void Transfer::halve(Chunk& chunk, const Judgement& judgement, const http::Outcome& outcome) {
    const bool too_large = judgement.action == Action::split;
    if (chunk.lines.size() > 1) {
        host_.count(too_large ? "split_requests" : "bisected_requests");
        if (too_large) {
            max_bytes_ = std::max(kLeastBytes, std::min(max_bytes_, chunk.body.size() / 2));
        }
        chunk.lane->put_back_halves(chunk.piece, chunk.lines[chunk.lines.size() / 2].place);
        return;
    }
    std::string message = judgement.message;
    if (message.empty()) {
        message = "the server refused it with " + std::to_string(outcome.response->status);
    }
    if (too_large) {
        message = "a single metric of " + std::to_string(chunk.body.size()) +
                  " bytes is too large for the server: " + message;
    }
    reject(chunk.metric(0), rejection(message, chunk.line(0)));
}

void Transfer::leave(Chunk& chunk, const Judgement& judgement, const http::Outcome& outcome, Token& token) {
    if (has_another_token(outcome, token)) {
        chunk.lane->pieces.push_back(chunk.piece);
        return;
    }
    chunk.lane->stopped = true;
    if (!outcome.response && outcome.failure.kind == http::Failure::Kind::interrupted) {
        fail(Ending::stopped, "the program is stopping");
        return;
    }
    const std::string& database = lanes_.database(*chunk.lane);
    const long status = outcome.response ? outcome.response->status : 0;
    if (!standing_failure_ || standing_failure_->action != judgement.action ||
        standing_failure_->status != status || standing_failure_->kind != outcome.failure.kind ||
        standing_failure_->cause != outcome.failure.cause || standing_failure_->database != database) {
        // While the same goes on the text stays the same, numbers in it included, so that the host logs it
        // once.
        const std::string url = endpoint_.write_url(database);
        standing_failure_ = Failure{
            judgement.action,
            status,
            outcome.failure.kind,
            outcome.failure.cause,
            database,
            advise(judgement, outcome, {endpoint_, database, url, !token.value().empty(), token.file()})};
    }
    if (judgement.retry_after.count() > 0) {
        constexpr std::chrono::nanoseconds kLongest = std::chrono::minutes(10);
        quiet_until_ = std::max(quiet_until_, host_.monotonic() + std::min(judgement.retry_after, kLongest));
    }
    fail(judgement.action == Action::alarm ? Ending::alarm : Ending::retry, standing_failure_->text);
}

bool Transfer::has_another_token(const http::Outcome& outcome, Token& token) {
    if (!outcome.response || outcome.response->status != 401 || token.file().empty()) {
        return false;
    }
    if (!token_was_read_again_) {
        token_was_read_again_ = true;
        try {
            static_cast<void>(token.read_again());
        } catch (const Retry&) {
            // Whoever read it before this write has said so.
        }
    }
    return token.value() != token_sent_;
}

void Transfer::reject(std::size_t metric, std::string_view reason) {
    if (fates_[metric] == Fate::open) {
        fates_[metric] = Fate::rejected;
        verdict_->reject(metric, reason);
    }
}

void Transfer::fail(Ending ending, const std::string& text) {
    if (ending > ending_) {
        ending_ = ending;
        failure_text_ = text;
    }
}

void Transfer::conclude(const MetricSpan& metrics, Verdict& verdict) {
    count(changes_);
    is_failing_ = ending_ != Ending::none && accepted_ == 0;
    if (ending_ == Ending::none) {
        standing_failure_.reset();
        quiet_until_ = {};
        return;
    }
    if (accepted_ == 0) {
        switch (ending_) {
            case Ending::stopped:
                throw Stopped();
            case Ending::retry:
                throw Retry(failure_text_,
                            std::max(std::chrono::nanoseconds{}, quiet_until_ - host_.monotonic()));
            default:
                throw Fatal(failure_text_);
        }
    }
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        if (fates_[i] == Fate::open) {
            verdict.keep(i, failure_text_);
        }
    }
}

void Transfer::count(const Changes& changes) const {
    const auto add = [this](std::string_view counter, std::int64_t delta) {
        if (delta != 0) {
            host_.count(counter, delta);
        }
    };
    add("dropped_tags", changes.dropped_tags);
    add("dropped_fields", changes.dropped_fields);
    add("renamed_columns", changes.renamed_columns);
    add("altered_names", changes.altered_names);
    add("repaired_texts", changes.repaired_texts);
    add("limited_integers", changes.limited_integers);
    add("added_times", changes.added_times);
}

void Transfer::warn_of_limit(const std::string& message, std::string_view database) {
    if (limits_said_.size() < kMostLimitsRemembered && limits_said_.insert(message).second) {
        host_.warning(advise_limit(message, database));
    }
}

}  // namespace heliograph::influxdb_v3
