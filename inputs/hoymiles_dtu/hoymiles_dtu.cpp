#include "inputs/hoymiles_dtu/hoymiles_dtu.hpp"

#include "inputs/hoymiles_dtu/site_time.hpp"
#include "inputs/hoymiles_dtu/snapshot.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace heliograph::hoymiles {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view kStateKey = "counters";
constexpr std::chrono::minutes kSaveInterval{1};
/// Metrics are handed over when there are this many, or after this time.
constexpr std::size_t kFlushMetrics = 1000;
constexpr std::chrono::seconds kFlushInterval{1};

PollerSettings poller_settings(const Options& options, std::size_t connection_limit) {
    const std::int64_t stride = options.stride.value_or(default_stride(options.layout));
    return {.scan = {.map = options.layout,
                     .stride = static_cast<std::uint16_t>(stride),
                     .unit_id = static_cast<std::uint8_t>(options.unit_id),
                     .request_gap = options.request_gap,
                     .timeout = options.timeout},
            .connection_limit = connection_limit};
}

}  // namespace

void HoymilesDtu::check(Problems& problems) {
    list_dtus(options(), &problems);
    if (!options().utc_offset.empty() && !parse_utc_offset(options().utc_offset)) {
        problems.report("utc_offset", "\"" + options().utc_offset + "\" is not an offset from UTC",
                        "write it as +02:00, -05:30 or Z");
    }
}

void HoymilesDtu::open() {
    close();
    utc_offset_ = parse_utc_offset(options().utc_offset);
    std::vector<DtuAddress> addresses;
    for (DtuEntry& entry : list_dtus(options())) {
        addresses.push_back(entry.address);
        std::string label = entry.address.host + ':' + std::to_string(entry.address.port);
        dtus_.push_back({std::move(entry), std::move(label), {}, {}, {}});
    }
    if (dtus_.empty()) {
        throw Fatal("no DTU to read: set host or hosts");
    }
    restore_counters();
    auto poller = std::make_unique<Poller>(
        addresses, poller_settings(options(), connection_limit()),
        [this](std::size_t index, const ScanResult& result) { finished(index, result); });
    const std::lock_guard guard{poller_guard_};
    poller_ = std::move(poller);
}

void HoymilesDtu::gather(Accumulator& accumulator) {
    if (!poller_) {
        throw Fatal("the input is not open");
    }
    const SteadyTime start = Clock::now();
    tally_ = {};
    accumulator_ = &accumulator;
    request_due(start);
    run(accumulator, start);
    const auto since_saved = host().monotonic() - saved_at_;
    if (counters_unsaved() && (!saved_once_ || since_saved >= kSaveInterval)) {
        save_counters();
    }
    if (tally_.polls > 0) {
        standing_problem_ = tally_.problems == tally_.polls ? tally_.first_problem : "";
        if (tally_.problems > 1 && !standing_problem_.empty()) {
            standing_problem_ += "; " + std::to_string(tally_.problems - 1) + " other DTUs have problems too";
        }
    }
    // A gather in which no poll ended says nothing new: what was wrong before it still is.
    if (!standing_problem_.empty()) {
        throw Retry(standing_problem_);
    }
}

void HoymilesDtu::interrupt() noexcept {
    interrupted_ = true;
    const std::lock_guard guard{poller_guard_};
    if (poller_) {
        poller_->interrupt();
    }
}

void HoymilesDtu::close() noexcept {
    std::unique_ptr<Poller> closing;
    {
        const std::lock_guard guard{poller_guard_};
        closing = std::move(poller_);
    }
    // Before the poller ends, which may have to wait for a name that is being resolved.
    if (counters_ && counters_unsaved()) {
        save_counters();
    }
    closing.reset();
    interrupted_ = false;
    counters_.reset();
    dtus_.clear();
    saved_once_ = false;
    save_failed_ = false;
    first_gather_ = true;
    standing_problem_.clear();
}

void HoymilesDtu::request_due(SteadyTime now) {
    const auto interval = host().interval();
    for (std::size_t i = 0; i < dtus_.size(); ++i) {
        Dtu& dtu = dtus_[i];
        // Half an interval early is due as well, or the jitter of the tick would double every wait.
        const auto wait = dtu.health.backoff(interval, options().max_backoff) - interval / 2;
        if (now - dtu.polled_at < wait) {
            continue;
        }
        if (poller_->request(i)) {
            dtu.polled_at = now;
        } else {
            host().count("dtu_polls_skipped");
        }
    }
}

