#include "core/config/option_values.hpp"

#include "plugins/common/text_units/duration.hpp"
#include "plugins/common/text_units/size.hpp"

#include <heliograph/text.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

namespace heliograph::config {
namespace {

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

/// A basic string of TOML.
std::string toml_text(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7F) {
            out += "\\u00";
            out += kDigits[byte >> 4U];
            out += kDigits[byte & 0x0FU];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

/// A key of TOML, in quotes where it needs them.
std::string toml_key(std::string_view key) {
    const bool is_bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
    return is_bare ? std::string(key) : toml_text(key);
}

/// The value as it was found, for an error. A text that came from outside the file may be secret, so it is
/// not shown.
std::string found(const Value& value) {
    if (value.interpolated()) {
        return "what was filled in";
    }
    switch (value.kind()) {
        case Kind::text:
            return "the text " + quoted(value.as_text());
        case Kind::integer:
            return "the integer " + std::to_string(value.as_integer());
        case Kind::boolean:
            return value.as_boolean() ? "the boolean true" : "the boolean false";
        default:
            return std::string(describe(value.kind()));
    }
}

/// The second half of "takes ..., and ...".
std::string found_instead(const Value& value) {
    return found(value) + (value.interpolated() ? " is none" : " is given");
}

std::string number_text(double number) {
    if (number == std::floor(number) && std::abs(number) < 1e15) {
        return std::to_string(static_cast<std::int64_t>(number));
    }
    char text[32];
    const auto end = std::to_chars(text, text + sizeof(text), number);
    return {text, end.ptr};
}

/// Whether a text would do as the option's value if it stood without its quotes.
bool is_literal(const hg_option& option, std::string_view text) {
    const char* const end = text.data() + text.size();
    std::int64_t integer = 0;
    double number = 0;
    switch (option.type) {
        case HG_OPTION_INTEGER:
            return std::from_chars(text.data(), end, integer).ptr == end && !text.empty();
        case HG_OPTION_FLOAT:
            return std::from_chars(text.data(), end, number).ptr == end && !text.empty();
        case HG_OPTION_BOOLEAN:
            return text == "true" || text == "false";
        default:
            return false;
    }
}

std::string bound_text(double bound, const hg_option& option) {
    switch (option.type) {
        case HG_OPTION_DURATION:
            return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(bound)));
        case HG_OPTION_SIZE:
            return format_size(static_cast<std::uint64_t>(bound));
        default: {
            const std::string_view unit = view(option.unit);
            return number_text(bound) + (unit.empty() ? "" : " " + std::string(unit));
        }
    }
}

}  // namespace

std::string_view option_type_text(std::int32_t type) {
    switch (type) {
        case HG_OPTION_TEXT:
            return "a text";
        case HG_OPTION_INTEGER:
            return "an integer";
        case HG_OPTION_FLOAT:
            return "a number";
        case HG_OPTION_BOOLEAN:
            return "a boolean (true or false)";
        case HG_OPTION_DURATION:
            return "a duration such as \"60s\" or \"1h30m\"";
        case HG_OPTION_SIZE:
            return "a size such as \"64MiB\"";
        case HG_OPTION_LIST:
            return "a list of texts";
        case HG_OPTION_MAP:
            return "a table of texts";
        case HG_OPTION_SECRET:
            return "a secret text";
        case HG_OPTION_CHOICE:
            return "one of a few words";
        default:
            return "a value";
    }
}

const Position& OptionValues::position(std::string_view option, std::string_view key) const {
    std::string name(option);
    if (!key.empty()) {
        if (const auto exact = positions_.find(name + "." + std::string(key)); exact != positions_.end()) {
            return exact->second;
        }
    }
    const auto at = positions_.find(name);
    return at == positions_.end() ? table_position_ : at->second;
}

std::vector<std::string> OptionValues::secrets() const {
    return secrets_;
}

/// Reads one set of options out of a table.
class OptionReader {
public:
    OptionReader(std::span<const hg_option* const> options, std::string_view subject, Problems& problems)
        : options_(options), subject_(subject), problems_(problems) {}

    [[nodiscard]] bool knows(std::string_view name) const {
        return std::any_of(options_.begin(), options_.end(),
                           [&](const hg_option* option) { return view(option->name) == name; });
    }

