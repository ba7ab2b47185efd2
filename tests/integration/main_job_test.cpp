// The main job from end to end: what simulated DTUs measure is what stands in the database and on standard
// output.
#include "core/config/parse.hpp"
#include "tests/integration/driver/database.hpp"
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <sstream>
#include <tuple>

namespace {

using namespace heliograph::testing;
using heliograph::dtu_simulator::DtuSimulator;
using heliograph::dtu_simulator::PortReading;

constexpr std::size_t kDtus = 3;
constexpr std::size_t kInverters = 2;
constexpr std::size_t kPorts = 2;

const std::string kConfig = R"(
[agent]
interval = "10s"

[inputs.roof]
type = "hoymiles_dtu"
host = "${DTU_0}"
hosts = ["${DTU_1}", "${DTU_2}"]
utc_offset = "Z"

[processors.site]
type = "tags"
from = ["roof"]
add = { site = "home" }

[processors.units]
type = "convert_units"
from = ["site"]
fields = { pv_power = "kW", "*_production" = "kWh", temperature = "degF" }

[outputs.archive]
type = "sql"
from = ["roof"]
url = "sqlite://raw.db"

[outputs.converted]
type = "sql"
from = ["units"]
url = "sqlite://converted.db"

[outputs.lines]
plugin = "${PLUGINS}/output_stdout.so"
from = ["units"]
format = "json"
)";

/// Three DTUs whose clock stands at noon.
class Plant {
public:
    Plant()
        : dtus_({.count = kDtus, .plant = {.inverters = kInverters, .ports = kPorts, .mi_inverters = 1}}) {
        dtus_.start();
        dtus_.set_time(kNoon);
    }
    [[nodiscard]] std::string name(std::size_t dtu) const {
        return "127.0.0.1:" + std::to_string(dtus_.port(dtu));
    }
    [[nodiscard]] Launch launch(const Workspace& workspace, const std::string& command) const {
        workspace.write("solar.toml", kConfig);
        Launch launch{.arguments = {command, "-c", "solar.toml"},
                      .environment = {{"PLUGINS", HELIOGRAPH_TEST_PLUGIN_DIR}}};
        for (std::size_t dtu = 0; dtu < kDtus; ++dtu) {
            launch.environment.emplace("DTU_" + std::to_string(dtu), name(dtu));
        }
        return launch;
    }
    void kill(std::size_t dtu) { dtus_.kill(dtu); }
    [[nodiscard]] const std::string& serial(std::size_t dtu) const { return dtus_.plant(dtu).dtu_serial(); }
    [[nodiscard]] PortReading reading(std::size_t dtu, std::size_t port) const {
        return dtus_.plant(dtu).reading(port, kNoon);
    }

private:
    DtuSimulator dtus_;
};

std::string text(const Row& row, std::string_view column) {
    return std::get<std::string>(row.find(column)->second);
}
std::int64_t integer(const Row& row, std::string_view column) {
    return std::get<std::int64_t>(row.find(column)->second);
}
double real(const Row& row, std::string_view column) {
    return std::get<double>(row.find(column)->second);
}

/// The columns of a table with the types that they are declared as, "+" behind those of the primary key.
std::map<std::string, std::string> columns(const Database& database, const std::string& table) {
    std::map<std::string, std::string> found;
    for (const Row& column : database.rows("SELECT name, type, pk FROM pragma_table_info('" + table + "')")) {
        found.emplace(text(column, "name"), text(column, "type") + (integer(column, "pk") != 0 ? "+" : ""));
    }
    return found;
}

using Columns = std::map<std::string, std::string>;

void check_port(const Row& row, const PortReading& reading, const std::string& dtu_name) {
    CAPTURE(dtu_name, reading.serial, reading.port);
    CHECK(text(row, "dtu_name") == dtu_name);
    CHECK(text(row, "serial_number") == reading.serial);
    CHECK(text(row, "port_number") == std::to_string(reading.port));
    CHECK(real(row, "pv_voltage") == reading.pv_voltage);
    CHECK(real(row, "pv_current") == reading.pv_current);
    CHECK(real(row, "pv_power") == reading.pv_power);
    CHECK(integer(row, "today_production") == reading.today_energy);
    CHECK(integer(row, "total_production") == reading.lifetime_energy);
}

void check_inverter(const Row& row, const PortReading& reading, const std::string& dtu_name) {
    CAPTURE(dtu_name, reading.serial);
    CHECK(text(row, "dtu_name") == dtu_name);
    CHECK(text(row, "serial_number") == reading.serial);
    CHECK(real(row, "grid_voltage") == reading.grid_voltage);
    CHECK(real(row, "grid_frequency") == reading.grid_frequency);
    CHECK(real(row, "temperature") == reading.temperature);
    CHECK(integer(row, "operating_status") == reading.operating_status);
    CHECK(integer(row, "alarm_code") == reading.alarm_code);
    CHECK(integer(row, "alarm_count") == reading.alarm_count);
    CHECK(integer(row, "link_status") == (reading.linked ? 1 : 0));
}

