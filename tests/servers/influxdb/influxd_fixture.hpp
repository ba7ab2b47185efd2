// An InfluxDB output before a real InfluxDB 1 server.
#pragma once

#include "outputs/influxdb_v3/influxdb_v3.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"
#include "tests/servers/support/influxd_server.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::influxdb_v3::test {

inline constexpr std::int64_t kNoon = 1'782'043'200'000'000'000;  // 2026-06-21 12:00:00 UTC
inline constexpr std::int64_t kSecond = 1'000'000'000;

struct InfluxdFixture {
    explicit InfluxdFixture(const testkit::Settings& more = {},
                            testing::InfluxdServer::Access access = testing::InfluxdServer::Access::open)
        : server(access),
          output(heliograph::descriptor<InfluxDb>(InfluxDb::kType, InfluxDb::kSummary), host,
                 settings(more)) {
        host.use_system_clock();
    }

    [[nodiscard]] testkit::Settings settings(const testkit::Settings& more) const {
        testkit::Settings all{{"url", server.url()}, {"api", std::string("v1")}};
        bool has_database = false;
        for (const auto& option : more) {
            has_database = has_database || option.first == "database";
        }
        if (!has_database) {
            all.emplace_back("database", std::string(testing::InfluxdServer::kDatabase));
        }
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    testkit::WriteOutcome write() { return output.write(batch.metrics()); }

    /// The rows that a query gives, by column.
    std::vector<std::map<std::string, std::string>> select(const std::string& influxql) {
        std::vector<std::map<std::string, std::string>> found;
        const testing::Rows rows = server.query(influxql);
        for (std::size_t i = 1; i < rows.size(); ++i) {
            auto& row = found.emplace_back();
            for (std::size_t column = 0; column < rows[i].size(); ++column) {
                row[rows[0].at(column)] = rows[i][column];
            }
        }
        return found;
    }
    /// How many points there are over all measurements.
    std::size_t count_points() {
        std::size_t count = 0;
        for (const auto& row : server.query("SELECT * FROM /.*/")) {
            // Each measurement may have a header of its own: name, tags, time.
            count += row.size() > 2 && !row[2].empty() && row[2] != "time" ? 1U : 0U;
        }
        return count;
    }

    testkit::RecordingHost host;
    testing::InfluxdServer server;
    testkit::PluginUnderTest output;
    OwnedBatch batch;
};

/// A name between double quotes, as InfluxQL wants it.
inline std::string identifier(std::string_view name) {
    std::string text = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') {
            text += '\\';
        }
        text += c;
    }
    return text + '"';
}

}  // namespace heliograph::influxdb_v3::test
