// The way over from hoymiles-bridge: its environment, its queries, its tables and its history.
#include "tests/integration/bridge/bridge_site.hpp"
#include "tests/integration/driver/end_of_run.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace {

using namespace heliograph::testing;

/// The sum over all ports of what `of` says of a reading.
template <class Of>
double sum(const BridgeSite& site, Of of) {
    double all = 0;
    for (std::size_t port = 0; port < site.plant().port_count(); ++port) {
        all += of(site.reading(port));
    }
    return all;
}

const std::string kScripts = HELIOGRAPH_SOURCE_DIR "/configs/hoymiles-bridge/";
const std::string kOldTables = HELIOGRAPH_SOURCE_DIR "/tests/integration/bridge/bridge_";

/// As a number, whatever digits follow the point.
double number(const std::string& text) {
    return std::stod(text);
}

}  // namespace

TEST_CASE("the bridge's environment is all that its config needs, and its names hold what the DTU says",
          "[integration][bridge]") {
    const auto type = GENERATE(as<std::string>(), "postgres", "mysql");
    DYNAMIC_SECTION(type) {
        BridgeSite site(type);
        BridgeDatabase& database = site.database();
        const auto program = site.start();
        REQUIRE(site.wait_for_reading());
        const auto first = site.reading(0);

        const Rows latest = database.query(
            "SELECT serial_number, grid_voltage, grid_frequency, temperature, operating_status, alarm_code, "
            "alarm_count, link_status FROM inverter_data WHERE timestamp > NOW() - INTERVAL '1' HOUR AND "
            "serial_number = '" +
            first.serial + "' ORDER BY timestamp DESC LIMIT 1");
        REQUIRE(latest.size() == 1);
        CHECK(latest[0][0] == first.serial);
        CHECK(number(latest[0][1]) == Approx(first.grid_voltage).margin(0.051));
        CHECK(number(latest[0][2]) == Approx(first.grid_frequency).margin(0.0051));
        CHECK(number(latest[0][3]) == Approx(first.temperature).margin(0.051));
        CHECK(latest[0][4] == "3");
        CHECK(latest[0][5] == "0");
        CHECK(latest[0][6] == std::to_string(first.alarm_count));
        CHECK(latest[0][7] == "1");

        const Rows ports = database.query(
            "SELECT port_number, pv_voltage, pv_current, pv_power, today_production, total_production FROM "
            "port_data WHERE serial_number = '" +
            first.serial + "' ORDER BY timestamp DESC, port_number LIMIT 2");
        REQUIRE(ports.size() == 2);
        for (std::size_t port = 0; port < 2; ++port) {
            const auto reading = site.reading(port);
            CHECK(ports[port][0] == std::to_string(reading.port));
            CHECK(number(ports[port][1]) == Approx(reading.pv_voltage).margin(0.051));
            CHECK(number(ports[port][2]) == Approx(reading.pv_current).margin(0.0051));
            CHECK(number(ports[port][3]) == Approx(reading.pv_power).margin(0.051));
            CHECK(ports[port][4] == std::to_string(reading.today_energy));
            CHECK(ports[port][5] == std::to_string(reading.lifetime_energy));
        }

        const Rows inverters = database.query(
            "SELECT serial_number, dtu_name FROM inverters WHERE first_seen <= last_seen ORDER BY 1");
        REQUIRE(inverters.size() == site.plant().inverter_count());
        CHECK(inverters[0] == std::vector<std::string>{first.serial, "DTU"});
        CHECK(database.value("SELECT COUNT(*) FROM production_cache") ==
              std::to_string(site.plant().port_count()));
        CHECK(number(database.value("SELECT SUM(total_production) FROM production_cache")) ==
              sum(site, [](const auto& reading) { return 1.0 * reading.lifetime_energy; }));
        CHECK(database.value("SELECT COUNT(*) FROM port_data d LEFT JOIN inverters i ON i.serial_number = "
                             "d.serial_number WHERE i.serial_number IS NULL") == "0");

        CHECK(count_of(program->log(), "after_create") == 0);
        stop_and_check(*program);
        // A second start finds everything as it is.
        const auto again = site.start();
        REQUIRE(site.wait_for_reading());
        CHECK(count_of(again->log(), "after_create") == 0);
        stop_and_check(*again);
    }
}

