// A config file as a tree of values that know where they stand, the same whether it was written as TOML or as
// JSON.
#pragma once

#include "core/config/position.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace heliograph::config {

struct Entry;

/// What a value is. Dates and times are a kind of their own so that a reader which wants something else can
/// say so.
enum class Kind : std::uint8_t { boolean, integer, floating, text, date_time, list, table };

/// The kind in words, with its article: "a list".
[[nodiscard]] std::string_view describe(Kind kind);

/// What interpolation did with a text value.
enum class Interpolation : std::uint8_t {
    pending,      // not looked at yet
    unchanged,    // held nothing to substitute
    substituted,  // holds text from outside the file, to be read as whatever type is wanted
    failed,       // could not be resolved; the problem is reported, and readers should skip the value
};

/// One value of a config. Copies are deep. Values from the parsers nest at most kDeepestNesting levels.
class Value {
public:
    using List = std::vector<Value>;
    using Table = std::vector<Entry>;

    /// An empty table without a position.
    Value();

    [[nodiscard]] static Value boolean(bool value, Position position = {});
    [[nodiscard]] static Value integer(std::int64_t value, Position position = {});
    [[nodiscard]] static Value floating(double value, Position position = {});
    [[nodiscard]] static Value text(std::string value, Position position = {});
    /// `value` is the date or time as TOML writes it.
    [[nodiscard]] static Value date_time(std::string value, Position position = {});
    [[nodiscard]] static Value list(List value, Position position = {});
    [[nodiscard]] static Value table(Table value, Position position = {});

    [[nodiscard]] Kind kind() const { return static_cast<Kind>(content_.index()); }
    [[nodiscard]] bool is(Kind kind) const { return this->kind() == kind; }

    /// Where the value itself begins; for a table under a header, where the header does.
    [[nodiscard]] const Position& position() const { return position_; }

    /// The content. Each is only to be asked for when kind() says so, and throws std::bad_variant_access
    /// otherwise.
    [[nodiscard]] bool as_boolean() const { return std::get<bool>(content_); }
    [[nodiscard]] std::int64_t as_integer() const { return std::get<std::int64_t>(content_); }
    [[nodiscard]] double as_floating() const { return std::get<double>(content_); }
    [[nodiscard]] const std::string& as_text() const { return std::get<std::string>(content_); }
    [[nodiscard]] const std::string& as_date_time() const { return std::get<DateTime>(content_).text; }
    [[nodiscard]] const List& as_list() const { return std::get<List>(content_); }
    [[nodiscard]] List& as_list() { return std::get<List>(content_); }
    /// The entries in the order of the file; no key stands twice.
    [[nodiscard]] const Table& as_table() const { return std::get<Table>(content_); }
    [[nodiscard]] Table& as_table() { return std::get<Table>(content_); }

    /// The entry with this key; null when there is none, or when this is not a table. Owned by this value.
    [[nodiscard]] const Entry* find(std::string_view key) const;
    [[nodiscard]] Entry* find(std::string_view key);

    [[nodiscard]] Interpolation interpolation() const { return interpolation_; }
    /// True when the text came at least in part from outside the file, so that "60" may be meant as a number.
    [[nodiscard]] bool interpolated() const { return interpolation_ == Interpolation::substituted; }
    /// Replaces the text of a text value and notes how it came about.
    void set_text(std::string text, Interpolation interpolation);

private:
    struct DateTime {
        std::string text;
        friend bool operator==(const DateTime&, const DateTime&) = default;
    };
    using Content =
        std::variant<bool, std::int64_t, double, std::string, DateTime, List, Table>;  // as in Kind

    Value(Content content, Position position);
    friend bool same_content(const Value& left, const Value& right);

    Content content_;
    Position position_;
    Interpolation interpolation_ = Interpolation::pending;
};

/// One key of a table with what it stands for.
struct Entry {
    std::string key;
    Position key_position;  // of this key's own part, when it was written as `a.b.key`
    Value value;
};

/// True when both hold the same, wherever it stands and in whatever order the keys of a table come.
[[nodiscard]] bool same_content(const Value& left, const Value& right);

/// The deepest nesting of lists and tables that a parser accepts.
inline constexpr std::size_t kDeepestNesting = 64;

/// A parsed file. `root` is always a table.
struct Document {
    Value root;
    std::string file;
};

}  // namespace heliograph::config
