// Brings disk buffers to the disk every second, whatever their outputs are waiting for.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace heliograph::runtime {

/// One thread for all buffers of an agent. It never touches a metric. start and stop from one thread.
class SyncThread {
public:
    SyncThread() = default;
    SyncThread(const SyncThread&) = delete;
    SyncThread& operator=(const SyncThread&) = delete;
    ~SyncThread() { stop(); }

    /// Calls `sync` every second until stop.
    void start(std::function<void()> sync);
    /// Safe without start, and twice.
    void stop();

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace heliograph::runtime
