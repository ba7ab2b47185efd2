#include "outputs/sql/retention.hpp"

#include "plugins/testkit/recording_host.hpp"
#include "tests/unit/outputs/sql/fake_engine.hpp"

#include <heliograph/errors.hpp>
#include <heliograph/owned_batch.hpp>

#include <catch2/catch.hpp>

using namespace heliograph;
using namespace heliograph::sql;
using namespace heliograph::sql::test;
using Calls = std::vector<std::string>;

namespace {

constexpr std::chrono::seconds kHour{3600};

struct RetentionFixture {
    explicit RetentionFixture(std::chrono::seconds keep = kHour)
        : retention(keep, TimeFormat::timestamp, Host(host.door())) {}

    void plan(std::string_view measurement) {
        OwnedBatch batch;
        batch.batch().add(measurement).field("power", 1.0);
        (void)planner.plan_for(batch.metrics()[0]);
    }
    bool run() {
        engine.calls.clear();
        return retention.run(engine, planner);
    }

    testkit::RecordingHost host;
    FakeEngine engine;
    Planner::Memory memory{TableScripts({}, Host(host.door())), {}};
    Planner planner{engine, {"", {TimeFormat::timestamp}}, memory, Host(host.door())};
    Retention retention;
};

}  // namespace

TEST_CASE("rows older than keep go, a minute apart, from the tables that were written to", "[unit][sql]") {
    RetentionFixture fixture;
    fixture.engine.add_table("of_somebody_else", {fixture.engine.time()});
    fixture.plan("port");
    fixture.plan("dtu");
    std::vector<std::int64_t> times;
    fixture.engine.on_delete = [&](const Table&, const Value& time) {
        times.push_back(time.integer());
        return std::size_t{7};
    };
    CHECK(fixture.run());
    CHECK(fixture.engine.calls == Calls{"delete from port", "delete from dtu"});
    CHECK(times.at(0) == Host(fixture.host.door()).now() - 3'600'000'000'000);
    CHECK(fixture.host.counter("deleted_rows") == 14);
    CHECK(fixture.run());
    CHECK(fixture.engine.calls.empty());
    fixture.host.advance(std::chrono::minutes(1));
    fixture.planner.forget();
    CHECK(fixture.run());
    CHECK(fixture.engine.calls.size() == 2);
}

TEST_CASE("nothing is deleted without keep", "[unit][sql]") {
    RetentionFixture fixture{std::chrono::seconds{0}};
    fixture.plan("port");
    CHECK(fixture.run());
    CHECK(fixture.engine.calls.empty());
}

TEST_CASE("a write deletes a bounded number of rows, and the next ones go on", "[unit][sql]") {
    RetentionFixture fixture;
    fixture.plan("port");
    std::size_t left = 33'000;
    fixture.engine.on_delete = [&](const Table&, const Value&) {
        const std::size_t deleted = std::min<std::size_t>(left, 5'000);
        left -= deleted;
        return deleted;
    };
    CHECK(fixture.run());
    CHECK(left == 13'000);
    CHECK(fixture.run());
    CHECK(left == 0);
    CHECK(fixture.run());
    CHECK(fixture.engine.calls.empty());
    CHECK(fixture.host.counter("deleted_rows") == 33'000);
}

TEST_CASE("a table whose rows cannot be deleted is reported once and spares the others", "[unit][sql]") {
    RetentionFixture fixture;
    fixture.plan("a");
    fixture.plan("b");
    bool fails = true;
    fixture.engine.on_delete = [&](const Table& table, const Value&) -> std::size_t {
        if (fails && table.name.name() == "b") {
            throw MissingRight("permission denied for table b");
        }
        return 0;
    };
    for (int round = 0; round < 3; ++round) {
        CHECK(fixture.run());
        CHECK(fixture.engine.calls == Calls{"delete from b", "delete from a"});
        fixture.host.advance(std::chrono::minutes(1));
    }
    CHECK(fixture.host.log().size() == 1);
    CHECK(fixture.host.logged(LogLevel::warning, "permission denied for table b"));
    fails = false;
    CHECK(fixture.run());
    fixture.host.advance(std::chrono::minutes(1));
    fails = true;
    CHECK(fixture.run());
    CHECK(fixture.host.log().size() == 2);  // anew, since it had worked again
}

TEST_CASE("a lost connection ends the round, an interruption too, and neither is thrown", "[unit][sql]") {
    RetentionFixture fixture;
    fixture.plan("a");
    fixture.engine.on_delete = [](const Table&, const Value&) -> std::size_t { throw Retry("away"); };
    CHECK_FALSE(fixture.run());
    fixture.engine.on_delete = [](const Table&, const Value&) -> std::size_t { throw Stopped(); };
    fixture.host.advance(std::chrono::minutes(1));
    CHECK(fixture.run());
    fixture.engine.on_delete = nullptr;
    fixture.host.advance(std::chrono::minutes(1));
    CHECK(fixture.run());
    CHECK(fixture.engine.calls == Calls{"delete from a"});
}

TEST_CASE("a table that is gone is left in peace until it is written to again", "[unit][sql]") {
    RetentionFixture fixture;
    fixture.plan("a");
    fixture.engine.on_delete = [](const Table&, const Value&) -> std::size_t {
        throw SchemaChanged("no such table");
    };
    CHECK(fixture.run());
    fixture.planner.forget();
    fixture.host.advance(std::chrono::minutes(1));
    CHECK(fixture.run());
    CHECK(fixture.engine.calls.empty());
    CHECK(fixture.host.log().empty());
}
