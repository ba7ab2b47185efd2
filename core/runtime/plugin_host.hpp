// What the door shows to one plugin: a host with this node's log, clock, counters and state.
#pragma once

#include "core/observe/ledger.hpp"
#include "core/observe/log.hpp"
#include "core/runtime/state_store.hpp"

#include <heliograph/abi.h>
#include <heliograph/host.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::runtime {

/// What all nodes share. Outlives them.
struct Services {
    observe::Log& log;
    observe::Ledger& ledger;
    StateStore& state;
};

/// Implements the host services of the door for one node. Pinned in place; outlives the instance.
class PluginHost {
public:
    PluginHost(Services services, std::string label, std::string name, std::chrono::nanoseconds interval,
               LogLevel level);
    PluginHost(const PluginHost&) = delete;
    PluginHost& operator=(const PluginHost&) = delete;

    [[nodiscard]] const hg_host& door() const noexcept { return door_; }
    [[nodiscard]] const std::string& label() const noexcept { return label_; }
    [[nodiscard]] observe::NodeLedger& ledger() noexcept { return ledger_; }

    /// Writes a line for this node if its level lets it. [any thread]
    void log(LogLevel level, std::string_view message) const;
    [[nodiscard]] bool logs(LogLevel level) const noexcept { return level <= level_; }

    /// What the nodes upstream say of their metrics. [setup]
    void set_upstream(std::vector<Declaration> declarations) { upstream_ = std::move(declarations); }
    [[nodiscard]] const std::vector<Declaration>& upstream() const noexcept { return upstream_; }

private:
    Services services_;
    const std::string label_;
    const std::string name_;
    const LogLevel level_;
    observe::NodeLedger& ledger_;
    std::vector<Declaration> upstream_;
    hg_host door_{};
};

}  // namespace heliograph::runtime
