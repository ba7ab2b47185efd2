// The output that writes metrics to InfluxDB over HTTP.
#pragma once

#include "outputs/influxdb_v3/options.hpp"
#include "outputs/influxdb_v3/token.hpp"
#include "outputs/influxdb_v3/transfer.hpp"
#include "plugins/common/http/client.hpp"

#include <heliograph/output.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

namespace heliograph::influxdb_v3 {

/// Writes a batch in one request, or in several at once when it is large. Every line bears a time, so sending
/// it again changes nothing.
class InfluxDb final : public Output<Options> {
public:
    static constexpr std::string_view kType = "influxdb_v3";
    static constexpr std::string_view kSummary =
        "Writes metrics to InfluxDB 3, and by its older APIs to 2.x and 1.x.";
    static constexpr bool kIdempotent = true;
    static constexpr bool kPartial = true;

    void check(Problems& problems) override;
    void open() override;
    void interrupt() noexcept override;
    void close() noexcept override;
    void write(const MetricSpan& metrics, Verdict& verdict) override;

private:
    void connect();
    void drop_client() noexcept;
    void ping();

    std::mutex client_mutex_;  // interrupt must not meet a client that is being made or freed
    std::unique_ptr<http::Client> client_;
    std::optional<Transfer> transfer_;
    Token token_;
    bool token_file_complained_ = false;
};

}  // namespace heliograph::influxdb_v3
