#include "tests/unit/core/runtime/ends.hpp"
#include "tests/unit/core/runtime/rig.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace heliograph::runtime {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

/// A far side that answers nothing until it is interrupted.
class Stall {
public:
    [[nodiscard]] Script script() {
        Script script;
        script.write = [this](const MetricSpan&, Verdict&) {
            std::unique_lock lock(mutex_);
            entered_ = true;
            changed_.wait(lock, [&] { return interrupted_; });
            throw Stopped();
        };
        script.interrupt = [this] {
            {
                const std::lock_guard lock(mutex_);
                interrupted_ = true;
            }
            changed_.notify_all();
        };
        return script;
    }
    [[nodiscard]] bool entered() {
        const std::lock_guard lock(mutex_);
        return entered_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool interrupted_ = false;
    bool entered_ = false;
};

TEST_CASE("Of three outputs one stalls, and its neighbours get everything all the same", "[unit][runtime]") {
    Rig rig;
    rig.agent.stop_timeout = 50ms;
    Source source(30);
    Store one;
    Store two;
    Stall stall;
    const auto input = rig.input("source", source.script());
    rig.output("one", {input}, one.script());
    rig.output("stalled", {input}, stall.script());
    rig.output("two", {input}, two.script());
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return one.size() == 300 && two.size() == 300; }));
    CHECK(stall.entered());
    CHECK(rig.counts("outputs.stalled").held == 300);
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(one.has_each_once(300));
    CHECK(two.has_each_once(300));
    CHECK(rig.counts("inputs.source").delivered == 300);
    CHECK(rig.counts("outputs.one") == observe::Counts{300, 300, 0, 0, 0, 0});
    CHECK(rig.counts("outputs.stalled") == observe::Counts{300, 0, 0, 300, 0, 0});
    CHECK(agent->undelivered() == 300);
    CHECK(rig.log_text().find("outputs.stalled: 300 metrics could not be delivered") != std::string::npos);
    check_ledger(rig.ledger);
}

TEST_CASE("An output that must open at the start and cannot keeps the agent from starting",
          "[unit][runtime]") {
    Rig rig;
    Source source(5);
    Store good;
    auto settings = Rig::quick_output();
    settings.startup = Startup::error;
    Script bad;
    bad.open = [] { throw Fatal("no such database"); };
    std::atomic<int> closes{0};
    Script open_and_closed = good.script();
    open_and_closed.close = [&] { ++closes; };
    const auto input = rig.input("source", source.script());
    rig.output("good", {input}, open_and_closed);
    rig.output("bad", {input}, bad, settings);
    const auto agent = rig.make_agent();
    const auto began = Steady::now();
    CHECK_FALSE(agent->start());
    CHECK(Steady::now() - began < 3s);
    CHECK(closes == 1);
    CHECK(source.emitted() == 0);
    CHECK(rig.log_text().find("outputs.bad: cannot be opened: no such database") != std::string::npos);
    CHECK(rig.log_text().find("a node that must open at the start could not; the program stops") !=
          std::string::npos);
    check_ledger(rig.ledger);
}

TEST_CASE("An input that must open at the start and cannot keeps the agent from starting",
          "[unit][runtime]") {
    Rig rig;
    auto settings = Rig::quick_input();
    settings.startup = Startup::error;
    Script bad;
    bad.open = [] { throw Retry("no route to host"); };
    Store store;
    rig.output("store", {rig.input("bad", bad, settings)}, store.script());
    const auto agent = rig.make_agent();
    CHECK_FALSE(agent->start());
    CHECK(rig.log_text().find("inputs.bad: cannot be opened: no route to host") != std::string::npos);
    check_ledger(rig.ledger);
}

TEST_CASE("An output that may be left out is, and what reaches it is dropped and counted",
          "[unit][runtime]") {
    Rig rig;
    Source source(20);
    Store good;
    auto settings = Rig::quick_output();
    settings.startup = Startup::ignore;
    Script bad;
    bad.open = [] { throw Fatal("no such database"); };
    const auto input = rig.input("source", source.script());
    rig.output("good", {input}, good.script());
    rig.output("bad", {input}, bad, settings);
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return good.size() == 200; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(rig.counts("outputs.bad") == observe::Counts{200, 0, 0, 200, 0, 0});
    CHECK(rig.counts("outputs.good").delivered == 200);
    CHECK(rig.log_text().find("is left out of this run") != std::string::npos);
    check_ledger(rig.ledger);
}

