#include "core/runtime/sync_thread.hpp"

#include <chrono>
#include <utility>

namespace heliograph::runtime {

void SyncThread::start(std::function<void()> sync) {
    stopping_ = false;
    thread_ = std::thread([this, work = std::move(sync)] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) {
            lock.unlock();
            work();
            lock.lock();
        }
    });
}

void SyncThread::stop() {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

}  // namespace heliograph::runtime
