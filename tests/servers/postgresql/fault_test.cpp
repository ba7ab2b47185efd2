// What becomes of metrics while a PostgreSQL server is away, full, forbidding or in somebody else's hands:
// nothing is lost, nothing is stored twice, and writing goes on by itself once things are put right.
#include "tests/integration/driver/eventually.hpp"
#include "tests/servers/postgresql/postgres_fixture.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace heliograph;
using namespace heliograph::sql::test;
using Catch::Matchers::Contains;
using testing::eventually;
using testing::PostgresServer;

namespace {

/// With a server of its own, since others would notice what is done to it.
struct Disturbed {
    explicit Disturbed(const testkit::Settings& more = {}) : fixture(more, server) {}

    PostgresServer server;
    PostgresFixture fixture;
};

/// Writes one metric, which must be refused for now with that status and text, then puts things right; the
/// same metric must then be stored.
void fails_until(PostgresFixture& fixture, std::int32_t status, const std::string& text,
                 const std::function<void()>& put_right) {
    const auto outcome = fixture.write();
    CHECK(outcome.status == status);
    CHECK_THAT(outcome.error, Contains(text));
    CHECK(outcome.rejected.empty());
    CHECK_THAT(outcome.error, !Contains(PostgresServer::kPassword));
    put_right();
    // The first connection after a change may still meet the old state.
    std::string last;
    CHECK(eventually([&] {
        const auto again = fixture.write();
        last = again.error;
        return again.ok();
    }));
    INFO(last);
    CHECK(fixture.value("SELECT count(*) FROM port") == std::to_string(fixture.batch.size()));
}

/// Writes batch after batch, each until it is stored, as the host does.
class Writer {
public:
    static constexpr std::size_t kBatches = 40;
    static constexpr std::size_t kRows = 1'000;

    explicit Writer(PostgresFixture& fixture) : fixture_(fixture), thread_([this] { run(); }) {}
    ~Writer() {
        gives_up_ = true;
        thread_.join();
    }

    [[nodiscard]] std::size_t delivered() const { return delivered_; }
    [[nodiscard]] std::size_t failures() const { return failures_; }
    [[nodiscard]] bool is_done() const { return delivered_ == kBatches || gives_up_; }

private:
    void run() {
        for (std::size_t number = 0; number < kBatches && !gives_up_; ++number) {
            fixture_.batch.reset();
            for (std::size_t row = 0; row < kRows; ++row) {
                fixture_.add(kNoon + static_cast<std::int64_t>(number) * kSecond, std::to_string(row),
                             static_cast<double>(number));
            }
            for (;;) {
                const auto outcome = fixture_.write();
                if (outcome.ok() && outcome.rejected.empty()) {
                    break;
                }
                ++failures_;
                gives_up_ = gives_up_ || outcome.status != HG_RETRY;
                if (gives_up_) {
                    return;
                }
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
            ++delivered_;
        }
    }

    PostgresFixture& fixture_;
    std::atomic<std::size_t> delivered_{0};
    std::atomic<std::size_t> failures_{0};
    std::atomic<bool> gives_up_{false};
    std::thread thread_;
};

struct Disturbance {
    std::string name;
    std::function<void(PostgresServer&)> act;
};

}  // namespace

TEST_CASE("a PostgreSQL server that comes and goes in mid-batch loses nothing and doubles nothing",
          "[servers][postgresql]") {
    const Disturbance disturbance = GENERATE(values<Disturbance>({
        {"killed and restarted",
         [](PostgresServer& server) {
             server.kill();
             server.start();
         }},
        {"stopped and restarted",
         [](PostgresServer& server) {
             server.stop();
             server.start();
         }},
        {"the session is terminated",
         [](PostgresServer& server) {
             server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" +
                              std::string(PostgresServer::kUser) + "'",
                          "postgres");
         }},
        {"the statement is cancelled",
         [](PostgresServer& server) {
             server.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = '" +
                              std::string(PostgresServer::kUser) + "'",
                          "postgres");
         }},
    }));
    DYNAMIC_SECTION(disturbance.name) {
        Disturbed disturbed;
        {
            Writer writer(disturbed.fixture);
            for (const std::size_t after : {5U, 15U, 25U}) {
                CHECK(eventually([&] { return writer.delivered() >= after || writer.is_done(); }));
                disturbance.act(disturbed.server);
            }
            CHECK(eventually([&] { return writer.is_done(); }));
            CHECK(writer.delivered() == Writer::kBatches);
        }
        const std::string stored = std::to_string(Writer::kBatches * Writer::kRows);
        CHECK(disturbed.fixture.query("SELECT count(*), count(DISTINCT (time, port)) FROM port") ==
              testing::Rows{{stored, stored}});
    }
}

TEST_CASE("a server that was restarted between two writes is not noticed", "[servers][postgresql]") {
    Disturbed disturbed;
    disturbed.fixture.add(kNoon, "a", 1);
    REQUIRE(disturbed.fixture.write().ok());
    disturbed.server.stop();
    disturbed.server.start();
    disturbed.fixture.add(kNoon, "b", 1);
    const auto outcome = disturbed.fixture.write();
    INFO(outcome.error);
    CHECK(outcome.ok());
    CHECK(disturbed.fixture.value("SELECT count(*) FROM port") == "2");
}

