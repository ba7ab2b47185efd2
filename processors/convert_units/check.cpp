#include "processors/convert_units/check.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace heliograph::convert_units {
namespace {

using Kind = Treatment::Kind;

std::string quoted(std::string_view text) {
    return "'" + std::string(text) + "'";
}

/// One run over the rules. Every field is reported once, however many inputs declare it.
class Check {
public:
    Check(const ConversionRules& rules, bool keep_original, Problems& problems)
        : rules_(rules), keep_original_(keep_original), problems_(problems) {}

    void run() {
        check_units("fields", rules_.fields());
        check_units("source_units", rules_.source_units());
        check_names();
        for (const Declaration& declaration : rules_.declarations()) {
            if (declaration.is_field && seen_.emplace(declaration.measurement, declaration.name).second) {
                check_declared(declaration);
            }
        }
        for (const FieldMap::Entry& entry : rules_.fields().entries()) {
            if (!used_.contains(&entry)) {
                check_undeclared(entry);
            }
        }
    }

private:
    void check_units(std::string_view option, const FieldMap& map) {
        for (const FieldMap::Entry& entry : map.entries()) {
            if (entry.pattern.is_empty()) {
                problems_.report_at(option, entry.key, quoted(entry.key) + " names no field",
                                    "write \"field\" or \"measurement:field\"");
            }
            if (!Unit::parse(entry.value)) {
                const std::string_view meant = suggest_unit(entry.value);
                problems_.report_at(option, entry.key, quoted(entry.value) + " is not a unit",
                                    meant.empty()
                                        ? "use the spelling of UDUNITS-2, such as W, kW, Wh, V, degC or %"
                                        : "did you mean " + quoted(meant) + "?");
                broken_.insert(entry.value);
            }
        }
    }

    void check_names() {
        for (const FieldMap::Entry& entry : rules_.rename().entries()) {
            // Plain names in place of the marks leave only braces that mean nothing.
            const std::string sample = expand_name(entry.value, "field", "unit");
            if (entry.pattern.is_empty()) {
                problems_.report_at("rename", entry.key, quoted(entry.key) + " names no field",
                                    "write \"field\" or \"measurement:field\"");
            } else if (sample.empty()) {
                problems_.report_at("rename", entry.key, "the new name is empty",
                                    "give a name, such as \"{field}_{unit}\"");
            } else if (sample == "time") {
                problems_.report_at("rename", entry.key, "'time' is reserved for the time of the metric",
                                    "choose another name for the field");
            } else if (sample.find_first_of("{}") != std::string::npos) {
                problems_.report_at("rename", entry.key,
                                    quoted(entry.value) + " holds a brace that means nothing",
                                    "only {field} and {unit} can stand in it");
            }
        }
        if (keep_original_ && rules_.rename().entries().empty()) {
            problems_.report("keep_original",
                             "without a new name the converted field takes the place of the original",
                             R"(add rename = { "*" = "{field}_{unit}" })");
        }
    }

    void check_declared(const Declaration& declaration) {
        const std::string field = declaration.measurement + ":" + declaration.name;
        const FieldMap::Entry* const wanted = rules_.fields().find(declaration.measurement, declaration.name);
        if (wanted == nullptr || broken_.contains(wanted->value)) {
            claim_name(declaration, declaration.name);
            used_.insert(wanted);
            return;
        }
        if (!may_be_number(declaration)) {
            claim_name(declaration, declaration.name);
            if (wanted->pattern.field().is_literal()) {
                used_.insert(wanted);
                problems_.report_at("fields", wanted->key, "the field " + quoted(field) + " is not a number",
                                    "remove it");
            }
            return;
        }
        const Treatment change = rules_.treatment(declaration.measurement, declaration.name);
        const auto conflict = rules_.conflicts().find({declaration.measurement, declaration.name});
        if (change.kind != Kind::unknown_unit) {
            used_.insert(wanted);
        }
        if (change.kind == Kind::unknown_unit && conflict != rules_.conflicts().end()) {
            used_.insert(wanted);
            problems_.report_at(
                "fields", wanted->key,
                "the field " + quoted(field) + " comes from two inputs in different units, " +
                    quoted(conflict->second.first) + " and " + quoted(conflict->second.second),
                "say in source_units which one it is, or convert each input by a node of its own");
        } else if (change.kind == Kind::not_a_unit && !broken_.contains(change.source_unit)) {
            problems_.report_at("fields", wanted->key,
                                "the field " + quoted(field) + " is declared in " +
                                    quoted(change.source_unit) + ", which is not a unit",
                                "say in source_units which unit it is");
        } else if (change.kind == Kind::unlike_units) {
            report_unlike(*wanted, field, change.source_unit);
        }
        const bool converts = change.kind == Kind::convert;
        if (!converts || (keep_original_ && change.name != declaration.name)) {
            claim_name(declaration, declaration.name);
        }
        if (converts) {
            claim_name(declaration, change.name);
        }
    }

