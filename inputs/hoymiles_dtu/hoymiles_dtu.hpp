// The input `hoymiles_dtu`: polls DTUs over Modbus TCP and emits what their inverters say.
#pragma once

#include "inputs/hoymiles_dtu/counter_store.hpp"
#include "inputs/hoymiles_dtu/dtu_health.hpp"
#include "inputs/hoymiles_dtu/dtu_list.hpp"
#include "inputs/hoymiles_dtu/metrics.hpp"
#include "inputs/hoymiles_dtu/options.hpp"
#include "inputs/hoymiles_dtu/poller.hpp"

#include <heliograph/input.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace heliograph::hoymiles {

/// One gather polls every DTU once, all at the same time, and appends each DTU's snapshot as soon as it is
/// complete. A scan that takes longer than nine tenths of the interval (the first time: at least two
/// timeouts) goes on in the next gather, so that one slow DTU holds up no other.
class HoymilesDtu final : public Input<Options> {
public:
    static constexpr std::string_view kType = "hoymiles_dtu";
    static constexpr std::string_view kSummary =
        "Reads Hoymiles DTUs (DTU-Pro, DTU-Pro-S) and their microinverters over Modbus TCP.";
    static constexpr auto kDeclarations = kMetricDeclarations;

    void check(Problems& problems) override;
    void open() override;
    /// Throws Retry when every DTU that was polled had a problem.
    void gather(Accumulator& accumulator) override;
    void interrupt() noexcept override;
    void close() noexcept override;

private:
    struct Dtu {
        DtuEntry entry;
        std::string label;  // host:port, for logs
        DtuHealth health;
        std::string remark;  // last thing logged that is no problem
        SteadyTime polled_at;
    };
    struct Tally {
        std::size_t polls = 0;
        std::size_t problems = 0;
        std::string first_problem;
    };

    void request_due(SteadyTime now);
    void run(Accumulator& accumulator, SteadyTime start);
    SteadyTime gather_deadline(SteadyTime start);
    void finished(std::size_t index, const ScanResult& result);
    void append(const Dtu& dtu, const ScanResult& result);
    void note(Dtu& dtu, const ScanResult& result);
    void restore_counters();
    bool counters_unsaved() const;
    void save_counters() noexcept;
    std::size_t connection_limit() const;

    std::optional<std::chrono::minutes> utc_offset_;
    std::vector<Dtu> dtus_;
    std::unique_ptr<CounterStore> counters_;
    std::chrono::nanoseconds saved_at_{};
    bool saved_once_ = false;
    bool save_failed_ = false;  // what is stored is older than the counters, even if they do not change
    bool first_gather_ = true;
    std::string standing_problem_;  // of the last polls, if all of them had one

    // Guards the pointer against interrupt() only; the poller itself belongs to the gather.
    std::mutex poller_guard_;
    std::unique_ptr<Poller> poller_;
    std::atomic<bool> interrupted_ = false;

    // Of the running gather.
    Accumulator* accumulator_ = nullptr;
    Tally tally_;
};

}  // namespace heliograph::hoymiles
