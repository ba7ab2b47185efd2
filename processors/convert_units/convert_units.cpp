#include "processors/convert_units/convert_units.hpp"

#include "processors/convert_units/check.hpp"

#include <string>
#include <vector>

namespace heliograph::convert_units {
namespace {

/// A site with many odd fields must not flood the log; the counters tell the rest.
constexpr int kMostWarnings = 20;

/// Converts a number in place; false for text and booleans, which have no unit.
bool convert_value(hg_field& field, const Conversion& conversion) {
    const auto value = FieldView(field).as_number();
    if (!value) {
        return false;
    }
    // Integers stay integers when nothing changes, so that large ones lose nothing.
    if (!conversion.is_identity()) {
        field.type = HG_FLOAT;
        field.value.floating = conversion(*value);
    }
    return true;
}

bool contains_field(const hg_metric& metric, std::string_view name) {
    return MetricView(metric).field(name).has_value();
}

}  // namespace

void ConvertUnits::check(Problems& problems) {
    check_rules(make_rules(), options().keep_original, problems);
}

void ConvertUnits::open() {
    cache_.clear();
    warnings_ = 0;
    rules_.emplace(make_rules());
}

void ConvertUnits::close() noexcept {
    cache_.clear();
}

void ConvertUnits::each_declaration(const std::function<void(const Declaration&)>& receive) {
    for (const Declaration& declaration : make_rules().converted_declarations()) {
        receive(declaration);
    }
}

ConversionRules ConvertUnits::make_rules() const {
    std::vector<Declaration> declarations;
    host().each_declaration([&](const Declaration& declaration) { declarations.push_back(declaration); });
    return {options(), std::move(declarations)};
}

void ConvertUnits::process(Batch& batch) {
    Tally tally;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        convert_fields(batch[i], tally);
    }
    report(tally);
}

void ConvertUnits::convert_fields(Metric metric, Tally& tally) {
    MeasurementCache& known = cache_.measurement(metric.name());
    // Fields that are added on the way stand behind these and are not converted again.
    std::size_t count = metric.fields().size();
    for (std::size_t i = 0; i < count; ++i) {
        const std::string_view name = view(metric.fields()[i].key);
        const MeasurementCache::Field* found = known.find(name);
        if (found == nullptr) {
            found = &known.add(name, decide(metric.name(), name));
            cache_.note_field();
        }
        switch (found->treatment.kind) {
            case Treatment::Kind::leave:
                break;
            case Treatment::Kind::convert:
                apply(metric, metric.fields()[i], found->treatment, tally);
                break;
            case Treatment::Kind::unknown_unit:
            case Treatment::Kind::not_a_unit:
                ++tally.unknown_units;
                break;
            case Treatment::Kind::unlike_units:
                ++tally.unlike_units;
                break;
        }
    }
}

void ConvertUnits::apply(Metric& metric, hg_field& field, const Treatment& treatment, Tally& tally) {
    if (treatment.name == view(field.key)) {
        convert_value(field, *treatment.conversion);
        return;
    }
    hg_field converted = field;
    if (!convert_value(converted, *treatment.conversion)) {
        return;
    }
    // Another field may bear the new name already. Two of one name would be worse than either, and the place
    // of fields must not change while they are walked through: the field keeps its name, and is counted.
    if (contains_field(metric.record(), treatment.name)) {
        ++tally.names_taken;
        return;
    }
    const std::string_view name = treatment.name;
    if (options().keep_original) {
        metric.set_field_value(name, converted.type, converted.value);
    } else {
        converted.key = arena_copy(metric.arena(), name);
        field = converted;
    }
}

Treatment ConvertUnits::decide(std::string_view measurement, std::string_view field) {
    Treatment treatment = rules_->treatment(measurement, field);
    const auto kind = treatment.kind;
    if (kind != Treatment::Kind::leave && kind != Treatment::Kind::convert && warnings_ < kMostWarnings) {
        ++warnings_;
        const std::string subject =
            "the field '" + std::string(measurement) + ":" + std::string(field) + "' ";
        const std::string to = "'" + treatment.unit + "'";
        host().warning(subject + "is left as it is: " +
                       (kind == Treatment::Kind::unlike_units
                            ? "its unit '" + treatment.source_unit + "' cannot be converted to " + to
                            : "the unit that it comes in is not known, so it cannot be converted to " + to +
                                  "; name it in source_units"));
    }
    return treatment;
}

void ConvertUnits::report(const Tally& tally) const {
    if (tally.unknown_units != 0) {
        host().count("unknown_unit", tally.unknown_units);
    }
    if (tally.unlike_units != 0) {
        host().count("unlike_unit", tally.unlike_units);
    }
    if (tally.names_taken != 0) {
        host().count("name_taken", tally.names_taken);
    }
}

}  // namespace heliograph::convert_units
