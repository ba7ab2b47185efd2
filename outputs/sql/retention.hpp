// Deletes rows that are older than the option keep.
#pragma once

#include "outputs/sql/conversion.hpp"
#include "outputs/sql/engine.hpp"
#include "outputs/sql/once.hpp"
#include "outputs/sql/planner.hpp"

#include <heliograph/host.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace heliograph::sql {

/// Goes through the tables that were written to since the agent started, in rounds that begin a minute apart.
/// A call deletes a bounded number of rows, so that writing is not held up, and the next one goes on from
/// there. [own strand]
class Retention {
public:
    /// Nothing is ever deleted when `keep` is 0.
    Retention(std::chrono::seconds keep, TimeFormat time_format, Host host)
        : keep_(keep), time_format_(time_format), host_(host) {}

    /// After a write. Never fails: what goes wrong is logged once per table and tried again in the next
    /// round. False when the connection is not to be used any more.
    [[nodiscard]] bool run(Engine& engine, const Planner& planner) noexcept;

private:
    void begin_round(const Planner& planner);
    bool step(Engine& engine);

    std::chrono::seconds keep_;
    TimeFormat time_format_;
    Host host_;
    RowConverter converter_;
    std::map<std::string, Table, std::less<>> tables_;  // by name, in the catalog
    std::vector<std::string> pending_;                  // the tables of this round, the next one last
    std::chrono::nanoseconds next_round_{};             // monotonic; 0: at once
    Once reported_;
};

}  // namespace heliograph::sql
