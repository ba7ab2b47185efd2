// The only way for a name from the network into SQL text.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace heliograph::sql {

/// What an engine allows in a name.
struct IdentifierRules {
    char quote = '"';
    std::size_t max_bytes = 255;
    std::size_t max_characters = std::numeric_limits<std::size_t>::max();
    bool case_sensitive = true;
    /// Letters with and without accents are the same to the engine, in a way that only it knows in full.
    bool ignores_accents = false;
    /// Characters above U+FFFF are refused.
    bool basic_plane_only = false;
    bool no_trailing_space = false;
    /// The engine keeps the names of tables in lower case.
    bool lower_case_tables = false;
    /// Beginnings of table names, in lower case, that the engine or this output keep for themselves.
    std::span<const std::string_view> reserved_table_prefixes{};
    /// Names that no column may have.
    std::span<const std::string_view> reserved_column_names{};
};

/// What a name is for.
enum class NameOf { table, tag, field };

/// `plain`: as it came, if the rules allow. `distinct`: with a hash, for a name whose plain form is taken.
enum class NameForm { plain, distinct };

/// A name that is safe to put into SQL text, in its quoted form.
class Identifier {
public:
    /// The name as the catalog holds it.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// The name as it is written in SQL.
    [[nodiscard]] const std::string& quoted() const noexcept { return quoted_; }

    /// A name that was read from the catalog, or that this output chose itself: quoted, otherwise untouched.
    [[nodiscard]] static Identifier existing(const IdentifierRules& rules, std::string_view name);

private:
    Identifier(std::string name, std::string quoted) : name_(std::move(name)), quoted_(std::move(quoted)) {}

    std::string name_;
    std::string quoted_;
};

/// Turns the raw name of a metric, tag or field into an identifier. NUL, control characters, invalid UTF-8
/// and what the rules forbid are replaced; a name that had to be changed, is too long, or is wanted
/// `distinct` is cut to fit and ends in `_` and 8 hexadecimal digits of a hash of the raw name and its
/// purpose. The same arguments always give the same identifier, so that nothing need be remembered.
/// [any thread]
[[nodiscard]] Identifier identifier(const IdentifierRules& rules, NameOf purpose, std::string_view raw,
                                    NameForm form = NameForm::plain);

/// Whether the engine takes two names for the same one, or might: with `ignores_accents` every character
/// beyond ASCII is taken for any other. [any thread]
[[nodiscard]] bool same_name(const IdentifierRules& rules, std::string_view a, std::string_view b) noexcept;

}  // namespace heliograph::sql
