// What happens to a batch when the database, the disk or a row will not do.
#include "tests/unit/outputs/sql/sql_fixture.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <thread>

using namespace heliograph;
using namespace heliograph::sql::test;
using std::chrono::milliseconds;

namespace {

/// A disk that is full: no file may grow beyond a size while this lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &old_);
        const rlimit limit{bytes, old_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &old_);
        std::signal(SIGXFSZ, old_handler_);
    }

private:
    rlimit old_{};
    void (*old_handler_)(int);
};

int deleted_files_open = 0;  // at the last call of count_deleted_files_open

int count_deleted_files_open() {
    constexpr std::string_view kDeleted = "metrics.db (deleted)";  // proc(5), on /proc/[pid]/fd
    deleted_files_open = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code ignored;
        const std::string target = std::filesystem::read_symlink(entry.path(), ignored).string();
        deleted_files_open += target.ends_with(kDeleted) ? 1 : 0;
    }
    return SQLITE_OK;
}

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a row that the database refuses is rejected alone", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("power", 0.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    database.run(
        "CREATE TRIGGER guard BEFORE INSERT ON m WHEN NEW.power < 0 BEGIN SELECT RAISE(ABORT, 'negative'); "
        "END");
    fixture.batch.reset();
    batch.add("m").field("power", 1.0).time(kNoon + 1);
    batch.add("m").field("power", -1.0).time(kNoon + 2);
    batch.add("n").field("power", 2.0).time(kNoon);
    batch.add("m").field("power", 3.0).time(kNoon + 3);
    const auto outcome = fixture.write();
    REQUIRE(outcome.ok());
    REQUIRE(outcome.rejected.size() == 1);
    CHECK(outcome.rejected.at(1) == "cannot write a row: negative");
    CHECK(database.rows("SELECT power FROM m ORDER BY time") == lines({"0.0", "1.0", "3.0"}));
    CHECK(database.rows("SELECT power FROM n") == lines({"2.0"}));
}

TEST_CASE("a row that ends the transaction is left to the host to find", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("power", 0.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    database.run(
        "CREATE TRIGGER guard BEFORE INSERT ON m WHEN NEW.power < 0 BEGIN SELECT RAISE(ROLLBACK, 'no'); END");
    fixture.batch.reset();
    batch.add("n").field("power", 1.0).time(kNoon);
    batch.add("m").field("power", -1.0).time(kNoon + 1);
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_REFUSED);
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'n'") == "0");
    CHECK(fixture.output.write(MetricSpan(fixture.batch.metrics().records().data(), 1)).ok());
    CHECK(database.rows("SELECT power FROM n") == lines({"1.0"}));
}

TEST_CASE("a trigger that names what is not there keeps the batch until it is put right", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("power", 0.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    auto database = fixture.database();
    database.run("CREATE TRIGGER odd AFTER INSERT ON m BEGIN INSERT INTO missing VALUES (1); END");
    fixture.batch.reset();
    batch.add("n").field("power", 1.0).time(kNoon);
    batch.add("m").field("power", 1.0).time(kNoon + 1);
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_RETRY);
    CHECK(outcome.rejected.empty());
    CHECK_THAT(outcome.error,
               Catch::Contains("no such table: main.missing") && Catch::Contains("a second look"));
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'n'") == "0");
    database.run("DROP TRIGGER odd");
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT power FROM n") == lines({"1.0"}));
    CHECK(database.rows("SELECT power FROM m") == lines({"0.0", "1.0"}));
}

TEST_CASE("a locked database keeps the batch, and a later write stores it", "[unit][sql]") {
    SqlFixture fixture({{"busy_timeout", std::chrono::nanoseconds(milliseconds(10))}});
    fixture.batch.batch().add("m").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.output.open().ok());
    auto database = fixture.database();
    database.run("BEGIN IMMEDIATE");
    const auto outcome = fixture.write();
    CHECK(outcome.status == HG_RETRY);
    CHECK(outcome.rejected.empty());
    CHECK_THAT(outcome.error, Catch::Contains("another program has the database locked"));
    database.run("COMMIT");
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT power FROM m") == lines({"1.0"}));
}

TEST_CASE("an interrupted wait for a lock ends soon and stores nothing", "[unit][sql]") {
    SqlFixture fixture({{"busy_timeout", std::chrono::nanoseconds(std::chrono::minutes(5))}});
    fixture.batch.batch().add("m").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.output.open().ok());
    auto database = fixture.database();
    database.run("BEGIN IMMEDIATE");
    std::atomic<bool> done{false};
    std::thread stopper([&] {
        while (!done) {
            fixture.output.interrupt();
            std::this_thread::yield();
        }
    });
    const auto outcome = fixture.write();
    done = true;
    stopper.join();
    CHECK(outcome.status == HG_STOPPED);
    database.run("COMMIT");
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT power FROM m") == lines({"1.0"}));
}

