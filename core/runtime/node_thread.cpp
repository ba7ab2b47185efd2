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
            host_.log(LogLevel::error, std::string("this node ends: ") + exception.what());
        }
        change([this] { finished_ = true; });
    });
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

Opening NodeThread::wait_until_opened() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return opening_ != Opening::pending || finished_; });
    return opening_;
}

}  // namespace heliograph::runtime