TEST_CASE("An output that opens late delivers what came before", "[unit][runtime]") {
    Rig rig;
    Source source(5);
    Store store;
    std::atomic<bool> there{false};
    Script late = store.script();
    late.open = [&] {
        if (!there) {
            throw Retry("connection refused");
        }
    };
    rig.output("late", {rig.input("source", source.script())}, late);
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return source.finished() && rig.counts("outputs.late").held == 50; }));
    there = true;
    CHECK(eventually([&] { return store.size() == 50; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(store.has_each_once(50));
    CHECK(rig.counts("outputs.late") == observe::Counts{50, 50, 0, 0, 0, 0});
    CHECK(rig.log_text().find("opened again, after ") != std::string::npos);
    check_ledger(rig.ledger);
}

TEST_CASE("An input that waits for room is released at the stop", "[unit][runtime]") {
    Rig rig;
    rig.agent.stop_timeout = 60ms;
    Source source(1000);
    auto settings = Rig::quick_output();
    settings.when_full = delivery::WhenFull::block;
    settings.buffer_limit = Size{1};
    Script away;
    away.write = [](const MetricSpan&, Verdict&) { throw Retry("connection refused"); };
    rig.output("away", {rig.input("source", source.script())}, away, settings);
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually(
        [&] { return rig.counts("outputs.away").held == 20; }));  // one batch in, the next at the door
    const auto began = Steady::now();
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(Steady::now() - began < 2s);
    const auto counts = rig.counts("outputs.away");
    CHECK(counts.dropped == counts.received);
    CHECK(counts.received == static_cast<std::int64_t>(source.emitted()));
    check_ledger(rig.ledger);
}

TEST_CASE("A blocking output that recovers loses nothing, however slow it is", "[unit][runtime]") {
    Rig rig;
    Source source(40);
    Store store;
    auto settings = Rig::quick_output();
    settings.when_full = delivery::WhenFull::block;
    settings.buffer_limit = Size{1};
    settings.metric_batch_size = 3;
    rig.output("slow", {rig.input("source", source.script())}, store.script(), settings);
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return store.size() == 400; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(store.has_each_once(400));
    check_ledger(rig.ledger);
}

TEST_CASE("A flapping output that also refuses some metrics delivers the rest exactly once",
          "[unit][runtime]") {
    Rig rig;
    Source source(30);
    Store store;
    int calls = 0;
    Script script;
    script.write = [&](const MetricSpan& metrics, Verdict& verdict) {
        switch (++calls % 5) {
            case 0:
                throw Retry("flapping");
            case 2:
                throw TooLarge("too large");
            case 4:
                throw Fatal("unauthorised");
            default:
                break;
        }
        for (std::size_t i = 0; i < metrics.size(); ++i) {
            const std::int64_t number = metrics[i].field("n")->integer();
            if (number % 10 == 7) {
                verdict.reject(i, "sevens are refused");
            }
        }
        for (std::size_t i = 0; i < metrics.size(); ++i) {
            if (metrics[i].field("n")->integer() % 10 != 7) {
                store.add({&metrics.records()[i], 1});
            }
        }
    };
    rig.output("flapping", {rig.input("source", source.script())}, script);
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] {
        const auto counts = rig.counts("outputs.flapping");
        return counts.received == 300 && counts.held == 0;
    }));
    CHECK(agent->stop() == Agent::Stop::clean);
    const auto counts = rig.counts("outputs.flapping");
    CHECK(counts.delivered + counts.rejected == 300);
    CHECK(counts.delivered == static_cast<std::int64_t>(store.size()));
    CHECK(counts.rejected >= 30);  // a metric alone that is "too large" is rejected as well
    CHECK(rig.ledger.page("outputs.flapping").counter("write_errors") > 0);
    check_ledger(rig.ledger);
}

TEST_CASE("An unreachable output that holds nothing does not delay the stop", "[unit][runtime]") {
    Rig rig;
    rig.agent.stop_timeout = 60s;
    Script away;
    away.open = [] { throw Retry("connection refused"); };
    auto settings = Rig::quick_output();
    settings.retry_initial = settings.retry_max = 60s;
    rig.output("away", {rig.input("silent", {})}, away, settings);
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return rig.ledger.page("outputs.away").counter("open_errors") == 1; }));
    const auto began = Steady::now();
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(Steady::now() - began < 5s);
    check_ledger(rig.ledger);
}

