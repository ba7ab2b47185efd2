// The JSON reader: simdjson's On-Demand front end parses, because it alone still knows where each value
// stood.
#include "core/config/parse.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <memory>
#include <numeric>
#include <utility>

namespace heliograph::config {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kTrailingText = "not valid JSON: something follows the end of the object";

/// Turns byte offsets into lines and columns. Cheap when offsets only grow, as they do while parsing.
class PositionFinder {
public:
    PositionFinder(std::string_view text, std::shared_ptr<const std::string> file)
        : text_(text), file_(std::move(file)) {}

    [[nodiscard]] Position at(std::size_t offset) {
        offset = std::min(offset, text_.size());
        if (offset < reached_) {
            reached_ = 0;
            line_ = 1;
            column_ = 1;
        }
        for (; reached_ < offset; ++reached_) {
            const auto byte = static_cast<unsigned char>(text_[reached_]);
            if (byte == '\n') {
                ++line_;
                column_ = 1;
            } else if ((byte & 0xC0U) != 0x80U) {  // all but the later bytes of a character
                ++column_;
            }
        }
        return {.file = file_, .line = line_, .column = column_};
    }

private:
    std::string_view text_;
    std::shared_ptr<const std::string> file_;
    std::size_t reached_ = 0;
    std::uint32_t line_ = 1;
    std::uint32_t column_ = 1;
};

/// The offset of the first byte that is not part of a UTF-8 character.
std::size_t find_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
        if (simdjson::validate_utf8(text.data() + at, end - at)) {
            at = end;
            continue;
        }
        for (; at < end; ++at) {
            const auto lead = static_cast<unsigned char>(text[at]);
            const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
            if (length > end - at || !simdjson::validate_utf8(text.data() + at, length)) {
                return at;
            }
            at += length - 1;
        }
    }
    return text.size();
}

/// The offset of the first text that is not closed on its line, or that holds a control character.
std::size_t find_broken_text(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '"') {
            continue;
        }
        const std::size_t start = at;
        for (++at; at < text.size() && text[at] != '"'; ++at) {
            if (static_cast<unsigned char>(text[at]) < 0x20) {
                return start;
            }
            if (text[at] == '\\') {
                ++at;
            }
        }
        if (at >= text.size()) {
            return start;
        }
    }
    return text.size();
}

/// Where the brackets of a text come out wrong at its end.
struct BracketFault {
    std::size_t offset;
    std::string_view message;
};

/// The innermost bracket that is never closed or, when all are, what follows the last.
BracketFault find_bracket_fault(std::string_view text) {
    std::vector<std::size_t> open;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '{' || c == '[') {
            open.push_back(at);
        } else if ((c == '}' || c == ']') && !open.empty()) {
            open.pop_back();
            if (open.empty()) {
                const std::size_t next = std::min(text.find_first_not_of(" \t\r\n", at + 1), text.size());
                return {next, kTrailingText};
            }
        } else if (c == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                if (text[at] == '\\') {
                    ++at;
                }
            }
        }
    }
    return {open.empty() ? text.size() : open.back(), "not valid JSON: this object or list is not closed"};
}

class Reader {
public:
    Reader(std::string_view text, std::shared_ptr<const std::string> file, Problems& problems)
        : text_(text), padded_(text), positions_(padded_, std::move(file)), problems_(problems) {}

