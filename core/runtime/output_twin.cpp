#include "core/runtime/output_twin.hpp"

#include "core/runtime/state_store.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace heliograph::runtime {

using delivery::BatchRef;
using delivery::Buffer;
using delivery::Health;

namespace {

/// Waits while idle are cut into pieces of this, for no other reason than that every wait is bounded.
constexpr auto kIdle = std::chrono::minutes(1);
/// After a failure that needs a person, the far side is asked less often.
constexpr int kSlower = 8;

delivery::BufferSettings buffer_settings(const OutputSettings& settings, const AgentSettings& agent) {
    return {static_cast<std::size_t>(settings.buffer_limit.value_or(agent.buffer_limit).bytes),
            settings.when_full,
            static_cast<std::size_t>(settings.metric_batch_size.value_or(agent.metric_batch_size)),
            settings.flush_interval.value_or(agent.flush_interval)};
}

/// The disk store that the settings ask for, or nothing.
std::unique_ptr<delivery::DiskStore> disk_store(PluginHost& host, const OutputSettings& settings,
                                                const AgentSettings& agent) {
    if (settings.buffer != BufferKind::disk) {
        return nullptr;
    }
    delivery::DiskSettings disk;
    disk.folder = std::filesystem::path(agent.state_dir) / "buffers" / file_name_of(host.label());
    disk.owner = host.label();
    disk.limit_bytes = settings.disk_limit.bytes;
    disk.sync = settings.sync;
    return std::make_unique<delivery::DiskStore>(
        std::move(disk), [&host](bool failure, const std::string& line) {
            host.log(failure ? LogLevel::error : LogLevel::info, line);
            if (failure) {
                host.ledger().count("buffer_errors");
            }
        });
}

std::optional<delivery::DeadLetterSettings> dead_letter_settings(const PluginHost& host,
                                                                 const OutputSettings& settings,
                                                                 const AgentSettings& agent) {
    constexpr std::string_view kNone = "none";
    std::filesystem::path file = settings.dead_letter;
    if (settings.dead_letter == kNone || (file.empty() && agent.state_dir.empty())) {
        return std::nullopt;
    }
    if (file.empty()) {
        file = std::filesystem::path(agent.state_dir) / "dead_letter" / (file_name_of(host.label()) + ".lp");
    }
    return delivery::DeadLetterSettings{std::move(file), host.label(), settings.dead_letter_limit.bytes};
}

}  // namespace

OutputTwin::OutputTwin(PluginHost& host, std::unique_ptr<Instance> instance, const OutputSettings& settings,
                       const AgentSettings& agent, std::shared_ptr<delivery::BatchPool> pool)
    : host_(host),
      instance_(std::move(instance)),
      filter_(settings),
      startup_(settings.startup),
      pool_(std::move(pool)),
      buffer_(buffer_settings(settings, agent), disk_store(host, settings, agent), pool_),
      backoff_({settings.retry_initial, std::max(settings.retry_initial, settings.retry_max)}),
      write_([this](MetricSpan metrics, hg_verdict& verdict, hg_error& error) {
          hg_plugin& plugin = instance_->door();
          return plugin.write(&plugin, metrics.records().data(), metrics.size(), &verdict, &error);
      }),
      thread_(host) {
    if (auto dead_letter = dead_letter_settings(host, settings, agent)) {
        dead_letter_.emplace(std::move(*dead_letter));
    }
}

OutputTwin::~OutputTwin() {
    if (thread_.joinable()) {
        drain(SteadyClock::now());
        interrupt();
        thread_.join();
    }
}

void OutputTwin::start() {
    note_restored(buffer_.open(SteadyClock::now()));
    thread_.start([this] { run(); });
}

void OutputTwin::accept(BatchRef batch) {
    const auto received = static_cast<std::int64_t>(batch.size());
    if (left_out_) {
        host_.ledger().add({.received = received, .dropped = received});
        return;
    }
    if (!filter_.is_open()) {
        const auto records = batch.metrics().records();
        std::vector<bool> passing(records.size());
        for (std::size_t i = 0; i < records.size(); ++i) {
            const MetricView metric(records[i]);
            passing[i] = filter_.passes(metric) && filter_.has_passing_field(metric);
        }
        if (filter_.selects_fields() || std::find(passing.begin(), passing.end(), false) != passing.end()) {
            batch = delivery::select(batch, passing, *pool_);
        }
        if (filter_.selects_fields()) {
            Batch metrics = batch.exclusive().batch();
            for (std::size_t i = 0; i < metrics.size(); ++i) {
                Metric metric = metrics[i];
                static_cast<void>(filter_.filter_fields(metric));
            }
        }
    }
    const auto passed = static_cast<std::int64_t>(batch.size());
    // Counted before the append: the output's thread may deliver the metrics at once.
    host_.ledger().add({.received = received, .filtered = received - passed, .held = passed});
    if (passed == 0) {
        return;
    }
    try {
        book(buffer_.append(std::move(batch), SteadyClock::now()));
    } catch (const std::bad_alloc&) {
        drop(passed, " metrics were dropped: there is no memory left to buffer them");
    }
}