TEST_CASE("a full disk keeps the metrics until there is room", "[servers][postgresql]") {
    Disturbed disturbed;
    PostgresFixture& fixture = disturbed.fixture;
    fixture.add(kNoon, "first", 1);
    REQUIRE(fixture.write().ok());
    for (int i = 0; i < 20'000; ++i) {
        fixture.add(kNoon, std::to_string(i), i);
    }
    disturbed.server.fill_disk();
    fails_until(fixture, HG_RETRY, "make room on the server's disk", [&] { disturbed.server.free_disk(); });
}

TEST_CASE("a server that stands still is given up in time, and a repeat doubles nothing",
          "[servers][postgresql]") {
    Disturbed disturbed({{"statement_timeout", std::chrono::nanoseconds(std::chrono::milliseconds(500))},
                         {"connect_timeout", std::chrono::nanoseconds(std::chrono::milliseconds(500))}});
    disturbed.fixture.add(kNoon, "a", 1);
    REQUIRE(disturbed.fixture.write().ok());
    disturbed.fixture.add(kNoon, "b", 1);
    disturbed.server.pause();
    const auto outcome = disturbed.fixture.write();
    CHECK(outcome.status == HG_RETRY);
    CHECK_THAT(outcome.error, Contains("did not answer in time"));
    // No new connection either.
    CHECK_THAT(disturbed.fixture.write().error,
               Contains("cannot connect to postgresql://heliograph@127.0.0.1:"));
    disturbed.server.resume();
    CHECK(eventually([&] { return disturbed.fixture.write().ok(); }));
    CHECK(disturbed.fixture.value("SELECT count(*) FROM port") == "2");
}

TEST_CASE("a write is interrupted while the server stands still, and the next one works",
          "[servers][postgresql]") {
    Disturbed disturbed;
    PostgresFixture& fixture = disturbed.fixture;
    fixture.add(kNoon, "a", 1);
    REQUIRE(fixture.write().ok());
    fixture.add(kNoon, "b", 1);
    disturbed.server.pause();
    std::atomic<bool> is_done{false};
    std::int32_t status = HG_OK;
    std::thread writer([&] {
        status = fixture.write().status;
        is_done = true;
    });
    // As often as it takes: an interrupt before the write has begun concerns what was before.
    CHECK(eventually([&] {
        fixture.output.interrupt();
        return is_done.load();
    }));
    writer.join();
    CHECK(status == HG_STOPPED);
    disturbed.server.resume();
    CHECK(eventually([&] { return fixture.write().ok(); }));
    CHECK(fixture.value("SELECT count(*) FROM port") == "2");
}

TEST_CASE("a write is interrupted while another session holds the table", "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.add(kNoon, "a", 1);
    REQUIRE(fixture.write().ok());
    auto session = fixture.server.session(fixture.database);
    session.query("BEGIN; LOCK TABLE port IN ACCESS EXCLUSIVE MODE");
    std::atomic<bool> is_done{false};
    std::int32_t status = HG_OK;
    std::thread writer([&] {
        status = fixture.write().status;
        is_done = true;
    });
    CHECK(eventually([&] {
        fixture.output.interrupt();
        return is_done.load();
    }));
    writer.join();
    CHECK(status == HG_STOPPED);
    session.query("COMMIT");
    CHECK(fixture.write().ok());
}

TEST_CASE("a table that was dropped is made again", "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.add(kNoon, "a", 1);
    REQUIRE(fixture.write().ok());
    fixture.query("DROP TABLE port");
    const auto outcome = fixture.write();
    INFO(outcome.error);
    CHECK(outcome.ok());
    CHECK(fixture.value("SELECT count(*) FROM port") == "1");
}

TEST_CASE("a column whose type somebody changed takes values again without loss", "[servers][postgresql]") {
    struct Case {
        std::string name;
        std::string on_conflict;
        std::string type;
        std::string wanted;
    };
    const Case change = GENERATE(values<Case>({
        {"to integers, merged", "merge", "integer", "1.5"},
        {"to integers, appended", "append", "bigint", "1.5"},
        {"to texts, merged", "merge", "text", "1.5"},
        {"to texts, appended", "append", "text", "1.5"},
        {"to numbers of less precision, merged", "merge", "real", "1.5"},
        {"to numbers of less precision, appended", "append", "real", "1.5"},
    }));
    DYNAMIC_SECTION(change.name) {
        PostgresFixture fixture(testkit::Settings{{"on_conflict", change.on_conflict}});
        fixture.add(kNoon, "a", 3);
        REQUIRE(fixture.write().ok());
        fixture.query("ALTER TABLE port ALTER power TYPE " + change.type);
        fixture.batch.reset();
        fixture.add(kNoon + kSecond, "a", 1.5);
        const auto outcome = fixture.write();
        INFO(outcome.error);
        CHECK(outcome.ok());
        CHECK(outcome.rejected.empty());
        CHECK(fixture.query("SELECT power::text FROM port ORDER BY time") ==
              testing::Rows{{"3"}, {change.wanted}});
    }
}

