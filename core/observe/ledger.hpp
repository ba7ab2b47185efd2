// The ledger: where every metric of every node is, at every moment.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::observe {

/// Metrics counted at one node. What a node makes itself counts as received.
struct Counts {
    std::int64_t received = 0;
    std::int64_t delivered = 0;  // handed on, or accepted by the far side
    std::int64_t rejected = 0;   // refused for good
    std::int64_t dropped = 0;    // lost for lack of room, or left undelivered at the end
    std::int64_t filtered = 0;   // removed on purpose
    std::int64_t held = 0;       // waiting here

    /// The law: nothing disappears in silence.
    [[nodiscard]] bool balanced() const noexcept {
        return received == delivered + rejected + dropped + filtered + held;
    }
    Counts& operator+=(const Counts& other) noexcept;
    friend bool operator==(const Counts&, const Counts&) = default;
};

/// The page of one node. Every change is applied as a whole, so a reader never sees half of one. [any thread]
class NodeLedger {
public:
    explicit NodeLedger(std::string node) : node_(std::move(node)) {}

    /// The node as it is shown: "inputs.roof".
    [[nodiscard]] const std::string& node() const noexcept { return node_; }

    /// Adds (or, with negative numbers, takes away).
    void add(const Counts& change);
    [[nodiscard]] Counts counts() const;

    /// Counters beside the law: gathers, retries, a plugin's own. Made on first use.
    void count(std::string_view counter, std::int64_t delta = 1);
    [[nodiscard]] std::int64_t counter(std::string_view name) const;
    [[nodiscard]] std::map<std::string, std::int64_t, std::less<>> counters() const;

private:
    const std::string node_;
    mutable std::mutex mutex_;
    Counts counts_;
    std::map<std::string, std::int64_t, std::less<>> counters_;
};

/// All pages. Pages are made at start and live as long as the ledger. [any thread]
class Ledger {
public:
    /// The page of a node, made on first use.
    NodeLedger& page(std::string_view node);
    [[nodiscard]] std::vector<const NodeLedger*> pages() const;

    /// Names of the nodes whose page does not balance; empty when all is well.
    [[nodiscard]] std::vector<std::string> unbalanced() const;

    /// One line a node: "outputs.archive received=4 delivered=4 ...", in the order in which the pages were
    /// made.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> lines() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<NodeLedger>> pages_;
};

}  // namespace heliograph::observe
