#include "core/observe/ledger.hpp"

#include <utility>

namespace heliograph::observe {

Counts& Counts::operator+=(const Counts& other) noexcept {
    received += other.received;
    delivered += other.delivered;
    rejected += other.rejected;
    dropped += other.dropped;
    filtered += other.filtered;
    held += other.held;
    return *this;
}

void NodeLedger::add(const Counts& change) {
    const std::lock_guard lock(mutex_);
    counts_ += change;
}

Counts NodeLedger::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

void NodeLedger::count(std::string_view counter, std::int64_t delta) {
    const std::lock_guard lock(mutex_);
    if (const auto found = counters_.find(counter); found != counters_.end()) {
        found->second += delta;
    } else {
        counters_.emplace(std::string(counter), delta);
    }
}

std::int64_t NodeLedger::counter(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = counters_.find(name);
    return found == counters_.end() ? 0 : found->second;
}

std::map<std::string, std::int64_t, std::less<>> NodeLedger::counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
}

NodeLedger& Ledger::page(std::string_view node) {
    const std::lock_guard lock(mutex_);
    for (const auto& page : pages_) {
        if (page->node() == node) {
            return *page;
        }
    }
    return *pages_.emplace_back(std::make_unique<NodeLedger>(std::string(node)));
}

std::vector<const NodeLedger*> Ledger::pages() const {
    const std::lock_guard lock(mutex_);
    std::vector<const NodeLedger*> all;
    all.reserve(pages_.size());
    for (const auto& page : pages_) {
        all.push_back(page.get());
    }
    return all;
}

std::vector<std::string> Ledger::unbalanced() const {
    std::vector<std::string> names;
    for (const NodeLedger* page : pages()) {
        if (!page->counts().balanced()) {
            names.push_back(page->node());
        }
    }
    return names;
}

std::vector<std::pair<std::string, std::string>> Ledger::lines() const {
    std::vector<std::pair<std::string, std::string>> lines;
    for (const NodeLedger* page : pages()) {
        const Counts counts = page->counts();
        std::string line = "ledger:";
        const auto put = [&line](std::string_view name, std::int64_t value) {
            line.append(" ").append(name).append("=").append(std::to_string(value));
        };
        put("received", counts.received);
        put("delivered", counts.delivered);
        put("rejected", counts.rejected);
        put("dropped", counts.dropped);
        put("filtered", counts.filtered);
        put("held", counts.held);
        for (const auto& [name, value] : page->counters()) {
            put(name, value);
        }
        if (!counts.balanced()) {
            line.append(" (does not balance: please report this as a bug)");
        }
        lines.emplace_back(page->node(), std::move(line));
    }
    return lines;
}

}  // namespace heliograph::observe
