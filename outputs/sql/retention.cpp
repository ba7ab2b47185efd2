#include "outputs/sql/retention.hpp"

#include <heliograph/errors.hpp>

#include <exception>
#include <utility>

namespace heliograph::sql {
namespace {

constexpr std::size_t kRowsPerStep = 5000;
constexpr int kStepsPerWrite = 4;
constexpr std::chrono::minutes kBetweenRounds{1};

// Names come from the network, so what is remembered of them must end somewhere.
constexpr std::size_t kMostTables = 4096;

}  // namespace

bool Retention::run(Engine& engine, const Planner& planner) noexcept {
    if (keep_.count() == 0) {
        return true;
    }
    try {
        if (pending_.empty() && host_.monotonic() >= next_round_) {
            begin_round(planner);
        }
        for (int i = 0; i < kStepsPerWrite && !pending_.empty(); ++i) {
            if (!step(engine)) {
                return false;
            }
        }
    } catch (...) {
        // Out of memory, or interrupted: the write itself is done.
        pending_.clear();
    }
    return true;
}

void Retention::begin_round(const Planner& planner) {
    next_round_ = host_.monotonic() + kBetweenRounds;
    if (tables_.size() >= kMostTables) {
        tables_.clear();
    }
    planner.each_table([this](const Table& table) { tables_.insert_or_assign(table.name.name(), table); });
    for (const auto& [name, table] : tables_) {
        pending_.push_back(name);
    }
}

bool Retention::step(Engine& engine) {
    const auto found = tables_.find(pending_.back());
    const Table& table = found->second;
    try {
        converter_.next_row();
        const Value oldest =
            converter_.time(host_.now() - std::chrono::nanoseconds(keep_).count(), time_format_);
        const std::size_t deleted = engine.delete_before(table, oldest, kRowsPerStep);
        if (deleted != 0) {
            host_.count("deleted_rows", static_cast<std::int64_t>(deleted));
        }
        if (deleted < kRowsPerStep) {
            reported_.forget(found->first);
            pending_.pop_back();
        }
        return true;
    } catch (const SchemaChanged&) {
        // It was dropped, or is no longer what it was: it comes back with the next metric for it.
        tables_.erase(found);
        pending_.pop_back();
        return true;
    } catch (const Stopped&) {
        throw;
    } catch (const std::exception& error) {
        if (reported_.first(found->first)) {
            host_.warning("cannot delete the rows of table " + table.name.quoted() +
                          " that are older than keep; writing goes on: " + error.what());
        }
        pending_.pop_back();
        return dynamic_cast<const Retry*>(&error) == nullptr;
    }
}

}  // namespace heliograph::sql
