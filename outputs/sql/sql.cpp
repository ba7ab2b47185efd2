#include "outputs/sql/sql.hpp"

#include "outputs/sql/make_engine.hpp"
#include "outputs/sql/url.hpp"

#include <heliograph/errors.hpp>

#include <utility>
#include <variant>

namespace heliograph::sql {

void Sql::check(Problems& problems) {
    const auto location = parse_url(options().url);
    if (const auto* problem = std::get_if<UrlProblem>(&location)) {
        problems.report("url", problem->message, problem->hint);
    }
}

void Sql::open() {
    close();
    time_format_ = time_format_of(options());
    auto engine = make_engine(options(), host());
    Engine& opening = *engine;
    {
        const std::lock_guard lock(connection_mutex_);
        connection_.emplace(Connection{
            std::move(engine), Planner(opening, {options().table_prefix, time_format_, options().on_conflict,
                                                 static_cast<std::size_t>(options().max_columns)})});
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
    connection_.reset();
}

void Sql::write(const MetricSpan& metrics, Verdict& verdict) {
    if (connection_ && connection_->engine->is_stale()) {
        host().warning("the database's file was removed or replaced while it was open: opening it anew");
        // Before the new connection is made: closing a file drops all locks that the process has on it, also
        // those of another descriptor (POSIX, fcntl).
        close();
    }
    if (!connection_) {
        open();
    }
    try {
        try {
            write_in_transaction(metrics, OnSchemaChange::rethrow);
        } catch (const SchemaChanged&) {
            undo();
            write_in_transaction(metrics, OnSchemaChange::reject_row);
        }
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
    report(verdict);
}

void Sql::undo() noexcept {
    // The tables and columns that the transaction made go with it.
    connection_->planner.forget();
    connection_->engine->rollback();
}

void Sql::write_in_transaction(const MetricSpan& metrics, OnSchemaChange on_schema_change) {
    Engine& engine = *connection_->engine;
    rejected_.clear();
    inserted_.clear();
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
        } catch (const SchemaChanged& error) {
            if (on_schema_change == OnSchemaChange::rethrow) {
                throw;
            }
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
    const Plan& plan = connection_->planner.plan_for(metric);
    converter_.next_row();
    row_.clear();
    row_.push_back(converter_.time(metric.time(), time_format_));
    for (const hg_tag& tag : metric.tags()) {
        row_.push_back(converter_.text(view(tag.value)));
    }
    const ColumnType* column = plan.field_columns.data();
    for (const hg_field& field : metric.fields()) {
        row_.push_back(converter_.field(FieldView(field), *column++));
    }
    connection_->engine->insert(*plan.insert, row_);
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
}

}  // namespace heliograph::sql
