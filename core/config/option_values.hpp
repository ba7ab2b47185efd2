// Reads a table of a config by the options that a plugin (or the agent itself) declares.
#pragma once

#include "core/config/document.hpp"
#include "core/config/problem.hpp"

#include <heliograph/abi.h>

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::config {

/// Typed values, one per declared option and in its order, with the memory that they point to.
class OptionValues {
public:
    OptionValues() = default;
    OptionValues(OptionValues&&) noexcept = default;
    OptionValues& operator=(OptionValues&&) noexcept = default;

    [[nodiscard]] std::span<const hg_option_value> values() const noexcept { return values_; }

    /// Whether every value that is required or given could be read, its interpolation included.
    [[nodiscard]] bool usable() const noexcept { return usable_; }

    /// Where an option's value stands, or one key of a map, or one item of a list; the table's own position
    /// for an option that is not written.
    [[nodiscard]] const Position& position(std::string_view option, std::string_view key = {}) const;
    /// The values of the secrets, to be hidden from the log.
    [[nodiscard]] std::vector<std::string> secrets() const;

private:
    friend class OptionReader;

    std::vector<hg_option_value> values_;
    bool usable_ = true;
    std::deque<std::string> texts_;  // deques: the C values point into them
    std::deque<std::vector<hg_text>> lists_;
    std::deque<std::vector<hg_tag>> maps_;
    std::vector<std::string> secrets_;
    Position table_position_;
    std::map<std::string, Position, std::less<>> positions_;  // "option" and "option.key"
};

/// Reads `table`, which must be a table whose texts are interpolated, by several sets of options at once
/// (those common to all nodes, and a plugin's own). Keys in `known` are read elsewhere and passed over. Every
/// problem is added, with `subject` ("inputs.roof") as what it is about; the values are usable only when none
/// was.
[[nodiscard]] std::vector<OptionValues> read_options(const Value& table,
                                                     std::span<const std::span<const hg_option* const>> sets,
                                                     std::span<const std::string_view> known,
                                                     std::string_view subject, Problems& problems);

/// "true", "1", "yes", "on" and their opposites, in any case; an empty text is false. Nothing for other
/// texts.
[[nodiscard]] std::optional<bool> boolean_from_text(std::string_view text);

/// A value in the words of a config: `60s`, `"text"`, `["a", "b"]`. Secrets are shown as "***" when not
/// empty.
[[nodiscard]] std::string option_value_text(const hg_option_value& value, const hg_option& option);

/// What an option takes, in words: "a duration such as \"60s\"".
[[nodiscard]] std::string_view option_type_text(std::int32_t type);

}  // namespace heliograph::config