TEST_CASE("the queries of the bridge's InfluxDB guide that PostgreSQL can run give sensible rows",
          "[integration][bridge]") {
    BridgeSite site("postgres");
    BridgeDatabase& database = site.database();
    const auto program = site.start();
    REQUIRE(site.wait_for_reading());
    REQUIRE(site.wait_for_reading());
    const double power = sum(site, [](const auto& reading) { return reading.pv_power; });
    const double lifetime = sum(site, [](const auto& reading) { return 1.0 * reading.lifetime_energy; });

    for (const std::string span : {"1 hour", "24 hours"}) {
        const Rows rows =
            database.query("SELECT time, dtu_name, pv_power FROM dtu WHERE time > now() - interval '" + span +
                           "' ORDER BY time DESC LIMIT 100");
        REQUIRE(rows.size() >= 2);
        CHECK(rows[0][1] == "DTU");
        CHECK(number(rows[0][2]) == Approx(power).margin(0.5));
    }
    const Rows temperatures = database.query(
        "SELECT time, serial_number, temperature FROM inverter WHERE time > now() - interval '1 day' ORDER "
        "BY time "
        "DESC");
    REQUIRE(temperatures.size() >= 4);
    CHECK(number(temperatures[0][2]) > 0);
    const Rows ports = database.query(
        "SELECT time, serial_number, port_number, pv_power, today_production FROM port WHERE time > now() - "
        "interval "
        "'6 hours' ORDER BY time DESC");
    REQUIRE(ports.size() >= 8);
    CHECK(number(ports[0][4]) > 0);
    CHECK(database.query("SELECT dtu_name, MAX(total_production) as lifetime_production_wh FROM dtu GROUP BY "
                         "dtu_name") == Rows{{"DTU", std::to_string(std::llround(lifetime))}});
    // Of time_bucket, which neither database has without an extension, only the name is another.
    const Rows hours = database.query(
        "SELECT date_trunc('hour', time) as hour, MAX(today_production) - MIN(today_production) as "
        "production_wh, "
        "AVG(pv_power) as avg_power_w FROM dtu WHERE time > now() - interval '7 days' GROUP BY hour ORDER BY "
        "hour "
        "ASC");
    REQUIRE_FALSE(hours.empty());
    CHECK(hours[0][1] == "0");
    CHECK(number(hours[0][2]) == Approx(power).margin(0.5));
    const Rows uptime = database.query(
        "SELECT serial_number, COUNT(*) as measurements, MAX(time) - MIN(time) as uptime FROM inverter WHERE "
        "time > "
        "now() - interval '24 hours' GROUP BY serial_number");
    REQUIRE(uptime.size() == 2);
    CHECK(number(uptime[0][1]) >= 2);
    const Rows compared = database.query(
        "SELECT port_number, AVG(pv_power) as avg_power, MAX(pv_power) as peak_power FROM port WHERE time > "
        "now() - "
        "interval '24 hours' GROUP BY port_number ORDER BY avg_power DESC");
    REQUIRE(compared.size() == 2);
    CHECK(number(compared[0][1]) >= number(compared[1][1]));
    CHECK(database.value("SELECT DISTINCT dtu_serial FROM dtu") == site.plant().dtu_serial());
    CHECK(database.value("SELECT DISTINCT alarm_flag FROM dtu") == "f");
    stop_and_check(*program);
}

