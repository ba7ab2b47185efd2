// A running agent of scripted plugins in one process, and the law that every test of it ends with.
#pragma once

#include "core/runtime/agent.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace heliograph::runtime {

/// What the plugin instances of a test do; one that is not set does nothing.
struct Script {
    std::function<void()> open = [] {};
    std::function<void()> interrupt = [] {};
    std::function<void()> close = [] {};
    std::function<void(Accumulator&)> gather = [](Accumulator&) {};
    std::function<void(Batch&)> process = [](Batch&) {};
    std::function<void(Batch&, bool)> flush = [](Batch&, bool) {};
    std::function<void(const MetricSpan&, Verdict&)> write = [](const MetricSpan&, Verdict&) {};
};

/// Scripts by node name, since an instance knows no more of itself than that.
inline std::map<std::string, Script, std::less<>>& scripts() {
    static std::map<std::string, Script, std::less<>> all;
    return all;
}

/// The part that all kinds share.
template <class Kind>
class Scripted : public Kind {
public:
    void open() override { script().open(); }
    void interrupt() noexcept override { script().interrupt(); }
    void close() noexcept override { script().close(); }

protected:
    [[nodiscard]] const Script& script() const { return scripts().find(this->host().node_name())->second; }
};

class ScriptedInput : public Scripted<Input<NoOptions>> {
public:
    void gather(Accumulator& accumulator) override { script().gather(accumulator); }
};

class RunningInput final : public ScriptedInput {
public:
    static constexpr bool kRuns = true;
};

class ScriptedProcessor : public Scripted<Processor<NoOptions>> {
public:
    static constexpr bool kTick = true;
    void process(Batch& batch) override { script().process(batch); }
    void flush(Batch& batch, bool final) override { script().flush(batch, final); }
};

class ScriptedOutput final : public Scripted<Output<NoOptions>> {
public:
    void write(const MetricSpan& metrics, Verdict& verdict) override { script().write(metrics, verdict); }
};

/// Nothing is lost in silence: every page balances, and after a stop nothing is held anywhere.
inline void check_ledger(const observe::Ledger& ledger) {
    CHECK(ledger.unbalanced().empty());
    for (const observe::NodeLedger* page : ledger.pages()) {
        CAPTURE(page->node());
        CHECK(page->counts().held == 0);
    }
}

/// Waits until something is so, for ten seconds at the most.
template <class Predicate>
[[nodiscard]] bool eventually(Predicate predicate) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!predicate()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

/// Builds the nodes of one agent. Nodes are added after those that they read from.
class Rig {
public:
    Rig() : file_(std::tmpfile()), log_(observe::LogFormat::text, LogLevel::debug, fileno(file_)) {
        scripts().clear();
        agent.stop_timeout = std::chrono::seconds(5);
    }
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    ~Rig() { std::fclose(file_); }

    /// The defaults of a test: quick, so that nobody waits.
    static InputSettings quick_input() {
        InputSettings settings;
        settings.interval = std::chrono::milliseconds(2);
        return settings;
    }
    static OutputSettings quick_output() {
        OutputSettings settings;
        settings.flush_interval = std::chrono::nanoseconds(0);
        settings.retry_initial = std::chrono::milliseconds(1);
        settings.retry_max = std::chrono::milliseconds(4);
        return settings;
    }

    std::size_t input(const std::string& name, Script script, const InputSettings& settings = quick_input()) {
        return add(graph::Kind::input, name, {}, std::move(script), settings,
                   descriptor<ScriptedInput>("fake", "A fake."));
    }
    std::size_t running_input(const std::string& name, Script script) {
        return add(graph::Kind::input, name, {}, std::move(script), quick_input(),
                   descriptor<RunningInput>("fake", "A fake."));
    }
    std::size_t processor(const std::string& name, const std::vector<std::size_t>& from, Script script,
                          const ProcessorSettings& settings = {}) {
        return add(graph::Kind::processor, name, from, std::move(script), settings,
                   descriptor<ScriptedProcessor>("fake", "A fake."));
    }
    std::size_t output(const std::string& name, const std::vector<std::size_t>& from, Script script,
                       const OutputSettings& settings = quick_output()) {
        return add(graph::Kind::output, name, from, std::move(script), settings,
                   descriptor<ScriptedOutput>("fake", "A fake."));
    }

    /// To be called once, when all nodes are there.
    [[nodiscard]] std::unique_ptr<Agent> make_agent() {
        pipeline_.agent = agent;
        return std::make_unique<Agent>(std::move(pipeline_), services());
    }

    [[nodiscard]] Services services() { return {log_, ledger, state_}; }
    [[nodiscard]] observe::Counts counts(std::string_view node) { return ledger.page(node).counts(); }
    [[nodiscard]] std::string log_text() const {
        std::rewind(file_);
        std::string text;
        std::array<char, 4096> part{};
        for (std::size_t size = 0; (size = std::fread(part.data(), 1, part.size(), file_)) != 0;) {
            text.append(part.data(), size);
        }
        return text;
    }

    AgentSettings agent;
    observe::Ledger ledger;

private:
    template <class Settings>
    std::size_t add(graph::Kind kind, const std::string& name, const std::vector<std::size_t>& from,
                    Script script, const Settings& settings, const hg_descriptor& descriptor) {
        scripts()[name] = std::move(script);
        graph::Node node;
        node.kind = kind;
        node.name = name;
        node.sources = from;
        BuiltNode built;
        built.index = pipeline_.graph.nodes.size();
        built.settings = settings;
        built.host = std::make_unique<PluginHost>(services(), node.label(), name, std::chrono::nanoseconds(0),
                                                  LogLevel::debug);
        std::string error;
        built.instance = Instance::create(loader::Module{"fake.so", &descriptor}, built.host->door(), error);
        REQUIRE(error.empty());
        pipeline_.graph.nodes.push_back(std::move(node));
        pipeline_.nodes.push_back(std::move(built));
        return pipeline_.nodes.back().index;
    }

    std::FILE* file_;
    observe::Log log_;
    StateStore state_;
    Pipeline pipeline_;
};

}  // namespace heliograph::runtime
