// Makes identifiers of any bytes by the rules of each engine. Whatever comes out is within the rules, cannot
// leave its quotes, and is always the same; SQL that a person wrote takes it as a whole.
#include "outputs/sql/identifier.hpp"

#include "outputs/sql/fill_in.hpp"
#include "outputs/sql/url.hpp"
#include "outputs/sql/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace heliograph::sql;

constexpr auto kSqliteTables = std::to_array<std::string_view>({"sqlite_", "heliograph_"});
constexpr auto kSystemColumns =
    std::to_array<std::string_view>({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"});

// What the three engines demand, by their documentation.
constexpr auto kEngines = std::to_array<IdentifierRules>({
    {.case_sensitive = false, .reserved_table_prefixes = kSqliteTables},
    {.max_bytes = 63, .reserved_column_names = kSystemColumns},
    {.quote = '`',
     .max_characters = 64,
     .case_sensitive = false,
     .ignores_accents = true,
     .basic_plane_only = true,
     .no_trailing_space = true},
    {.quote = '`', .max_characters = 64, .case_sensitive = false, .lower_case_tables = true},
});

void require(bool holds, const char* promise) {
    if (!holds) {
        std::fprintf(stderr, "broken: %s\n", promise);
        std::abort();
    }
}

/// Reads a quoted name as SQL does; true when the text is one and nothing follows it.
bool unquote(std::string_view text, char quote, std::string& name) {
    name.clear();
    if (text.size() < 2 || text.front() != quote) {
        return false;
    }
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] != quote) {
            name += text[i];
        } else if (i + 1 == text.size()) {
            return true;
        } else if (text[++i] == quote) {
            name += quote;
        } else {
            return false;
        }
    }
    return false;
}

std::size_t character_count(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80; }));
}

void check_rules(const IdentifierRules& rules, NameOf purpose, const std::string& name) {
    require(!name.empty(), "a name is not empty");
    require(is_storable_text(name), "a name is UTF-8 without NUL");
    require(std::none_of(name.begin(), name.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }),
            "a name has no control characters");
    require(name.size() <= rules.max_bytes && character_count(name) <= rules.max_characters,
            "a name is within the length");
    require(!rules.no_trailing_space || name.back() != ' ', "a name does not end in a space");
    require(
        !rules.basic_plane_only || std::none_of(name.begin(), name.end(),
                                                [](char c) { return static_cast<unsigned char>(c) >= 0xF0; }),
        "a name is of the basic plane");
    if (purpose == NameOf::table) {
        for (const std::string_view prefix : rules.reserved_table_prefixes) {
            require(name.size() < prefix.size() ||
                        !same_name(rules, std::string_view(name).substr(0, prefix.size()), prefix),
                    "a table's name is not reserved");
        }
        require(!rules.lower_case_tables ||
                    std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
                "a table's name is in lower case");
    } else {
        for (const std::string_view reserved : rules.reserved_column_names) {
            require(!same_name(rules, name, reserved), "a column's name is not reserved");
        }
    }
}

void check(const IdentifierRules& rules, NameOf purpose, NameForm form, std::string_view raw) {
    const Identifier made = identifier(rules, purpose, raw, form);
    check_rules(rules, purpose, made.name());
    std::string read;
    require(unquote(made.quoted(), rules.quote, read), "a quoted name is one token");
    require(read == made.name(), "a quoted name reads as the name");
    const Identifier again = identifier(rules, purpose, raw, form);
    require(again.name() == made.name() && again.quoted() == made.quoted(), "a name is always the same");
    require(same_name(rules, made.name(), made.name()), "a name is the same as itself");
    require(form == NameForm::plain || made.name() != raw, "a distinct name differs from the raw one");
    // A name that fits is kept, so that it is found again by the name that the catalog has.
    require(identifier(rules, purpose, made.name()).name() == made.name(), "a name that fits is kept");

    const std::string sql = fill_in("{table}|{key}|{table}", {{"{table}", made.quoted()}, {"{key}", raw}});
    std::string expected = made.quoted();
    expected.append("|").append(raw).append("|").append(made.quoted());
    require(sql == expected, "what is filled in is not looked at again");
    if (const auto literal = text_literal(made)) {
        require(unquote(*literal, '\'', read) && read == made.quoted(), "a text literal is one token");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    for (const IdentifierRules& rules : kEngines) {
        for (const NameOf purpose : {NameOf::table, NameOf::tag, NameOf::field}) {
            for (const NameForm form : {NameForm::plain, NameForm::distinct}) {
                check(rules, purpose, form, raw);
            }
        }
        const std::size_t half = size / 2;
        require(same_name(rules, raw.substr(0, half), raw.substr(half)) ==
                    same_name(rules, raw.substr(half), raw.substr(0, half)),
                "names are the same both ways");
    }
    const auto location = parse_url(raw);
    if (const auto* problem = std::get_if<UrlProblem>(&location)) {
        require(!problem->message.empty() && !problem->hint.empty(), "a problem says what to do");
    }
    return 0;
}
