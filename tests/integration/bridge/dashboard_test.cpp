// What Grafana asks of PostgreSQL: every panel's query, against what the program has stored.
#include "core/config/parse.hpp"
#include "tests/integration/bridge/bridge_site.hpp"
#include "tests/integration/driver/end_of_run.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <regex>

namespace {

using namespace heliograph::testing;

/// A panel's query as Grafana would send it. Source of the macros: Grafana, PostgreSQL query editor, macros.
std::string expanded(std::string sql, const std::string& from, const std::string& to) {
    const std::map<std::string, std::string> macros = {
        {R"(\$__timeFilter\((\w+)\))", "$1 BETWEEN '" + from + "' AND '" + to + "'"},
        {R"(\$__timeGroupAlias\((\w+), *\$__interval\))", "floor(extract(epoch from $1)/60)*60 AS \"time\""},
        {R"(\$zone)", "Europe/Berlin"},
    };
    for (const auto& [macro, text] : macros) {
        sql = std::regex_replace(sql, std::regex(macro), text);
    }
    return sql;
}

/// Title and query of every panel of the dashboard.
std::map<std::string, std::string> panels() {
    heliograph::config::Problems problems;
    const auto dashboard = heliograph::config::load_file(
        HELIOGRAPH_SOURCE_DIR "/deploy/grafana/dashboards/solar-postgresql.json", problems);
    INFO(problems.to_text());
    REQUIRE(dashboard);
    std::map<std::string, std::string> found;
    for (const auto& panel : dashboard->root.find("panels")->value.as_list()) {
        for (const auto& target : panel.find("targets")->value.as_list()) {
            found[panel.find("title")->value.as_text()] = target.find("rawSql")->value.as_text();
        }
    }
    return found;
}

/// An hour before now to an hour after, so that the test may cross midnight.
Rows ask(BridgeSite& site, const std::string& sql) {
    const Rows range = site.database().query("SELECT NOW() - INTERVAL '1 hour', NOW() + INTERVAL '1 hour'");
    return site.database().query(expanded(sql, range[0][0], range[0][1]));
}

}  // namespace

TEST_CASE("every panel of the dashboard for PostgreSQL has something to show",
          "[integration][bridge][grafana]") {
    BridgeSite site("postgres");
    const auto program = site.start();
    REQUIRE(site.wait_for_reading());
    REQUIRE(site.wait_for_reading());

    std::map<std::string, Rows> shown;
    for (const auto& [title, sql] : panels()) {
        INFO(title << ": " << sql);
        shown[title] = ask(site, sql);
        CHECK(shown[title].size() >= 1);
        CHECK(shown[title].at(0).back() != "NULL");
    }
    double power = 0;
    double lifetime = 0;
    for (std::size_t port = 0; port < site.plant().port_count(); ++port) {
        power += site.reading(port).pv_power;
        lifetime += site.reading(port).lifetime_energy;
    }
    CHECK(std::stod(shown.at("Power now").at(0).at(0)) == Approx(power).margin(0.5));
    CHECK(std::stod(shown.at("Lifetime energy").at(0).at(0)) == lifetime);
    CHECK(std::stod(shown.at("Age of the data").at(0).at(0)) < 120);
    CHECK(shown.at("Inverters with an alarm").at(0).at(0) == "0");
    CHECK(shown.at("Inverters").size() == site.plant().inverter_count());
    CHECK(shown.at("Ports compared").size() == site.plant().port_count());
    CHECK(shown.at("Production by hour").at(0).at(1) == "0");  // the simulated clock stands still
    stop_and_check(*program);
}

TEST_CASE("production by hour and by day adds up to what the counters have grown by",
          "[integration][bridge][grafana]") {
    BridgeSite site("postgres");
    {
        const auto program = site.start();
        REQUIRE(site.wait_for_reading());
        stop_and_check(*program);
    }
    BridgeDatabase& database = site.database();
    // Three days of two ports: 10 Wh in a quarter of an hour from 06:00 to 18:00 UTC, a night without
    // readings, the exchange of one inverter, whose counter begins anew, and a reading without a counter.
    database.query("DELETE FROM port");
    database.query(
        "INSERT INTO port (time, dtu_name, serial_number, port_number, total_production) "
        "SELECT day + step * INTERVAL '15 minutes', 'DTU', 'A', port, "
        "       CASE WHEN port = '2' AND day >= '2025-06-03Z' THEN 0 ELSE 1000000 END + "
        "       480 * EXTRACT(DAY FROM day - '2025-06-01Z') + 10 * (step - 24) "
        "FROM generate_series('2025-06-01Z'::timestamptz, '2025-06-03Z', INTERVAL '1 day') AS day, "
        "     generate_series(24, 72) AS step, unnest(ARRAY['1', '2']) AS port");
    database.query(
        "INSERT INTO port (time, dtu_name, serial_number, port_number) VALUES ('2025-06-02 12:01Z', 'DTU', "
        "'A', "
        "'1')");

    const auto query = panels();
    const Rows days = database.query(
        "SELECT (time AT TIME ZONE 'Europe/Berlin')::date, energy::bigint FROM (" +
        expanded(query.at("Production by day"), "2025-06-01 00:00Z", "2025-06-03 23:00Z") + ") AS panel");
    CHECK(days == Rows{{"2025-06-01", "960"}, {"2025-06-02", "960"}, {"2025-06-03", "960"}});

    const Rows hours = database.query(
        "SELECT to_char(time AT TIME ZONE 'UTC', 'HH24'), energy::bigint FROM (" +
        expanded(query.at("Production by hour"), "2025-06-02 00:00Z", "2025-06-02 23:00Z") + ") AS panel");
    // A counter at the full hour belongs to the hour that begins, and so does what it has grown by since the
    // reading before.
    REQUIRE(hours.size() == 13);
    CHECK(hours.front() == std::vector<std::string>{"06", "60"});
    CHECK(hours[6] == std::vector<std::string>{"12", "80"});
    CHECK(hours.back() == std::vector<std::string>{"18", "20"});
    std::int64_t sum = 0;
    for (const auto& hour : hours) {
        sum += std::stoll(hour[1]);
    }
    CHECK(sum == 960);
}