    [[nodiscard]] std::optional<Value> read() {
        const std::size_t start = std::min(text_.find_first_not_of(" \t\r\n"), text_.size());
        if (start == text_.size()) {
            return fail(start, "the file is empty, and a JSON object is wanted");
        }
        if (text_[start] != '{') {
            return fail(start, "not a config: a JSON config is one object, in { }");
        }
        ondemand::document document;
        if (const auto error = parser_.iterate(padded_).get(document)) {
            return fail(error);
        }
        document_ = &document;
        last_ = start;
        ondemand::object object;
        if (const auto error = document.get_object().get(object)) {
            return fail(error);
        }
        std::optional<Value> root = read_table(object, positions_.at(start), 0);
        const char* rest = nullptr;
        if (root && document.current_location().get(rest) == simdjson::SUCCESS) {
            return fail(offset_of(rest), std::string(kTrailingText));
        }
        return root;
    }

private:
    std::optional<Value> read_value(ondemand::value value, std::size_t depth) {
        last_ = offset_of(value.raw_json_token().data());
        const Position position = positions_.at(last_);
        if (depth > kDeepestNesting) {
            return fail(last_, "nested deeper than " + std::to_string(kDeepestNesting) +
                                   " levels, which no config needs");
        }
        ondemand::json_type type{};
        if (const auto error = value.type().get(type)) {
            const auto first = static_cast<unsigned char>(padded_.data()[last_]);
            return fail(std::isalpha(first) != 0 ? simdjson::INCORRECT_TYPE : error);
        }
        switch (type) {
            case ondemand::json_type::object: {
                ondemand::object object;
                if (const auto error = value.get_object().get(object)) {
                    return fail(error);
                }
                return read_table(object, position, depth);
            }
            case ondemand::json_type::array: {
                ondemand::array array;
                if (const auto error = value.get_array().get(array)) {
                    return fail(error);
                }
                return read_list(array, position, depth);
            }
            case ondemand::json_type::string: {
                std::string_view text;
                if (const auto error = value.get_string().get(text)) {
                    return fail(error);
                }
                return Value::text(std::string(text), position);
            }
            case ondemand::json_type::boolean: {
                bool boolean = false;
                if (const auto error = value.get_bool().get(boolean)) {
                    return fail(error);
                }
                return Value::boolean(boolean, position);
            }
            case ondemand::json_type::number:
                return read_number(value, position);
            case ondemand::json_type::null:
                break;
        }
        bool is_null = false;
        if (value.is_null().get(is_null) != simdjson::SUCCESS || !is_null) {
            return fail(simdjson::N_ATOM_ERROR);
        }
        add(position, "null is not a value here", "leave the key out to keep the default");
        return Value::text({}, position);
    }

    std::optional<Value> read_number(ondemand::value value, const Position& position) {
        ondemand::number number;
        if (const auto error = value.get_number().get(number)) {
            return fail(error);
        }
        if (number.is_int64()) {
            return Value::integer(number.get_int64(), position);
        }
        if (number.is_uint64()) {
            add(position, "the integer is too large: the largest is 9223372036854775807", "");
            return Value::integer(0, position);
        }
        return Value::floating(number.get_double(), position);
    }

    std::optional<Value> read_list(ondemand::array array, const Position& position, std::size_t depth) {
        Value::List list;
        for (auto element : array) {
            ondemand::value item;
            if (const auto error = std::move(element).get(item)) {
                return fail(error);
            }
            std::optional<Value> value = read_value(item, depth + 1);
            if (!value) {
                return std::nullopt;
            }
            list.push_back(std::move(*value));
        }
        return Value::list(std::move(list), position);
    }

    std::optional<Value> read_table(ondemand::object object, const Position& position, std::size_t depth) {
        Value::Table entries;
        for (auto element : object) {
            ondemand::field field;
            if (const auto error = std::move(element).get(field)) {
                return fail(error);
            }
            last_ = offset_of(field.key().raw()) - 1;  // the quote before it
            Position key_position = positions_.at(last_);
            std::string_view key;
            if (const auto error = field.unescaped_key().get(key)) {
                return fail(error);
            }
            std::string owned_key(key);
            std::optional<Value> value = read_value(field.value(), depth + 1);
            if (!value) {
                return std::nullopt;
            }
            entries.push_back({.key = std::move(owned_key),
                               .key_position = std::move(key_position),
                               .value = std::move(*value)});
        }
        drop_repeated(entries);
        return Value::table(std::move(entries), position);
    }

