// Tells a table that this output can write to from one that needs a person.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/options.hpp"

namespace heliograph::sql {

/// How tables are made and what is expected of those that exist.
struct TableForm {
    TimeFormat time_format = TimeFormat::nanoseconds;  // never automatic
    Layout layout = Layout::columns;
    OnConflict on_conflict = OnConflict::merge;

    [[nodiscard]] ColumnType time_type() const noexcept;
    [[nodiscard]] Key key() const noexcept {
        return on_conflict == OnConflict::append ? Key::none : Key::unique;
    }
};

/// Throws Fatal when a table that was found cannot take metrics of this form: the configuration has to
/// change, and until then no metric may be lost, so this is no fault of a row.
void require_writable(const Table& table, const TableForm& form);

}  // namespace heliograph::sql