TEST_CASE("What processors hold is delivered at the stop, through those behind them", "[unit][runtime]") {
    Rig rig;
    Source source(4);
    Store store;
    OwnedBatch held;
    Script holding;
    holding.process = [&](Batch& batch) {
        batch.hold_if([&](MetricView metric) {
            held.batch().add_copy(metric);
            return true;
        });
    };
    holding.flush = [&](Batch& batch, bool final) {
        if (final) {
            for (const MetricView metric : held.metrics()) {
                batch.release_copy(metric);
            }
        }
    };
    std::atomic<int> seen{0};
    Script counting;
    counting.process = [&](Batch& batch) { seen += static_cast<int>(batch.size()); };
    const auto input = rig.input("source", source.script());
    const auto first = rig.processor("holding", {input}, holding);
    const auto second = rig.processor("counting", {first}, counting);
    rig.output("store", {second}, store.script());
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return rig.counts("processors.holding").held == 40; }));
    CHECK(store.size() == 0);
    CHECK(rig.ledger.unbalanced().empty());
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(store.has_each_once(40));
    CHECK(seen == 40);
    CHECK(rig.counts("processors.holding") == observe::Counts{40, 40, 0, 0, 0, 0});
    check_ledger(rig.ledger);
}

TEST_CASE("A processor that ticks is flushed while its input waits for the next gather", "[unit][runtime]") {
    Rig rig;
    Store store;
    Script ticking;
    std::atomic<int> ticks{0};
    ticking.flush = [&](Batch& batch, bool final) {
        if (!final) {
            batch.add("tick").field("n", ticks++);
        }
    };
    auto slow = Rig::quick_input();
    slow.interval = 1h;
    ProcessorSettings often;
    often.interval = 2ms;
    const auto input = rig.input("silent", {}, slow);
    rig.output("store", {rig.processor("ticking", {input}, ticking, often)}, store.script());
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return store.size() >= 3; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(store.has_each_once(static_cast<std::size_t>(ticks.load())));
    check_ledger(rig.ledger);
}

TEST_CASE("A processor fed by several inputs sees one call at a time", "[unit][runtime]") {
    Rig rig;
    std::vector<std::unique_ptr<Source>> sources;
    std::vector<std::size_t> inputs;
    for (int i = 0; i < 4; ++i) {
        sources.push_back(std::make_unique<Source>(50));
        inputs.push_back(rig.input("source" + std::to_string(i), sources.back()->script()));
    }
    std::atomic<int> inside{0};
    std::atomic<int> overlaps{0};
    Script script;
    script.process = [&](Batch&) {
        overlaps += ++inside > 1 ? 1 : 0;
        std::this_thread::yield();
        --inside;
    };
    std::atomic<std::size_t> stored{0};
    Script counting;
    counting.write = [&](const MetricSpan& metrics, Verdict&) { stored += metrics.size(); };
    rig.output("store", {rig.processor("shared", inputs, script)}, counting);
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return stored == 2000; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(overlaps == 0);
    CHECK(rig.counts("processors.shared").received == 2000);
    check_ledger(rig.ledger);
}

TEST_CASE("A change by one branch is not seen by another", "[unit][runtime]") {
    Rig rig;
    Source source(10);
    Script changing;
    changing.process = [](Batch& batch) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            batch[i].set_name("changed").set_tag("site", "home").remove_field("n");
            batch[i].set_field("n", -1);
        }
        batch.filter_if([](MetricView metric) { return metric.tag("parity") == "odd"; });
    };
    std::atomic<int> wrong{0};
    std::atomic<int> changed{0};
    Script expects_changed;
    expects_changed.write = [&](const MetricSpan& metrics, Verdict&) {
        for (const MetricView metric : metrics) {
            wrong += metric.name() == "changed" && metric.tag("site") == "home" ? 0 : 1;
            ++changed;
        }
    };
    Store plain;
    Script expects_plain;
    expects_plain.write = [&](const MetricSpan& metrics, Verdict&) {
        for (const MetricView metric : metrics) {
            wrong += metric.name() == "m" && metric.tags().size() == 1 ? 0 : 1;
        }
        plain.add(metrics);
    };
    const auto input = rig.input("source", source.script());
    const auto processor = rig.processor("changing", {input}, changing);
    rig.output("before", {input}, expects_plain);
    rig.output("after", {processor}, expects_changed);
    rig.output("beside", {input}, expects_plain);
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return changed == 50 && plain.size() == 200; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(wrong == 0);
    CHECK(rig.counts("processors.changing") == observe::Counts{100, 50, 0, 0, 50, 0});
    check_ledger(rig.ledger);
}

