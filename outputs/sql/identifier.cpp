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

bool is_reserved(const IdentifierRules& rules, NameOf purpose, std::string_view name) {
    return purpose == NameOf::table &&
           std::any_of(rules.reserved_table_prefixes.begin(), rules.reserved_table_prefixes.end(),
                       [&](std::string_view prefix) {
                           return name.size() >= prefix.size() &&
                                  std::equal(prefix.begin(), prefix.end(), name.begin(),
                                             [](char a, char b) { return a == lower(b); });
                       });
}

std::string sanitised(const IdentifierRules& rules, NameOf purpose, std::string_view raw) {
    std::string name = is_storable_text(raw) ? std::string(raw) : repaired_text(raw);
    std::replace_if(name.begin(), name.end(), is_control, '_');
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
    if (form == NameForm::distinct || name != raw || name.size() > rules.max_bytes) {
        const std::string suffix = hash_suffix(purpose, raw);
        name = std::string(cut_text(name, rules.max_bytes - suffix.size())) + suffix;
    }
    return Identifier::existing(rules, name);
}

bool same_name(const IdentifierRules& rules, std::string_view a, std::string_view b) noexcept {
    if (rules.case_sensitive) {
        return a == b;
    }
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace heliograph::sql
