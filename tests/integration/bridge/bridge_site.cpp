#include "tests/integration/bridge/bridge_site.hpp"

#include "tests/servers/support/mariadb_server.hpp"
#include "tests/servers/support/postgres_server.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace heliograph::testing {
namespace {

/// Noon of a June day.
constexpr std::int64_t kNoon = 1'718'884'800'000'000'000;

class Postgresql final : public BridgeDatabase {
public:
    Rows query(const std::string& sql) override {
        return PostgresSession("host=127.0.0.1 port=" + std::to_string(server_.port()) +
                               " user=" + PostgresServer::kUser + " password='" + PostgresServer::kPassword +
                               "' dbname=" + PostgresServer::kDatabase)
            .query(sql);
    }
    [[nodiscard]] std::map<std::string, std::string> environment() const override {
        return {{"DB_TYPE", "postgres"},
                {"DB_HOST", PostgresServer::host()},
                {"DB_PORT", std::to_string(server_.port())},
                {"DB_NAME", PostgresServer::kDatabase},
                {"DB_USER", PostgresServer::kUser},
                {"DB_PASSWORD", PostgresServer::kPassword}};
    }
    [[nodiscard]] std::string name() const override { return "postgresql"; }

private:
    [[nodiscard]] std::string client() const override {
        return std::string("PGPASSWORD='") + PostgresServer::kPassword + "' psql -X -q -h 127.0.0.1 -p " +
               std::to_string(server_.port()) + " -U " + PostgresServer::kUser + " -d " +
               PostgresServer::kDatabase;
    }

    PostgresServer server_;
};

class Mariadb final : public BridgeDatabase {
public:
    Rows query(const std::string& sql) override { return server_.query(sql); }
    [[nodiscard]] std::map<std::string, std::string> environment() const override {
        return {{"DB_TYPE", "mysql"},
                {"DB_HOST", MariadbServer::host()},
                {"DB_PORT", std::to_string(server_.port())},
                {"DB_NAME", MariadbServer::kDatabase},
                {"DB_USER", MariadbServer::kUser},
                {"DB_PASSWORD", MariadbServer::kPassword}};
    }
    [[nodiscard]] std::string name() const override { return "mariadb"; }

private:
    [[nodiscard]] std::string client() const override {
        return std::string("MYSQL_PWD='") + MariadbServer::kPassword +
               "' mariadb --no-defaults -h 127.0.0.1 -P " + std::to_string(server_.port()) + " -u " +
               MariadbServer::kUser + " " + MariadbServer::kDatabase;
    }

    MariadbServer server_;
};

dtu_simulator::Settings one_roof() {
    dtu_simulator::Settings settings;
    settings.plant = {.inverters = 2, .ports = 2};
    settings.start_time = kNoon;
    return settings;
}

}  // namespace

Finished BridgeDatabase::run_script(const Workspace& workspace, const std::filesystem::path& script) const {
    const auto output = workspace.file("script.out");
    const auto error = workspace.file("script.err");
    const int status = std::system(
        (client() + " <'" + script.string() + "' >'" + output.string() + "' 2>'" + error.string() + "'")
            .c_str());
    return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            .output = read_file(output),
            .error = read_file(error)};
}

std::string BridgeDatabase::value(const std::string& sql) {
    const Rows rows = query(sql);
    if (rows.size() != 1 || rows.front().size() != 1) {
        throw std::runtime_error("not one value: " + sql);
    }
    return rows.front().front();
}

std::int64_t BridgeDatabase::count(const std::string& sql) {
    try {
        return std::stoll(value(sql));
    } catch (const std::runtime_error&) {
        return 0;
    }
}

std::unique_ptr<BridgeDatabase> make_bridge_database(const std::string& type) {
    if (type == "postgres") {
        return std::make_unique<Postgresql>();
    }
    return std::make_unique<Mariadb>();
}

BridgeSite::BridgeSite(const std::string& database_type)
    : dtu_(one_roof()), database_(database_type.empty() ? nullptr : make_bridge_database(database_type)) {
    dtu_.start();
    dtu_.set_time(kNoon);
}

dtu_simulator::PortReading BridgeSite::reading(std::size_t port) const {
    return plant().reading(port, kNoon);
}

std::map<std::string, std::string> BridgeSite::environment() const {
    std::map<std::string, std::string> all;
    if (database_) {
        all = database_->environment();
    }
    all.merge(std::map<std::string, std::string>{{"DTU_HOST", "127.0.0.1"},
                                                 {"DTU_PORT", std::to_string(dtu_.port(0))},
                                                 {"MODBUS_UNIT_ID", "1"},
                                                 {"QUERY_PERIOD", "1"},
                                                 {"COMM_TIMEOUT", "3"},
                                                 {"INFLUXDB_ENABLED", "false"},
                                                 {"INFLUXDB_HOST", ""},
                                                 {"INFLUXDB_TOKEN", ""},
                                                 {"INFLUXDB_ORG", ""},
                                                 {"PERSISTENCE_ENABLED", database_ ? "true" : "false"},
                                                 // What Heliograph has no use for must not disturb it.
                                                 {"DB_POOL_SIZE", "10"},
                                                 {"DB_MAX_OVERFLOW", "20"},
                                                 {"COMM_RETRIES", "3"},
                                                 {"COMM_RECONNECT_DELAY", "0"},
                                                 {"EXPIRE_AFTER", "0"},
                                                 {"RESET_HOUR", "23"},
                                                 {"TIMEZONE", "UTC"},
                                                 {"HEALTH_ENABLED", "true"},
                                                 {"HEALTH_PORT", "8080"},
                                                 {"METRICS_ENABLED", "true"},
                                                 {"LOG_LEVEL", "INFO"},
                                                 {"LOG_FORMAT", "standard"},
                                                 {"LOG_TO_CONSOLE", "true"},
                                                 {"EXPONENTIAL_BACKOFF", "true"},
                                                 {"CIRCUIT_BREAKER_THRESHOLD", "5"},
                                                 {"HELIOGRAPH_STATE", workspace_.file("state").string()}});
    return all;
}

std::unique_ptr<Program> BridgeSite::start(std::map<std::string, std::string> more) const {
    more.merge(environment());
    return std::make_unique<Program>(
        workspace_, Launch{{"run", "-c", kBridgeConfig.string()}, std::move(more), workspace_.folder()});
}

bool BridgeSite::wait_for_reading() {
    for (const std::string table : {"dtu", "inverter", "port"}) {
        const std::string sql = "SELECT COUNT(DISTINCT time) FROM " + table;
        const std::int64_t before = database_->count(sql);
        if (!eventually([&] { return database_->count(sql) > before; })) {
            return false;
        }
    }
    return true;
}

}  // namespace heliograph::testing
