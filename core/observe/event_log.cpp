#include "core/observe/event_log.hpp"

#include <algorithm>

namespace heliograph::observe {
namespace {

constexpr auto kReminder = std::chrono::minutes(5);

std::string seconds_text(FailureLog::Clock::duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

std::optional<std::string> FailureLog::failed(std::string_view what, Clock::time_point now) {
    ++tries_;
    if (tries_ == 1) {
        since_ = now;
    }
    if (tries_ > 1 && what == last_ && now - said_ < kReminder) {
        return std::nullopt;
    }
    std::string line(what);
    if (tries_ > 1 && what == last_) {
        line += " (" + std::to_string(tries_) + " tries in " + seconds_text(now - since_) + ")";
    }
    last_ = what;
    said_ = now;
    return line;
}

std::optional<std::string> FailureLog::succeeded(std::string_view what, Clock::time_point now) {
    if (tries_ == 0) {
        return std::nullopt;
    }
    std::string line = std::string(what) + " again, after " + std::to_string(tries_) +
                       (tries_ == 1 ? " failure" : " failures") + " in " + seconds_text(now - since_);
    tries_ = 0;
    last_.clear();
    return line;
}

bool RateLimit::allows(Clock::time_point now, std::uint64_t& suppressed) {
    suppressed = 0;
    if (lines_ == 0 || now - start_ >= std::chrono::minutes(1)) {
        suppressed = lines_ > kPerMinute ? lines_ - kPerMinute : 0;
        start_ = now;
        lines_ = 0;
    }
    return ++lines_ <= kPerMinute;
}

}  // namespace heliograph::observe