    OptionValues read(const Value& table) {
        out_.table_position_ = table.position();
        for (const hg_option* option : options_) {
            hg_option_value value = option->default_value;
            const std::string_view name = view(option->name);
            if (const Entry* entry = table.find(name)) {
                out_.positions_.insert_or_assign(std::string(name), entry->value.position());
                if (entry->value.interpolation() != Interpolation::failed) {
                    value = read_value(*option, entry->value);
                } else {
                    out_.usable_ = false;
                }
            } else if ((option->flags & HG_OPTION_REQUIRED) != 0) {
                problem(table.position(), *option, "is required and missing", sample_line(*option));
                out_.usable_ = false;
            }
            out_.values_.push_back(value);
        }
        return std::move(out_);
    }

private:
    hg_option_value read_value(const hg_option& option, const Value& value) {
        hg_option_value result{};
        result.type = option.type;
        result.given = 1;
        bool good = false;
        switch (option.type) {
            case HG_OPTION_TEXT:
            case HG_OPTION_SECRET:
                good = read_text(option, value, result);
                break;
            case HG_OPTION_CHOICE:
                good = read_choice(option, value, result);
                break;
            case HG_OPTION_INTEGER:
                good = read_integer(option, value, result);
                break;
            case HG_OPTION_FLOAT:
                good = read_float(option, value, result);
                break;
            case HG_OPTION_BOOLEAN:
                good = read_boolean(option, value, result);
                break;
            case HG_OPTION_DURATION:
                good = read_duration(option, value, result);
                break;
            case HG_OPTION_SIZE:
                good = read_size(option, value, result);
                break;
            case HG_OPTION_LIST:
                good = read_list(option, value, result);
                break;
            case HG_OPTION_MAP:
                good = read_map(option, value, result);
                break;
            default:
                break;
        }
        out_.usable_ = out_.usable_ && good;
        return good ? result : hg_option_value{};
    }

    hg_text keep(std::string text) { return to_text(out_.texts_.emplace_back(std::move(text))); }

    bool wrong_type(const hg_option& option, const Value& value) {
        std::string hint;
        if (value.is(Kind::text) && !value.interpolated() && is_literal(option, value.as_text())) {
            hint = "write it without quotes";
        } else if ((value.is(Kind::integer) || value.is(Kind::floating)) &&
                   option.type == HG_OPTION_DURATION) {
            hint = "write the unit: \"" +
                   (value.is(Kind::integer) ? std::to_string(value.as_integer())
                                            : number_text(value.as_floating())) +
                   "s\"";
        } else if (value.is(Kind::text) && option.type == HG_OPTION_LIST) {
            hint = "write [" + (value.interpolated() ? "\"...\"" : quoted(value.as_text())) + "]";
        } else if ((option.type == HG_OPTION_TEXT || option.type == HG_OPTION_SECRET) &&
                   !value.is(Kind::list) && !value.is(Kind::table)) {
            hint = "put it in quotes";
        }
        // A secret that was written without quotes is a secret still.
        problem(value.position(), option,
                "takes " + std::string(option_type_text(option.type)) + ", and " +
                    (option.type == HG_OPTION_SECRET ? std::string(describe(value.kind())) + " is given"
                                                     : found_instead(value)),
                std::move(hint));
        return false;
    }

    bool within_bounds(const hg_option& option, double number, const Value& value) {
        if ((option.flags & HG_OPTION_HAS_MINIMUM) != 0 && number < option.minimum) {
            problem(value.position(), option, "must be at least " + bound_text(option.minimum, option),
                    "it is " + bound_text(number, option));
            return false;
        }
        if ((option.flags & HG_OPTION_HAS_MAXIMUM) != 0 && number > option.maximum) {
            problem(value.position(), option, "must be at most " + bound_text(option.maximum, option),
                    "it is " + bound_text(number, option));
            return false;
        }
        return true;
    }

    bool read_text(const hg_option& option, const Value& value, hg_option_value& result) {
        if (!value.is(Kind::text)) {
            return wrong_type(option, value);
        }
        result.value.text = keep(value.as_text());
        if (option.type == HG_OPTION_SECRET && !value.as_text().empty()) {
            out_.secrets_.push_back(value.as_text());
        }
        return true;
    }

    bool read_choice(const hg_option& option, const Value& value, hg_option_value& result) {
        std::vector<std::string_view> choices;
        std::string list;
        for (const hg_text& choice : std::span(option.choices.items, option.choices.count)) {
            choices.push_back(view(choice));
            list += (list.empty() ? "" : ", ") + quoted(view(choice));
        }
        if (!value.is(Kind::text)) {
            problem(value.position(), option, "takes one of " + list + ", and " + found_instead(value));
            return false;
        }
        const auto at = std::find(choices.begin(), choices.end(), value.as_text());
        if (at == choices.end()) {
            const auto meant = nearest_name(value.as_text(), std::span<const std::string_view>(choices));
            problem(value.position(), option, "takes one of " + list + ", and " + found_instead(value),
                    meant ? "did you mean " + quoted(*meant) + "?" : "");
            return false;
        }
        result.value.integer = at - choices.begin();
        return true;
    }

