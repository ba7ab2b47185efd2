// The thread of a node: its life from start to join, and what others wait for in between.
#pragma once

#include "core/runtime/plugin_host.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace heliograph::runtime {

/// How far a node has come in opening its plugin.
enum class Opening : std::uint8_t { pending, open, failed };

/// Runs one function on a thread of its own. An exception that leaves the function is logged under the node's
/// name and ends the node, never the program.
class NodeThread {
public:
    using Clock = std::chrono::steady_clock;

    explicit NodeThread(PluginHost& host) noexcept : host_(host) {}
    NodeThread(const NodeThread&) = delete;
    NodeThread& operator=(const NodeThread&) = delete;
    ~NodeThread() = default;  // the node joins before its members go

    void start(std::function<void()> body);

    /// Waits until the function has ended, that long at the most; if it has, the thread is joined. True
    /// without a thread.
    [[nodiscard]] bool join_until(Clock::time_point deadline);
    /// Whether there is a thread that has not been joined.
    [[nodiscard]] bool joinable() const noexcept { return thread_.joinable(); }
    void join() { thread_.join(); }

    /// [node's thread]
    void set_opening(Opening opening);
    /// Waits until the first try to open has ended, the thread has, or give_up says so, which counts as
    /// failed. [any thread]
    [[nodiscard]] Opening wait_until_opened(const std::function<bool()>& give_up);

    /// Changes something that others wait for, and wakes them. [any thread]
    template <class Change>
    void change(Change change) {
        {
            const std::lock_guard lock(mutex_);
            change();
        }
        changed_.notify_all();
    }
    /// Waits until the predicate holds, the function has ended, or `until`: whether the predicate holds. [any
    /// thread]
    template <class Predicate>
    bool wait_until(Clock::time_point until, Predicate predicate) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, until, [&] { return finished_ || predicate(); });
        return predicate();
    }

private:
    void log_end(const char* why) noexcept;

    PluginHost& host_;
    std::thread thread_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool finished_ = false;
    Opening opening_ = Opening::pending;
};

}  // namespace heliograph::runtime
