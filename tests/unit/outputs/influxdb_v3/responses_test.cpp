// Every answer that InfluxDB and what stands before it give to a write, one row per answer.
#include "tests/unit/outputs/influxdb_v3/answers.hpp"
#include "tests/unit/outputs/influxdb_v3/influxdb_fixture.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace heliograph::influxdb_v3::test {
namespace {

using testkit::HttpFault;
using testkit::InfluxDb3Fault;
using namespace std::chrono_literals;

const std::vector<Row>& rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> both = rows_of_v3();
        const std::vector<Row> older = rows_of_older_apis();
        both.insert(both.end(), older.begin(), older.end());
        return both;
    }();
    return all;
}

TEST_CASE("Every answer of a server has the fate that it should for each metric", "[unit][influxdb_v3]") {
    for (const Row& row : rows()) {
        DYNAMIC_SECTION(row.name) {
            const bool is_late = row.reply.fault == HttpFault::stall;
            InfluxFixture fixture({{"api", row.api},
                                   {"timeout", std::chrono::nanoseconds(is_late ? 2s : 20s)},
                                   {"connect_timeout", std::chrono::nanoseconds(2s)}});
            REQUIRE(fixture.output.open().ok());
            add_ports(fixture.batch, kSent);
            // A connection that breaks may be tried once more by the client, so that fault stands twice.
            const bool breaks = row.reply.fault != HttpFault::none;
            fixture.server.add_faults(std::vector<InfluxDb3Fault>(breaks ? 2 : 1, {row.reply, false}));
            const auto outcome = fixture.write();
            CAPTURE(outcome.error, outcome.rejected, outcome.kept);
            CHECK(outcome.status == row.status);
            std::set<std::size_t> rejected;
            for (const auto& [index, reason] : outcome.rejected) {
                rejected.insert(index);
                CHECK_FALSE(reason.empty());
                // Our own copy of the line, not the server's.
                CHECK(reason.find("power,port=" + std::to_string(index)) != std::string::npos);
            }
            CHECK(rejected == row.rejected);
            CHECK(accepted(outcome, kSent) == row.accepted);
            CHECK(outcome.kept.empty());
            CHECK(outcome.retry_after <= row.retry_after);
            CHECK(outcome.retry_after >= row.retry_after - 1s);
            if (!breaks) {
                CHECK(fixture.server.writes().size() == row.requests);
            }
            const std::string said =
                outcome.rejected.empty() ? outcome.error : outcome.rejected.begin()->second;
            CHECK(said.find(row.error) != std::string::npos);
        }
    }
}

TEST_CASE("A row of the table is either settled or kept as a whole", "[unit][influxdb_v3]") {
    for (const Row& row : rows()) {
        CAPTURE(row.name);
        CHECK((row.status != HG_OK) == (row.accepted + row.rejected.size() == 0));
        CHECK((row.status != HG_OK || row.accepted + row.rejected.size() == kSent));
    }
}

}  // namespace
}  // namespace heliograph::influxdb_v3::test
