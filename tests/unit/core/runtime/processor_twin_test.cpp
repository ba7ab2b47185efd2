#include "core/runtime/processor_twin.hpp"

#include "tests/unit/core/runtime/rig.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace heliograph::runtime {
namespace {

/// A sink that remembers what came.
class Recorder final : public Sink {
public:
    void accept(delivery::BatchRef batch) override {
        for (const MetricView metric : batch.metrics()) {
            names.emplace_back(metric.name());
        }
        batches.push_back(std::move(batch));
    }
    std::vector<std::string> names;
    std::vector<delivery::BatchRef> batches;
};

/// One processor between a test and a recorder.
class Stage {
public:
    explicit Stage(Script script, const ProcessorSettings& settings = {})
        : host(rig.services(), "processors.fake", "fake", {}, LogLevel::debug) {
        scripts()["fake"] = std::move(script);
        std::string error;
        auto instance = Instance::create(
            loader::Module{"fake.so", &descriptor<ScriptedProcessor>("fake", "A fake.")}, host.door(), error);
        REQUIRE(instance != nullptr);
        twin =
            std::make_unique<ProcessorTwin>(host, std::move(instance), settings, delivery::BatchPool::make());
        twin->readers().add(recorder);
        REQUIRE(twin->open());
    }

    /// Hands over a batch of metrics with these names.
    delivery::BatchRef send(const std::vector<std::string>& names) {
        delivery::BatchRef batch = pool->acquire();
        for (const std::string& name : names) {
            batch.exclusive().batch().add(std::string_view(name)).field("v", 1);
        }
        delivery::BatchRef mine = batch;
        twin->accept(std::move(batch));
        return mine;
    }
    observe::Counts counts() { return rig.counts("processors.fake"); }

    Rig rig;
    PluginHost host;
    std::shared_ptr<delivery::BatchPool> pool = delivery::BatchPool::make();
    std::unique_ptr<ProcessorTwin> twin;
    Recorder recorder;
};

using Names = std::vector<std::string>;

TEST_CASE("A processor's additions, removals and holds are booked", "[unit][runtime]") {
    OwnedBatch held;
    Script script;
    script.process = [&](Batch& batch) {
        batch.add("added").field("v", 1);
        batch.filter_if([](MetricView metric) { return metric.name() == "filter"; });
        batch.hold_if([&](MetricView metric) {
            if (metric.name() != "hold") {
                return false;
            }
            held.batch().add_copy(metric);
            return true;
        });
    };
    script.flush = [&](Batch& batch, bool) {
        for (const MetricView metric : held.metrics()) {
            batch.release_copy(metric);
        }
        held.reset();
    };
    Stage stage(script);
    stage.send({"pass", "filter", "hold", "hold"});
    CHECK(stage.recorder.names == Names{"pass", "added"});
    CHECK(stage.counts() == observe::Counts{5, 2, 0, 0, 1, 2});
    stage.twin->flush(false);
    CHECK(stage.recorder.names == Names{"pass", "added", "hold", "hold"});
    CHECK(stage.counts() == observe::Counts{5, 4, 0, 0, 1, 0});
    stage.twin->flush(true);
    CHECK(stage.recorder.batches.size() == 2);  // an empty batch goes nowhere
    check_ledger(stage.rig.ledger);
}

TEST_CASE("A processor that removes in silence is counted and named", "[unit][runtime]") {
    Script script;
    script.process = [](Batch& batch) { batch.door().count -= 2; };
    Stage stage(script);
    stage.send({"a", "b", "c"});
    CHECK(stage.recorder.names == Names{"a"});
    CHECK(stage.counts() == observe::Counts{3, 1, 0, 0, 2, 0});
    CHECK(stage.rig.ledger.page("processors.fake").counter("errors") == 1);
    CHECK(stage.rig.log_text().find(
              "processors.fake: the plugin changed the number of metrics without saying so") !=
          std::string::npos);
    check_ledger(stage.rig.ledger);
}

TEST_CASE("A processor that adds in silence is counted and named", "[unit][runtime]") {
    Script script;
    script.process = [](Batch& batch) {
        batch.add("b").field("v", 1);
        batch.door().added = 0;
    };
    Stage stage(script);
    stage.send({"a"});
    CHECK(stage.counts() == observe::Counts{2, 2, 0, 0, 0, 0});
    CHECK(stage.rig.ledger.page("processors.fake").counter("errors") == 1);
    check_ledger(stage.rig.ledger);
}

TEST_CASE("A processor that throws loses nothing", "[unit][runtime]") {
    Script script;
    script.process = [](Batch& batch) {
        batch[0].set_name("touched");
        throw 42;
    };
    Stage stage(script);
    stage.send({"a", "b"});
    CHECK(stage.recorder.names == Names{"touched", "b"});
    CHECK(stage.counts() == observe::Counts{2, 2, 0, 0, 0, 0});
    CHECK(stage.rig.log_text().find("processing failed, the metrics go on as they are: ") !=
          std::string::npos);
    check_ledger(stage.rig.ledger);
}

TEST_CASE("What a processor's filter does not select passes by untouched", "[unit][runtime]") {
    Script script;
    script.process = [](Batch& batch) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            batch[i].set_tag("seen", "yes");
        }
    };
    ProcessorSettings settings;
    settings.name_pass = {"a*"};
    Stage stage(script, settings);
    struct Case {
        Names sent;
        std::size_t seen;
    };
    const auto c = GENERATE(values<Case>({{{"a1", "b", "a2", "c"}, 2}, {{"a1", "a2"}, 2}, {{"b", "c"}, 0}}));
    stage.send(c.sent);
    std::size_t seen = 0;
    for (const auto& batch : stage.recorder.batches) {
        for (const MetricView metric : batch.metrics()) {
            CHECK((metric.tag("seen") == "yes") == metric.name().starts_with("a"));
            seen += metric.tag("seen") == "yes" ? 1U : 0U;
        }
    }
    CHECK(seen == c.seen);
    auto names = stage.recorder.names;
    auto sent = c.sent;
    std::sort(names.begin(), names.end());
    std::sort(sent.begin(), sent.end());
    CHECK(names == sent);
    CHECK(stage.counts().received == static_cast<std::int64_t>(c.sent.size()));
    CHECK(stage.counts().delivered == static_cast<std::int64_t>(c.sent.size()));
    check_ledger(stage.rig.ledger);
}

TEST_CASE("A batch that others hold is copied before it is changed", "[unit][runtime]") {
    Script script;
    script.process = [](Batch& batch) { batch[0].set_name("changed"); };
    Stage stage(script);
    const delivery::BatchRef mine = stage.send({"a"});
    CHECK(mine.metrics()[0].name() == "a");
    CHECK(stage.recorder.names == Names{"changed"});
}

}  // namespace
}  // namespace heliograph::runtime