TEST_CASE("An output's filter takes metrics and fields away from it alone", "[unit][runtime]") {
    Rig rig;
    Script two_fields;
    std::atomic<bool> once{false};
    two_fields.gather = [&](Accumulator& accumulator) {
        if (!once.exchange(true)) {
            accumulator.add("power").field("a", 1).field("b", 2);
            accumulator.add("power").field("b", 3);
            accumulator.add("other").field("a", 4);
        }
    };
    std::mutex mutex;
    std::map<std::string, std::vector<std::string>> seen;
    const auto record = [&](const std::string& node) {
        Script script;
        script.write = [&, node](const MetricSpan& metrics, Verdict&) {
            const std::lock_guard lock(mutex);
            for (const MetricView metric : metrics) {
                std::string text(metric.name());
                for (const hg_field& field : metric.fields()) {
                    text.append(" ").append(view(field.key));
                }
                seen[node].push_back(text);
            }
        };
        return script;
    };
    auto filtered = Rig::quick_output();
    filtered.name_pass = {"pow*"};
    filtered.field_drop = {"b"};
    const auto input = rig.input("source", two_fields);
    rig.output("some", {input}, record("some"), filtered);
    rig.output("all", {input}, record("all"));
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] {
        return rig.counts("outputs.some").delivered == 1 && rig.counts("outputs.all").delivered == 3;
    }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(seen["some"] == std::vector<std::string>{"power a"});
    CHECK(seen["all"] == std::vector<std::string>{"power a b", "power b", "other a"});
    CHECK(rig.counts("outputs.some") == observe::Counts{3, 1, 0, 0, 2, 0});
    check_ledger(rig.ledger);
}

TEST_CASE("A gather that throws delivers what came before and is tried again", "[unit][runtime]") {
    Rig rig;
    Store store;
    std::atomic<int> gathers{0};
    Script throwing;
    throwing.gather = [&](Accumulator& accumulator) {
        accumulator.add("m").field("n", gathers.load());
        if (++gathers < 4) {
            throw 42;
        }
    };
    rig.output("store", {rig.input("throwing", throwing)}, store.script());
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return store.size() >= 6; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(store.has_each_once(static_cast<std::size_t>(gathers.load())));
    CHECK(rig.ledger.page("inputs.throwing").counter("gather_errors") == 3);
    CHECK(rig.log_text().find("gathering failed: the plugin threw something that is not a std::exception") !=
          std::string::npos);
    CHECK(rig.log_text().find("gathering works again, after 3 failures") != std::string::npos);
    check_ledger(rig.ledger);
}

TEST_CASE("Metrics get the time of their gather, cut to the precision, and empty ones are rejected",
          "[unit][runtime]") {
    Rig rig;
    auto settings = Rig::quick_input();
    settings.precision = 1s;
    std::atomic<bool> once{false};
    Script script;
    script.gather = [&](Accumulator& accumulator) {
        if (!once.exchange(true)) {
            accumulator.add("unset").field("n", 0);
            accumulator.add("unset").field("n", 1);
            accumulator.add("set").field("n", 2).time(5'999'999'999);
            accumulator.add("before the epoch").field("n", 3).time(-1);
            accumulator.add("no fields").tag("t", "x");
            accumulator.add("").field("n", 4);
        }
    };
    std::mutex mutex;
    std::vector<std::int64_t> times;
    Script store;
    store.write = [&](const MetricSpan& metrics, Verdict&) {
        const std::lock_guard lock(mutex);
        for (const MetricView metric : metrics) {
            times.push_back(metric.time());
        }
    };
    rig.output("store", {rig.input("source", script, settings)}, store);
    const auto agent = rig.make_agent();
    const std::int64_t now = observe::wall_clock();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return rig.counts("outputs.store").delivered == 4; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    REQUIRE(times.size() == 4);
    CHECK(times[0] == times[1]);
    CHECK(times[0] % 1'000'000'000 == 0);
    CHECK(times[0] > now - 2'000'000'000);
    CHECK(times[2] == 5'000'000'000);
    CHECK(times[3] == -1'000'000'000);
    CHECK(rig.counts("inputs.source") == observe::Counts{6, 4, 2, 0, 0, 0});
    CHECK(rig.log_text().find("2 metrics without a name or without fields were rejected") !=
          std::string::npos);
    check_ledger(rig.ledger);
}

TEST_CASE("An input that runs on its own hands over by flush and ends when interrupted", "[unit][runtime]") {
    Rig rig;
    Store store;
    std::atomic<bool> interrupted{false};
    std::atomic<int> sent{0};
    Script script;
    script.gather = [&](Accumulator& accumulator) {
        while (!interrupted) {
            if (sent < 20) {
                accumulator.add("m").field("n", sent++);
                accumulator.flush();
            }
            std::this_thread::sleep_for(1ms);
        }
        throw Stopped();
    };
    script.interrupt = [&] { interrupted = true; };
    rig.output("store", {rig.running_input("source", script)}, store.script());
    const auto agent = rig.make_agent();
    REQUIRE(agent->start());
    CHECK(eventually([&] { return store.size() == 20; }));
    CHECK(agent->stop() == Agent::Stop::clean);
    CHECK(store.has_each_once(20));
    CHECK(rig.ledger.page("inputs.source").counter("gather_errors") == 0);
    check_ledger(rig.ledger);
}

}  // namespace
}  // namespace heliograph::runtime
