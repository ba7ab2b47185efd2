// What a column holds and what is bound to it, in terms that every SQL engine shares.
#pragma once

#include <cstdint>
#include <string_view>

namespace heliograph::sql {

/// The type of a column as this output sees it; an engine has its own word for each.
/// `timestamp`: the engine's
/// own type for a moment; its values are integers, nanoseconds since 1970-01-01 UTC. `json`: its values are
/// texts.
enum class ColumnType { floating, integer, unsigned_integer, boolean, text, timestamp, json };

/// One value of a row. Text is a view, valid until the row has been inserted.
class Value {
public:
    enum class Kind { null, floating, integer, unsigned_integer, text };

    Value() noexcept = default;

    [[nodiscard]] static Value of(double value) noexcept {
        Value made(Kind::floating);
        made.floating_ = value;
        return made;
    }
    [[nodiscard]] static Value of(std::int64_t value) noexcept {
        Value made(Kind::integer);
        made.integer_ = value;
        return made;
    }
    [[nodiscard]] static Value of(std::uint64_t value) noexcept {
        Value made(Kind::unsigned_integer);
        made.unsigned_integer_ = value;
        return made;
    }
    [[nodiscard]] static Value of(std::string_view value) noexcept {
        Value made(Kind::text);
        made.text_ = value;
        return made;
    }

    [[nodiscard]] Kind kind() const noexcept { return kind_; }

    // Each of these may be called only when kind() says so.
    [[nodiscard]] double floating() const noexcept { return floating_; }
    [[nodiscard]] std::int64_t integer() const noexcept { return integer_; }
    [[nodiscard]] std::uint64_t unsigned_integer() const noexcept { return unsigned_integer_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

private:
    explicit Value(Kind kind) noexcept : kind_(kind) {}

    Kind kind_ = Kind::null;
    union {
        double floating_;
        std::int64_t integer_;
        std::uint64_t unsigned_integer_;
        std::string_view text_{};
    };
};

}  // namespace heliograph::sql