    bool read_integer(const hg_option& option, const Value& value, hg_option_value& result) {
        if (value.is(Kind::integer)) {
            result.value.integer = value.as_integer();
        } else if (value.is(Kind::text) && value.interpolated()) {
            const std::string& text = value.as_text();
            const auto end = std::from_chars(text.data(), text.data() + text.size(), result.value.integer);
            if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
                return wrong_type(option, value);
            }
        } else {
            return wrong_type(option, value);
        }
        return within_bounds(option, static_cast<double>(result.value.integer), value);
    }

    bool read_float(const hg_option& option, const Value& value, hg_option_value& result) {
        double number = 0;
        if (value.is(Kind::integer)) {
            number = static_cast<double>(value.as_integer());
        } else if (value.is(Kind::floating)) {
            number = value.as_floating();
        } else if (value.is(Kind::text) && value.interpolated()) {
            const std::string& text = value.as_text();
            const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
            if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
                return wrong_type(option, value);
            }
        } else {
            return wrong_type(option, value);
        }
        if (!std::isfinite(number)) {
            problem(value.position(), option, "must be a finite number");
            return false;
        }
        result.value.floating = number;
        return within_bounds(option, number, value);
    }

    bool read_boolean(const hg_option& option, const Value& value, hg_option_value& result) {
        if (value.is(Kind::boolean)) {
            result.value.boolean = std::uint8_t{value.as_boolean()};
            return true;
        }
        if (value.is(Kind::text) && value.interpolated()) {
            if (const auto read = boolean_from_text(value.as_text())) {
                result.value.boolean = std::uint8_t{*read};
                return true;
            }
        }
        return wrong_type(option, value);
    }

    bool read_duration(const hg_option& option, const Value& value, hg_option_value& result) {
        if (!value.is(Kind::text)) {
            return wrong_type(option, value);
        }
        const auto duration = parse_duration(value.as_text());
        if (!duration) {
            problem(value.position(), option,
                    value.interpolated() ? "takes a duration such as \"60s\", and what was filled in is none"
                                         : duration.error());
            return false;
        }
        result.value.integer = (*duration).count();
        return within_bounds(option, static_cast<double>(result.value.integer), value);
    }

    bool read_size(const hg_option& option, const Value& value, hg_option_value& result) {
        if (value.is(Kind::integer) && value.as_integer() >= 0) {
            result.value.integer = value.as_integer();
            return within_bounds(option, static_cast<double>(result.value.integer), value);
        }
        if (!value.is(Kind::text)) {
            return wrong_type(option, value);
        }
        const auto size = parse_size(value.as_text());
        if (!size || *size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            problem(value.position(), option,
                    value.interpolated() || size ? "takes a size such as \"64MiB\", and what is given is none"
                                                 : size.error());
            return false;
        }
        result.value.integer = static_cast<std::int64_t>(*size);
        return within_bounds(option, static_cast<double>(*size), value);
    }

    bool read_list(const hg_option& option, const Value& value, hg_option_value& result) {
        auto& items = out_.lists_.emplace_back();
        if (value.is(Kind::text) && value.interpolated()) {
            // From the environment a list comes as one text, its items parted by commas.
            std::string_view rest = value.as_text();
            while (!rest.empty()) {
                const std::size_t end = std::min(rest.find(','), rest.size());
                std::string_view item = rest.substr(0, end);
                item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
                item = item.substr(0, item.find_last_not_of(' ') + 1);
                if (!item.empty()) {
                    items.push_back(keep(std::string(item)));
                }
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
        } else if (value.is(Kind::list)) {
            for (const Value& item : value.as_list()) {
                if (!item.is(Kind::text)) {
                    problem(item.position(), option,
                            "takes a list of texts, and " + found(item) + " is in it", "put it in quotes");
                    return false;
                }
                if (item.interpolation() == Interpolation::failed) {
                    return false;
                }
                out_.positions_.insert_or_assign(std::string(view(option.name)) + "." + item.as_text(),
                                                 item.position());
                items.push_back(keep(item.as_text()));
            }
        } else {
            return wrong_type(option, value);
        }
        result.value.list = {items.data(), items.size()};
        return true;
    }

    bool read_map(const hg_option& option, const Value& value, hg_option_value& result) {
        if (!value.is(Kind::table)) {
            return wrong_type(option, value);
        }
        auto& items = out_.maps_.emplace_back();
        bool good = true;
        for (const Entry& entry : value.as_table()) {
            if (!entry.value.is(Kind::text)) {
                problem(
                    entry.value.position(), option,
                    "takes a table of texts, and " + found(entry.value) + " stands for `" + entry.key + "`",
                    "put it in quotes");
                good = false;
                continue;
            }
            good = good && entry.value.interpolation() != Interpolation::failed;
            out_.positions_.insert_or_assign(std::string(view(option.name)) + "." + entry.key,
                                             entry.key_position);
            items.push_back({keep(entry.key), keep(entry.value.as_text())});
        }
        result.value.map = {items.data(), items.size()};
        return good;
    }

    static std::string sample_line(const hg_option& option) {
        const std::string_view example = view(option.example);
        return example.empty()
                   ? ""
                   : "for example: " + std::string(view(option.name)) + " = " + std::string(example);
    }

    void problem(const Position& position, const hg_option& option, std::string message,
                 std::string hint = {}) {
        problems_.add({position, std::string(subject_) + ": option `" + std::string(view(option.name)) + "`",
                       std::move(message), std::move(hint)});
    }

    std::span<const hg_option* const> options_;
    std::string_view subject_;
    Problems& problems_;
    OptionValues out_;
};

