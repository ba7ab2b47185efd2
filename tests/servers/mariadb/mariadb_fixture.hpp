// A SQL output over a database of its own on a real MariaDB server.
#pragma once

#include "outputs/sql/sql.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"
#include "tests/servers/support/mariadb_server.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace heliograph::sql::test {

inline constexpr std::int64_t kNoon = 1'782'043'200'000'000'000;  // 2026-06-21 12:00:00 UTC
inline constexpr std::int64_t kSecond = 1'000'000'000;

/// One server for all tests of a program that leave it as it was.
inline testing::MariadbServer& shared_server() {
    static testing::MariadbServer server;
    return server;
}

/// A database that no other test knows, in which the user may do anything.
inline std::string new_database(testing::MariadbServer& server) {
    static std::atomic<int> made = 0;
    const std::string name = "test_" + std::to_string(++made);
    server.query("CREATE DATABASE " + name + " CHARACTER SET latin1", "");
    server.query("GRANT ALL ON " + name + ".* TO " + testing::MariadbServer::kUser, "");
    return name;
}

struct MariadbFixture {
    explicit MariadbFixture(const testkit::Settings& more = {}, testing::MariadbServer& of = shared_server())
        : server(of), database(new_database(of)), output(descriptor(), host, settings(more)) {
        host.use_system_clock();
    }

    static const hg_descriptor& descriptor() {
        return heliograph::descriptor<Sql>(Sql::kType, Sql::kSummary);
    }
    /// Later ones of `more` win.
    [[nodiscard]] testkit::Settings settings(const testkit::Settings& more = {}) const {
        testkit::Settings all{{"url", server.url(database)},
                              {"user", testing::MariadbServer::kUser},
                              {"password", testing::MariadbServer::kPassword}};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    testkit::WriteOutcome write() { return output.write(batch.metrics()); }
    testing::Rows query(const std::string& sql) { return server.query(sql, database); }
    std::string value(const std::string& sql) { return query(sql).at(0).at(0); }
    /// A metric `port` with a tag and a field.
    void add(std::int64_t at, std::string_view port, double power) {
        batch.batch().add("port", 1, 1).tag("port", port).field("power", power).time(at);
    }

    testing::MariadbServer& server;
    std::string database;
    testkit::RecordingHost host;
    testkit::PluginUnderTest output;
    OwnedBatch batch;
};

}  // namespace heliograph::sql::test
