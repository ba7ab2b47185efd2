// The agent: starts the nodes of a pipeline, and stops them so that each drains into one that still runs.
#pragma once

#include "core/runtime/input_twin.hpp"
#include "core/runtime/output_twin.hpp"
#include "core/runtime/pipeline.hpp"
#include "core/runtime/processor_twin.hpp"
#include "core/runtime/sync_thread.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace heliograph::runtime {

/// Owns the running nodes. Used from one thread.
class Agent {
public:
    Agent(Pipeline pipeline, Services services);
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;
    ~Agent();

    /// Opens and starts everything, outputs first. False when a node with startup = error could not be
    /// opened; what had been started is then stopped again.
    /// While it waits for such nodes it asks `give_up` every now and then: true counts as a failure.
    [[nodiscard]] bool start(const std::function<bool()>& give_up = [] { return false; });

    /// Instead of start and stop: every input gathers once and the whole graph runs. Whether everything went
    /// well.
    [[nodiscard]] bool run_once();

    /// How stopping went.
    enum class Stop : std::uint8_t {
        clean,      // every thread has ended
        abandoned,  // a plugin did not come back in time; the process must end without running destructors
    };
    /// Stops inputs, flushes processors, drains outputs until stop_timeout.
    Stop stop();

    /// Whether the last stop ended every thread; if not, the process must end without running destructors.
    [[nodiscard]] bool stopped_clean() const noexcept { return stopped_clean_; }

    /// Metrics that the outputs could not deliver before the stop, and that are lost.
    [[nodiscard]] std::int64_t undelivered() const;

    /// One line a node. [any thread]
    void log_ledger() const;

private:
    void connect();
    void start_outputs();
    [[nodiscard]] bool open_processors();
    template <class Twin, class Interrupt>
    bool join_or_interrupt(const std::vector<std::unique_ptr<Twin>>& twins,
                           std::chrono::steady_clock::time_point deadline, Interrupt interrupt);
    Stop stop_inputs(std::chrono::steady_clock::time_point deadline);
    Stop stop_outputs(std::chrono::steady_clock::time_point deadline);

    Services services_;
    Pipeline pipeline_;  // holds the hosts; its instances have moved into the twins
    // Destroyed from the last to the first: inputs, then processors, then outputs.
    std::vector<std::unique_ptr<OutputTwin>> outputs_;
    std::vector<std::unique_ptr<ProcessorTwin>> processors_;  // every one after those that it reads from
    std::vector<std::unique_ptr<InputTwin>> inputs_;
    SyncThread sync_thread_;
    bool running_ = false;
    bool stopped_clean_ = true;
};

}  // namespace heliograph::runtime
