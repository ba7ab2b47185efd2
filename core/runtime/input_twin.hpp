// The host's side of an input: its thread, its ticks, and the way of what it gathers into the graph.
#pragma once

#include "core/observe/event_log.hpp"
#include "core/runtime/fan_out.hpp"
#include "core/runtime/instance.hpp"
#include "core/runtime/metric_filter.hpp"
#include "core/runtime/node_thread.hpp"
#include "core/runtime/plugin_host.hpp"
#include "core/runtime/processor_twin.hpp"
#include "core/runtime/schedule.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace heliograph::runtime {

/// One input and its thread, on which the processors that it feeds run as well. Gathers never overlap: a tick
/// that comes while a gather runs is skipped and counted.
class InputTwin {
public:
    InputTwin(PluginHost& host, std::unique_ptr<Instance> instance, const InputSettings& settings,
              const AgentSettings& agent, std::shared_ptr<delivery::BatchPool> pool);
    ~InputTwin();

    [[nodiscard]] FanOut& readers() noexcept { return readers_; }
    /// A processor downstream whose ticks this input's thread runs.
    void add_ticking(ProcessorTwin& processor);

    void start();
    /// Gathers once on the caller's thread instead of starting: whether that went well. An input that runs on
    /// its own is run until it has handed over something, ten seconds at the most.
    [[nodiscard]] bool gather_once();
    /// Waits until the first open has ended, as far as startup = error asks for it.
    [[nodiscard]] Opening wait_until_opened(const std::function<bool()>& give_up) {
        return thread_.wait_until_opened(give_up);
    }

    void request_stop() noexcept;
    /// Whether the thread has ended by then; if so it is joined.
    [[nodiscard]] bool join_until(std::chrono::steady_clock::time_point deadline) {
        return thread_.join_until(deadline);
    }
    [[nodiscard]] const std::string& label() const noexcept { return host_.label(); }
    [[nodiscard]] Startup startup() const noexcept { return startup_; }

private:
    using SteadyClock = std::chrono::steady_clock;

    struct AccumulatorDoor {
        hg_accumulator door;
        InputTwin* twin;
    };
    struct Ticking {
        ProcessorTwin* processor;
        SteadyClock::time_point due;
    };

    void run();
    /// Opens with backoff; false when the node is to end.
    bool open();
    [[nodiscard]] bool run_briefly();
    bool gather();
    /// As gather; what it throws is an error of this gather.
    bool try_gather();
    /// What a flush of the accumulator does.
    void hand_over(hg_accumulator& accumulator);
    void dispatch(delivery::BatchRef batch);
    void run_due_ticks();
    /// False when stopping.
    bool wait_until(SteadyClock::time_point until);

    PluginHost& host_;
    std::unique_ptr<Instance> instance_;
    MetricFilter filter_;
    std::int64_t precision_;
    Startup startup_;
    Schedule schedule_;
    std::shared_ptr<delivery::BatchPool> pool_;
    FanOut readers_;
    std::vector<Ticking> ticking_;

    delivery::BatchRef current_;  // what is being gathered into
    std::int64_t gather_time_ = 0;
    observe::FailureLog failures_;
    observe::RateLimit empty_limit_;

    NodeThread thread_;
    std::atomic<bool> stopping_{false};
    bool has_handed_over_ = false;  // guarded by the thread's lock
};

}  // namespace heliograph::runtime
