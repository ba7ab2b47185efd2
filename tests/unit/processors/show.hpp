// Metrics as one line of text that tests compare: name,tag=value field=value. Types show as in line protocol.
#pragma once

#include <heliograph/metric.hpp>

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace heliograph::testkit {

template <class Number>
std::string show_number(Number number) {
    std::array<char, 32> text;
    char* const end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return std::string(std::string_view(text.data(), static_cast<std::size_t>(end - text.data())));
}

inline std::string show_value(const FieldView& field) {
    switch (field.type()) {
        case ValueType::floating:
            return show_number(field.floating());
        case ValueType::integer:
            return show_number(field.integer()) + "i";
        case ValueType::unsigned_integer:
            return show_number(field.unsigned_integer()) + "u";
        case ValueType::boolean:
            return field.boolean() ? "true" : "false";
        case ValueType::text:
            return '"' + std::string(field.text()) + '"';
    }
    return "?";
}

inline std::string show(MetricView metric) {
    std::string text(metric.name());
    for (const hg_tag& tag : metric.tags()) {
        text.append(",").append(view(tag.key)).append("=").append(view(tag.value));
    }
    char before = ' ';
    for (const hg_field& field : metric.fields()) {
        text.append(1, before).append(view(field.key)).append("=").append(show_value(FieldView(field)));
        before = ',';
    }
    return text;
}

}  // namespace heliograph::testkit
