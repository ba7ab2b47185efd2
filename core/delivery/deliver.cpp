#include "core/delivery/deliver.hpp"

#include <heliograph/text.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace heliograph::delivery {
namespace {

/// What became of one metric of a write.
enum class Fate : std::uint8_t { accepted, rejected, kept };

/// The verdict of one write, as the output fills it in. The door is the first member, so its address is this
/// one's.
struct CollectedVerdict {
    hg_verdict door;
    std::vector<Fate>* fates;
    Report* report;
    std::size_t offset;

    static void set(hg_verdict* door, std::size_t index, Fate fate, hg_text reason) noexcept {
        auto& self = *reinterpret_cast<CollectedVerdict*>(door);
        if (index >= self.fates->size() || (*self.fates)[index] != Fate::accepted) {
            return;  // out of range, or judged before: the first word counts
        }
        (*self.fates)[index] = fate;
        try {
            if (fate == Fate::rejected) {
                self.report->rejected.emplace_back(self.offset + index, std::string(view(reason)));
            } else if (self.report->error.empty()) {
                self.report->error = std::string(view(reason));
            }
        } catch (...) {
            // Out of memory for the reason; keep the metric rather than lose it without one.
            (*self.fates)[index] = Fate::kept;
        }
    }
};

class Delivery {
public:
    Delivery(const Write& write, Report& report) : write_(write), report_(report) {}

    /// False once nothing more may be sent.
    bool offer(MetricSpan metrics, std::size_t offset) {
        std::vector<Fate> fates(metrics.size(), Fate::accepted);
        CollectedVerdict verdict{{}, &fates, &report_, offset};
        verdict.door.size = sizeof(hg_verdict);
        verdict.door.reject = [](hg_verdict* door, std::size_t index, hg_text reason) {
            CollectedVerdict::set(door, index, Fate::rejected, reason);
        };
        verdict.door.keep = [](hg_verdict* door, std::size_t index, hg_text reason) {
            CollectedVerdict::set(door, index, Fate::kept, reason);
        };
        hg_error error{};
        error.size = sizeof(error);
        const std::size_t rejected_before = report_.rejected.size();
        std::string error_before = report_.error;
        const std::int32_t status = write_(metrics, verdict.door, error);
        const std::string text(error.text, std::min<std::size_t>(error.text_size, HG_ERROR_TEXT_SIZE));

        if (status == HG_REFUSED || status == HG_TOO_LARGE) {
            // The parts will be judged again.
            report_.rejected.resize(rejected_before);
            report_.error = std::move(error_before);
            return halve(metrics, offset, text);
        }
        return settle(fates, offset, status, text, std::chrono::nanoseconds(error.retry_after));
    }

private:
    bool halve(MetricSpan metrics, std::size_t offset, const std::string& text) {
        if (metrics.size() == 1) {
            report_.rejected.emplace_back(offset, text);
            report_.kept[offset] = false;
            return true;
        }
        const std::size_t half = metrics.size() / 2;
        const hg_metric* records = metrics.records().data();
        return offer({records, half}, offset) &&
               offer({records + half, metrics.size() - half}, offset + half);
    }

    bool settle(const std::vector<Fate>& fates, std::size_t offset, std::int32_t status,
                const std::string& text, std::chrono::nanoseconds retry_after) {
        const bool good = status == HG_OK;
        bool any_kept = false;
        for (std::size_t i = 0; i < fates.size(); ++i) {
            const bool is_kept = fates[i] == Fate::kept || (fates[i] == Fate::accepted && !good);
            report_.kept[offset + i] = is_kept;
            any_kept = any_kept || is_kept;
            report_.accepted += !is_kept && fates[i] == Fate::accepted ? 1U : 0U;
        }
        if (good && !any_kept) {
            return true;
        }
        switch (status) {
            case HG_OK:
            case HG_RETRY:
            case HG_OUT_OF_MEMORY:
                report_.health = Health::unavailable;
                break;
            case HG_STOPPED:
                report_.health = Health::stopped;
                break;
            default:
                report_.health = Health::misconfigured;
                break;
        }
        if (!text.empty()) {
            report_.error = text;
        }
        report_.retry_after = retry_after;
        return good;
    }

    const Write& write_;
    Report& report_;
};

}  // namespace

void deliver(MetricSpan metrics, const Write& write, Report& report) {
    report.health = Health::good;
    report.accepted = 0;
    report.rejected.clear();
    report.kept.assign(metrics.size(), true);  // until something else is known
    report.error.clear();
    report.retry_after = {};
    try {
        Delivery(write, report).offer(metrics, 0);
    } catch (const std::exception& exception) {
        // What has been settled by now stays settled, the rest is kept.
        std::erase_if(report.rejected, [&](const auto& rejected) { return report.kept[rejected.first]; });
        report.health = Health::unavailable;
        report.error = exception.what();
    }
}

}  // namespace heliograph::delivery
