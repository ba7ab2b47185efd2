// How options name fields: "field" or "measurement:field", both patterns.
#pragma once

#include "plugins/common/glob/glob.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heliograph::convert_units {

/// A pattern of fields. What stands before the first colon is a pattern of measurements; without a colon any
/// measurement fits. A field whose own name holds a colon is written "*:its:name".
class FieldPattern {
public:
    explicit FieldPattern(std::string_view text);

    [[nodiscard]] bool matches(std::string_view measurement, std::string_view field) const {
        return field_.matches(field) && measurement_.matches(measurement);
    }
    /// Whether measurement or field is empty, so that nothing can match.
    [[nodiscard]] bool is_empty() const { return measurement_.text().empty() || field_.text().empty(); }
    [[nodiscard]] const Glob& measurement() const noexcept { return measurement_; }
    [[nodiscard]] const Glob& field() const noexcept { return field_; }

private:
    Glob measurement_;
    Glob field_;
};

/// The patterns of one option, each with its value; earlier ones win.
class FieldMap {
public:
    struct Entry {
        std::string key;  // as the user wrote it
        FieldPattern pattern;
        std::string value;
    };

    explicit FieldMap(const std::vector<std::pair<std::string, std::string>>& option);

    /// The first entry that matches, or nullptr.
    [[nodiscard]] const Entry* find(std::string_view measurement, std::string_view field) const;
    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

private:
    std::vector<Entry> entries_;
};

}  // namespace heliograph::convert_units
