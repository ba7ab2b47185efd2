// A SQL output over a SQLite file of its own, and a second connection to look at what it stored.
#pragma once

#include "outputs/sql/sql.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <sqlite3.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::sql::test {

inline constexpr std::int64_t kNoon = 1'782'043'200'000'000'000;  // 2026-06-21 12:00:00 UTC
inline constexpr std::int64_t kSecond = 1'000'000'000;

/// A directory that is gone at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "heliograph-sql-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("cannot make a temporary directory");
        }
        path_ = name;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A plain connection, as another program would have.
class Database {
public:
    explicit Database(const std::string& path) {
        if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) {
            throw std::runtime_error("cannot open " + path);
        }
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database() { sqlite3_close(handle_); }

    /// Every row as one text: the values as SQL literals, separated by '|'.
    std::vector<std::string> rows(const std::string& sql) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
            throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
        }
        std::vector<std::string> found;
        int code = SQLITE_OK;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
            std::string row;
            for (int i = 0; i < sqlite3_column_count(statement); ++i) {
                row += i == 0 ? "" : "|";
                const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
                row += text == nullptr
                           ? "NULL"
                           : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
            }
            found.push_back(row);
        }
        sqlite3_finalize(statement);
        if (code != SQLITE_DONE) {
            throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
        }
        return found;
    }
    void run(const std::string& sql) { rows(sql); }
    std::string value(const std::string& sql) { return rows(sql).at(0); }

    [[nodiscard]] sqlite3* handle() { return handle_; }

private:
    sqlite3* handle_ = nullptr;
};

/// One output and its file.
struct SqlFixture {
    explicit SqlFixture(const testkit::Settings& more = {}) : output(descriptor(), host, settings(more)) {}

    static const hg_descriptor& descriptor() {
        return heliograph::descriptor<Sql>(Sql::kType, Sql::kSummary);
    }
    [[nodiscard]] std::string path() const { return (directory.path() / "metrics.db").string(); }
    [[nodiscard]] testkit::Settings settings(const testkit::Settings& more) const {
        testkit::Settings all{{"url", "sqlite://" + path()}};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] Database database() const { return Database(path()); }
    testkit::WriteOutcome write() { return output.write(batch.metrics()); }

    TemporaryDirectory directory;
    testkit::RecordingHost host;
    testkit::PluginUnderTest output;
    OwnedBatch batch;
};

inline std::vector<std::string> lines(std::initializer_list<std::string> list) {
    return list;
}

}  // namespace heliograph::sql::test
