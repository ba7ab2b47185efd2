#include "processors/convert_units/conversion_rules.hpp"

namespace heliograph::convert_units {

bool may_be_number(const Declaration& declaration) {
    return declaration.is_field && declaration.type != HG_TEXT && declaration.type != HG_BOOLEAN;
}

std::string expand_name(std::string_view pattern, std::string_view field, std::string_view unit) {
    constexpr std::string_view kField = "{field}";
    constexpr std::string_view kUnit = "{unit}";
    std::string name;
    while (!pattern.empty()) {
        if (pattern.starts_with(kField)) {
            name += field;
            pattern.remove_prefix(kField.size());
        } else if (pattern.starts_with(kUnit)) {
            name += unit;
            pattern.remove_prefix(kUnit.size());
        } else {
            name += pattern.front();
            pattern.remove_prefix(1);
        }
    }
    return name;
}

ConversionRules::ConversionRules(const Options& options, std::vector<Declaration> declarations)
    : fields_(options.fields),
      source_units_(options.source_units),
      rename_(options.rename),
      keep_original_(options.keep_original),
      declarations_(std::move(declarations)) {
    for (const Declaration& declaration : declarations_) {
        if (may_be_number(declaration) && !declaration.unit.empty()) {
            note_unit(declaration);
        }
    }
}

void ConversionRules::note_unit(const Declaration& declaration) {
    std::pair key(declaration.measurement, declaration.name);
    const auto [known, is_new] = declared_units_.emplace(key, declaration.unit);
    if (is_new || known->second == declaration.unit) {
        return;
    }
    const auto first = Unit::parse(known->second);
    const auto second = Unit::parse(declaration.unit);
    if (!first || !second || !first->same_as(*second)) {
        conflicts_.emplace(std::move(key), std::pair(known->second, declaration.unit));
    }
}

Treatment ConversionRules::treatment(std::string_view measurement, std::string_view field) const {
    Treatment result;
    const FieldMap::Entry* const wanted = fields_.find(measurement, field);
    if (wanted == nullptr) {
        return result;
    }
    result.unit = wanted->value;
    const std::pair key{std::string(measurement), std::string(field)};
    if (const FieldMap::Entry* const given = source_units_.find(measurement, field)) {
        result.source_unit = given->value;
    } else if (const auto declared = declared_units_.find(key);
               declared != declared_units_.end() && !conflicts_.contains(key)) {
        result.source_unit = declared->second;
    }
    if (result.source_unit.empty()) {
        result.kind = Treatment::Kind::unknown_unit;
        return result;
    }
    const auto from = Unit::parse(result.source_unit);
    const auto to = Unit::parse(result.unit);
    if (!from || !to) {
        result.kind = Treatment::Kind::not_a_unit;
        return result;
    }
    result.conversion = from->conversion_to(*to);
    if (!result.conversion) {
        result.kind = Treatment::Kind::unlike_units;
        return result;
    }
    result.kind = Treatment::Kind::convert;
    const FieldMap::Entry* const rename = rename_.find(measurement, field);
    result.name = rename == nullptr ? key.second : expand_name(rename->value, field, result.unit);
    return result;
}

std::vector<Declaration> ConversionRules::converted_declarations() const {
    std::vector<Declaration> result;
    for (const Declaration& declaration : declarations_) {
        const Treatment change =
            may_be_number(declaration) ? treatment(declaration.measurement, declaration.name) : Treatment{};
        if (change.kind != Treatment::Kind::convert) {
            result.push_back(declaration);
            continue;
        }
        if (keep_original_ && change.name != declaration.name) {
            result.push_back(declaration);
        }
        Declaration converted = declaration;
        converted.name = change.name;
        converted.unit = change.unit;
        if (!change.conversion->is_identity()) {
            converted.type = HG_FLOAT;
        }
        result.push_back(std::move(converted));
    }
    return result;
}

}  // namespace heliograph::convert_units
