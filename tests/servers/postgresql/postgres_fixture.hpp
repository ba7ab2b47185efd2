// A SQL output over a database of its own on a real PostgreSQL server.
#pragma once

#include "outputs/sql/sql.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"
#include "tests/servers/support/postgres_server.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace heliograph::sql::test {

inline constexpr std::int64_t kNoon = 1'782'043'200'000'000'000;  // 2026-06-21 12:00:00 UTC
inline constexpr std::int64_t kSecond = 1'000'000'000;

/// One server for all tests of a program that leave it as it was.
inline testing::PostgresServer& shared_server() {
    static testing::PostgresServer server;
    return server;
}

/// A database that no other test knows.
inline std::string new_database(testing::PostgresServer& server) {
    static int made = 0;
    const std::string name = "test_" + std::to_string(++made);
    server.query("CREATE DATABASE " + name + " OWNER " + testing::PostgresServer::kUser, "postgres");
    return name;
}

struct PostgresFixture {
    PostgresFixture(const PostgresFixture&) = delete;
    PostgresFixture& operator=(const PostgresFixture&) = delete;
    explicit PostgresFixture(const testkit::Settings& more = {},
                             testing::PostgresServer& of = shared_server())
        : server(of), database(new_database(of)), output(descriptor(), host, settings(more)) {
        host.use_system_clock();
    }

    static const hg_descriptor& descriptor() {
        return heliograph::descriptor<Sql>(Sql::kType, Sql::kSummary);
    }
    /// Later ones of `more` win.
    [[nodiscard]] testkit::Settings settings(const testkit::Settings& more = {}) const {
        testkit::Settings all{{"url", server.url(database)},
                              {"user", testing::PostgresServer::kUser},
                              {"password", testing::PostgresServer::kPassword}};
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

    testing::PostgresServer& server;
    std::string database;
    testkit::RecordingHost host;
    testkit::PluginUnderTest output;
    OwnedBatch batch;
};

}  // namespace heliograph::sql::test
