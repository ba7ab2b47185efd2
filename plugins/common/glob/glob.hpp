// Matches names against shell-style patterns, for the edges of the graph and for the filters on the hot path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph {

/// A pattern compiled once and matched often: `*` is any text, `?` one character, `[a-c_]` and `[!abc]` one
/// of a set,
/// `{a,b*}` either alternative (they nest), and `\` takes the next character as it is.
///
/// Every text is a pattern: a bracket or brace without its partner stands for itself. A name is matched as a
/// whole, by UTF-8 characters, in time that grows with name times pattern and never faster. Matching
/// allocates nothing for patterns of up to about a thousand characters. [any thread] once made.
class Glob {
public:
    explicit Glob(std::string_view pattern);

    [[nodiscard]] bool matches(std::string_view name) const;

    /// True when nothing in the pattern is special: it matches its own text and nothing else.
    [[nodiscard]] bool is_literal() const { return shape_ == Shape::literal; }

    /// The pattern as it was written.
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    enum class Shape : std::uint8_t { literal, prefix, suffix, everything, program };
    enum class Operation : std::uint8_t {
        character,
        any_character,
        one_of,
        none_of,
        any_text,
        fork,
        jump,
        accept
    };

    /// One state of the automaton. `argument` is the character, the set's index, or the state to go to.
    /// States lead only forward, apart from `any_text`, which may also stay: so one ascending sweep takes
    /// every step.
    struct State {
        Operation operation;
        std::uint32_t argument = 0;
    };
    using Set = std::vector<std::pair<char32_t, char32_t>>;

    class Compiler;

    [[nodiscard]] bool run(std::string_view name) const;
    [[nodiscard]] bool run(std::string_view name, std::uint64_t* current, std::uint64_t* next) const;
    [[nodiscard]] bool contains(const State& state, char32_t character) const;

    std::string text_;
    Shape shape_ = Shape::program;
    std::string fixed_;  // the literal, prefix or suffix
    std::vector<State> states_;
    std::vector<Set> sets_;
};

}  // namespace heliograph
