#include "tests/unit/core/runtime/ends.hpp"
#include "tests/unit/core/runtime/rig.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace heliograph::runtime {
namespace {

using namespace std::chrono_literals;

TEST_CASE("run_once gathers once from every input and says how it went", "[unit][runtime]") {
    Rig rig;
    rig.agent.stop_timeout = 30ms;
    Source source(100);
    Store store;
    const std::string fault = GENERATE("none", "open", "gather", "reject", "away");
    Script in = source.script();
    if (fault == "open") {
        in.open = [] { throw Retry("no route"); };
    } else if (fault == "gather") {
        in.gather = [](Accumulator& accumulator) {
            accumulator.add("m").field("n", 0);
            throw Retry("timed out");
        };
    }
    Script out = store.script();
    if (fault == "reject") {
        out.write = [&](const MetricSpan&, Verdict& verdict) { verdict.reject(0, "bad"); };
    } else if (fault == "away") {
        out.write = [&](const MetricSpan&, Verdict&) { throw Retry("away"); };
    }
    rig.output("store", {rig.input("source", in)}, out);
    const auto agent = rig.make_agent();
    CHECK(agent->run_once() == (fault == "none"));
    CHECK(agent->stopped_clean());
    if (fault == "none") {
        CHECK(store.has_each_once(10));
    }
    check_ledger(rig.ledger);
}

TEST_CASE("An agent that is destroyed while it runs stops first", "[unit][runtime]") {
    Rig rig;
    Source source(1000);
    Store store;
    rig.output("store", {rig.input("source", source.script())}, store.script());
    {
        const auto agent = rig.make_agent();
        REQUIRE(agent->start());
        CHECK(eventually([&] { return store.size() >= 20; }));
    }
    CHECK(store.has_each_once(source.emitted()));
    check_ledger(rig.ledger);
}

TEST_CASE("The ledger is logged one line a node", "[unit][runtime]") {
    Rig rig;
    Source source(1);
    Store store;
    rig.output("store", {rig.input("source", source.script())}, store.script());
    const auto agent = rig.make_agent();
    CHECK(agent->run_once());
    agent->log_ledger();
    CHECK(rig.log_text().find("inputs.source: ledger: received=10 delivered=10 ") != std::string::npos);
    CHECK(rig.log_text().find("outputs.store: ledger: received=10 delivered=10 ") != std::string::npos);
}

TEST_CASE("run_once ends an input that runs on its own once it has handed over something",
          "[unit][runtime]") {
    Rig rig;
    Store store;
    std::atomic<bool> ending{false};
    Script runs;
    runs.gather = [&](Accumulator& accumulator) {
        for (int i = 0; !ending; ++i) {
            accumulator.add("m").field("n", i);
            accumulator.flush();
            std::this_thread::sleep_for(1ms);
        }
    };
    runs.interrupt = [&] { ending = true; };
    const auto input = rig.running_input("pushes", runs);
    rig.output("store", {input}, store.script());
    auto agent = rig.make_agent();
    CHECK(agent->run_once());
    CHECK(store.size() > 0);
    check_ledger(rig.ledger);
}

TEST_CASE("run_once ends although an output that makes inputs wait is away", "[unit][runtime]") {
    Rig rig;
    rig.agent.stop_timeout = 50ms;
    Source first(1);
    Source second(1);
    Script away;
    away.write = [](const MetricSpan&, Verdict&) { throw Retry("away"); };
    OutputSettings settings = Rig::quick_output();
    settings.when_full = delivery::WhenFull::block;
    settings.buffer_limit = Size{4096};
    rig.output("away", {rig.input("first", first.script()), rig.input("second", second.script())}, away,
               settings);
    auto agent = rig.make_agent();
    CHECK_FALSE(agent->run_once());
    CHECK(rig.counts("outputs.away").dropped == 20);
    check_ledger(rig.ledger);
}

TEST_CASE("A processor that could not be opened is neither flushed nor asked again", "[unit][runtime]") {
    Rig rig;
    Source source(1);
    Store store;
    bool flushed = false;
    Script broken;
    broken.open = [] { throw Fatal("broken"); };
    broken.flush = [&](Batch&, bool) { flushed = true; };
    rig.output("store", {rig.processor("broken", {rig.input("source", source.script())}, broken)},
               store.script());
    auto agent = rig.make_agent();
    CHECK_FALSE(agent->start());
    CHECK_FALSE(flushed);
    check_ledger(rig.ledger);
}

TEST_CASE("Waiting for a node that must open can be given up", "[unit][runtime]") {
    Rig rig;
    rig.agent.stop_timeout = 1s;
    std::atomic<bool> interrupted{false};
    Source source(1);
    Script hangs;
    hangs.open = [&] {
        while (!interrupted) {
            std::this_thread::sleep_for(1ms);
        }
        throw Retry("interrupted");
    };
    hangs.interrupt = [&] { interrupted = true; };
    OutputSettings settings = Rig::quick_output();
    settings.startup = Startup::error;
    rig.output("hangs", {rig.input("source", source.script())}, hangs, settings);
    auto agent = rig.make_agent();
    CHECK_FALSE(agent->start([] { return true; }));
    check_ledger(rig.ledger);
}

}  // namespace
}  // namespace heliograph::runtime
