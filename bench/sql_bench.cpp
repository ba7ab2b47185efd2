// What a metric costs on its way into SQLite, beside bare loops over one prepared insert in the same batches.
#include "bench/harness.hpp"
#include "outputs/sql/sql.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <sqlite3.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace heliograph;

constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kBatches = 50;
constexpr std::size_t kMetrics = kBatch * kBatches;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kPorts = 20;

/// A directory that is gone at the end.
class Directory {
public:
    Directory() {
        path_ = (std::filesystem::temp_directory_path() / "heliograph-bench-XXXXXX").string();
        if (mkdtemp(path_.data()) == nullptr) {
            std::perror("cannot make a directory for the databases");
            std::exit(EXIT_FAILURE);
        }
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// Twenty ports, read once a second: two tags, five fields.
void fill(Batch batch) {
    for (std::size_t i = 0; i < kBatch; ++i) {
        const auto wave = static_cast<double>(i);
        batch.add("pv_port", 2, 5)
            .tag("host", "roof")
            .tag("port", "1164a0010/" + std::to_string(i % kPorts))
            .field("grid_voltage", (22'800 + wave) / 100)
            .field("power", (1'000 + wave) / 10)
            .field("current", wave / 1'000)
            .field("temperature", (200 + wave) / 10)
            .field("energy_total", static_cast<std::int64_t>(4'000'000 + i));
    }
}

/// Every batch is of the seconds that follow the last one.
class Clock {
public:
    void stamp(OwnedBatch& owned) {
        Batch batch = owned.batch();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            batch[i].set_time(start_ + static_cast<std::int64_t>(i / kPorts) * kSecond);
        }
        start_ += static_cast<std::int64_t>(kBatch / kPorts) * kSecond;
    }

private:
    std::int64_t start_ = 1'782'036'000 * kSecond;
};

void must(int code, sqlite3* handle) {
    if (code != SQLITE_OK && code != SQLITE_DONE) {
        std::fprintf(stderr, "%s\n", sqlite3_errmsg(handle));
        std::exit(EXIT_FAILURE);
    }
}

/// The least that a program can do: bind and step, knowing its one table.
class BareInsert {
public:
    BareInsert(const std::string& path, const std::string& key, const std::string& on_conflict) {
        must(sqlite3_open(path.c_str(), &handle_), handle_);
        run("PRAGMA journal_mode = WAL");
        run("PRAGMA synchronous = NORMAL");
        run("CREATE TABLE pv_port (time INTEGER NOT NULL, host TEXT NOT NULL DEFAULT '', port TEXT NOT NULL "
            "DEFAULT "
            "'', grid_voltage REAL, power REAL, current REAL, temperature REAL, energy_total INTEGER" +
            key);
        const std::string sql = "INSERT INTO pv_port VALUES (?, ?, ?, ?, ?, ?, ?, ?)" + on_conflict;
        must(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &insert_, nullptr), handle_);
    }
    BareInsert(const BareInsert&) = delete;
    BareInsert& operator=(const BareInsert&) = delete;
    ~BareInsert() {
        sqlite3_finalize(insert_);
        sqlite3_close(handle_);
    }

    void write(const MetricSpan& metrics) {
        run("BEGIN IMMEDIATE");
        for (const MetricView metric : metrics) {
            int at = 0;
            sqlite3_bind_int64(insert_, ++at, metric.time());
            for (const hg_tag& tag : metric.tags()) {
                sqlite3_bind_text(insert_, ++at, tag.value.data, static_cast<int>(tag.value.size),
                                  SQLITE_STATIC);
            }
            for (const hg_field& field : metric.fields()) {
                if (field.type == HG_FLOAT) {
                    sqlite3_bind_double(insert_, ++at, field.value.floating);
                } else {
                    sqlite3_bind_int64(insert_, ++at, field.value.integer);
                }
            }
            must(sqlite3_step(insert_), handle_);
            sqlite3_reset(insert_);
        }
        run("COMMIT");
    }

private:
    void run(const std::string& sql) {
        must(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr), handle_);
    }

    sqlite3* handle_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

}  // namespace

int main(int argument_count, char** arguments) {
    const Directory directory;
    OwnedBatch batch;
    fill(batch.batch());
    std::vector<bench::Measurement> measurements;

    const std::string key = ", PRIMARY KEY (time, host, port)) WITHOUT ROWID";
    const auto measure_bare = [&](const std::string& name, const std::string& file,
                                  const std::string& end_of_table, const std::string& on_conflict) {
        Clock clock;
        BareInsert insert(directory.file(file), end_of_table, on_conflict);
        measurements.push_back(bench::measure(name, kMetrics, 0, [&] {
            for (std::size_t i = 0; i < kBatches; ++i) {
                clock.stamp(batch);
                insert.write(batch.metrics());
            }
        }));
    };
    const auto measure_output = [&](const std::string& on_conflict) {
        Clock clock;
        testkit::RecordingHost host;
        testkit::PluginUnderTest output(descriptor<sql::Sql>(sql::Sql::kType, sql::Sql::kSummary), host,
                                        testkit::Settings{{"url", "sqlite://" + directory.file(on_conflict)},
                                                          {"on_conflict", on_conflict}});
        measurements.push_back(bench::measure("output, on_conflict " + on_conflict, kMetrics, 0, [&] {
            for (std::size_t i = 0; i < kBatches; ++i) {
                clock.stamp(batch);
                const auto outcome = output.write(batch.metrics());
                if (!outcome.ok() || !outcome.rejected.empty()) {
                    std::fprintf(stderr, "the write failed: %s\n", outcome.error.c_str());
                    std::exit(EXIT_FAILURE);
                }
            }
        }));
    };
    measure_bare("bare insert, table without a key", "keyless", ")", "");
    measure_output("append");
    measure_bare("bare insert, keyed as the output's", "keyed", key, "");
    measure_output("merge");
    measure_output("ignore");
    measure_bare("bare insert, do nothing on conflict", "nothing", key, " ON CONFLICT DO NOTHING");
    return bench::report(argument_count, arguments, "metric", measurements);
}
