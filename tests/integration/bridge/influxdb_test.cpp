// What InfluxDB gets from the bridge's config: the bridge's measurements, tags, fields and types.
#include "plugins/testkit/influxdb3_server.hpp"
#include "tests/integration/bridge/bridge_site.hpp"
#include "tests/integration/driver/end_of_run.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace {

using namespace heliograph::testing;
using heliograph::testkit::InfluxDb3Server;
using heliograph::testkit::StoredRow;

std::set<std::string> names(const std::map<std::string, std::string>& values) {
    std::set<std::string> found;
    for (const auto& [name, value] : values) {
        found.insert(name);
    }
    return found;
}

/// Field -> i for an integer, f for a float, b for a boolean.
std::map<std::string, char> types(const StoredRow& row) {
    std::map<std::string, char> found;
    for (const auto& [name, value] : row.fields) {
        const bool is_boolean = value == "true" || value == "false";
        found[name] = is_boolean ? 'b' : (value.back() == 'i' ? 'i' : 'f');
    }
    return found;
}

}  // namespace

TEST_CASE("InfluxDB gets the bridge's measurements, with a token from a file that may change",
          "[integration][bridge][influxdb]") {
    InfluxDb3Server server({.tokens = {"apiv3_first"}});
    const auto rows = [&](const char* table) { return server.rows("main", table); };
    BridgeSite site("");
    const auto token = site.workspace().write("token", "apiv3_first\n");
    const auto program = site.start({{"INFLUXDB_ENABLED", "True"},
                                     {"INFLUXDB_HOST", server.url()},
                                     {"INFLUXDB_TOKEN_FILE", token.string()},
                                     {"INFLUXDB_DATABASE", "main"}});
    REQUIRE(eventually([&] { return rows("port").size() >= 8; }));
    REQUIRE(program->wait_for_log("InfluxDB writer initialized: 127.0.0.1"));
    CHECK(count_of(program->log(), "/main\n") == 1);

    const StoredRow dtu = rows("dtu").front();
    CHECK(dtu.tags ==
          std::map<std::string, std::string>{{"dtu_name", "DTU"}, {"dtu_serial", site.plant().dtu_serial()}});
    CHECK(types(dtu) ==
          std::map<std::string, char>{
              {"pv_power", 'f'}, {"today_production", 'i'}, {"total_production", 'i'}, {"alarm_flag", 'b'}});
    const StoredRow inverter = rows("inverter").front();
    CHECK(names(inverter.tags) == std::set<std::string>{"dtu_name", "serial_number"});
    CHECK(types(inverter) == std::map<std::string, char>{{"grid_voltage", 'f'},
                                                         {"grid_frequency", 'f'},
                                                         {"temperature", 'f'},
                                                         {"operating_status", 'i'},
                                                         {"alarm_code", 'i'},
                                                         {"alarm_count", 'i'},
                                                         {"link_status", 'i'}});
    const StoredRow port = rows("port").front();
    CHECK(names(port.tags) == std::set<std::string>{"dtu_name", "port_number", "serial_number"});
    CHECK(types(port) == std::map<std::string, char>{{"pv_voltage", 'f'},
                                                     {"pv_current", 'f'},
                                                     {"pv_power", 'f'},
                                                     {"today_production", 'i'},
                                                     {"total_production", 'i'}});

    server.set_tokens({"apiv3_second"});
    REQUIRE(program->wait_for_log("the server does not accept the token"));
    site.workspace().write("token", "apiv3_second\n");
    const std::size_t before = rows("port").size();
    REQUIRE(eventually([&] { return rows("port").size() > before; }));
    const Ledger ledger = stop_and_check(*program);
    CHECK(ledger.at("outputs.influxdb").at("delivered") ==
          static_cast<std::int64_t>(server.row_count("main")));
    CHECK(server.lines_without_time() == 0);
    CHECK(count_of(program->log(), "apiv3_") == 0);
}
