// Decides, from the options and from what the nodes upstream declare, what happens to a field.
#pragma once

#include "processors/convert_units/field_pattern.hpp"
#include "processors/convert_units/options.hpp"
#include "processors/convert_units/units.hpp"

#include <heliograph/host.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::convert_units {

/// What happens to one field of one measurement.
struct Treatment {
    enum class Kind {
        leave,         // no entry of `fields` names it
        convert,       // `conversion`, `name` and `unit` hold
        unknown_unit,  // nobody says which unit it comes in, or two inputs say different ones
        unlike_units,  // its unit and the wanted one have unlike dimensions
        not_a_unit,    // the text of one of the two is no unit
    };
    Kind kind = Kind::leave;
    std::optional<Conversion> conversion;
    std::string name;         // of the field afterwards
    std::string unit;         // as the user wrote it in `fields`
    std::string source_unit;  // as declared or given in source_units; empty: unknown
};

/// The options and the declarations, ready for questions. [any thread] once made.
class ConversionRules {
public:
    ConversionRules(const Options& options, std::vector<Declaration> declarations);

    [[nodiscard]] Treatment treatment(std::string_view measurement, std::string_view field) const;

    /// The declarations of what leaves the processor.
    [[nodiscard]] std::vector<Declaration> converted_declarations() const;

    [[nodiscard]] const FieldMap& fields() const noexcept { return fields_; }
    [[nodiscard]] const FieldMap& source_units() const noexcept { return source_units_; }
    [[nodiscard]] const FieldMap& rename() const noexcept { return rename_; }
    [[nodiscard]] const std::vector<Declaration>& declarations() const noexcept { return declarations_; }

    /// Fields for which two inputs declare different units, by measurement and field, with both units.
    using Conflicts = std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>>;
    [[nodiscard]] const Conflicts& conflicts() const noexcept { return conflicts_; }

private:
    void note_unit(const Declaration& declaration);

    FieldMap fields_;
    FieldMap source_units_;
    FieldMap rename_;
    bool keep_original_;
    std::vector<Declaration> declarations_;
    std::map<std::pair<std::string, std::string>, std::string> declared_units_;
    Conflicts conflicts_;
};

/// A field that can be converted by its declared type: a number, or one whose type is not said.
[[nodiscard]] bool may_be_number(const Declaration& declaration);

/// The new name of a field: `pattern` with {field} and {unit} filled in.
[[nodiscard]] std::string expand_name(std::string_view pattern, std::string_view field,
                                      std::string_view unit);

}  // namespace heliograph::convert_units
