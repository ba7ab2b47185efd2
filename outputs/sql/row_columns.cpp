#include "outputs/sql/row_columns.hpp"

#include "outputs/sql/conversion.hpp"

#include <algorithm>
#include <string>

namespace heliograph::sql {
namespace {

constexpr std::string_view kTextColumnSuffix = "_text";

class Allocator {
public:
    Allocator(const IdentifierRules& rules, const Table& table) : rules_(rules), table_(table) {
        const auto time = std::find_if(table.columns.begin(), table.columns.end(), [](const Column& column) {
            return column.role == Column::Role::time;
        });
        columns_.all.push_back(*time);
    }

    void add_tag(std::string_view key) {
        if (!place(NameOf::tag, key, NameForm::plain, ColumnType::text) &&
            !place(NameOf::tag, key, NameForm::distinct, ColumnType::text)) {
            throw RowError("there is no free column name for tag \"" + std::string(key) + "\" in table " +
                           table_.name.quoted());
        }
    }
    void add_field(std::string_view key, ColumnType type) {
        if (!place(NameOf::field, key, NameForm::plain, type) &&
            !place(NameOf::field, key, NameForm::distinct, type) &&
            !(type == ColumnType::text &&
              place(NameOf::field, std::string(key).append(kTextColumnSuffix), NameForm::distinct, type))) {
            throw RowError("there is no free column name for field \"" + std::string(key) + "\" in table " +
                           table_.name.quoted());
        }
    }

    [[nodiscard]] RowColumns take() { return std::move(columns_); }

private:
    /// Takes the column of that name, or plans it when the name is free. False when the name is another's.
    bool place(NameOf purpose, std::string_view raw, NameForm form, ColumnType type) {
        const Identifier name = identifier(rules_, purpose, raw, form);
        const auto bears_name = [&](const Column& column) {
            return same_name(rules_, column.name.name(), name.name());
        };
        if (std::any_of(columns_.all.begin(), columns_.all.end(), bears_name)) {
            return false;  // this metric puts something else there
        }
        const Column::Role role = purpose == NameOf::tag ? Column::Role::tag : Column::Role::field;
        const auto found = std::find_if(table_.columns.begin(), table_.columns.end(), bears_name);
        if (found == table_.columns.end()) {
            columns_.missing.push_back({name, type, role});
            columns_.all.push_back(columns_.missing.back());
            return true;
        }
        const bool text_into_other = type == ColumnType::text && found->type != ColumnType::text;
        if (found->role != role || found->name.name() != name.name() || text_into_other) {
            return false;
        }
        columns_.all.push_back(*found);
        return true;
    }

    const IdentifierRules& rules_;
    const Table& table_;
    RowColumns columns_;
};

}  // namespace

RowColumns row_columns(const IdentifierRules& rules, const MetricView& metric, const Table& table) {
    Allocator allocator(rules, table);
    for (const hg_tag& tag : metric.tags()) {
        allocator.add_tag(view(tag.key));
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
