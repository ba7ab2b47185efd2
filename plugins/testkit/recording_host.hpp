// A host for tests: it records what a plugin says, and its clock moves only when told to.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/host.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::testkit {

struct LogLine {
    LogLevel level;
    std::string text;
};

/// Implements every host service in memory. Thread-safe where the door says [any]. Must outlive its plugins.
class RecordingHost {
public:
    explicit RecordingHost(std::string node_name = "node", std::chrono::nanoseconds interval = {});
    RecordingHost(const RecordingHost&) = delete;
    RecordingHost& operator=(const RecordingHost&) = delete;

    [[nodiscard]] const hg_host& door() const noexcept { return door_; }

    /// The manual clock: wall and monotonic time move together. Starts at 2026-06-21 10:00:00 UTC.
    void set_now(std::int64_t nanoseconds) noexcept { now_ = nanoseconds; }
    void advance(std::chrono::nanoseconds by) noexcept { now_ += by.count(); }
    /// Lets time run with the system's clocks instead, for tests that do real network I/O.
    void use_system_clock() noexcept { system_clock_ = true; }

    [[nodiscard]] std::vector<LogLine> log() const;
    /// Whether a line of that level contains the text.
    [[nodiscard]] bool logged(LogLevel level, std::string_view text) const;
    [[nodiscard]] std::int64_t counter(std::string_view name) const;

    /// What survives a "restart": hand it to the next host.
    [[nodiscard]] std::map<std::string, std::string> state() const;
    void set_state(std::map<std::string, std::string> state);
    /// Makes store_state fail with Retry.
    void fail_stores(bool fail) noexcept { fail_stores_ = fail; }

    /// What the nodes upstream declare.
    std::vector<Declaration> upstream;

private:
    static RecordingHost& of(const hg_host* host) { return *static_cast<RecordingHost*>(host->context); }

    std::string node_name_;
    hg_host door_{};
    hg_state state_door_{};
    hg_declarations declarations_door_{};
    std::atomic<std::int64_t> now_{1'782'036'000'000'000'000};
    std::atomic<bool> system_clock_{false};
    std::atomic<bool> fail_stores_{false};
    mutable std::mutex mutex_;
    std::vector<LogLine> log_;
    std::map<std::string, std::int64_t, std::less<>> counters_;
    std::map<std::string, std::string> state_;
};

}  // namespace heliograph::testkit
