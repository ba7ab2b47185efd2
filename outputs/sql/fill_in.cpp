#include "outputs/sql/fill_in.hpp"

#include <algorithm>

namespace heliograph::sql {

std::string fill_in(std::string_view text, std::initializer_list<FillIn> fills) {
    std::string filled;
    while (!text.empty()) {
        const auto fill = std::find_if(fills.begin(), fills.end(), [&](const FillIn& candidate) {
            return text.starts_with(candidate.placeholder);
        });
        if (fill != fills.end()) {
            filled += fill->text;
            text.remove_prefix(fill->placeholder.size());
            continue;
        }
        const std::size_t next = std::min(text.find('{', 1), text.size());
        filled += text.substr(0, next);
        text.remove_prefix(next);
    }
    return filled;
}

std::optional<std::string> text_literal(const Identifier& name) {
    std::string literal = "'";
    for (const char c : name.quoted()) {
        if (c == '\\') {
            return std::nullopt;
        }
        literal += c;
        if (c == '\'') {
            literal += c;
        }
    }
    return literal + '\'';
}

}  // namespace heliograph::sql
