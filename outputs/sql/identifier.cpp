#include "outputs/sql/identifier.hpp"

#include "outputs/sql/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace heliograph::sql {
namespace {

constexpr std::size_t kHashDigits = 8;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
}

/// FNV-1a, 32 bit, over the purpose and the raw name: a tag and a field of one name differ.
std::uint32_t hash(NameOf purpose, std::string_view raw) noexcept {
    constexpr std::uint32_t kPrime = 16777619;
    std::uint32_t state = (2166136261u ^ static_cast<std::uint32_t>(purpose)) * kPrime;
    for (const char c : raw) {
        state = (state ^ static_cast<unsigned char>(c)) * kPrime;
    }
    return state;
}

std::string hash_suffix(NameOf purpose, std::string_view raw) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string suffix(kHashDigits + 1, '_');
    std::uint32_t left = hash(purpose, raw);
    for (std::size_t i = kHashDigits; i > 0; --i, left >>= 4) {
        suffix[i] = kDigits[left & 15u];
    }
    return suffix;
}

bool is_continuation(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0u) == 0x80;
}

std::size_t character_count(std::string_view text) noexcept {
    return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

/// The longest beginning of valid UTF-8 text that has at most so many characters.
std::string_view cut_characters(std::string_view text, std::size_t characters) noexcept {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (!is_continuation(text[at]) && characters-- == 0) {
            break;
        }
    }
    return text.substr(0, at);
}

bool is_too_long(const IdentifierRules& rules, std::string_view name) noexcept {
    return name.size() > rules.max_bytes || character_count(name) > rules.max_characters;
}

bool is_reserved(const IdentifierRules& rules, NameOf purpose, std::string_view name) {
    if (purpose != NameOf::table) {
        return std::any_of(rules.reserved_column_names.begin(), rules.reserved_column_names.end(),
                           [&](std::string_view reserved) { return same_name(rules, reserved, name); });
    }
    return std::any_of(rules.reserved_table_prefixes.begin(), rules.reserved_table_prefixes.end(),
                       [&](std::string_view prefix) {
                           return name.size() >= prefix.size() &&
                                  std::equal(prefix.begin(), prefix.end(), name.begin(),
                                             [](char a, char b) { return a == lower(b); });
                       });
}

/// Characters above U+FFFF take four bytes, and only they do. Each becomes one `_`.
void leave_basic_plane_only(std::string& name) {
    constexpr unsigned char kFirstOfFour = 0xF0;
    std::size_t end = 0;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (static_cast<unsigned char>(name[at]) < kFirstOfFour) {
            name[end++] = name[at];
        } else {
            name[end++] = '_';
            at += 3;
        }
    }
    name.resize(end);
}

std::string sanitised(const IdentifierRules& rules, NameOf purpose, std::string_view raw) {
    std::string name = is_storable_text(raw) ? std::string(raw) : repaired_text(raw);
    std::replace_if(name.begin(), name.end(), is_control, '_');
    if (rules.basic_plane_only) {
        leave_basic_plane_only(name);
    }
    if (rules.no_trailing_space && name.ends_with(' ')) {
        name.back() = '_';
    }
    if (rules.lower_case_tables && purpose == NameOf::table) {
        std::transform(name.begin(), name.end(), name.begin(), lower);
    }
    if (name.empty() || is_reserved(rules, purpose, name)) {
        name.insert(name.begin(), '_');
    }
    return name;
}

}  // namespace

Identifier Identifier::existing(const IdentifierRules& rules, std::string_view name) {
    std::string quoted;
    quoted.reserve(name.size() + 2);
    quoted += rules.quote;
    for (const char c : name) {
        if (c == rules.quote) {
            quoted += rules.quote;
        }
        quoted += c;
    }
    quoted += rules.quote;
    return {std::string(name), std::move(quoted)};
}

Identifier identifier(const IdentifierRules& rules, NameOf purpose, std::string_view raw, NameForm form) {
    std::string name = sanitised(rules, purpose, raw);
    if (form == NameForm::distinct || name != raw || is_too_long(rules, name)) {
        const std::string suffix = hash_suffix(purpose, raw);
        const std::string_view cut = cut_text(name, rules.max_bytes - suffix.size());
        name = std::string(cut_characters(cut, rules.max_characters - suffix.size())) + suffix;
    }
    return Identifier::existing(rules, name);
}

bool same_name(const IdentifierRules& rules, std::string_view a, std::string_view b) noexcept {
    if (rules.case_sensitive) {
        return a == b;
    }
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    std::size_t at_a = 0;
    std::size_t at_b = 0;
    while (at_a < a.size() && at_b < b.size()) {
        if (rules.ignores_accents && (!is_ascii(a[at_a]) || !is_ascii(b[at_b]))) {
            const auto next = [](std::string_view text, std::size_t at) {
                do {
                    ++at;
                } while (at < text.size() && is_continuation(text[at]));
                return at;
            };
            at_a = next(a, at_a);
            at_b = next(b, at_b);
            continue;
        }
        if (lower(a[at_a++]) != lower(b[at_b++])) {
            return false;
        }
    }
    return at_a == a.size() && at_b == b.size();
}

}  // namespace heliograph::sql