    void report_unlike(const FieldMap::Entry& wanted, std::string_view field, std::string_view source_unit) {
        problems_.report_at("fields", wanted.key,
                            "the field " + quoted(field) + " is in " + quoted(source_unit) +
                                ", which cannot be converted to " + quoted(wanted.value),
                            "choose a unit of the same kind");
    }

    /// Two fields of one measurement must not end up under one name.
    void claim_name(const Declaration& declaration, const std::string& name) {
        const auto [owner, is_new] =
            names_.emplace(std::pair(declaration.measurement, name), declaration.name);
        if (!is_new && owner->second != declaration.name) {
            problems_.report("rename",
                             "the fields " + quoted(owner->second) + " and " + quoted(declaration.name) +
                                 " of " + quoted(declaration.measurement) + " would both be called " +
                                 quoted(name),
                             "give one of them another name");
        }
    }

    /// An entry of which no declared field makes use: its unit can only come from source_units.
    void check_undeclared(const FieldMap::Entry& entry) {
        if (broken_.contains(entry.value) || entry.pattern.is_empty()) {
            return;
        }
        if (const FieldMap::Entry* const source = source_of(entry)) {
            const auto from = Unit::parse(source->value);
            const auto to = Unit::parse(entry.value);
            if (from && to && !from->conversion_to(*to)) {
                report_unlike(entry, entry.key, source->value);
            }
            return;
        }
        if (rules_.declarations().empty()) {
            return;  // what comes in is not known before it comes
        }
        bool matched = false;
        for (const Declaration& declaration : rules_.declarations()) {
            if (!declaration.is_field || !may_be_number(declaration) ||
                !entry.pattern.matches(declaration.measurement, declaration.name)) {
                continue;
            }
            matched = true;
            if (rules_.fields().find(declaration.measurement, declaration.name) == &entry) {
                problems_.report_at(
                    "fields", entry.key,
                    "the unit of " + quoted(entry.key) + " is not known: its input declares none",
                    "say in source_units which unit it comes in");
                return;
            }
        }
        if (matched) {
            problems_.report_at(
                "fields", entry.key,
                "every field that " + quoted(entry.key) + " matches is matched by an entry before it",
                "remove it, or put it first");
        } else {
            problems_.report_at("fields", entry.key, "no input declares a field " + quoted(entry.key),
                                "correct the name, or say in source_units which unit it comes in");
        }
    }

    /// The entry of source_units that gives the unit of an entry of fields: the one with the same key, or one
    /// whose pattern matches a plain name.
    [[nodiscard]] const FieldMap::Entry* source_of(const FieldMap::Entry& entry) const {
        for (const FieldMap::Entry& source : rules_.source_units().entries()) {
            const Glob& measurement = entry.pattern.measurement();
            const bool same_measurement = source.pattern.measurement().text() == measurement.text() ||
                                          source.pattern.measurement().matches(measurement.text());
            const bool same_field = source.pattern.field().text() == entry.pattern.field().text() ||
                                    source.pattern.field().matches(entry.pattern.field().text());
            if (source.key == entry.key || (same_measurement && same_field)) {
                return &source;
            }
        }
        return nullptr;
    }

    const ConversionRules& rules_;
    bool keep_original_;
    Problems& problems_;
    std::set<std::string, std::less<>> broken_;  // texts that are no units, reported already
    std::set<std::pair<std::string, std::string>> seen_;
    std::set<const FieldMap::Entry*> used_;
    std::map<std::pair<std::string, std::string>, std::string>
        names_;  // measurement and name, to the field so called
};

}  // namespace

void check_rules(const ConversionRules& rules, bool keep_original, Problems& problems) {
    Check(rules, keep_original, problems).run();
}

}  // namespace heliograph::convert_units
