#include "core/config/document.hpp"

#include <algorithm>

namespace heliograph::config {

std::string_view describe(Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return "a boolean";
        case Kind::integer:
            return "an integer";
        case Kind::floating:
            return "a number with a fraction";
        case Kind::text:
            return "a text";
        case Kind::date_time:
            return "a date or time";
        case Kind::list:
            return "a list";
        case Kind::table:
            return "a table";
    }
    return "an unknown value";
}

Value::Value() : content_(Table{}) {}

Value::Value(Content content, Position position)
    : content_(std::move(content)), position_(std::move(position)) {}

Value Value::boolean(bool value, Position position) {
    return {Content(value), std::move(position)};
}

Value Value::integer(std::int64_t value, Position position) {
    return {Content(value), std::move(position)};
}

Value Value::floating(double value, Position position) {
    return {Content(value), std::move(position)};
}

Value Value::text(std::string value, Position position) {
    return {Content(std::move(value)), std::move(position)};
}

Value Value::date_time(std::string value, Position position) {
    return {Content(DateTime{std::move(value)}), std::move(position)};
}

Value Value::list(List value, Position position) {
    return {Content(std::move(value)), std::move(position)};
}

Value Value::table(Table value, Position position) {
    return {Content(std::move(value)), std::move(position)};
}

const Entry* Value::find(std::string_view key) const {
    const Table* table = std::get_if<Table>(&content_);
    if (table == nullptr) {
        return nullptr;
    }
    const auto found =
        std::find_if(table->begin(), table->end(), [&](const Entry& e) { return e.key == key; });
    return found == table->end() ? nullptr : &*found;
}

Entry* Value::find(std::string_view key) {
    return const_cast<Entry*>(std::as_const(*this).find(key));
}

void Value::set_text(std::string text, Interpolation interpolation) {
    std::get<std::string>(content_) = std::move(text);
    interpolation_ = interpolation;
}

bool same_content(const Value& left, const Value& right) {
    if (left.kind() != right.kind()) {
        return false;
    }
    if (left.is(Kind::list)) {
        return std::equal(left.as_list().begin(), left.as_list().end(), right.as_list().begin(),
                          right.as_list().end(), same_content);
    }
    if (!left.is(Kind::table)) {
        return std::visit(
            [&](const auto& content) {
                using T = std::decay_t<decltype(content)>;
                if constexpr (std::is_same_v<T, Value::List> || std::is_same_v<T, Value::Table>) {
                    return false;
                } else {
                    return content == std::get<T>(right.content_);
                }
            },
            left.content_);
    }
    const Value::Table& entries = left.as_table();
    return entries.size() == right.as_table().size() &&
           std::all_of(entries.begin(), entries.end(), [&](const Entry& entry) {
               const Entry* other = right.find(entry.key);
               return other != nullptr && same_content(entry.value, other->value);
           });
}

}  // namespace heliograph::config
