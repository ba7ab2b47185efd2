// An InfluxDB output before a strict fake of the server, and metrics to send.
#pragma once

#include "outputs/influxdb_v3/influxdb_v3.hpp"
#include "plugins/testkit/influxdb3_server.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::influxdb_v3::test {

inline constexpr std::int64_t kNoon = 1'782'043'200'000'000'000;  // 2026-06-21 12:00:00 UTC
inline constexpr std::int64_t kSecond = 1'000'000'000;

inline const hg_descriptor& output_descriptor() {
    return heliograph::descriptor<InfluxDb>(InfluxDb::kType, InfluxDb::kSummary);
}

/// Settings with defaults behind them: the first of a name counts.
inline testkit::Settings with_defaults(testkit::Settings settings, const testkit::Settings& defaults) {
    for (const auto& option : defaults) {
        bool is_set = false;
        for (const auto& set : settings) {
            is_set = is_set || set.first == option.first;
        }
        if (!is_set) {
            settings.push_back(option);
        }
    }
    return settings;
}

/// Adds `count` metrics `power,port=<i> watts=<i>`, one second apart.
inline void add_ports(OwnedBatch& batch, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        batch.batch()
            .add("power", 1, 1)
            .tag("port", std::to_string(i))
            .field("watts", static_cast<double>(i) + 0.5)
            .time(kNoon + static_cast<std::int64_t>(i) * kSecond);
    }
}

/// An output and the server that it writes to.
struct InfluxFixture {
    explicit InfluxFixture(const testkit::Settings& settings = {},
                           testkit::InfluxDb3Settings server_settings = {})
        : server(std::move(server_settings)),
          output(output_descriptor(), host,
                 with_defaults(settings, {{"url", server.url()},
                                          {"database", std::string("solar")},
                                          {"compression", std::string("none")},
                                          {"user_agent", std::string("test")}})) {}

    testkit::WriteOutcome write() { return output.write(batch.metrics()); }

    testkit::RecordingHost host;
    testkit::InfluxDb3Server server;
    testkit::PluginUnderTest output;
    OwnedBatch batch;
};

/// Metrics that a write accepted.
inline std::size_t accepted(const testkit::WriteOutcome& outcome, std::size_t sent) {
    return outcome.ok() ? sent - outcome.rejected.size() - outcome.kept.size() : 0;
}

}  // namespace heliograph::influxdb_v3::test