TEST_CASE("tables of the bridge stay as they are until the user moves their history",
          "[integration][bridge]") {
    const auto type = GENERATE(as<std::string>(), "postgres", "mysql");
    DYNAMIC_SECTION(type) {
        BridgeSite site(type);
        BridgeDatabase& database = site.database();
        const std::string keep_history = kScripts + "keep-history-" + database.name() + ".sql";
        const Finished made = database.run_script(site.workspace(), kOldTables + database.name() + ".sql");
        INFO(made.error);
        REQUIRE(made.exit_code == 0);

        {
            const auto program = site.start();
            REQUIRE(site.wait_for_reading());
            REQUIRE(site.wait_for_reading());
            // Once for the table inverter, and once for port.
            CHECK(count_of(program->log(), "after_create \"inverter\" failed") == 1);
            CHECK(count_of(program->log(), "after_create \"port\" failed") == 1);
            stop_and_check(*program);
        }
        CHECK(database.value("SELECT COUNT(*) FROM inverter_data") == "4");
        CHECK(database.value("SELECT COUNT(*) FROM port_data") == "4");
        CHECK(database.value("SELECT COUNT(*) FROM inverters") == "2");

        const std::int64_t inverter_rows = database.count("SELECT COUNT(*) FROM inverter");
        const std::int64_t port_rows = database.count("SELECT COUNT(*) FROM port");
        const Finished moved = database.run_script(site.workspace(), keep_history);
        INFO(moved.error);
        REQUIRE(moved.exit_code == 0);
        CHECK(database.value("SELECT COUNT(*) FROM bridge_inverter_data") == "4");
        CHECK(database.value("SELECT COUNT(*) FROM bridge_port_data") == "4");

        const auto program = site.start();
        REQUIRE(site.wait_for_reading());
        CHECK(count_of(program->log(), "after_create") == 0);
        // MariaDB's times had whole seconds, so what the bridge wrote per port became one row per inverter.
        const std::int64_t old_inverter_rows = type == "postgres" ? 4 : 3;
        CHECK(database.count("SELECT COUNT(*) FROM inverter_data WHERE timestamp < '2025-07-01 00:00:00'") ==
              old_inverter_rows);
        CHECK(database.count("SELECT COUNT(*) FROM inverter_data") > inverter_rows + old_inverter_rows);
        CHECK(database.count("SELECT COUNT(*) FROM port_data") > port_rows + 4);
        const Rows old_port = database.query(
            "SELECT port_number, pv_voltage, pv_current, pv_power, today_production, total_production FROM "
            "port_data "
            "WHERE serial_number = '116100000001' AND timestamp < '2025-07-01 00:00:00' ORDER BY timestamp, "
            "port_number");
        REQUIRE(old_port.size() == 3);
        CHECK(old_port[0] == std::vector<std::string>{"1", "35.2", "1.18", "41.5", "812", "66654"});
        CHECK(old_port[1] == std::vector<std::string>{"2", "35.4", "1.21", "42.8", "815", "66701"});
        CHECK(old_port[2] == std::vector<std::string>{"1", "0", "0", "0", "NULL", "NULL"});
        CHECK(database.query(
                  "SELECT grid_voltage, temperature, link_status FROM inverter_data WHERE serial_number = "
                  "'116100000001' AND link_status = 0") == Rows{{"NULL", "NULL", "0"}});
        CHECK(database.value("SELECT dtu_name FROM inverters WHERE serial_number = '116100000001'") == "DTU");
        CHECK(database.value("SELECT dtu_name FROM inverters WHERE serial_number = '116100000002'") ==
              "Garage");
        stop_and_check(*program);

        const std::string before = database.value("SELECT COUNT(*) FROM port");
        const Finished twice = database.run_script(site.workspace(), keep_history);
        CHECK(twice.exit_code != 0);
        CHECK(count_of(twice.error, "nothing was changed") >= 1);
        CHECK(database.value("SELECT COUNT(*) FROM port") == before);

        const Finished back = database.run_script(site.workspace(), kScripts + "undo-keep-history.sql");
        INFO(back.error);
        CHECK(back.exit_code == 0);
        CHECK(database.value("SELECT COUNT(*) FROM inverter_data") == "4");
        CHECK(database.value("SELECT MAX(id) FROM port_data") == "4");
        CHECK(database.value("SELECT COUNT(*) FROM port") == before);
    }
}

