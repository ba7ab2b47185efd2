// Runs the SQL of the option after_create.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/once.hpp"
#include "plugins/common/glob/glob.hpp"

#include <heliograph/host.hpp>
#include <heliograph/options.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace heliograph::sql {

/// Outlives the connections: a table that exists gets its scripts once per start of the agent, one that this
/// output makes every time it does. A script that fails is reported once per table and tried again when the
/// table has got more columns. [own strand]
class TableScripts {
public:
    /// Why it is a table's turn.
    enum class Occasion { made, found, grown };

    TableScripts(const TextMap& scripts, Host host);

    /// Throws Stopped, and Retry when the transaction ended with a script; nothing else.
    void run(Engine& engine, const Identifier& table, Occasion occasion);

    /// What was run since the last call of either is there to stay, or is gone.
    void committed() noexcept { recent_.clear(); }
    void rolled_back() noexcept;

private:
    enum class Ending { done, failed, put_off };
    struct Script {
        Glob tables;
        std::string sql;
    };

    Ending run_one(Engine& engine, const Identifier& table, const Script& script);

    std::vector<Script> scripts_;
    Host host_;
    std::map<std::string, Ending, std::less<>> endings_;  // by the table's name
    std::vector<std::string> recent_;
    Once reported_;
};

}  // namespace heliograph::sql