/// The sums over a DTU's ports.
struct Sums {
    double power = 0;
    std::int64_t today = 0;
    std::int64_t total = 0;
};

Sums sums_of(const Plant& plant, std::size_t dtu) {
    Sums sums;
    for (std::size_t port = 0; port < kInverters * kPorts; ++port) {
        const PortReading reading = plant.reading(dtu, port);
        sums.power += reading.pv_power;
        sums.today += reading.today_energy;
        sums.total += reading.lifetime_energy;
    }
    return sums;
}

}  // namespace

TEST_CASE("what the DTUs measure stands in the database, field by field", "[integration][main_job]") {
    const Plant plant;
    const Workspace workspace;
    const Finished once = run(workspace, plant.launch(workspace, "once"));
    INFO(once.error);
    REQUIRE(once.exit_code == 0);
    check_log(once.error);

    const Database raw(workspace.file("raw.db"));
    CHECK(raw.rows("SELECT * FROM dtu").size() == kDtus);
    CHECK(raw.rows("SELECT * FROM inverter").size() == kDtus * kInverters);
    CHECK(raw.rows("SELECT * FROM port").size() == kDtus * kInverters * kPorts);
    for (std::size_t dtu = 0; dtu < kDtus; ++dtu) {
        const std::string of_dtu = " WHERE dtu_name = '" + plant.name(dtu) + "' ORDER BY serial_number";
        const auto dtus = raw.rows("SELECT * FROM dtu WHERE dtu_name = '" + plant.name(dtu) + "'");
        REQUIRE(dtus.size() == 1);
        const Sums sums = sums_of(plant, dtu);
        CHECK(text(dtus[0], "dtu_serial") == plant.serial(dtu));
        CHECK(real(dtus[0], "pv_power") == Approx(sums.power).margin(0.01));
        CHECK(integer(dtus[0], "today_production") == sums.today);
        CHECK(integer(dtus[0], "total_production") == sums.total);
        CHECK(integer(dtus[0], "alarm_flag") == 0);

        const auto inverters = raw.rows("SELECT * FROM inverter" + of_dtu);
        REQUIRE(inverters.size() == kInverters);
        for (std::size_t inverter = 0; inverter < kInverters; ++inverter) {
            const PortReading reading = plant.reading(dtu, inverter * kPorts);
            for (const Row& row : inverters) {
                if (text(row, "serial_number") == reading.serial) {
                    check_inverter(row, reading, plant.name(dtu));
                }
            }
        }
        for (std::size_t port = 0; port < kInverters * kPorts; ++port) {
            const PortReading reading = plant.reading(dtu, port);
            const auto rows = raw.rows("SELECT * FROM port WHERE serial_number = '" + reading.serial +
                                       "' AND port_number = '" + std::to_string(reading.port) + "'");
            REQUIRE(rows.size() == 1);
            check_port(rows[0], reading, plant.name(dtu));
        }
        CHECK(raw.number("SELECT count(DISTINCT time) FROM (SELECT time, dtu_name FROM dtu UNION ALL "
                         "SELECT time, dtu_name FROM inverter UNION ALL SELECT time, dtu_name FROM port) "
                         "WHERE dtu_name = '" +
                         plant.name(dtu) + "'") == 1);
    }
}

TEST_CASE("the tables have the tags and fields of the contract, each of its type",
          "[integration][main_job]") {
    const Plant plant;
    const Workspace workspace;
    REQUIRE(run(workspace, plant.launch(workspace, "once")).exit_code == 0);
    const Database raw(workspace.file("raw.db"));
    CHECK(columns(raw, "dtu") == Columns{{"time", "INTEGER+"},
                                         {"dtu_name", "TEXT+"},
                                         {"dtu_serial", "TEXT+"},
                                         {"pv_power", "REAL"},
                                         {"today_production", "INTEGER"},
                                         {"total_production", "INTEGER"},
                                         {"alarm_flag", "BOOLEAN"}});
    CHECK(columns(raw, "inverter") == Columns{{"time", "INTEGER+"},
                                              {"dtu_name", "TEXT+"},
                                              {"serial_number", "TEXT+"},
                                              {"grid_voltage", "REAL"},
                                              {"grid_frequency", "REAL"},
                                              {"temperature", "REAL"},
                                              {"operating_status", "INTEGER"},
                                              {"alarm_code", "INTEGER"},
                                              {"alarm_count", "INTEGER"},
                                              {"link_status", "INTEGER"}});
    CHECK(columns(raw, "port") == Columns{{"time", "INTEGER+"},
                                          {"dtu_name", "TEXT+"},
                                          {"serial_number", "TEXT+"},
                                          {"port_number", "TEXT+"},
                                          {"pv_voltage", "REAL"},
                                          {"pv_current", "REAL"},
                                          {"pv_power", "REAL"},
                                          {"today_production", "INTEGER"},
                                          {"total_production", "INTEGER"}});
}

