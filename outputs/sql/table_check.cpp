#include "outputs/sql/table_check.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace heliograph::sql {
namespace {

constexpr std::string_view kOtherTables = "set a table_prefix, so that tables of another name are made";

/// The columns of a table's key as a list for people; empty when it has none.
std::string key_list(const Table& table) {
    std::string list;
    for (const Column& column : table.columns) {
        if (column.role != Column::Role::field) {
            list += (list.empty() ? "" : ", ") + column.name.quoted();
        }
    }
    return list;
}

std::string_view content(ColumnType time_type) noexcept {
    switch (time_type) {
        case ColumnType::text:
            return "text";
        case ColumnType::timestamp:
            return "timestamps";
        default:
            return "integers";
    }
}

std::string_view settings_for(ColumnType time_type) noexcept {
    switch (time_type) {
        case ColumnType::text:
            return "set time_format = \"text\" again";
        case ColumnType::timestamp:
            return "set time_format = \"timestamp\" again";
        default:
            return "set time_format to \"ns\" or \"ms\", whichever it was";
    }
}

void require_time(const Table& table, ColumnType needed) {
    const auto time = std::find_if(table.columns.begin(), table.columns.end(),
                                   [](const Column& column) { return column.role == Column::Role::time; });
    const std::string foreign = "table " + table.name.quoted() + " was not made by this output: ";
    const std::string advice = "; rename the table, or " + std::string(kOtherTables);
    if (time == table.columns.end()) {
        const std::string key = key_list(table);
        throw Fatal(foreign + "its primary key should begin with a column \"" + std::string(kTimeColumn) +
                    "\" but " + (key.empty() ? "it has none" : "consists of " + key) + advice);
    }
    if (time->type == needed) {
        return;
    }
    if (time->type != ColumnType::text && time->type != ColumnType::integer &&
        time->type != ColumnType::timestamp) {
        throw Fatal(foreign + "its column \"time\" is declared neither as integers nor as text" + advice);
    }
    throw Fatal("table " + table.name.quoted() +
                " was made with another time_format: its column \"time\" "
                "holds " +
                std::string(content(time->type)) + ", not " + std::string(content(needed)) + "; " +
                std::string(settings_for(time->type)) + ", or " + std::string(kOtherTables));
}

void require_key(const Table& table, const TableForm& form) {
    if (table.key == form.key()) {
        return;
    }
    const std::string begin = "table " + table.name.quoted();
    if (table.key == Key::none) {
        throw Fatal(begin +
                    " has no key that begins with its time, so a metric that is sent twice cannot be told "
                    "from a new one; set on_conflict = \"append\", give the table a primary key of its time "
                    "and its tags, or " +
                    std::string(kOtherTables));
    }
    throw Fatal(begin +
                " has a key, so on_conflict = \"append\" cannot add rows of the same time and tags; "
                "set on_conflict to \"merge\" or \"ignore\", or " +
                std::string(kOtherTables));
}

void require_layout(const Table& table, Layout layout) {
    const auto all_tags = std::find_if(table.columns.begin(), table.columns.end(), [](const Column& column) {
        return column.role == Column::Role::tag && column.type == ColumnType::json;
    });
    const bool is_jsonb = all_tags != table.columns.end();
    if (is_jsonb == (layout == Layout::jsonb)) {
        return;
    }
    throw Fatal("table " + table.name.quoted() + " was made with layout = \"" +
                (is_jsonb ? "jsonb" : "columns") + "\"; set that again, or " + std::string(kOtherTables));
}

}  // namespace

ColumnType TableForm::time_type() const noexcept {
    switch (time_format) {
        case TimeFormat::text:
            return ColumnType::text;
        case TimeFormat::timestamp:
            return ColumnType::timestamp;
        case TimeFormat::automatic:
        case TimeFormat::nanoseconds:
        case TimeFormat::milliseconds:
            break;
    }
    return ColumnType::integer;
}

void require_writable(const Table& table, const TableForm& form) {
    require_time(table, form.time_type());
    require_layout(table, form.layout);
    require_key(table, form);
}

}  // namespace heliograph::sql