void OutputTwin::note_restored(std::size_t count) {
    if (count != 0) {
        const auto restored = static_cast<std::int64_t>(count);
        host_.ledger().add({.received = restored, .held = restored});
        host_.log(LogLevel::info, std::to_string(count) + " metrics wait on disk from an earlier run");
    }
}

void OutputTwin::book(const Buffer::Losses& losses) {
    note_restored(losses.restored);
    if (losses.dropped != 0) {
        drop(
            static_cast<std::int64_t>(losses.dropped),
            " of the oldest metrics were dropped: the buffer is full; see why the output is behind, or raise "
            "its limit");
    }
    if (losses.damaged != 0) {
        drop(static_cast<std::int64_t>(losses.damaged),
             " metrics are lost: the records of the disk buffer that held them are damaged");
    }
}

void OutputTwin::drop(std::int64_t count, std::string_view why) {
    host_.ledger().add({.dropped = count, .held = -count});
    std::uint64_t suppressed = 0;
    const std::lock_guard lock(drop_mutex_);
    if (drop_limit_.allows(SteadyClock::now(), suppressed)) {
        host_.log(LogLevel::error, std::to_string(count).append(why));
    }
}

void OutputTwin::drain(SteadyClock::time_point deadline) {
    deadline_ = deadline;
    buffer_.close();
}

bool OutputTwin::join_until(SteadyClock::time_point deadline) {
    if (!thread_.join_until(deadline)) {
        return false;
    }
    // An input may have been on its way in while the thread was ending.
    drop_rest();
    return true;
}

void OutputTwin::run() {
    if (open()) {
        serve();
        drain_buffer();
        instance_->close();
    }
    drop_rest();
}

void OutputTwin::drop_rest() {
    const Buffer::Rest rest = buffer_.clear();
    if (rest.on_disk != 0) {
        host_.log(LogLevel::info, std::to_string(rest.on_disk) + " metrics stay on disk for the next run");
    }
    if (const auto left = static_cast<std::int64_t>(rest.lost); left != 0) {
        host_.ledger().add({.dropped = left, .held = -left});
        if (!left_out_) {
            undelivered_ += left;
            host_.log(LogLevel::error,
                      std::to_string(left) +
                          " metrics could not be delivered before the program stopped and were dropped");
        }
    }
}

bool OutputTwin::open() {
    while (SteadyClock::now() < deadline_.load()) {
        const CallOutcome outcome = instance_->open();
        if (outcome.ok()) {
            if (const auto line = failures_.succeeded("opened", SteadyClock::now())) {
                host_.log(LogLevel::info, *line);
            }
            backoff_.reset();
            thread_.set_opening(Opening::open);
            return true;
        }
        if (const auto line = failures_.failed("cannot be opened: " + outcome.error, SteadyClock::now())) {
            host_.log(startup_ == Startup::ignore ? LogLevel::warning : LogLevel::error, *line);
        }
        host_.ledger().count("open_errors");
        if (startup_ != Startup::retry) {
            leave_out();
            thread_.set_opening(Opening::failed);
            return false;
        }
        thread_.set_opening(Opening::failed);
        if (!has_drained()) {
            const bool needs_a_person = outcome.status != HG_RETRY && outcome.status != HG_OUT_OF_MEMORY;
            pause(backoff_.next(outcome.retry_after) * (needs_a_person ? kSlower : 1));
        }
        if (has_drained()) {
            return false;
        }
    }
    return false;
}

void OutputTwin::leave_out() {
    left_out_ = true;
    buffer_.close();
    if (startup_ == Startup::ignore) {
        host_.log(LogLevel::warning,
                  "is left out of this run, as startup = \"ignore\" asks; what reaches it is dropped");
    }
}

