#include "outputs/sql/table_scripts.hpp"

#include "plugins/testkit/recording_host.hpp"
#include "tests/unit/outputs/sql/fake_engine.hpp"

#include <heliograph/errors.hpp>

#include <catch2/catch.hpp>

using namespace heliograph;
using namespace heliograph::sql;
using namespace heliograph::sql::test;
using Occasion = TableScripts::Occasion;
using Calls = std::vector<std::string>;

namespace {

struct ScriptsFixture {
    explicit ScriptsFixture(const TextMap& list) : scripts(list, Host(host.door())) {}

    void run(const std::string& table, Occasion occasion) {
        engine.calls.clear();
        scripts.run(engine, Identifier::existing(engine.rules, table), occasion);
    }

    testkit::RecordingHost host;
    FakeEngine engine;
    TableScripts scripts;
};

}  // namespace

TEST_CASE("the scripts whose glob matches a table run in their order, with its name", "[unit][sql]") {
    ScriptsFixture fixture(TextMap{{"p*", "A {table}"}, {"x", "B {table}"}, {"*", "C {table_text}"}});
    fixture.run("port", Occasion::made);
    CHECK(fixture.engine.calls == Calls{R"(A "port")", R"(C '"port"')"});
    fixture.run("{table_text}'", Occasion::made);
    CHECK(fixture.engine.calls == Calls{R"(C '"{table_text}''"')"});
}

TEST_CASE("scripts run when a table is made, and once when it is found", "[unit][sql]") {
    ScriptsFixture fixture(TextMap{{"*", "S"}});
    fixture.run("port", Occasion::found);
    CHECK(fixture.engine.calls.size() == 1);
    fixture.scripts.committed();
    fixture.run("port", Occasion::found);
    fixture.run("port", Occasion::grown);
    CHECK(fixture.engine.calls.empty());
    fixture.run("port", Occasion::made);
    CHECK(fixture.engine.calls.size() == 1);
}

TEST_CASE("what a rolled back transaction ran is run again", "[unit][sql]") {
    ScriptsFixture fixture(TextMap{{"*", "S"}});
    fixture.run("port", Occasion::found);
    fixture.scripts.rolled_back();
    fixture.run("port", Occasion::found);
    CHECK(fixture.engine.calls.size() == 1);
}

TEST_CASE("a script that fails is reported once and tried again when the table has grown", "[unit][sql]") {
    ScriptsFixture fixture(TextMap{{"*", "S"}, {"*t", "T"}});
    fixture.engine.on_script = [&] {
        if (fixture.engine.calls.back() == "S") {
            throw Fatal("no such column: power");
        }
    };
    fixture.run("port", Occasion::made);
    CHECK(fixture.engine.calls == Calls{"S", "T"});
    CHECK(fixture.host.logged(LogLevel::warning, "after_create \"*\" failed for table \"port\""));
    CHECK(fixture.host.logged(LogLevel::warning, "no such column: power"));
    fixture.run("port", Occasion::found);
    CHECK(fixture.engine.calls.empty());
    fixture.run("port", Occasion::grown);
    CHECK(fixture.engine.calls == Calls{"S", "T"});
    CHECK(fixture.host.log().size() == 1);
    fixture.engine.on_script = nullptr;
    fixture.run("port", Occasion::grown);
    CHECK(fixture.engine.calls.size() == 2);
    fixture.run("port", Occasion::grown);
    CHECK(fixture.engine.calls.empty());
}

TEST_CASE("a script that the database puts off is run when the table is found again", "[unit][sql]") {
    ScriptsFixture fixture(TextMap{{"*", "S"}});
    fixture.engine.on_script = [] { throw Retry("a lock is held"); };
    fixture.run("port", Occasion::found);
    CHECK(fixture.host.logged(LogLevel::warning, "a lock is held"));
    fixture.engine.on_script = nullptr;
    fixture.run("port", Occasion::found);
    CHECK(fixture.engine.calls.size() == 1);
}

TEST_CASE("a script that takes the transaction with it keeps the batch", "[unit][sql]") {
    ScriptsFixture fixture(TextMap{{"*", "S"}});
    fixture.engine.on_script = [&] {
        fixture.engine.transaction_ends = true;
        throw RowError("disk I/O error");
    };
    CHECK_THROWS_AS(fixture.run("port", Occasion::found), Retry);
}

TEST_CASE("a name that a text literal cannot carry runs no script that asks for it", "[unit][sql]") {
    ScriptsFixture fixture(TextMap{{"*", "S {table_text}"}, {"*", "T {table}"}});
    fixture.run("a\\'b", Occasion::made);
    CHECK(fixture.engine.calls == Calls{"T \"a\\'b\""});
    CHECK(fixture.host.logged(LogLevel::warning, "contains a backslash"));
}
