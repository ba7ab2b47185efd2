// What a metric costs on its way into MariaDB, beside a bare loop that sends ready arrays to the same server
// and table. Both run in turns, so that what else the machine does meets both.
#include "bench/harness.hpp"
#include "outputs/sql/mariadb_rows.hpp"
#include "outputs/sql/sql.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"
#include "tests/servers/support/mariadb_server.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <mysql.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace heliograph;
using testing::MariadbServer;

constexpr std::size_t kBatch = 1'000;  // as the host hands them over by default
constexpr std::size_t kBatches = 50;
constexpr std::size_t kMetrics = kBatch * kBatches;
constexpr std::size_t kRuns = 7;
constexpr std::size_t kPorts = 20;
constexpr std::size_t kFields = 5;
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
        batch.add("pv_port", 2, kFields)
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

/// A batch as the client library takes it, bound already.
struct ReadyArrays {
    explicit ReadyArrays(const MetricSpan& metrics)
        : times(kBatch), time_pointers(kBatch), numbers(kFields), indicators(kBatch) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            const MetricView metric(metrics[i]);
            times[i] = sql::mysql_time(metric.time());
            time_pointers[i] = &times[i];
            for (std::size_t tag = 0; tag < 2; ++tag) {
                texts[tag].push_back(metric.tags()[tag].value.data);
                lengths[tag].push_back(metric.tags()[tag].value.size);
            }
            for (std::size_t field = 0; field < kFields; ++field) {
                numbers[field].push_back(metric.fields()[field].value.integer);  // the same eight bytes
            }
        }
        bind(0, MYSQL_TYPE_DATETIME, time_pointers.data());
        for (std::size_t tag = 0; tag < 2; ++tag) {
            bind(1 + tag, MYSQL_TYPE_STRING, texts[tag].data());
            bound[1 + tag].length = lengths[tag].data();
        }
        for (std::size_t field = 0; field < kFields; ++field) {
            bind(3 + field,
                 MetricView(metrics[0]).fields()[field].type == HG_FLOAT ? MYSQL_TYPE_DOUBLE
                                                                         : MYSQL_TYPE_LONGLONG,
                 numbers[field].data());
        }
    }
    ReadyArrays(const ReadyArrays&) = delete;
    ReadyArrays& operator=(const ReadyArrays&) = delete;

    void bind(std::size_t at, enum_field_types type, void* values) {
        bound[at].buffer_type = type;
        bound[at].buffer = values;
        bound[at].u.indicator = indicators.data();
    }

    std::vector<MYSQL_TIME> times;
    std::vector<void*> time_pointers;
    std::array<std::vector<const char*>, 2> texts;
    std::array<std::vector<unsigned long>, 2> lengths;
    std::vector<std::vector<std::int64_t>> numbers;
    std::vector<char> indicators;
    std::array<MYSQL_BIND, 3 + kFields> bound{};
};

/// The least that a program can do: one prepared insert, one execution for a batch, one transaction.
class BareInsert {
public:
    BareInsert(const MariadbServer& server, const std::string& sql) : handle_(mysql_init(nullptr)) {
        const unsigned protocol = MYSQL_PROTOCOL_TCP;
        mysql_optionsv(handle_, MYSQL_OPT_PROTOCOL, &protocol);
        if (mysql_real_connect(handle_, "127.0.0.1", MariadbServer::kUser, MariadbServer::kPassword,
                               MariadbServer::kDatabase, server.port(), nullptr, 0) == nullptr) {
            give_up(mysql_error(handle_));
        }
        insert_ = mysql_stmt_init(handle_);
        const unsigned rows = kBatch;
        mysql_stmt_attr_set(insert_, STMT_ATTR_ARRAY_SIZE, &rows);
        if (mysql_stmt_prepare(insert_, sql.data(), sql.size()) != 0) {
            give_up(mysql_stmt_error(insert_));
        }
    }
    BareInsert(const BareInsert&) = delete;
    BareInsert& operator=(const BareInsert&) = delete;
    ~BareInsert() {
        mysql_stmt_close(insert_);
        mysql_close(handle_);
    }

    void run(const std::string& sql) {
        if (mysql_real_query(handle_, sql.data(), sql.size()) != 0) {
            give_up(mysql_error(handle_));
        }
    }
    void write(ReadyArrays& arrays) {
        run("START TRANSACTION");
        mysql_stmt_bind_param(insert_, arrays.bound.data());
        if (mysql_stmt_execute(insert_) != 0) {
            give_up(mysql_stmt_error(insert_));
        }
        run("COMMIT");
    }

private:
    MYSQL* handle_;
    MYSQL_STMT* insert_;
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

const std::string kInsert =
    "INSERT INTO pv_port (time, host, port, grid_voltage, power, current, temperature, energy_total) VALUES "
    "(?, ?, ?, ?, ?, ?, ?, ?)";

struct Way {
    std::string name;
    std::string on_conflict;
    std::string sql;  // of the bare loop
};

const std::array<Way, 2> kWays{
    {{"keyed", "merge",
      kInsert +
          " ON DUPLICATE KEY UPDATE grid_voltage = COALESCE(VALUES(grid_voltage), grid_voltage), power = "
          "COALESCE(VALUES(power), power), current = COALESCE(VALUES(current), current), temperature = "
          "COALESCE(VALUES(temperature), temperature), energy_total = COALESCE(VALUES(energy_total), "
          "energy_total)"},
     {"appended", "append", kInsert}}};

void compare(const Way& way, MariadbServer& server, std::vector<bench::Measurement>& measurements,
             std::string& conclusion) {
    std::vector<OwnedBatch> batches(kBatches);
    std::vector<std::unique_ptr<ReadyArrays>> arrays;
    for (std::size_t i = 0; i < kBatches; ++i) {
        fill(batches[i].batch(), i);
        arrays.push_back(std::make_unique<ReadyArrays>(batches[i].metrics()));
    }
    testkit::RecordingHost host;
    testkit::PluginUnderTest output(descriptor<sql::Sql>(sql::Sql::kType, sql::Sql::kSummary), host,
                                    testkit::Settings{{"url", server.url()},
                                                      {"user", MariadbServer::kUser},
                                                      {"password", MariadbServer::kPassword},
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
    BareInsert bare(server, way.sql);
    Times of_output;
    Times of_bare;
    std::vector<double> shares;
    for (std::size_t run = 0; run < kRuns; ++run) {
        bare.run("DELETE FROM pv_port");
        of_bare.measure([&] {
            for (const auto& batch : arrays) {
                bare.write(*batch);
            }
        });
        bare.run("DELETE FROM pv_port");
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
    add(way.name + ": ready arrays", of_bare);
    add(way.name + ": output, " + way.on_conflict, of_output);
    std::array<char, 128> line{};
    std::snprintf(line.data(), line.size(), "%s: the output reaches %.0f %% of the rate of ready arrays\n",
                  way.name.c_str(), median(shares) * 100);
    conclusion += line.data();
}

}  // namespace

int main(int argument_count, char** arguments) {
    MariadbServer server;
    std::vector<bench::Measurement> measurements;
    std::string conclusion;
    for (const Way& way : kWays) {
        compare(way, server, measurements, conclusion);
    }
    const int status = bench::report(argument_count, arguments, "metric", measurements);
    std::fputs(conclusion.c_str(), stderr);
    return status;
}
