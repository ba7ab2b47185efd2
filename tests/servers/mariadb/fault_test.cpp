// Whatever happens to MariaDB, no metric is lost or doubled, the error names what happened, and writing goes
// on by itself.
#include "tests/integration/driver/eventually.hpp"
#include "tests/servers/mariadb/mariadb_fixture.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace heliograph;
using namespace heliograph::sql::test;
using Catch::Matchers::Contains;
using testing::eventually;
using testing::MariadbServer;

namespace {

constexpr int kRows = 2'000;

/// A thousand rows of each of two tables.
void add_rows(MariadbFixture& fixture, std::int64_t begin) {
    fixture.batch.reset();
    for (int i = 0; i < kRows / 2; ++i) {
        const std::string serial = std::to_string(i % 10);
        const std::int64_t time = begin + i * kSecond;
        fixture.batch.batch()
            .add("port")
            .tag("port", serial)
            .field("power", i * 1.5)
            .field("count", i)
            .time(time);
        fixture.batch.batch().add("inverter").tag("serial", serial).field("state", "on").time(time);
    }
}

/// How many rows both tables hold, and whether all of them are whole.
std::string stored(MariadbFixture& fixture) {
    return fixture.value(
        "SELECT (SELECT count(*) FROM port WHERE power = count * 1.5) + (SELECT count(*) FROM inverter WHERE "
        "state = 'on')");
}

/// Writes until it succeeds, as the host does.
bool written_at_last(MariadbFixture& fixture) {
    return eventually([&] {
        const auto outcome = fixture.write();
        return outcome.ok() && outcome.rejected.empty();
    });
}

void require_kept(const testkit::WriteOutcome& outcome, std::int32_t status, const std::string& said) {
    INFO(outcome.error);
    REQUIRE(outcome.status == status);
    CHECK(outcome.rejected.empty());
    CHECK_THAT(outcome.error, Contains(said));
    CHECK_THAT(outcome.error, !Contains(MariadbServer::kPassword));
}

}  // namespace

TEST_CASE("A MariaDB server that was stopped is named, and written to once it is back",
          "[servers][mariadb]") {
    MariadbServer server;
    MariadbFixture fixture({}, server);
    add_rows(fixture, kNoon);
    REQUIRE(fixture.write().ok());
    server.stop();
    add_rows(fixture, kNoon + kRows * kSecond);
    CHECK(fixture.write().status == HG_RETRY);
    require_kept(fixture.write(), HG_RETRY,
                 "cannot connect to the server at 127.0.0.1:" + std::to_string(server.port()));
    CHECK_THAT(fixture.write().error, Contains("check that the server runs"));
    server.start();
    REQUIRE(written_at_last(fixture));
    CHECK(stored(fixture) == std::to_string(2 * kRows));
}

TEST_CASE("A MariaDB server that is killed in the middle of batches loses and doubles nothing",
          "[servers][mariadb]") {
    MariadbServer server;
    MariadbFixture fixture({}, server);
    constexpr int kBatches = 30;
    std::atomic<bool> over{false};
    std::atomic<int> written{0};
    std::thread writer([&] {
        for (int i = 0; i < kBatches && !over; ++i) {
            add_rows(fixture, kNoon + std::int64_t{i} * kRows * kSecond);
            while (!over && !fixture.write().ok()) {
                std::this_thread::yield();
            }
            ++written;
        }
    });
    for (int kill = 1; kill <= 3; ++kill) {
        const bool reached = eventually([&] { return written >= kill * kBatches / 5; });
        server.kill();
        server.start();
        CHECK(reached);
    }
    const bool all_written = eventually([&] { return written == kBatches; });
    over = true;
    writer.join();
    CHECK(all_written);
    CHECK(stored(fixture) == std::to_string(kBatches * kRows));
}

TEST_CASE("A connection that somebody kills on MariaDB is made anew", "[servers][mariadb]") {
    MariadbFixture fixture;
    add_rows(fixture, kNoon);
    REQUIRE(fixture.write().ok());
    for (const auto& row :
         fixture.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'heliograph' "
                       "AND DB = '" +
                       fixture.database + "'")) {
        fixture.query("KILL " + row[0]);
    }
    add_rows(fixture, kNoon + kRows * kSecond);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    CHECK(outcome.status == HG_RETRY);
    REQUIRE(fixture.write().ok());
    CHECK(stored(fixture) == std::to_string(2 * kRows));
}

