// The host's side of an output: its buffer, its thread, and what becomes of every metric that reaches it.
#pragma once

#include "core/delivery/backoff.hpp"
#include "core/delivery/buffer.hpp"
#include "core/delivery/dead_letter.hpp"
#include "core/delivery/deliver.hpp"
#include "core/observe/event_log.hpp"
#include "core/runtime/fan_out.hpp"
#include "core/runtime/instance.hpp"
#include "core/runtime/metric_filter.hpp"
#include "core/runtime/node_thread.hpp"
#include "core/runtime/plugin_host.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::runtime {

/// One output and its thread. Metrics are appended by the threads of inputs and written by this one's own; a
/// slow or dead far side fills the buffer and nothing else.
class OutputTwin final : public Sink {
public:
    OutputTwin(PluginHost& host, std::unique_ptr<Instance> instance, const OutputSettings& settings,
               const AgentSettings& agent, std::shared_ptr<delivery::BatchPool> pool);
    ~OutputTwin() override;

    void start();
    [[nodiscard]] Opening wait_until_opened(const std::function<bool()>& give_up) {
        return thread_.wait_until_opened(give_up);
    }

    void accept(delivery::BatchRef batch) override;

    /// Whether a part of the buffer is on disk, for which sync_buffer is to be called every second.
    [[nodiscard]] bool has_disk() const noexcept { return buffer_.has_disk(); }
    /// [any thread]
    void sync_buffer() { buffer_.sync_if_due(); }

    /// From now on no input waits for room here. [any thread]
    void let_through() { buffer_.let_through(); }
    /// No more metrics will come: write what is held, and at the deadline drop the rest, counted.
    void drain(std::chrono::steady_clock::time_point deadline);
    /// Whether the thread has ended by then; if so it is joined.
    [[nodiscard]] bool join_until(std::chrono::steady_clock::time_point deadline);
    /// Makes a write that hangs return.
    void interrupt() noexcept { instance_->interrupt(); }

    /// Metrics that were dropped at the end because they could not be delivered. [any thread]
    [[nodiscard]] std::int64_t undelivered() const noexcept { return undelivered_; }

    [[nodiscard]] const std::string& label() const noexcept { return host_.label(); }
    [[nodiscard]] Startup startup() const noexcept { return startup_; }

private:
    using SteadyClock = std::chrono::steady_clock;

    void run();
    bool open();
    /// Writes until closed; answers when the node is to drain.
    void serve();
    void drain_buffer();
    /// Offers one batch; false when the far side is not there.
    bool write_batch();
    /// Waits for a while, or less when told to drain or when its deadline is nearer.
    void pause(std::chrono::nanoseconds wait);
    /// When nothing could be taken although metrics wait; true if they are settled for all that.
    bool pass_unreadable();
    /// Puts what was rejected into the dead letter, and the first reason into the log.
    void bury_rejected(MetricSpan metrics);
    void log_rejected();
    void log_health();
    /// Books metrics that the buffer could not hold; the line in the log begins with their number.
    void drop(std::int64_t count, std::string_view why);
    void book(const delivery::Buffer::Losses& losses);
    /// Books metrics that an earlier run has left.
    void note_restored(std::size_t count);
    void leave_out();
    /// Leaves on disk what is there, and drops the rest of what the buffer holds, counted.
    void drop_rest();
    /// Whether the node is to end and nothing waits for it.
    [[nodiscard]] bool has_drained() const {
        return deadline_.load() != SteadyClock::time_point::max() && buffer_.size() == 0;
    }

    PluginHost& host_;
    std::unique_ptr<Instance> instance_;
    MetricFilter filter_;
    Startup startup_;
    std::shared_ptr<delivery::BatchPool> pool_;
    delivery::Buffer buffer_;
    delivery::Backoff backoff_;
    delivery::Write write_;
    delivery::Report report_;
    observe::FailureLog failures_;
    std::optional<delivery::DeadLetter> dead_letter_;
    observe::FailureLog dead_letter_failures_;
    observe::RateLimit reject_limit_;
    observe::RateLimit drop_limit_;
    std::mutex drop_mutex_;  // around drop_limit_, which inputs share

    NodeThread thread_;
    std::atomic<bool> left_out_{false};  // startup = ignore, and it could not be opened
    std::atomic<std::int64_t> undelivered_{0};
    std::atomic<SteadyClock::time_point> deadline_{SteadyClock::time_point::max()};
};

}  // namespace heliograph::runtime
