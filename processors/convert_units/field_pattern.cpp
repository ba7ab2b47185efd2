#include "processors/convert_units/field_pattern.hpp"

#include <algorithm>

namespace heliograph::convert_units {
namespace {

std::string_view measurement_part(std::string_view text) {
    const std::size_t colon = text.find(':');
    return colon == std::string_view::npos ? std::string_view("*") : text.substr(0, colon);
}

std::string_view field_part(std::string_view text) {
    const std::size_t colon = text.find(':');
    return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

}  // namespace

FieldPattern::FieldPattern(std::string_view text)
    : measurement_(measurement_part(text)), field_(field_part(text)) {}

FieldMap::FieldMap(const std::vector<std::pair<std::string, std::string>>& option) {
    entries_.reserve(option.size());
    for (const auto& [key, value] : option) {
        entries_.push_back({key, FieldPattern(key), value});
    }
}

const FieldMap::Entry* FieldMap::find(std::string_view measurement, std::string_view field) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.pattern.matches(measurement, field);
    });
    return found == entries_.end() ? nullptr : &*found;
}

}  // namespace heliograph::convert_units
