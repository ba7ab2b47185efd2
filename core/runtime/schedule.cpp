#include "core/runtime/schedule.hpp"

#include <algorithm>

namespace heliograph::runtime {
namespace {

/// The number of whole intervals before a time; rounds down for times before the epoch too.
std::int64_t slot(std::int64_t time, std::int64_t interval) {
    return time / interval - (time % interval < 0 ? 1 : 0);
}

}  // namespace

Tick Schedule::next(std::int64_t asked_at, std::int64_t began) {
    std::int64_t now = asked_at;
    const std::int64_t interval = std::max<std::int64_t>(settings_.interval.count(), 1);
    const std::int64_t offset = settings_.offset.count() % interval;
    // The wait is measured by another clock than the ticks are, so it may end just before its tick.
    const auto is_just_before_due = [&](std::int64_t time) {
        return last_due_ != kNone && last_due_ > time && last_due_ - time < interval / 2;
    };
    if (is_just_before_due(now)) {
        now = last_due_;
        began = std::max(began, last_due_);
    } else if (is_just_before_due(began)) {
        began = last_due_;
    }
    const std::int64_t current = slot(now - offset, interval);
    Tick tick;
    // The first gather begins between two ticks, so only whole intervals count. A clock that was set back
    // during the gather skips nothing.
    const std::int64_t passed =
        last_due_ == kNone ? (now - began) / interval : current - slot(began - offset, interval);
    tick.skipped = std::max<std::int64_t>(0, passed);
    const std::int64_t due = (current + 1) * interval + offset;
    tick.wait = std::chrono::nanoseconds(due - asked_at);
    last_due_ = due;
    if (settings_.jitter.count() > 0) {
        tick.wait += std::chrono::nanoseconds(
            std::uniform_int_distribution<std::int64_t>(0, settings_.jitter.count())(random_));
    }
    return tick;
}

}  // namespace heliograph::runtime
