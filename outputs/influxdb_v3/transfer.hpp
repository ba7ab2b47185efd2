// Sends the metrics of one write, in as many requests as it takes, until the fate of each is known or the
// server has had enough.
#pragma once

#include "outputs/influxdb_v3/chunk.hpp"
#include "outputs/influxdb_v3/endpoint.hpp"
#include "outputs/influxdb_v3/judgement.hpp"
#include "outputs/influxdb_v3/lanes.hpp"
#include "outputs/influxdb_v3/options.hpp"
#include "outputs/influxdb_v3/token.hpp"
#include "plugins/common/http/client.hpp"
#include "plugins/common/http/gzip.hpp"

#include <heliograph/host.hpp>
#include <heliograph/metric.hpp>
#include <heliograph/verdict.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::influxdb_v3 {

/// Knows the way from metrics to requests and from answers to fates. What the server refuses is rejected, by
/// the line it names or after halving; what it may take later is left over. A metric is accepted only when
/// the request that held it was. Keeps its memory from write to write. [own strand]
class Transfer {
public:
    /// The options must outlive it, and be checked.
    Transfer(const Options& options, Host host);

    /// Sends through `client`; rejects in `verdict`, and keeps what is left over when something else was
    /// accepted. Throws Retry, Fatal or Stopped when nothing was accepted and something is left over.
    void write(const MetricSpan& metrics, Verdict& verdict, http::Client& client, Token& token);

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
    /// The headers that every request carries.
    [[nodiscard]] static std::vector<std::pair<std::string, std::string>> headers(const Endpoint& endpoint,
                                                                                  const Token& token);

private:
    enum class Fate : std::uint8_t { open, accepted, rejected };
    enum class Ending : std::uint8_t { none, alarm, retry, stopped };  // the worse, the later

    /// What tells one state of failing from another, and what was said of it.
    struct Failure {
        Action action;
        long status;
        http::Failure::Kind kind;
        http::Failure::Cause cause;
        std::string database;
        std::string text;
    };

    void reject_wrong_databases();
    void send_round(const MetricSpan& metrics, http::Client& client, Token& token);
    [[nodiscard]] bool fill(Chunk& chunk, Lane& lane, const MetricSpan& metrics);
    [[nodiscard]] http::Request request(Chunk& chunk, const Token& token);
    void settle(Chunk& chunk, const http::Outcome& outcome, Token& token);
    void accept(const Chunk& chunk);
    void reject_named(Chunk& chunk, const Judgement& judgement);
    void halve(Chunk& chunk, const Judgement& judgement, const http::Outcome& outcome);
    void leave(Chunk& chunk, const Judgement& judgement, const http::Outcome& outcome, Token& token);
    [[nodiscard]] bool has_another_token(const http::Outcome& outcome, Token& token);
    void reject(std::size_t metric, std::string_view reason);
    void fail(Ending ending, const std::string& text);
    void conclude(const MetricSpan& metrics, Verdict& verdict);
    void count(const Changes& changes) const;
    void warn_of_limit(const std::string& message, std::string_view database);

    const Options& options_;
    Host host_;
    Endpoint endpoint_;
    Lanes lanes_;
    LineWriter writer_;
    http::Gzip gzip_;
    std::size_t max_bytes_;  // less than the option says once the server has found that too large

    // Of the write that is under way.
    Verdict* verdict_ = nullptr;
    std::vector<Fate> fates_;
    std::vector<Chunk> chunks_;
    std::vector<http::Request> requests_;
    Changes changes_;
    std::size_t accepted_ = 0;
    Ending ending_ = Ending::none;
    std::string failure_text_;
    std::string token_sent_;  // with the requests of this round
    bool token_was_read_again_ = false;

    // From write to write.
    std::optional<Failure> standing_failure_;
    std::set<std::string, std::less<>> limits_said_;
    std::chrono::nanoseconds quiet_until_{};  // the host's monotonic clock; what Retry-After asked for
    bool is_failing_ = false;
};

}  // namespace heliograph::influxdb_v3
