// Puts names into SQL that a person wrote.
#pragma once

#include "outputs/sql/identifier.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::sql {

/// What stands for a placeholder such as `{table}`.
struct FillIn {
    std::string_view placeholder;  // with its braces
    std::string_view text;
};

/// The text with every placeholder replaced, from left to right in one pass: what was filled in is never
/// looked at again, so a name that contains a placeholder stays as it is. Other braces are left alone.
/// [any thread]
[[nodiscard]] std::string fill_in(std::string_view text, std::initializer_list<FillIn> fills);

/// The quoted name as a text literal of SQL, as functions take it that want a table's name in a text:
/// `'"port"'`. Nothing for a name with a backslash, which engines read in different ways there.
[[nodiscard]] std::optional<std::string> text_literal(const Identifier& name);

}  // namespace heliograph::sql