std::optional<bool> boolean_from_text(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (lower == "true" || lower == "1" || lower == "yes" || lower == "on") {
        return true;
    }
    if (lower == "false" || lower == "0" || lower == "no" || lower == "off" || lower.empty()) {
        return false;
    }
    return std::nullopt;
}

std::vector<OptionValues> read_options(const Value& table,
                                       std::span<const std::span<const hg_option* const>> sets,
                                       std::span<const std::string_view> known, std::string_view subject,
                                       Problems& problems) {
    std::vector<OptionReader> readers;
    std::vector<std::string_view> names(known.begin(), known.end());
    for (const auto& set : sets) {
        readers.emplace_back(set, subject, problems);
        for (const hg_option* option : set) {
            names.push_back(view(option->name));
        }
    }
    if (table.is(Kind::table)) {
        for (const Entry& entry : table.as_table()) {
            if (std::find(names.begin(), names.end(), entry.key) == names.end()) {
                const auto meant = nearest_name(entry.key, std::span<const std::string_view>(names));
                problems.add({entry.key_position, std::string(subject) + ": option `" + entry.key + "`",
                              "there is no such option", meant ? "did you mean `" + *meant + "`?" : ""});
            }
        }
    }
    std::vector<OptionValues> all;
    all.reserve(readers.size());
    for (OptionReader& reader : readers) {
        all.push_back(reader.read(table));
    }
    return all;
}

std::string option_value_text(const hg_option_value& value, const hg_option& option) {
    switch (value.type) {
        case HG_OPTION_TEXT:
            return toml_text(view(value.value.text));
        case HG_OPTION_SECRET:
            return value.value.text.size == 0 ? "\"\"" : "\"***\"";
        case HG_OPTION_INTEGER:
            return std::to_string(value.value.integer);
        case HG_OPTION_FLOAT:
            return number_text(value.value.floating);
        case HG_OPTION_BOOLEAN:
            return value.value.boolean != 0 ? "true" : "false";
        case HG_OPTION_DURATION:
            return quoted(format_duration(std::chrono::nanoseconds(value.value.integer)));
        case HG_OPTION_SIZE:
            return quoted(format_size(static_cast<std::uint64_t>(value.value.integer)));
        case HG_OPTION_CHOICE: {
            const auto index = static_cast<std::size_t>(value.value.integer);
            return index < option.choices.count ? toml_text(view(option.choices.items[index])) : "";
        }
        case HG_OPTION_LIST: {
            std::string text;
            for (const hg_text& item : std::span(value.value.list.items, value.value.list.count)) {
                text += (text.empty() ? "" : ", ") + toml_text(view(item));
            }
            return "[" + text + "]";
        }
        case HG_OPTION_MAP: {
            std::string text;
            for (const hg_tag& item : std::span(value.value.map.items, value.value.map.count)) {
                text += (text.empty() ? " " : ", ") + toml_key(view(item.key)) + " = " +
                        toml_text(view(item.value));
            }
            return text.empty() ? "{}" : "{" + text + " }";
        }
        default:
            return {};
    }
}

}  // namespace heliograph::config
