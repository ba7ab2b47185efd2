#include "outputs/sql/row_columns.hpp"

#include "outputs/sql/conversion.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace heliograph::sql {
namespace {

/// What a column's name ends in when it is there because the field's own column has another type.
std::string_view suffix(ColumnType type) noexcept {
    switch (type) {
        case ColumnType::floating:
            return "_float";
        case ColumnType::integer:
        case ColumnType::unsigned_integer:
            return "_integer";
        case ColumnType::boolean:
            return "_boolean";
        case ColumnType::text:
        case ColumnType::timestamp:
        case ColumnType::json:
            break;
    }
    return "_text";
}

class Allocator {
public:
    Allocator(const ColumnRules& rules, const Table& table) : rules_(rules), table_(table) {
        const auto time = std::find_if(table.columns.begin(), table.columns.end(), [](const Column& column) {
            return column.role == Column::Role::time;
        });
        columns_.all.push_back(*time);
    }

    void add_all_tags() {
        const auto tags =
            std::find_if(table_.columns.begin(), table_.columns.end(), [](const Column& column) {
                return column.role == Column::Role::tag && column.type == ColumnType::json;
            });
        columns_.all.push_back(*tags);
    }
    void add_tag(std::string_view key) {
        if (place(NameOf::tag, key, NameForm::plain, ColumnType::text) != Place::found &&
            place(NameOf::tag, key, NameForm::distinct, ColumnType::text) != Place::found) {
            no_name("tag", key);
        }
    }
    void add_field(std::string_view key, ColumnType type) {
        Place place_of_field = place(NameOf::field, key, NameForm::plain, type);
        if (place_of_field == Place::of_another ||
            (place_of_field == Place::of_another_type && type == ColumnType::text)) {
            place_of_field = place(NameOf::field, key, NameForm::distinct, type);
        }
        if (place_of_field == Place::of_another_type) {
            place_of_field =
                place(NameOf::field, std::string(key).append(suffix(type)), NameForm::distinct, type);
        }
        if (place_of_field != Place::found) {
            no_name("field", key);
        }
    }

    [[nodiscard]] RowColumns take() { return std::move(columns_); }

private:
    enum class Place { found, of_another, of_another_type };
    enum class Fit { as_it_is, widened, none };

    [[noreturn]] void no_name(std::string_view what, std::string_view key) const {
        throw RowError("there is no free column name for " + std::string(what) + " \"" + std::string(key) +
                       "\" in table " + table_.name.quoted());
    }

    /// Takes the column of that name, or plans it when the name is free.
    Place place(NameOf purpose, std::string_view raw, NameForm form, ColumnType type) {
        const Identifier name = identifier(rules_.names, purpose, raw, form);
        if (find(columns_.all, name) != nullptr) {
            return Place::of_another;  // this metric puts something else there
        }
        const Column::Role role = purpose == NameOf::tag ? Column::Role::tag : Column::Role::field;
        const Column* const found = find(table_.columns, name);
        if (found == nullptr) {
            columns_.missing.push_back({name, type, role});
            columns_.all.push_back(columns_.missing.back());
            return Place::found;
        }
        if (found->role != role || found->name.name() != name.name()) {
            return Place::of_another;
        }
        const Fit how = fit(*found, type);
        if (how == Fit::none) {
            return Place::of_another_type;
        }
        columns_.all.push_back(*found);
        if (how == Fit::widened) {
            columns_.widened.push_back({*found, ColumnType::floating});
        }
        return Place::found;
    }

    /// The column that bears the name, or one whose name the engine takes, or might take, for the same.
    [[nodiscard]] const Column* find(const std::vector<Column>& columns, const Identifier& name) const {
        const Column* same = nullptr;
        for (const Column& column : columns) {
            if (column.name.name() == name.name()) {
                return &column;
            }
            if (same == nullptr && same_name(rules_.names, column.name.name(), name.name())) {
                same = &column;
            }
        }
        return same;
    }

    [[nodiscard]] Fit fit(const Column& column, ColumnType value) const {
        if (column.type == value || column.type == ColumnType::text) {
            return Fit::as_it_is;
        }
        if (value == ColumnType::text) {
            return Fit::none;
        }
        if (!rules_.enforces_types) {
            return Fit::as_it_is;
        }
        switch (column.type) {
            case ColumnType::floating:
                return Fit::as_it_is;
            case ColumnType::integer:
            case ColumnType::unsigned_integer:
                if (value != ColumnType::floating) {
                    return Fit::as_it_is;  // but for numbers out of range, which only their values tell
                }
                return rules_.may_widen && !rules_.fixed.contains(column.name.name()) ? Fit::widened
                                                                                      : Fit::none;
            case ColumnType::boolean:
            case ColumnType::text:
            case ColumnType::timestamp:
            case ColumnType::json:
                break;
        }
        return Fit::none;
    }

    const ColumnRules& rules_;
    const Table& table_;
    RowColumns columns_;
};

}  // namespace

RowColumns row_columns(const ColumnRules& rules, const MetricView& metric, const Table& table) {
    Allocator allocator(rules, table);
    if (rules.layout == Layout::jsonb) {
        allocator.add_all_tags();
    } else {
        for (const hg_tag& tag : metric.tags()) {
            allocator.add_tag(view(tag.key));
        }
    }
    const auto fields = metric.fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::string_view key = view(fields[i].key);
        if (std::any_of(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(i),
                        [&](const hg_field& earlier) { return view(earlier.key) == key; })) {
            throw RowError("field \"" + std::string(key) + "\" occurs twice");
        }
        allocator.add_field(key, column_type(FieldView(fields[i]).type()));
    }
    return allocator.take();
}

}  // namespace heliograph::sql