void HoymilesDtu::run(Accumulator& accumulator, SteadyTime start) {
    poller_->resume();
    const SteadyTime deadline = gather_deadline(start);
    while (!poller_->idle()) {
        // Asked after resume(): an interrupt before it shows here, one after it ends the run.
        if (interrupted_.exchange(false)) {
            throw Stopped();
        }
        const SteadyTime now = Clock::now();
        if (now >= deadline) {
            return;
        }
        poller_->run_until(std::min(deadline, now + kFlushInterval));
        if (!poller_->idle() && !accumulator.batch().empty()) {
            accumulator.flush();
        }
    }
}

SteadyTime HoymilesDtu::gather_deadline(SteadyTime start) {
    const auto interval = host().interval();
    if (interval <= 0ns) {
        return SteadyTime::max();
    }
    std::chrono::nanoseconds budget = interval * 9 / 10;
    if (std::exchange(first_gather_, false)) {
        // It may be the only one, and an answer is worth a late second tick.
        budget = std::max<std::chrono::nanoseconds>(budget, 2 * options().timeout);
    }
    return start + budget;
}

void HoymilesDtu::finished(std::size_t index, const ScanResult& result) {
    Dtu& dtu = dtus_[index];
    ++tally_.polls;
    host().count("dtu_polls");
    if (!result.problem.empty()) {
        ++tally_.problems;
        host().count("dtu_poll_errors");
        if (tally_.problems == 1) {
            tally_.first_problem = dtu.label + ": " + result.problem;
        }
    }
    note(dtu, result);
    if (result.status == ScanStatus::complete || result.status == ScanStatus::partial) {
        append(dtu, result);
    }
}

void HoymilesDtu::append(const Dtu& dtu, const ScanResult& result) {
    const std::int64_t now = host().now();
    const Snapshot snapshot =
        make_snapshot(result, counters_->of(result.dtu_serial), site_moment(now, utc_offset_));
    append_snapshot(accumulator_->batch(), snapshot,
                    {.dtu_name = dtu.entry.name, .time = now, .port_counts = options().port_counts});
    if (accumulator_->batch().size() >= kFlushMetrics) {
        accumulator_->flush();
    }
}

void HoymilesDtu::note(Dtu& dtu, const ScanResult& result) {
    // The problem of an only DTU is that of the gather, which the host logs.
    if (const auto health = dtu.health.polled(result.problem, Clock::now()); health && dtus_.size() > 1) {
        host().log(health->kind == HealthNote::Kind::problem ? LogLevel::warning : LogLevel::info,
                   dtu.label + ": " + health->text);
    }
    std::string remark = result.warning;
    if (result.status == ScanStatus::not_mapped) {
        host().count("dtu_polls_not_mapped");
        remark = "has not mapped its inverters yet; nothing can be read until it has";
    } else if (result.status == ScanStatus::failed) {
        return;
    }
    if (remark != dtu.remark) {
        dtu.remark = std::move(remark);
        if (!dtu.remark.empty()) {
            host().warning(dtu.label + ": " + dtu.remark);
        }
    }
}

void HoymilesDtu::restore_counters() {
    counters_ = std::make_unique<CounterStore>(CounterSettings{.rated_power = options().rated_power},
                                               2 * dtus_.size() + 16);
    const auto state = host().load_state(kStateKey);
    if (state && !counters_->restore(*state)) {
        host().warning("the stored energy counters are damaged; what could be read of them is used");
    }
}

bool HoymilesDtu::counters_unsaved() const {
    return counters_->changed() || save_failed_;
}

void HoymilesDtu::save_counters() noexcept {
    try {
        saved_at_ = host().monotonic();
        saved_once_ = true;
        host().store_state(kStateKey, counters_->serialise());
        save_failed_ = false;
    } catch (const std::exception& exception) {
        if (!std::exchange(save_failed_, true)) {
            host().warning(std::string{"storing the energy counters: "} + exception.what() +
                           "; it is tried again every minute");
        }
    }
}

std::size_t HoymilesDtu::connection_limit() const {
    // The rest of the program needs files too.
    constexpr std::size_t reserved = 64;
    std::size_t limit = std::numeric_limits<std::size_t>::max();
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
        limit = files.rlim_cur > 2 * reserved ? files.rlim_cur - reserved : reserved;
    }
    if (options().max_connections > 0) {
        limit = std::min(limit, static_cast<std::size_t>(options().max_connections));
    }
    return limit;
}

}  // namespace heliograph::hoymiles
