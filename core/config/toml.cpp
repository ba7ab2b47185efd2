// The TOML reader: toml++ parses, and its tree is copied into ours in file order.
#include "core/config/parse.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <sstream>
#include <utility>

namespace heliograph::config {
namespace {

using File = std::shared_ptr<const std::string>;

Position position_of(const toml::source_position& place, const File& file) {
    return {.file = file, .line = place.line, .column = place.column};
}

Problem problem_at(Position position, std::string message, std::string hint = {}) {
    return {.position = std::move(position),
            .subject = {},
            .message = std::move(message),
            .hint = std::move(hint)};
}

Problem too_deep(Position position) {
    return problem_at(std::move(position), "nested deeper than " + std::to_string(kDeepestNesting) +
                                               " levels, which no config needs");
}

/// Finds text that would make toml++ build a tree too deep to take apart again: it limits brackets (to more
/// than we do) but not the parts of a dotted key. Reads brackets and dots outside of strings and comments;
/// what it makes of text that is no TOML does not matter, since the parser refuses that anyway.
class NestingGuard {
public:
    NestingGuard(std::string_view text, const File& file) : text_(text), file_(file) {}

    [[nodiscard]] std::optional<Problem> check() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"' || c == '\'') {
                skip_string(c);
                continue;
            }
            if (c == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
                continue;
            }
            if (c == '[' || c == '{') {
                ++brackets_;
                dots_ = 0;
            } else if (c == ']' || c == '}') {
                brackets_ -= brackets_ > 0 ? 1 : 0;
                dots_ = 0;
            } else if (c == '.') {
                ++dots_;
            } else if (c == '\n') {
                ++line_;
                line_start_ = at_ + 1;
                dots_ = 0;
            } else if (c == '=' || c == ',') {
                dots_ = 0;
            }
            if (brackets_ > kDeepestNesting || dots_ > kDeepestNesting) {
                return too_deep({.file = file_,
                                 .line = line_,
                                 .column = static_cast<std::uint32_t>(at_ - line_start_ + 1)});
            }
            ++at_;
        }
        return std::nullopt;
    }

private:
    void skip_string(char quote) {
        const std::string_view triple = quote == '"' ? R"(""")" : "'''";
        const bool many_lines = text_.substr(at_).starts_with(triple);
        at_ += many_lines ? 3 : 1;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n') {
                if (!many_lines) {
                    return;
                }
                ++line_;
                line_start_ = at_ + 1;
            } else if (c == '\\' && quote == '"') {
                if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
                    ++at_;
                }
            } else if (c == quote && (!many_lines || text_.substr(at_).starts_with(triple))) {
                at_ += many_lines ? 3 : 1;
                // Up to two more quotes belong to the end of the string.
                for (int extra = 0; many_lines && extra < 2 && at_ < text_.size() && text_[at_] == quote;
                     ++extra) {
                    ++at_;
                }
                return;
            }
            ++at_;
        }
    }

    std::string_view text_;
    File file_;
    std::size_t at_ = 0;
    std::size_t brackets_ = 0;
    std::size_t dots_ = 0;
    std::uint32_t line_ = 1;
    std::size_t line_start_ = 0;
};

template <class T>
std::string as_written(const T& value) {
    std::ostringstream stream;
    stream << value;
    return stream.str();
}

class Converter {
public:
    Converter(const File& file, Problems& problems) : file_(file), problems_(problems) {}

    /// Nothing when the value nests too deeply; the problem is then added.
    [[nodiscard]] std::optional<Value> convert(const toml::node& node, std::size_t depth) {
        const Position position = position_of(node.source().begin, file_);
        if (depth > kDeepestNesting) {
            problems_.add(too_deep(position));
            return std::nullopt;
        }
        switch (node.type()) {
            case toml::node_type::table:
                return convert_table(*node.as_table(), position, depth);
            case toml::node_type::array:
                return convert_list(*node.as_array(), position, depth);
            case toml::node_type::string:
                return Value::text(node.as_string()->get(), position);
            case toml::node_type::integer:
                return Value::integer(node.as_integer()->get(), position);
            case toml::node_type::floating_point:
                return Value::floating(node.as_floating_point()->get(), position);
            case toml::node_type::boolean:
                return Value::boolean(node.as_boolean()->get(), position);
            case toml::node_type::date:
                return Value::date_time(as_written(node.as_date()->get()), position);
            case toml::node_type::time:
                return Value::date_time(as_written(node.as_time()->get()), position);
            case toml::node_type::date_time:
                return Value::date_time(as_written(node.as_date_time()->get()), position);
            case toml::node_type::none:
                break;
        }
        problems_.add(problem_at(position, "a value of an unknown kind"));
        return std::nullopt;
    }

private:
    std::optional<Value> convert_table(const toml::table& table, const Position& position,
                                       std::size_t depth) {
        Value::Table entries;
        entries.reserve(table.size());
        for (const auto& [key, node] : table) {
            std::optional<Value> value = convert(node, depth + 1);
            if (!value) {
                return std::nullopt;
            }
            entries.push_back({.key = std::string(key.str()),
                               .key_position = position_of(key.source().begin, file_),
                               .value = std::move(*value)});
        }
        // toml++ keeps a table in the order of its keys.
        std::stable_sort(entries.begin(), entries.end(), [](const Entry& left, const Entry& right) {
            return std::pair(left.key_position.line, left.key_position.column) <
                   std::pair(right.key_position.line, right.key_position.column);
        });
        return Value::table(std::move(entries), position);
    }

    std::optional<Value> convert_list(const toml::array& array, const Position& position, std::size_t depth) {
        Value::List list;
        list.reserve(array.size());
        for (const toml::node& node : array) {
            std::optional<Value> value = convert(node, depth + 1);
            if (!value) {
                return std::nullopt;
            }
            list.push_back(std::move(*value));
        }
        return Value::list(std::move(list), position);
    }

    File file_;
    Problems& problems_;
};

Problem describe_error(const toml::parse_error& error, const File& file) {
    constexpr std::string_view kPreamble = "Error while ";
    std::string_view description = error.description();
    if (description.starts_with(kPreamble)) {
        description.remove_prefix(kPreamble.size());
    }
    const auto says = [&](std::string_view words) {
        return description.find(words) != std::string_view::npos;
    };
    std::string hint;
    if (says("integer: expected digit") || says("float: expected")) {
        hint = "a value with a unit is a text and needs quotes, such as \"60s\"";
    } else if (says("floating-point: expected")) {
        hint = "a text, such as an address, needs quotes";
    } else if (says("string: unescaped control") || says("string: encountered end-of-file")) {
        hint = "is its closing quote missing?";
    }
    return problem_at(position_of(error.source().begin, file), "not valid TOML: " + std::string(description),
                      std::move(hint));
}

}  // namespace

std::optional<Document> parse_toml(std::string_view text, std::string file_name, Problems& problems) {
    const File file = std::make_shared<const std::string>(file_name);
    try {
        if (std::optional<Problem> problem = NestingGuard(text, file).check()) {
            problems.add(std::move(*problem));
            return std::nullopt;
        }
        const toml::table table = toml::parse(text);
        std::optional<Value> root = Converter(file, problems).convert(table, 0);
        if (!root) {
            return std::nullopt;
        }
        return Document{.root = std::move(*root), .file = std::move(file_name)};
    } catch (const toml::parse_error& error) {
        problems.add(describe_error(error, file));
    } catch (const std::exception& error) {
        problems.add(problem_at({.file = file}, std::string("cannot read this as TOML: ") + error.what()));
    }
    return std::nullopt;
}

}  // namespace heliograph::config
