#include "core/runtime/processor_twin.hpp"

#include <utility>

namespace heliograph::runtime {

using delivery::BatchRef;

ProcessorTwin::ProcessorTwin(PluginHost& host, std::unique_ptr<Instance> instance,
                             const ProcessorSettings& settings, std::shared_ptr<delivery::BatchPool> pool)
    : host_(host),
      instance_(std::move(instance)),
      filter_(settings),
      interval_(settings.interval.value_or(std::chrono::nanoseconds{})),
      pool_(std::move(pool)),
      pure_(instance_->has(HG_ABILITY_PURE)) {}

bool ProcessorTwin::open() {
    const CallOutcome outcome = instance_->open();
    if (!outcome.ok()) {
        host_.log(LogLevel::error, "cannot be opened: " + outcome.error);
    }
    opened_ = outcome.ok();
    return opened_;
}

void ProcessorTwin::close() {
    opened_ = false;
    instance_->close();
}

void ProcessorTwin::accept(BatchRef batch) {
    if (filter_.is_open()) {
        process(std::move(batch));
        return;
    }
    // As in Telegraf, a processor's filter chooses what it works on; the rest passes by untouched. Fields are
    // chosen as metrics are: a metric is worked on when it has a field that passes.
    const auto records = batch.metrics().records();
    std::vector<bool> chosen(records.size());
    std::vector<bool> rest(records.size());
    std::size_t passing = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const MetricView metric(records[i]);
        chosen[i] = filter_.passes(metric) && filter_.has_passing_field(metric);
        rest[i] = !chosen[i];
        passing += chosen[i] ? 1U : 0U;
    }
    if (passing == records.size()) {
        process(std::move(batch));
        return;
    }
    BatchRef past;
    if (passing == 0) {
        past = std::move(batch);
    } else {
        past = delivery::select(batch, rest, *pool_);
        process(delivery::select(batch, chosen, *pool_));
    }
    const auto count = static_cast<std::int64_t>(past.size());
    host_.ledger().add({.received = count, .delivered = count});
    readers_.send(std::move(past));
}

void ProcessorTwin::process(BatchRef batch) {
    delivery::make_exclusive(batch, *pool_);
    hg_batch& door = batch.exclusive().door();
    batch.exclusive().reset_counts();
    const std::size_t before = door.count;
    hg_plugin& plugin = instance_->door();
    std::unique_lock lock(mutex_, std::defer_lock);
    if (!pure_) {
        lock.lock();
    }
    const CallOutcome outcome =
        run_call([&](hg_error* error) { return plugin.process(&plugin, &door, error); });
    if (!pure_) {
        lock.unlock();
    }
    finish(std::move(batch), before, outcome);
}

void ProcessorTwin::flush(bool final) {
    if (!opened_) {
        return;
    }
    BatchRef batch = pool_->acquire();
    hg_batch& door = batch.exclusive().door();
    hg_plugin& plugin = instance_->door();
    CallOutcome outcome;
    {
        const std::lock_guard lock(mutex_);
        outcome =
            run_call([&](hg_error* error) { return plugin.flush(&plugin, &door, final ? 1 : 0, error); });
    }
    finish(std::move(batch), 0, outcome);
}

void ProcessorTwin::finish(BatchRef batch, std::size_t before, const CallOutcome& outcome) {
    const hg_batch& door = batch.exclusive().door();
    const auto signed_of = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
    const std::int64_t after = signed_of(door.count);
    const std::int64_t received = signed_of(before) + signed_of(door.added);
    const std::int64_t held = signed_of(door.held) - signed_of(door.released);
    // Records that left without a word are counted as filtered, and ones that came so as received: the ledger
    // balances, and the log names the plugin.
    const std::int64_t unaccounted = received - held - signed_of(door.filtered) - after;
    host_.ledger().add({.received = received + (unaccounted < 0 ? -unaccounted : 0),
                        .delivered = after,
                        .filtered = signed_of(door.filtered) + (unaccounted > 0 ? unaccounted : 0),
                        .held = held});
    log_outcome(outcome, unaccounted != 0);
    readers_.send(std::move(batch));
}

void ProcessorTwin::log_outcome(const CallOutcome& outcome, bool miscounted) {
    const std::lock_guard lock(log_mutex_);
    if (outcome.ok() && !miscounted) {
        if (const auto line = failures_.succeeded("processing works", observe::FailureLog::Clock::now())) {
            host_.log(LogLevel::info, *line);
        }
    } else {
        host_.ledger().count("errors");
        const std::string what = outcome.ok()
                                     ? "the plugin changed the number of metrics without saying so"
                                     : "processing failed, the metrics go on as they are: " + outcome.error;
        if (const auto line = failures_.failed(what, observe::FailureLog::Clock::now())) {
            host_.log(LogLevel::error, *line);
        }
    }
}

}  // namespace heliograph::runtime