TEST_CASE("A connection that was idle and is gone costs no failed write on MariaDB", "[servers][mariadb]") {
    MariadbServer server;
    MariadbFixture fixture({}, server);
    add_rows(fixture, kNoon);
    // The manual clock, so that a minute passes at once.
    testkit::RecordingHost host;
    testkit::PluginUnderTest output(MariadbFixture::descriptor(), host, fixture.settings());
    REQUIRE(output.write(fixture.batch.metrics()).ok());
    server.stop();
    server.start();
    host.advance(std::chrono::minutes(2));
    add_rows(fixture, kNoon + kRows * kSecond);
    const auto outcome = output.write(fixture.batch.metrics());
    INFO(outcome.error);
    CHECK(outcome.ok());
    CHECK(stored(fixture) == std::to_string(2 * kRows));
}

TEST_CASE("A full disk under MariaDB is named, and rows go in once there is room", "[servers][mariadb]") {
    MariadbServer server;
    MariadbFixture fixture({}, server);
    // Tables of several megabytes: InnoDB keeps no reserve for a smaller one, and ends itself when it cannot
    // roll back for lack of room.
    constexpr int kBefore = 20;
    int batches = 0;
    testkit::WriteOutcome outcome;
    do {  // until what the tables have of free pages is used up
        if (batches == kBefore) {
            server.fill_disk();
        }
        add_rows(fixture, kNoon + std::int64_t{batches} * kRows * kSecond);
        outcome = fixture.write();
        batches += outcome.ok() ? 1 : 0;
    } while (outcome.ok() && batches < 10 * kBefore);
    REQUIRE(batches >= kBefore);
    require_kept(outcome, HG_RETRY, "make room on the disk of the database server");
    server.free_disk();
    REQUIRE(written_at_last(fixture));
    CHECK(stored(fixture) == std::to_string((batches + 1) * kRows));
}

TEST_CASE("A table that somebody drops on MariaDB is made again", "[servers][mariadb]") {
    MariadbFixture fixture;
    add_rows(fixture, kNoon);
    REQUIRE(fixture.write().ok());
    fixture.query("DROP TABLE port");
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    CHECK(stored(fixture) == std::to_string(kRows));
}

TEST_CASE("A column that somebody gave another type on MariaDB is noticed before a value is rounded",
          "[servers][mariadb]") {
    MariadbFixture fixture;
    fixture.add(kNoon, "1", 1.0);
    REQUIRE(fixture.write().ok());
    fixture.query("ALTER TABLE port MODIFY power bigint");
    fixture.add(kNoon + kSecond, "1", 1.6);
    const auto outcome = fixture.write();
    INFO(outcome.error);
    REQUIRE(outcome.ok());
    CHECK(outcome.rejected.empty());
    CHECK(fixture.query("SELECT power FROM port ORDER BY time") == testing::Rows{{"1"}, {"1.6"}});
    CHECK(fixture.host.counter("widened_columns") == 1);
}

TEST_CASE("A column that somebody dropped on MariaDB comes back", "[servers][mariadb]") {
    MariadbFixture fixture;
    fixture.add(kNoon, "1", 1.0);
    REQUIRE(fixture.write().ok());
    fixture.query("ALTER TABLE port DROP COLUMN power, ADD COLUMN note text");
    fixture.add(kNoon + kSecond, "1", 1.6);
    REQUIRE(fixture.write().ok());
    CHECK(fixture.query("SELECT power, note FROM port ORDER BY time") ==
          testing::Rows{{"1", "NULL"}, {"1.6", "NULL"}});
}

TEST_CASE("A right that MariaDB withdraws keeps the metrics until it is given back", "[servers][mariadb]") {
    MariadbFixture fixture;
    add_rows(fixture, kNoon);
    REQUIRE(fixture.write().ok());
    const std::string on = " ON " + fixture.database + ".* ";
    fixture.query("REVOKE INSERT" + on + "FROM heliograph");
    add_rows(fixture, kNoon + kRows * kSecond);
    // Rights on a database hold for a connection as they were when it chose the database.
    testkit::PluginUnderTest other(MariadbFixture::descriptor(), fixture.host, fixture.settings());
    require_kept(other.write(fixture.batch.metrics()), HG_FATAL, "INSERT command denied");
    require_kept(other.write(fixture.batch.metrics()), HG_FATAL, "grant this user");
    fixture.query("GRANT INSERT" + on + "TO heliograph");
    REQUIRE(other.write(fixture.batch.metrics()).ok());
    CHECK(stored(fixture) == std::to_string(2 * kRows));
}