    /// Reports keys that stand twice and keeps the first of each.
    void drop_repeated(Value::Table& entries) {
        std::vector<std::size_t> order(entries.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return entries[a].key < entries[b].key; });
        std::vector<bool> repeated(entries.size());
        std::size_t first = 0;
        for (std::size_t i = 1; i < order.size(); ++i) {
            const Entry& entry = entries[order[i]];
            const Entry& earlier = entries[order[first]];
            if (entry.key != earlier.key) {
                first = i;
                continue;
            }
            repeated[order[i]] = true;
            add(entry.key_position, "the key `" + entry.key + "` is given twice",
                "it was first given in line " + std::to_string(earlier.key_position.line));
        }
        std::size_t index = 0;
        std::erase_if(entries, [&](const Entry&) { return repeated[index++]; });
    }

    [[nodiscard]] std::size_t offset_of(const char* place) const {
        return static_cast<std::size_t>(place - padded_.data());
    }

    /// Where the parser has stopped, or the last thing that it read when that is further on.
    [[nodiscard]] std::size_t location() {
        const char* place = nullptr;
        if (document_ == nullptr || document_->current_location().get(place) != simdjson::SUCCESS) {
            return text_.size();
        }
        return std::clamp(offset_of(place), last_, text_.size());
    }

    void add(Position position, std::string message, std::string hint) {
        problems_.add({.position = std::move(position),
                       .subject = {},
                       .message = std::move(message),
                       .hint = std::move(hint)});
    }

    std::nullopt_t fail(std::size_t offset, std::string message) {
        add(positions_.at(offset), std::move(message), "");
        return std::nullopt;
    }

    std::nullopt_t fail(simdjson::error_code error) {
        switch (error) {
            case simdjson::UTF8_ERROR:
                return fail(find_invalid_utf8(text_), "not valid JSON: the file is not UTF-8");
            case simdjson::UNCLOSED_STRING:
            case simdjson::UNESCAPED_CHARS:
                return fail(
                    find_broken_text(text_),
                    "not valid JSON: this text is not closed on its line, or holds a control character");
            case simdjson::STRING_ERROR:
                return fail(last_, "not valid JSON: this text has an escape that JSON does not know");
            case simdjson::NUMBER_ERROR:
                return fail(last_, "not a number that JSON knows, or one that does not fit 64 bits");
            case simdjson::T_ATOM_ERROR:
            case simdjson::F_ATOM_ERROR:
            case simdjson::N_ATOM_ERROR:
            case simdjson::INCORRECT_TYPE:
                return fail(last_, "not a JSON value: a text needs quotes");
            case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: {
                const BracketFault fault = find_bracket_fault(text_);
                return fail(fault.offset, std::string(fault.message));
            }
            case simdjson::TAPE_ERROR:
                return fail(location(),
                            "not valid JSON: a comma, a colon, a quote or a bracket is missing or too many");
            default:
                return fail(location(), std::string("not valid JSON: ") + simdjson::error_message(error));
        }
    }

    std::string_view text_;
    simdjson::padded_string padded_;
    PositionFinder positions_;
    Problems& problems_;
    ondemand::parser parser_;
    ondemand::document* document_ = nullptr;  // lives in read(), like everything that reads it
    std::size_t last_ = 0;                    // the offset of the key or value that is being read
};

}  // namespace

std::optional<Document> parse_json(std::string_view text, std::string file_name, Problems& problems) {
    const auto file = std::make_shared<const std::string>(file_name);
    try {
        if (text.starts_with("\xEF\xBB\xBF")) {
            text.remove_prefix(3);
        }
        std::optional<Value> root = Reader(text, file, problems).read();
        if (!root) {
            return std::nullopt;
        }
        return Document{.root = std::move(*root), .file = std::move(file_name)};
    } catch (const std::exception& error) {
        // Built member by member: GCC 12 takes a temporary of this kind for uninitialised when it optimises.
        Problem problem;
        problem.position.file = file;
        problem.message = std::string("cannot read this as JSON: ") + error.what();
        problems.add(std::move(problem));
    }
    return std::nullopt;
}

}  // namespace heliograph::config
