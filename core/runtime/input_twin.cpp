#include "core/runtime/input_twin.hpp"

#include "core/delivery/backoff.hpp"

#include <algorithm>
#include <utility>

namespace heliograph::runtime {

using std::chrono::nanoseconds;

namespace {

/// Waits while idle are cut into pieces of this, for no other reason than that every wait is bounded.
constexpr auto kIdle = std::chrono::minutes(1);

}  // namespace

InputTwin::InputTwin(PluginHost& host, std::unique_ptr<Instance> instance, const InputSettings& settings,
                     const AgentSettings& agent, std::shared_ptr<delivery::BatchPool> pool)
    : host_(host),
      instance_(std::move(instance)),
      filter_(settings),
      precision_(settings.precision.value_or(agent.precision).count()),
      startup_(settings.startup),
      schedule_({settings.interval.value_or(agent.interval), settings.jitter.value_or(agent.jitter),
                 settings.offset.value_or(agent.offset)}),
      pool_(std::move(pool)),
      thread_(host) {}

InputTwin::~InputTwin() {
    if (thread_.joinable()) {
        request_stop();
        thread_.join();
    }
}

void InputTwin::add_ticking(ProcessorTwin& processor) {
    ticking_.push_back({&processor, SteadyClock::now() + processor.interval()});
}

void InputTwin::start() {
    thread_.start([this] { run(); });
}

bool InputTwin::gather_once() {
    if (instance_->has(HG_ABILITY_RUNS)) {
        return run_briefly();
    }
    const CallOutcome opened = instance_->open();
    if (!opened.ok()) {
        host_.log(LogLevel::error, "cannot be opened: " + opened.error);
        return false;
    }
    const bool good = try_gather();
    instance_->close();
    return good;
}

bool InputTwin::run_briefly() {
    constexpr auto kBriefly = std::chrono::seconds(10);
    start();
    const bool handed_over =
        thread_.wait_until(SteadyClock::now() + kBriefly, [this] { return has_handed_over_; });
    if (!handed_over) {
        host_.log(LogLevel::error, "has handed over nothing in ten seconds");
    }
    request_stop();
    return join_until(SteadyClock::now() + kBriefly) && handed_over;
}

void InputTwin::request_stop() noexcept {
    thread_.change([this] { stopping_ = true; });
    instance_->interrupt();
}

void InputTwin::run() {
    if (!open()) {
        // The ticks of the processors downstream go on.
        while (wait_until(SteadyClock::now() + kIdle)) {
        }
        return;
    }
    if (instance_->has(HG_ABILITY_RUNS)) {
        // Such an input returns only when interrupted; if it fails, it is run again after a while.
        delivery::Backoff backoff({});
        while (!stopping_) {
            if (try_gather()) {
                backoff.reset();
            }
            wait_until(SteadyClock::now() + backoff.next());
        }
    } else {
        while (!stopping_) {
            const std::int64_t began = observe::wall_clock();
            static_cast<void>(try_gather());
            const Tick tick = schedule_.next(observe::wall_clock(), began);
            if (tick.skipped > 0) {
                host_.ledger().count("gathers_skipped", tick.skipped);
                host_.log(LogLevel::warning,
                          "the gather took longer than the interval; " + std::to_string(tick.skipped) +
                              (tick.skipped == 1 ? " tick was" : " ticks were") +
                              " skipped; use a longer interval, or find out why it is slow");
            }
            wait_until(SteadyClock::now() + tick.wait);
        }
    }
    instance_->close();
}

bool InputTwin::open() {
    delivery::Backoff backoff({});
    observe::FailureLog log;
    while (!stopping_) {
        const CallOutcome outcome = instance_->open();
        if (outcome.ok()) {
            if (const auto line = log.succeeded("opened", SteadyClock::now())) {
                host_.log(LogLevel::info, *line);
            }
            thread_.set_opening(Opening::open);
            return true;
        }
        if (const auto line = log.failed("cannot be opened: " + outcome.error, SteadyClock::now())) {
            host_.log(startup_ == Startup::ignore ? LogLevel::warning : LogLevel::error, *line);
        }
        thread_.set_opening(Opening::failed);
        if (startup_ != Startup::retry) {
            return false;
        }
        wait_until(SteadyClock::now() + backoff.next(outcome.retry_after));
    }
    return false;
}

bool InputTwin::wait_until(SteadyClock::time_point until) {
    for (;;) {
        auto wake = until;
        for (const Ticking& ticking : ticking_) {
            wake = std::min(wake, ticking.due);
        }
        if (thread_.wait_until(wake, [this] { return stopping_.load(); })) {
            return false;
        }
        run_due_ticks();
        if (SteadyClock::now() >= until) {
            return true;
        }
    }
}

void InputTwin::run_due_ticks() {
    const auto now = SteadyClock::now();
    for (Ticking& ticking : ticking_) {
        if (ticking.due <= now) {
            ticking.processor->flush(false);
            ticking.due = now + ticking.processor->interval();
        }
    }
}

bool InputTwin::try_gather() {
    try {
        return gather();
    } catch (const std::exception& exception) {
        // Out of memory, mostly: an error of this gather, and the next one may be luckier.
        host_.ledger().count("gather_errors");
        if (const auto line =
                failures_.failed(std::string("gathering failed: ") + exception.what(), SteadyClock::now())) {
            host_.log(LogLevel::error, *line);
        }
        return false;
    }
}

bool InputTwin::gather() {
    gather_time_ = observe::wall_clock();
    current_ = pool_->acquire();
    AccumulatorDoor accumulator{{}, this};
    accumulator.door.size = sizeof(hg_accumulator);
    accumulator.door.batch = &current_.exclusive().door();
    accumulator.door.flush = [](hg_accumulator* door) noexcept -> std::int32_t {
        InputTwin& twin = *reinterpret_cast<AccumulatorDoor*>(door)->twin;
        const std::int32_t status = detail::guarded(nullptr, [&] { twin.hand_over(*door); });
        return status == HG_OK && twin.stopping_ ? HG_STOPPED : status;
    };
    hg_plugin& plugin = instance_->door();
    const CallOutcome outcome =
        run_call([&](hg_error* error) { return plugin.gather(&plugin, &accumulator.door, error); });
    dispatch(std::move(current_));
    host_.ledger().count("gathers");
    if (outcome.ok()) {
        if (const auto line = failures_.succeeded("gathering works", SteadyClock::now())) {
            host_.log(LogLevel::info, *line);
        }
        return true;
    }
    if (outcome.status == HG_STOPPED && stopping_) {
        return true;
    }
    host_.ledger().count("gather_errors");
    if (const auto line = failures_.failed("gathering failed: " + outcome.error, SteadyClock::now())) {
        host_.log(LogLevel::error, *line);
    }
    return false;
}

void InputTwin::hand_over(hg_accumulator& accumulator) {
    // The next batch comes first: whatever fails, the plugin has one to append to.
    delivery::BatchRef next = pool_->acquire();
    delivery::BatchRef full = std::exchange(current_, std::move(next));
    accumulator.batch = &current_.exclusive().door();
    dispatch(std::move(full));
    run_due_ticks();
}

void InputTwin::dispatch(delivery::BatchRef batch) {
    if (instance_->has(HG_ABILITY_RUNS)) {
        gather_time_ = observe::wall_clock();  // one long gather has no time of its own
    }
    Batch metrics = batch.exclusive().batch();
    const auto received = static_cast<std::int64_t>(metrics.size());
    if (received == 0) {
        return;
    }
    hg_batch& door = batch.exclusive().door();
    std::int64_t empty = 0;
    for (hg_metric& metric : std::span(door.metrics, door.count)) {
        if (metric.time == HG_TIME_UNSET) {
            metric.time = gather_time_;
        }
        if (precision_ > 1) {
            const std::int64_t rest = metric.time % precision_;
            metric.time -= rest < 0 ? rest + precision_ : rest;
        }
        empty += metric.field_count == 0 || metric.name.size == 0 ? 1 : 0;
    }
    if (empty != 0) {
        metrics.filter_if([](MetricView metric) { return metric.fields().empty() || metric.name().empty(); });
        std::uint64_t suppressed = 0;
        if (empty_limit_.allows(SteadyClock::now(), suppressed)) {
            host_.log(LogLevel::warning,
                      std::to_string(empty) + " metrics without a name or without fields were rejected");
        }
    }
    std::int64_t filtered = 0;
    if (!filter_.is_open()) {
        filtered +=
            static_cast<std::int64_t>(metrics.filter_if([&](MetricView m) { return !filter_.passes(m); }));
        if (filter_.selects_fields()) {
            for (std::size_t i = 0; i < metrics.size(); ++i) {
                Metric metric = metrics[i];
                static_cast<void>(filter_.filter_fields(metric));
            }
            filtered +=
                static_cast<std::int64_t>(metrics.filter_if([](MetricView m) { return m.fields().empty(); }));
        }
    }
    host_.ledger().add({.received = received,
                        .delivered = received - empty - filtered,
                        .rejected = empty,
                        .filtered = filtered});
    readers_.send(std::move(batch));
    if (instance_->has(HG_ABILITY_RUNS)) {
        thread_.change([this] { has_handed_over_ = true; });
    }
}

}  // namespace heliograph::runtime