TEST_CASE("processors change what reaches the outputs behind them, and nothing else",
          "[integration][main_job]") {
    const Plant plant;
    const Workspace workspace;
    const Finished once = run(workspace, plant.launch(workspace, "once"));
    REQUIRE(once.exit_code == 0);
    const Database converted(workspace.file("converted.db"));
    CHECK(columns(converted, "dtu").at("site") == "TEXT+");
    CHECK(columns(converted, "dtu").at("total_production") == "REAL");
    for (std::size_t dtu = 0; dtu < kDtus; ++dtu) {
        const auto rows = converted.rows("SELECT * FROM dtu WHERE dtu_name = '" + plant.name(dtu) + "'");
        REQUIRE(rows.size() == 1);
        const Sums sums = sums_of(plant, dtu);
        CHECK(text(rows[0], "site") == "home");
        CHECK(real(rows[0], "pv_power") == Approx(sums.power / 1000));
        CHECK(real(rows[0], "total_production") == Approx(static_cast<double>(sums.total) / 1000));
        const PortReading reading = plant.reading(dtu, 0);
        const auto inverter =
            converted.rows("SELECT * FROM inverter WHERE serial_number = '" + reading.serial + "'");
        REQUIRE(inverter.size() == 1);
        CHECK(real(inverter[0], "temperature") == Approx(reading.temperature * 9 / 5 + 32));
        CHECK(real(inverter[0], "grid_voltage") == reading.grid_voltage);
    }
}

TEST_CASE("standard output carries one JSON object per metric, and nothing else", "[integration][main_job]") {
    const Plant plant;
    const Workspace workspace;
    const Finished once = run(workspace, plant.launch(workspace, "once"));
    REQUIRE(once.exit_code == 0);
    std::istringstream lines(once.output);
    std::size_t count = 0;
    std::set<std::string> names;
    for (std::string line; std::getline(lines, line); ++count) {
        heliograph::config::Problems problems;
        const auto document = heliograph::config::parse_json(line, "line", problems);
        INFO(line << "\n" << problems.to_text());
        REQUIRE(document);
        names.insert(document->root.find("name")->value.as_text());
        CHECK(document->root.find("tags")->value.find("site")->value.as_text() == "home");
        CHECK_FALSE(document->root.find("fields")->value.as_table().empty());
    }
    CHECK(count == kDtus * (1 + kInverters + kInverters * kPorts));
    CHECK(names == std::set<std::string>{"dtu", "inverter", "port"});
}

TEST_CASE("the ledger follows every metric from the input to each output", "[integration][main_job]") {
    const Plant plant;
    const Workspace workspace;
    const Finished once = run(workspace, plant.launch(workspace, "once"));
    REQUIRE(once.exit_code == 0);
    const Ledger ledger = ledger_in(once.error);
    constexpr auto kMetrics = static_cast<std::int64_t>(kDtus * (1 + kInverters + kInverters * kPorts));
    REQUIRE(ledger.size() == 6);
    for (const auto& [node, line] : ledger) {
        INFO(node);
        CHECK(line.at("received") == kMetrics);
        CHECK(line.at("delivered") == kMetrics);
    }
}

TEST_CASE("once fails when no DTU answers", "[integration][main_job]") {
    Plant plant;
    const Workspace workspace;
    for (std::size_t dtu = 0; dtu < kDtus; ++dtu) {
        plant.kill(dtu);
    }
    const Finished once = run(workspace, plant.launch(workspace, "once"));
    CHECK(once.exit_code == 1);
    CHECK(count_of(once.error, "Connection refused") >= 1);
    check_log(once.error);
}

TEST_CASE("once names the DTU that is absent, and delivers the others", "[integration][main_job]") {
    Plant plant;
    const Workspace workspace;
    plant.kill(1);
    const Finished once = run(workspace, plant.launch(workspace, "once"));
    INFO(once.error);
    CHECK(count_of(once.error, plant.name(1) + ": connecting: Connection refused") == 1);
    CHECK(Database(workspace.file("raw.db")).rows("SELECT * FROM dtu").size() == kDtus - 1);
    check_log(once.error);
}