TEST_CASE("A table that another session holds locked on MariaDB is written to once it is free",
          "[servers][mariadb]") {
    MariadbFixture fixture(
        testkit::Settings{{"statement_timeout", std::chrono::nanoseconds(std::chrono::seconds(1))}});
    add_rows(fixture, kNoon);
    REQUIRE(fixture.write().ok());
    {
        auto session = fixture.server.session(fixture.database);
        session.query("LOCK TABLES port WRITE");
        add_rows(fixture, kNoon + kRows * kSecond);
        const auto outcome = fixture.write();
        INFO(outcome.error);
        CHECK(outcome.status == HG_RETRY);
        CHECK(outcome.rejected.empty());
    }
    REQUIRE(written_at_last(fixture));
    CHECK(stored(fixture) == std::to_string(2 * kRows));
}

TEST_CASE("A row that another session has locked on MariaDB holds a batch up for no longer than the timeout",
          "[servers][mariadb]") {
    MariadbFixture fixture(
        testkit::Settings{{"statement_timeout", std::chrono::nanoseconds(std::chrono::seconds(1))}});
    add_rows(fixture, kNoon);
    REQUIRE(fixture.write().ok());
    {
        auto session = fixture.server.session(fixture.database);
        session.query("START TRANSACTION");
        session.query("UPDATE port SET count = count");
        CHECK(fixture.write().status == HG_RETRY);
    }
    REQUIRE(written_at_last(fixture));
    CHECK(stored(fixture) == std::to_string(kRows));
}

TEST_CASE("A MariaDB server that is read-only keeps the metrics until it is not", "[servers][mariadb]") {
    MariadbServer server;
    MariadbFixture fixture({}, server);
    server.query("SET GLOBAL read_only = 1");
    add_rows(fixture, kNoon);
    require_kept(fixture.write(), HG_RETRY, "read-only");
    server.query("SET GLOBAL read_only = 0");
    REQUIRE(fixture.write().ok());
    server.query("SET GLOBAL read_only = 1");
    add_rows(fixture, kNoon + kRows * kSecond);
    require_kept(fixture.write(), HG_RETRY, "the server takes no writes now");
    server.query("SET GLOBAL read_only = 0");
    REQUIRE(fixture.write().ok());
    CHECK(stored(fixture) == std::to_string(2 * kRows));
}

TEST_CASE("A MariaDB server that does not answer is given up in time, and a stop does not wait for it",
          "[servers][mariadb]") {
    MariadbServer server;
    const auto timeout = std::chrono::nanoseconds(std::chrono::seconds(1));
    MariadbFixture fixture({{"statement_timeout", timeout}, {"connect_timeout", timeout}}, server);
    add_rows(fixture, kNoon);
    REQUIRE(fixture.write().ok());
    server.pause();
    add_rows(fixture, kNoon + kRows * kSecond);
    require_kept(fixture.write(), HG_RETRY, "did not answer in time");
    require_kept(fixture.write(), HG_RETRY, "did not answer in time");

    SECTION("once it answers, writing goes on") {
        server.resume();
        REQUIRE(written_at_last(fixture));
        CHECK(stored(fixture) == std::to_string(2 * kRows));
    }
    SECTION("an interrupt ends a call that waits for it") {
        testkit::PluginUnderTest patient(
            MariadbFixture::descriptor(), fixture.host,
            fixture.settings({{"connect_timeout", std::chrono::nanoseconds(std::chrono::minutes(5))}}));
        std::atomic<bool> ended{false};
        testkit::WriteOutcome outcome;
        std::thread writer([&] {
            outcome = patient.write(fixture.batch.metrics());
            ended = true;
        });
        const bool came_back = eventually([&] {
            patient.interrupt();
            return ended.load();
        });
        server.resume();
        writer.join();
        CHECK(came_back);
        CHECK(outcome.status == HG_STOPPED);
        REQUIRE(eventually([&] { return patient.write(fixture.batch.metrics()).ok(); }));
        CHECK(stored(fixture) == std::to_string(2 * kRows));
    }
}

TEST_CASE("A MariaDB server with too many connections keeps the metrics until one is free",
          "[servers][mariadb]") {
    MariadbServer server;
    MariadbFixture fixture({}, server);
    server.query("SET GLOBAL max_connections = 10");
    {
        std::vector<testing::MariadbSession> sessions;
        bool full = false;
        while (!full && sessions.size() < 20) {
            try {
                sessions.push_back(server.session());
            } catch (const std::runtime_error&) {
                full = true;
            }
        }
        REQUIRE(full);
        add_rows(fixture, kNoon);
        require_kept(fixture.write(), HG_RETRY, "Too many connections");
    }
    REQUIRE(written_at_last(fixture));
    CHECK(stored(fixture) == std::to_string(kRows));
}
