#include "outputs/sql/sql.hpp"

#include "outputs/sql/check.hpp"
#include "outputs/sql/make_engine.hpp"

#include <heliograph/errors.hpp>

#include <utility>

namespace heliograph::sql {

void Sql::check(Problems& problems) {
    check_options(options(), problems);
}

void Sql::open() {
    close();
    time_format_ = time_format_of(options());
    if (!lasting_) {
        lasting_.emplace(Lasting{{TableScripts(options().after_create, host()), {}},
                                 Retention(options().keep, time_format_, host())});
    }
    auto engine = make_engine(options(), host());
    Engine& opening = *engine;
    const Planner::Settings settings{options().table_prefix,
                                     {time_format_, options().layout, options().on_conflict},
                                     options().schema_changes,
                                     static_cast<std::size_t>(options().max_columns)};
    {
        const std::lock_guard lock(connection_mutex_);
        connection_.emplace(
            Connection{std::move(engine), Planner(opening, settings, lasting_->memory, host())});
    }
    try {
        opening.open();
    } catch (...) {
        close();
        throw;
    }
}

void Sql::interrupt() noexcept {
    const std::lock_guard lock(connection_mutex_);
    if (connection_) {
        connection_->engine->interrupt();
    }
}

void Sql::close() noexcept {
    const std::lock_guard lock(connection_mutex_);
    if (connection_) {
        lasting_->memory.scripts.rolled_back();
    }
    connection_.reset();
}

void Sql::write(const MetricSpan& metrics, Verdict& verdict) {
    if (connection_ && connection_->engine->is_stale()) {
        host().warning("the database's file was removed or replaced, or its server hung up: opening it anew");
        // Before the new connection is made: closing a file drops all locks that the process has on it, also
        // those of another descriptor (POSIX, fcntl).
        close();
    }
    if (!connection_) {
        open();
    }
    look_again_sometimes();
    try {
        write_batch(metrics);
    } catch (const Stopped&) {
        undo();
        throw;
    } catch (const Refused&) {
        undo();
        throw;
    } catch (...) {
        // Whatever failed, the next write starts from what the database then is.
        close();
        throw;
    }
    lasting_->memory.scripts.committed();
    report(verdict);
    if (!lasting_->retention.run(*connection_->engine, connection_->planner)) {
        close();
    }
}

void Sql::write_batch(const MetricSpan& metrics) {
    try {
        write_in_transaction(metrics);
    } catch (const SchemaChanged&) {
        undo();
        try {
            write_in_transaction(metrics);
        } catch (const SchemaChanged& error) {
            throw Retry(std::string(error.what()) +
                        ", also after a second look; somebody changes the tables at the same time, or a "
                        "trigger names what is not there");
        }
    }
}

/// A person may have added what was missing, and a server does not tell.
void Sql::look_again_sometimes() {
    constexpr std::chrono::minutes kBetweenLooks{1};
    if (!connection_->planner.is_limited()) {
        limited_since_.reset();
        return;
    }
    const std::chrono::nanoseconds now = host().monotonic();
    if (!limited_since_) {
        limited_since_ = now;
    } else if (now - *limited_since_ >= kBetweenLooks) {
        connection_->planner.forget();
        limited_since_.reset();
    }
}

void Sql::undo() noexcept {
    // The tables and columns that the transaction made go with it.
    connection_->planner.forget();
    connection_->engine->rollback();
    lasting_->memory.scripts.rolled_back();
}

void Sql::write_in_transaction(const MetricSpan& metrics) {
    Engine& engine = *connection_->engine;
    rejected_.clear();
    inserted_.clear();
    dropped_fields_ = 0;
    converter_.reset_changes();
    connection_->planner.reset_changes();
    if (engine.begin() == Engine::Catalog::changed) {
        connection_->planner.forget();
    }
    for (std::size_t index = 0; index < metrics.size(); ++index) {
        try {
            write_row(metrics[index]);
            inserted_.push_back(index);
        } catch (const RowError& error) {
            rejected_.push_back({index, error.what()});
        }
        if (!rejected_.empty() && !engine.in_transaction()) {
            // A trigger may end the transaction and with it the rows before: let the host find the row alone.
            throw Refused("the database ended the transaction: " + rejected_.back().reason);
        }
    }
    try {
        for (const RefusedRow& refused : engine.commit()) {
            rejected_.push_back({inserted_[refused.row], refused.reason});
        }
    } catch (const RowError& error) {
        throw Refused(error.what());
    }
}

void Sql::write_row(const MetricView& metric) {
    const Plan* plan = &connection_->planner.plan_for(metric);
    try {
        fill_row(*plan, metric);
    } catch (const NumberTooLarge&) {
        if (!connection_->planner.widen_for_unsigned(metric, too_large_field_)) {
            throw;
        }
        plan = &connection_->planner.plan_for(metric);
        fill_row(*plan, metric);
    }
    connection_->engine->insert(*plan->insert, row_);
    dropped_fields_ += plan->left_out;
}

void Sql::fill_row(const Plan& plan, const MetricView& metric) {
    converter_.next_row();
    row_.clear();
    row_.push_back(converter_.time(metric.time(), time_format_));
    if (options().layout == Layout::jsonb) {
        row_.push_back(converter_.tags_as_json(metric.tags()));
    } else {
        for (const hg_tag& tag : metric.tags()) {
            row_.push_back(converter_.text(view(tag.value)));
        }
    }
    const auto fields = metric.fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!plan.fields[i].is_left_out) {
            too_large_field_ = i;
            row_.push_back(converter_.field(FieldView(fields[i]), plan.fields[i].type));
        }
    }
}

void Sql::report(Verdict& verdict) {
    for (const Rejected& rejected : rejected_) {
        verdict.reject(rejected.index, rejected.reason);
    }
    const auto count = [this](std::string_view counter, std::int64_t delta) {
        if (delta != 0) {
            host().count(counter, delta);
        }
    };
    count("converted_values", converter_.changes().converted_values);
    count("rounded_values", converter_.changes().rounded_values);
    count("not_a_number", converter_.changes().not_a_number);
    count("repaired_texts", converter_.changes().repaired_texts);
    count("created_tables", connection_->planner.changes().created_tables);
    count("added_columns", connection_->planner.changes().added_columns);
    count("widened_columns", connection_->planner.changes().widened_columns);
    count("dropped_fields", dropped_fields_);
}

}  // namespace heliograph::sql