TEST_CASE("a right that was revoked keeps the metrics until it is granted", "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.add(kNoon, "a", 1);
    REQUIRE(fixture.write().ok());
    fixture.add(kNoon, "b", 1);
    fixture.query("REVOKE INSERT ON port FROM heliograph");
    fails_until(fixture, HG_FATAL, "permission denied for table port [42501]; let the owner",
                [&] { fixture.query("GRANT INSERT ON port TO heliograph"); });
}

TEST_CASE("a new column waits for the session that holds the table", "[servers][postgresql]") {
    PostgresFixture fixture(
        testkit::Settings{{"statement_timeout", std::chrono::nanoseconds(std::chrono::milliseconds(300))}});
    fixture.add(kNoon, "a", 1);
    REQUIRE(fixture.write().ok());
    auto session = fixture.server.session(fixture.database);
    session.query("BEGIN; LOCK TABLE port IN ACCESS SHARE MODE");
    fixture.batch.batch().add("port", 1, 2).tag("port", "b").field("voltage", 1.0).time(kNoon);
    fails_until(fixture, HG_RETRY, "another session holds the lock", [&] { session.query("COMMIT"); });
}

TEST_CASE("a database that takes no changes keeps the metrics until it does", "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.query("ALTER DATABASE " + fixture.database + " SET default_transaction_read_only = on");
    fixture.add(kNoon, "a", 1);
    fails_until(fixture, HG_RETRY, "takes no changes at present", [&] {
        fixture.server.query("ALTER DATABASE " + fixture.database + " RESET default_transaction_read_only",
                             "postgres");
    });
}

TEST_CASE("too many connections keep the metrics until there are fewer", "[servers][postgresql]") {
    PostgresFixture fixture;
    fixture.query("ALTER DATABASE " + fixture.database + " CONNECTION LIMIT 0");
    fixture.add(kNoon, "a", 1);
    fails_until(fixture, HG_RETRY, "close other connections",
                [&] { fixture.query("ALTER DATABASE " + fixture.database + " CONNECTION LIMIT -1"); });
}

TEST_CASE("a wrong password keeps the metrics until it is the right one", "[servers][postgresql]") {
    PostgresFixture fixture(testkit::Settings{{"user", "someone"}, {"password", "moon & sun"}});
    fixture.server.add_user("someone", "something else");
    fixture.query("ALTER DATABASE " + fixture.database + " OWNER TO someone");
    fixture.add(kNoon, "a", 1);
    fails_until(fixture, HG_FATAL,
                "password authentication failed for user \"someone\" [28P01]; check the options",
                [&] { fixture.query("ALTER ROLE someone PASSWORD 'moon & sun'"); });
    for (const auto& line : fixture.host.log()) {
        CHECK_THAT(line.text, !Contains("moon & sun"));
    }
    fixture.query("ALTER DATABASE " + fixture.database +
                  " OWNER TO heliograph; REASSIGN OWNED BY someone TO "
                  "heliograph; DROP ROLE someone");
}

TEST_CASE("what cannot be connected to is named, with what to do", "[servers][postgresql]") {
    struct Case {
        std::string name;
        testkit::Settings settings;
        std::int32_t status;
        std::string text;
    };
    const std::string port = std::to_string(shared_server().port());
    const std::string server = "127.0.0.1:" + port;
    const Case wanted = GENERATE_COPY(values<Case>({
        {"no server", {{"url", "postgresql://127.0.0.1:1/metrics"}}, HG_RETRY, "check the host and port"},
        {"unknown database",
         {{"url", "postgresql://" + server + "/no_such"}},
         HG_FATAL,
         "cannot connect to postgresql://heliograph@" + server + "/no_such: "},
        {"unknown database, with advice",
         {{"url", "postgresql://" + server + "/no_such"}},
         HG_FATAL,
         "database \"no_such\" does not exist [3D000]; create the database"},
        {"no TLS", {{"tls", "require"}}, HG_FATAL, "set tls = \"off\", or enable TLS on the server"},
        {"no password", {{"password", ""}}, HG_FATAL, "set the option password"},
        {"no entry in pg_hba.conf",
         {{"url", "postgresql:///postgres?"}, {"user", "nobody"}},
         HG_RETRY,
         "cannot connect to postgresql://nobody@local socket/"},
    }));
    DYNAMIC_SECTION(wanted.name) {
        PostgresFixture fixture(wanted.settings);
        fixture.add(kNoon, "a", 1);
        const auto outcome = fixture.write();
        INFO(outcome.error);
        CHECK(outcome.status == wanted.status);
        CHECK_THAT(outcome.error, Contains(wanted.text));
        CHECK_THAT(outcome.error, !Contains(PostgresServer::kPassword));
    }
}