TEST_CASE("an environment of hoymiles-bridge passes the check in every spelling", "[integration][bridge]") {
    struct Case {
        std::string name;
        std::map<std::string, std::string> environment;
        std::string expected;
    };
    const std::string minimal = "is good: 2 nodes will run";
    const auto given = GENERATE_COPY(values<Case>({
        {"only the DTU", {}, minimal},
        {"everything set and empty",
         {{"DTU_PORT", ""},
          {"MODBUS_UNIT_ID", ""},
          {"QUERY_PERIOD", ""},
          {"COMM_TIMEOUT", ""},
          {"DB_TYPE", ""},
          {"DB_HOST", ""},
          {"DB_PORT", ""},
          {"DB_NAME", ""},
          {"DB_USER", ""},
          {"DB_PASSWORD", ""},
          {"INFLUXDB_ENABLED", ""},
          {"INFLUXDB_HOST", ""},
          {"INFLUXDB_TOKEN", ""},
          {"INFLUXDB_DATABASE", ""},
          {"INFLUXDB_ORG", ""}},
         minimal},
        {"MySQL", {{"DB_TYPE", "mysql"}, {"DB_PORT", "3306"}}, minimal},
        {"MariaDB without a port", {{"DB_TYPE", "mariadb"}}, minimal},
        {"postgresql spelt out", {{"DB_TYPE", "postgresql"}}, minimal},
        {"capital letters", {{"DB_TYPE", "Postgres"}}, minimal},
        {"booleans of Python", {{"PERSISTENCE_ENABLED", "True"}, {"INFLUXDB_ENABLED", "False"}}, minimal},
        {"booleans as numbers", {{"PERSISTENCE_ENABLED", "1"}, {"INFLUXDB_ENABLED", "0"}}, minimal},
        {"InfluxDB too",
         {{"INFLUXDB_ENABLED", "yes"},
          {"INFLUXDB_HOST", "https://influxdb.example"},
          {"INFLUXDB_TOKEN", "apiv3_x"}},
         "is good: 3 nodes will run"},
        {"InfluxDB alone",
         {{"PERSISTENCE_ENABLED", "false"},
          {"INFLUXDB_ENABLED", "TRUE"},
          {"INFLUXDB_HOST", "http://influxdb:8181"},
          {"INFLUXDB_TOKEN", "apiv3_x"},
          {"INFLUXDB_DATABASE", "main"},
          {"INFLUXDB_ORG", "home"}},
         minimal},
    }));
    DYNAMIC_SECTION(given.name) {
        const Workspace workspace;
        auto environment = given.environment;
        environment["DTU_HOST"] = "192.0.2.1";
        const Finished checked = run(workspace, {{"check", "-c", kBridgeConfig.string()}, environment});
        INFO(checked.error);
        CHECK(checked.exit_code == 0);
        CHECK(count_of(checked.output, given.expected) == 1);
    }
    SECTION("a token in a file") {
        const Workspace workspace;
        const auto token = workspace.write("token", "apiv3_of_a_file\n");
        const Finished checked = run(workspace, {{"check", "-c", kBridgeConfig.string()},
                                                 {{"DTU_HOST", "192.0.2.1"},
                                                  {"INFLUXDB_ENABLED", "true"},
                                                  {"INFLUXDB_HOST", "http://influxdb:8181"},
                                                  {"INFLUXDB_TOKEN_FILE", token.string()}}});
        INFO(checked.error);
        CHECK(checked.exit_code == 0);
        CHECK(count_of(checked.output, "is good: 3 nodes will run") == 1);
    }
    SECTION("without a DTU it says what is missing") {
        const Workspace workspace;
        const Finished checked =
            run(workspace, {{"check", "-c", kBridgeConfig.string()}, {{"DTU_HOST", ""}}});
        CHECK(checked.exit_code == 2);
        CHECK(count_of(checked.error, "DTU_HOST is empty: name the DTU, as in DTU_HOST=192.168.1.100") == 1);
    }
}