TEST_CASE("a full disk keeps the batch whole", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("status", "first").time(kNoon);
    REQUIRE(fixture.write().ok());
    fixture.batch.reset();
    const std::string text(1000, 'x');
    for (int i = 1; i <= 3000; ++i) {
        batch.add("m").field("status", std::string_view(text)).time(kNoon + i);
    }
    testkit::WriteOutcome outcome;
    {
        const FileSizeLimit full(200'000);
        outcome = fixture.write();
    }
    CHECK(outcome.status == HG_RETRY);
    CHECK(outcome.rejected.empty());
    CHECK(fixture.database().value("SELECT count(*) FROM m") == "1");
    REQUIRE(fixture.write().ok());
    CHECK(fixture.database().value("SELECT count(*) FROM m") == "3001");
    CHECK(fixture.database().value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a database file that is deleted or replaced while it is open is opened anew", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch().add("m").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    SECTION("deleted") {
        std::filesystem::remove(fixture.path());
    }
    SECTION("replaced") {
        const std::string other = fixture.path() + ".other";
        Database(other).run("CREATE TABLE other (x)");
        std::filesystem::rename(other, fixture.path());
        for (const char* suffix : {"-wal", "-shm"}) {
            std::filesystem::remove(fixture.path() + suffix);
        }
    }
    REQUIRE(fixture.write().ok());
    CHECK(fixture.database().rows("SELECT power FROM m") == lines({"1.0"}));
    CHECK(fixture.host.logged(LogLevel::warning, "removed or replaced"));
}

TEST_CASE("a connection to a deleted file is closed before the new one is made", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch().add("m").field("power", 1.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    std::filesystem::remove(fixture.path());
    // SQLite calls this on every connection that it makes.
    const auto count = reinterpret_cast<void (*)()>(
        +[](sqlite3*, char**, const void*) { return count_deleted_files_open(); });
    sqlite3_auto_extension(count);
    deleted_files_open = -1;
    const auto outcome = fixture.write();
    sqlite3_cancel_auto_extension(count);
    REQUIRE(outcome.ok());
    CHECK(deleted_files_open == 0);
}

TEST_CASE("a directory in place of the file is waited out with a clear error", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch().add("m").field("power", 1.0).time(kNoon);
    std::filesystem::create_directory(fixture.path());
    const auto outcome = fixture.output.open();
    CHECK(outcome.status == HG_RETRY);
    CHECK_THAT(outcome.error, Catch::Contains(fixture.path()) && Catch::Contains("check that it is a file"));
    CHECK(fixture.write().status == HG_RETRY);
    std::filesystem::remove(fixture.path());
    CHECK(fixture.write().ok());
}

TEST_CASE("a file that is no database is fatal and not touched", "[unit][sql]") {
    SqlFixture fixture;
    const std::string letter(5000, 'a');
    std::ofstream(fixture.path()) << letter;
    const auto outcome = fixture.output.open();
    CHECK(outcome.status == HG_FATAL);
    CHECK_THAT(outcome.error, Catch::Contains("the file was left as it is"));
    CHECK(content(fixture.path()) == letter);
}

TEST_CASE("a process that is killed within a transaction leaves none of it", "[unit][sql]") {
    SqlFixture fixture;
    auto batch = fixture.batch.batch();
    batch.add("m").field("power", 0.0).time(kNoon);
    REQUIRE(fixture.write().ok());
    fixture.output.close();
    {
        auto database = fixture.database();
        // Stands for the kill: the process ends while a row, and a table that is being copied, are not
        // committed.
        database.run(
            "CREATE TRIGGER end_of_process AFTER INSERT ON m WHEN NEW.power = 2 BEGIN SELECT die(); END");
    }
    fixture.batch.reset();
    batch.add("m").tag("dtu", "roof").field("power", 1.0).time(kNoon + 1);
    batch.add("n").field("power", 1.0).time(kNoon);
    batch.add("m").field("power", 2.0).time(kNoon + 2);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // Every connection of this process learns the function that ends it.
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(+[](sqlite3* handle, char**, const void*) {
            return sqlite3_create_function(
                handle, "die", 0, SQLITE_UTF8, nullptr,
                [](sqlite3_context*, int, sqlite3_value**) { kill(getpid(), SIGKILL); }, nullptr, nullptr);
        }));
        fixture.write();
        _exit(1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    auto database = fixture.database();
    CHECK(database.rows("SELECT * FROM m") == lines({std::to_string(kNoon) + "|0.0"}));
    CHECK(database.value("SELECT count(*) FROM sqlite_schema WHERE type = 'table'") == "1");
    database.run("DROP TRIGGER end_of_process");
    REQUIRE(fixture.write().ok());
    CHECK(database.rows("SELECT dtu, power FROM m ORDER BY time") == lines({"|0.0", "roof|1.0", "|2.0"}));
}

TEST_CASE("close is safe twice and without open, and a write opens by itself", "[unit][sql]") {
    SqlFixture fixture;
    fixture.batch.batch().add("m").field("power", 1.0).time(kNoon);
    fixture.output.interrupt();
    fixture.output.close();
    fixture.output.close();
    CHECK(fixture.write().ok());
    fixture.output.close();
    CHECK(fixture.write().ok());
}
