// What a metric costs on its way into PostgreSQL, beside a bare loop that sends ready buffers to the same
// server and tables. Both run in turns, so that what else the machine does meets both.
#include "bench/harness.hpp"
#include "outputs/sql/postgresql_copy.hpp"
#include "outputs/sql/sql.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"
#include "tests/servers/support/postgres_server.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace heliograph;
using testing::PostgresServer;

constexpr std::size_t kBatch = 1'000;  // as the host hands them over by default
constexpr std::size_t kBatches = 50;
constexpr std::size_t kMetrics = kBatch * kBatches;
constexpr std::size_t kRuns = 11;
constexpr std::size_t kPorts = 20;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'782'036'000 * kSecond;

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(EXIT_FAILURE);
}

/// Twenty ports, read once a second: two tags, five fields.
void fill(Batch batch, std::size_t number) {
    for (std::size_t i = 0; i < kBatch; ++i) {
        const auto wave = static_cast<double>(i);
        batch.add("pv_port", 2, 5)
            .tag("host", "roof")
            .tag("port", "1164a0010/" + std::to_string(i % kPorts))
            .field("grid_voltage", (22'800 + wave) / 100)
            .field("power", (1'000 + wave) / 10)
            .field("current", wave / 1'000)
            .field("temperature", (200 + wave) / 10)
            .field("energy_total", static_cast<std::int64_t>(4'000'000 + i))
            .time(kStart + static_cast<std::int64_t>((number * kBatch + i) / kPorts) * kSecond);
    }
}

/// All that one COPY is sent: header, rows, trailer.
std::string encoded(const MetricSpan& metrics) {
    using sql::Wire;
    static const std::array<sql::CopyColumn, 8> kColumns{{{Wire::timestamptz, "time"},
                                                          {Wire::text, "host"},
                                                          {Wire::text, "port"},
                                                          {Wire::float8, "grid_voltage"},
                                                          {Wire::float8, "power"},
                                                          {Wire::float8, "current"},
                                                          {Wire::float8, "temperature"},
                                                          {Wire::int8, "energy_total"}}};
    sql::CopyBuffer buffer;
    for (const MetricView metric : metrics) {
        std::vector<sql::Value> row{sql::Value::of(metric.time())};
        for (const hg_tag& tag : metric.tags()) {
            row.push_back(sql::Value::of(view(tag.value)));
        }
        for (const hg_field& field : metric.fields()) {
            row.push_back(field.type == HG_FLOAT ? sql::Value::of(field.value.floating)
                                                 : sql::Value::of(field.value.integer));
        }
        buffer.add_row(kColumns, row, 0);
    }
    std::string all(sql::CopyBuffer::kHeader);
    return all.append(buffer.bytes()).append(sql::CopyBuffer::kTrailer);
}

/// The least that a program can do: its statements in one message, its data in one piece.
class BareCopy {
public:
    BareCopy(const std::string& connection, std::string statements)
        : handle_(PQconnectdb(connection.c_str())), statements_(std::move(statements)) {
        if (PQstatus(handle_) != CONNECTION_OK) {
            give_up(PQerrorMessage(handle_));
        }
    }
    BareCopy(const BareCopy&) = delete;
    BareCopy& operator=(const BareCopy&) = delete;
    ~BareCopy() { PQfinish(handle_); }

    void run(const std::string& statements, std::string_view data = {}) {
        if (PQsendQuery(handle_, statements.c_str()) == 0) {
            give_up(PQerrorMessage(handle_));
        }
        while (PGresult* result = PQgetResult(handle_)) {
            const ExecStatusType status = PQresultStatus(result);
            PQclear(result);
            if (status == PGRES_COPY_IN) {
                PQputCopyData(handle_, data.data(), static_cast<int>(data.size()));
                PQputCopyEnd(handle_, nullptr);
            } else if (status != PGRES_COMMAND_OK) {
                give_up(PQerrorMessage(handle_));
            }
        }
    }
    void write(std::string_view data) { run(statements_, data); }

private:
    PGconn* handle_;
    std::string statements_;
};

/// What the runs of one way to write took, per metric.
struct Times {
    std::vector<double> elapsed;
    std::vector<double> cpu;
    std::vector<double> allocations;

    void measure(const std::function<void()>& body) {
        const std::uint64_t allocations_before = bench::heap_allocations();
        const std::int64_t cpu_before = bench::cpu_nanoseconds();
        const auto before = std::chrono::steady_clock::now();
        body();
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - before;
        elapsed.push_back(took.count() / kMetrics);
        cpu.push_back(static_cast<double>(bench::cpu_nanoseconds() - cpu_before) / kMetrics);
        allocations.push_back(static_cast<double>(bench::heap_allocations() - allocations_before) / kMetrics);
    }
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Way {
    std::string name;
    std::string on_conflict;
    std::string statements;  // of the bare loop
};

const std::string kNames = "time, host, port, grid_voltage, power, current, temperature, energy_total";

const std::array<Way, 2> kWays{
    {{"keyed", "merge",
      "BEGIN; COPY staging FROM STDIN (FORMAT binary); INSERT INTO pv_port AS stored (" + kNames +
          ") SELECT " + kNames +
          " FROM staging ON CONFLICT (time, host, port) DO UPDATE SET grid_voltage = "
          "COALESCE(excluded.grid_voltage, stored.grid_voltage), power = COALESCE(excluded.power, "
          "stored.power), current = COALESCE(excluded.current, stored.current), temperature = "
          "COALESCE(excluded.temperature, stored.temperature), energy_total = "
          "COALESCE(excluded.energy_total, stored.energy_total); COMMIT"},
     {"appended", "append", "COPY pv_port (" + kNames + ") FROM STDIN (FORMAT binary)"}}};

void compare(const Way& way, PostgresServer& server, std::vector<bench::Measurement>& measurements,
             std::string& conclusion) {
    std::vector<OwnedBatch> batches(kBatches);
    std::vector<std::string> buffers;
    for (std::size_t i = 0; i < kBatches; ++i) {
        fill(batches[i].batch(), i);
        buffers.push_back(encoded(batches[i].metrics()));
    }
    testkit::RecordingHost host;
    testkit::PluginUnderTest output(descriptor<sql::Sql>(sql::Sql::kType, sql::Sql::kSummary), host,
                                    testkit::Settings{{"url", server.url()},
                                                      {"user", PostgresServer::kUser},
                                                      {"password", PostgresServer::kPassword},
                                                      {"on_conflict", way.on_conflict}});
    const auto write_all = [&] {
        for (const OwnedBatch& batch : batches) {
            const auto outcome = output.write(batch.metrics());
            if (!outcome.ok() || !outcome.rejected.empty()) {
                give_up("the write failed: " + outcome.error);
            }
        }
    };
    write_all();  // makes the table that the bare loop writes to as well
    BareCopy bare("host=" + PostgresServer::host() + " port=" + std::to_string(server.port()) +
                      " dbname=" + PostgresServer::kDatabase + " user=" + PostgresServer::kUser +
                      " password='" + PostgresServer::kPassword + "'",
                  way.statements);
    bare.run(
        "CREATE TEMPORARY TABLE staging (time timestamptz, host text, port text, grid_voltage float8, power "
        "float8, current float8, temperature float8, energy_total bigint) ON COMMIT DELETE ROWS");
    Times of_output;
    Times of_bare;
    std::vector<double> shares;
    for (std::size_t run = 0; run < kRuns; ++run) {
        bare.run("TRUNCATE pv_port");
        of_bare.measure([&] {
            for (const std::string& buffer : buffers) {
                bare.write(buffer);
            }
        });
        bare.run("TRUNCATE pv_port");
        of_output.measure(write_all);
        shares.push_back(of_bare.elapsed.back() / of_output.elapsed.back());
    }
    if (server.value("SELECT count(*) FROM pv_port") != std::to_string(kMetrics)) {
        give_up("some metrics are not in the table");
    }
    server.query("DROP TABLE pv_port");
    const auto add = [&](const std::string& name, const Times& times) {
        measurements.push_back(
            {name + ", elapsed", kMetrics, 0, median(times.elapsed), median(times.allocations)});
        measurements.push_back({name + ", CPU of this program", kMetrics, 0, median(times.cpu), 0});
    };
    add(way.name + ": ready buffers", of_bare);
    add(way.name + ": output, " + way.on_conflict, of_output);
    std::array<char, 128> line{};
    std::snprintf(line.data(), line.size(), "%s: the output reaches %.0f %% of the rate of ready buffers\n",
                  way.name.c_str(), median(shares) * 100);
    conclusion += line.data();
}

}  // namespace

int main(int argument_count, char** arguments) {
    PostgresServer server;
    std::vector<bench::Measurement> measurements;
    std::string conclusion;
    for (const Way& way : kWays) {
        compare(way, server, measurements, conclusion);
    }
    const int status = bench::report(argument_count, arguments, "metric", measurements);
    std::fputs(conclusion.c_str(), stderr);
    return status;
}