void OutputTwin::serve() {
    for (;;) {
        switch (buffer_.wait_for_work(SteadyClock::now() + kIdle)) {
            case Buffer::Work::closed:
                return;
            case Buffer::Work::timeout:
                continue;
            case Buffer::Work::due:
                break;
        }
        if (!write_batch()) {
            auto wait = backoff_.next(report_.retry_after);
            if (report_.health == Health::misconfigured) {
                wait *= kSlower;
            }
            pause(wait);
        }
    }
}

void OutputTwin::drain_buffer() {
    backoff_.reset();
    while (buffer_.size() != 0 && SteadyClock::now() < deadline_.load()) {
        if (!write_batch()) {
            if (buffer_.is_on_disk()) {
                return;  // it waits there as well as here
            }
            pause(backoff_.next(report_.retry_after));
        }
    }
}

void OutputTwin::pause(std::chrono::nanoseconds wait) {
    const auto until = SteadyClock::now() + wait;
    if (deadline_.load() == SteadyClock::time_point::max()) {
        static_cast<void>(buffer_.wait_for_close(until));
        return;
    }
    thread_.wait_until(std::min(until, deadline_.load()), [] { return false; });
}

bool OutputTwin::write_batch() {
    const MetricSpan metrics = buffer_.take(buffer_.settings().batch_size);
    if (metrics.size() == 0) {
        return pass_unreadable();
    }
    delivery::deliver(metrics, write_, report_);
    if (!report_.rejected.empty()) {
        bury_rejected(metrics);
        log_rejected();
    }
    const auto rejected = static_cast<std::int64_t>(report_.rejected.size());
    const auto accepted = static_cast<std::int64_t>(report_.accepted);
    host_.ledger().add({.delivered = accepted, .rejected = rejected, .held = -accepted - rejected});
    host_.ledger().count("writes");
    book(buffer_.finish(report_.kept));
    log_health();
    if (report_.health == Health::good) {
        backoff_.reset();
        return true;
    }
    host_.ledger().count("write_errors");
    return report_.health == Health::stopped && accepted != 0;
}

bool OutputTwin::pass_unreadable() {
    const Buffer::Losses losses = buffer_.finish({});
    book(losses);
    if (losses.damaged + losses.dropped != 0 || buffer_.size() == 0) {
        return true;
    }
    report_.health = Health::unavailable;
    report_.retry_after = {};
    report_.error = "the disk buffer cannot be read";
    log_health();
    return false;
}

void OutputTwin::bury_rejected(MetricSpan metrics) {
    if (!dead_letter_) {
        return;
    }
    const std::int64_t now = observe::wall_clock();
    for (const auto& [index, reason] : report_.rejected) {
        dead_letter_->add(metrics[index], reason, now);
    }
    const auto error = dead_letter_->flush();
    const auto line = error
                          ? dead_letter_failures_.failed("cannot write rejected metrics to " +
                                                             dead_letter_->settings().file.string() + ": " +
                                                             error.message() + "; they are lost",
                                                         SteadyClock::now())
                          : dead_letter_failures_.succeeded("the dead letter is written", SteadyClock::now());
    if (line) {
        host_.log(error ? LogLevel::error : LogLevel::info, *line);
    }
}

void OutputTwin::log_rejected() {
    std::uint64_t suppressed = 0;
    if (!reject_limit_.allows(SteadyClock::now(), suppressed)) {
        return;
    }
    const auto& [index, reason] = report_.rejected.front();
    std::string line = report_.rejected.size() == 1
                           ? "a metric was rejected: "
                           : std::to_string(report_.rejected.size()) + " metrics were rejected, the first: ";
    line += reason;
    if (suppressed != 0) {
        line += " (" + std::to_string(suppressed) + " such lines were left out in the last minute)";
    }
    host_.log(LogLevel::warning, line);
}

void OutputTwin::log_health() {
    const auto now = SteadyClock::now();
    switch (report_.health) {
        case Health::good:
            if (const auto line = failures_.succeeded("writing works", now)) {
                host_.log(LogLevel::info, *line);
            }
            return;
        case Health::stopped:
            return;
        case Health::unavailable:
        case Health::misconfigured:
            break;
    }
    if (const auto line = failures_.failed("cannot write, the metrics are kept: " + report_.error, now)) {
        host_.log(report_.health == Health::misconfigured ? LogLevel::error : LogLevel::warning, *line);
    }
}

}  // namespace heliograph::runtime
