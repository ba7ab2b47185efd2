#include "core/runtime/node_thread.hpp"

#include <exception>
#include <string>
#include <utility>

namespace heliograph::runtime {

void NodeThread::start(std::function<void()> body) {
    thread_ = std::thread([this, run = std::move(body)] {
        try {
            run();
        } catch (const std::exception& exception) {
            log_end(exception.what());
        } catch (...) {
            log_end("of something that is no std::exception");
        }
        change([this] { finished_ = true; });
    });
}

void NodeThread::log_end(const char* why) noexcept {
    try {
        host_.log(LogLevel::error, std::string("this node ends: ") + why);
    } catch (...) {
        // No memory even for the line; the other nodes go on all the same.
        static_cast<void>(why);
    }
}

bool NodeThread::join_until(Clock::time_point deadline) {
    if (!thread_.joinable()) {
        return true;
    }
    if (!wait_until(deadline, [this] { return finished_; })) {
        return false;
    }
    thread_.join();
    return true;
}

void NodeThread::set_opening(Opening opening) {
    change([&] { opening_ = opening; });
}

Opening NodeThread::wait_until_opened(const std::function<bool()>& give_up) {
    constexpr auto kSlice = std::chrono::milliseconds(100);
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kSlice, [this] { return opening_ != Opening::pending || finished_; })) {
        if (give_up()) {
            return Opening::failed;
        }
    }
    return opening_;
}

}  // namespace heliograph::runtime
