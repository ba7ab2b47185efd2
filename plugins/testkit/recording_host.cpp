#include "plugins/testkit/recording_host.hpp"

#include <heliograph/text.hpp>

#include <algorithm>
#include <utility>

namespace heliograph::testkit {
namespace {

std::int64_t system_now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::int64_t system_monotonic() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

RecordingHost::RecordingHost(std::string node_name, std::chrono::nanoseconds interval)
    : node_name_(std::move(node_name)) {
    door_.size = sizeof(hg_host);
    door_.abi_major = HG_ABI_MAJOR;
    door_.abi_minor = HG_ABI_MINOR;
    door_.node_name = to_text(node_name_);
    door_.interval = interval.count();
    door_.context = this;
    door_.log = [](const hg_host* host, std::int32_t level, hg_text message) {
        const std::lock_guard lock(of(host).mutex_);
        of(host).log_.push_back({static_cast<LogLevel>(level), std::string(view(message))});
    };
    door_.log_enabled = [](const hg_host*, std::int32_t) { return std::int32_t{1}; };
    door_.now = [](const hg_host* host) {
        return of(host).system_clock_ ? system_now() : of(host).now_.load();
    };
    door_.monotonic = [](const hg_host* host) {
        return of(host).system_clock_ ? system_monotonic() : of(host).now_.load();
    };
    door_.count = [](const hg_host* host, hg_text counter, std::int64_t delta) {
        const std::lock_guard lock(of(host).mutex_);
        of(host).counters_[std::string(view(counter))] += delta;
    };
    door_.get_extension = [](const hg_host* host, hg_text id) -> const void* {
        if (view(id) == HG_EXTENSION_STATE) {
            return &of(host).state_door_;
        }
        return view(id) == HG_EXTENSION_DECLARATIONS ? &of(host).declarations_door_ : nullptr;
    };
    state_door_.size = sizeof(hg_state);
    state_door_.load = [](const hg_host* host, hg_text key, void* context, void (*receive)(void*, hg_text)) {
        const std::lock_guard lock(of(host).mutex_);
        const auto found = of(host).state_.find(std::string(view(key)));
        if (found == of(host).state_.end()) {
            return std::int32_t{HG_RETRY};
        }
        receive(context, to_text(found->second));
        return std::int32_t{HG_OK};
    };
    state_door_.store = [](const hg_host* host, hg_text key, hg_text value, hg_error* error) {
        if (of(host).fail_stores_) {
            detail::fill_error(error, "cannot store state: told to fail");
            return std::int32_t{HG_RETRY};
        }
        const std::lock_guard lock(of(host).mutex_);
        of(host).state_[std::string(view(key))] = std::string(view(value));
        return std::int32_t{HG_OK};
    };
    declarations_door_.size = sizeof(hg_declarations);
    declarations_door_.each = [](const hg_host* host, void* context,
                                 void (*receive)(void*, const hg_declaration*)) {
        for (const Declaration& declaration : of(host).upstream) {
            const hg_declaration record = declaration.record();
            receive(context, &record);
        }
    };
}

std::vector<LogLine> RecordingHost::log() const {
    const std::lock_guard lock(mutex_);
    return log_;
}

bool RecordingHost::logged(LogLevel level, std::string_view text) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(log_.begin(), log_.end(), [&](const LogLine& line) {
        return line.level == level && line.text.find(text) != std::string::npos;
    });
}

std::int64_t RecordingHost::counter(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = counters_.find(name);
    return found == counters_.end() ? 0 : found->second;
}

std::map<std::string, std::string> RecordingHost::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

void RecordingHost::set_state(std::map<std::string, std::string> state) {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
}

}  // namespace heliograph::testkit
