#include "outputs/sql/table_scripts.hpp"

#include "outputs/sql/fill_in.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>

namespace heliograph::sql {
namespace {

// Names come from the network, so what is remembered of them must end somewhere.
constexpr std::size_t kMostTables = 4096;

std::string filled_in(const std::string& sql, const Identifier& table) {
    const auto literal = text_literal(table);
    if (!literal && sql.find("{table_text}") != std::string::npos) {
        throw std::runtime_error(
            "the table's name contains a backslash, so {table_text} cannot stand for it");
    }
    return fill_in(sql, {{"{table}", table.quoted()}, {"{table_text}", literal.value_or("")}});
}

}  // namespace

TableScripts::TableScripts(const TextMap& scripts, Host host) : host_(host) {
    for (const auto& [tables, sql] : scripts) {
        scripts_.push_back({Glob(tables), sql});
    }
}

void TableScripts::run(Engine& engine, const Identifier& table, Occasion occasion) {
    if (scripts_.empty()) {
        return;
    }
    const auto known = endings_.find(table.name());
    const bool was_run = known != endings_.end();
    if ((occasion == Occasion::found && was_run && known->second != Ending::put_off) ||
        (occasion == Occasion::grown && was_run && known->second == Ending::done)) {
        return;
    }
    if (endings_.size() >= kMostTables) {
        endings_.clear();
    }
    Ending ending = Ending::done;
    for (const Script& script : scripts_) {
        if (script.tables.matches(table.name())) {
            ending = std::max(ending, run_one(engine, table, script));
        }
    }
    endings_.insert_or_assign(table.name(), ending);
    recent_.push_back(table.name());
}

TableScripts::Ending TableScripts::run_one(Engine& engine, const Identifier& table, const Script& script) {
    std::string problem;
    Ending ending = Ending::failed;
    try {
        engine.run_script(filled_in(script.sql, table), "run after_create for table " + table.quoted());
        return Ending::done;
    } catch (const Stopped&) {
        throw;
    } catch (const Retry& error) {
        problem = error.what();
        ending = Ending::put_off;
    } catch (const std::exception& error) {
        problem = error.what();
    }
    if (reported_.first(table.name() + '\0' + script.tables.text())) {
        host_.warning("after_create \"" + script.tables.text() + "\" failed for table " + table.quoted() +
                      ", whose metrics are stored all the same: " + problem);
    }
    if (!engine.in_transaction()) {
        throw Retry(problem);
    }
    return ending;
}

void TableScripts::rolled_back() noexcept {
    for (const std::string& table : recent_) {
        endings_.erase(table);
    }
    recent_.clear();
}

}  // namespace heliograph::sql
