// The host's side of a processor: counts, guards its state, lets what its filter does not select pass by.
#pragma once

#include "core/observe/event_log.hpp"
#include "core/runtime/fan_out.hpp"
#include "core/runtime/instance.hpp"
#include "core/runtime/metric_filter.hpp"
#include "core/runtime/plugin_host.hpp"

#include <chrono>
#include <memory>
#include <mutex>

namespace heliograph::runtime {

/// Runs on the threads of the inputs that feed it. A processor that is not pure sees one call at a time.
class ProcessorTwin final : public Sink {
public:
    ProcessorTwin(PluginHost& host, std::unique_ptr<Instance> instance, const ProcessorSettings& settings,
                  std::shared_ptr<delivery::BatchPool> pool);

    [[nodiscard]] FanOut& readers() noexcept { return readers_; }
    [[nodiscard]] Instance& instance() noexcept { return *instance_; }
    [[nodiscard]] bool ticks() const noexcept {
        return instance_->has(HG_ABILITY_TICK) && interval_.count() > 0;
    }
    [[nodiscard]] std::chrono::nanoseconds interval() const noexcept { return interval_; }

    /// Opens the plugin; a failure is logged and answered.
    [[nodiscard]] bool open();
    void close();

    void accept(delivery::BatchRef batch) override;
    /// Lets the processor give back what it holds: what is due, or all of it at the end.
    void flush(bool final);

private:
    void process(delivery::BatchRef batch);
    /// Books what a call did to a batch and hands the batch on.
    void finish(delivery::BatchRef batch, std::size_t before, const CallOutcome& outcome);
    void log_outcome(const CallOutcome& outcome, bool miscounted);

    PluginHost& host_;
    std::unique_ptr<Instance> instance_;
    MetricFilter filter_;
    std::chrono::nanoseconds interval_;
    std::shared_ptr<delivery::BatchPool> pool_;
    FanOut readers_;
    const bool pure_;
    bool opened_ = false;
    std::mutex mutex_;  // around the plugin, when it keeps state
    std::mutex log_mutex_;
    observe::FailureLog failures_;
};

}  // namespace heliograph::runtime
