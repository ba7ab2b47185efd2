// The program against a PostgreSQL server that is stopped, killed and taken away: what its other output
// stored all the while, this one stores, too, once; and the log tells of each state once.
#include "tests/integration/driver/end_of_run.hpp"
#include "tests/integration/driver/site.hpp"
#include "tests/servers/support/postgres_server.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace {

using namespace heliograph::testing;

std::string server_output(const PostgresServer& server) {
    return "retry_initial = \"100ms\"\nretry_max = \"200ms\"\n[outputs.server]\ntype = \"sql\"\nfrom = "
           "[\"roof\"]\nretry_initial = \"50ms\"\nretry_max = \"100ms\"\nurl = \"" +
           server.url() + "\"\nuser = \"" + PostgresServer::kUser + "\"\npassword = \"" +
           PostgresServer::kPassword + "\"\n";
}

}  // namespace

TEST_CASE(
    "a PostgreSQL server that goes and comes back has every metric once, and the log tells each state once",
    "[servers][postgresql]") {
    PostgresServer server;
    SiteSettings settings;
    settings.dtus.plant = {.inverters = 1, .ports = 2};
    settings.output_lines = server_output(server);
    Site site(settings);
    const auto program = site.start();
    REQUIRE(site.wait_for_snapshots(0, 1));
    REQUIRE(eventually([&] { return server.value("SELECT to_regclass('port') IS NOT NULL") == "t"; }));

    const auto outage = [&](const auto& begin, const std::string& said, const auto& end) {
        const std::size_t told = count_of(program->log(), said);
        const std::size_t recoveries = count_of(program->log(), "writing works again");
        begin();
        CHECK(eventually([&] { return count_of(program->log(), said) > told; }));
        // Retries go on meanwhile.
        CHECK(site.wait_for_snapshots(0, 2));
        INFO(program->log());
        CHECK(count_of(program->log(), said) == told + 1);
        end();
        CHECK(eventually([&] { return count_of(program->log(), "writing works again") > recoveries; }));
        CHECK(count_of(program->log(), "writing works again") == recoveries + 1);
    };
    outage([&] { server.stop(); }, "Connection refused", [&] { server.start(); });
    outage([&] { server.kill(); }, "Connection refused", [&] { server.start(); });
    outage([&] { server.query("REVOKE INSERT ON port FROM heliograph"); }, "permission denied for table port",
           [&] { server.query("GRANT INSERT ON port TO heliograph"); });

    const Ledger ledger = stop_and_check(*program);
    CHECK_THAT(program->log(), !Catch::Matchers::Contains(PostgresServer::kPassword));
    const LedgerLine& output = ledger.at("outputs.server");
    CHECK(output.at("delivered") == ledger.at("inputs.roof").at("delivered"));
    for (const std::string table : {"port", "inverter", "dtu"}) {
        CAPTURE(table);
        CHECK(server.value("SELECT count(*) FROM " + table) ==
              std::to_string(site.archive().number("SELECT count(*) FROM " + table)));
    }
}
