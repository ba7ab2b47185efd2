#include "plugins/common/glob/glob.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace heliograph {
namespace {

constexpr std::size_t kWordBits = 64;
constexpr std::size_t kWordsOnStack = 16;
constexpr std::size_t kNoPartner = static_cast<std::size_t>(-1);

/// Takes one character from the front of the text. A byte that is not UTF-8 is a character of its own,
/// outside of Unicode, so that any name can be matched.
char32_t take_character(std::string_view& text) {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char lead = byte(0);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (length == 1) {
        text.remove_prefix(1);
        return lead;
    }
    char32_t character = length == 0 ? 0 : lead & (0xFFU >> (length + 1));
    bool valid = length != 0 && length <= text.size();
    for (std::size_t i = 1; valid && i < length; ++i) {
        valid = (byte(i) & 0xC0U) == 0x80U;
        character = (character << 6U) | (byte(i) & 0x3FU);
    }
    if (!valid) {
        text.remove_prefix(1);
        return 0x110000U + lead;
    }
    text.remove_prefix(length);
    return character;
}

}  // namespace

/// Turns a pattern into states. It walks the pattern once with a stack of open braces, so nesting costs no
/// recursion.
class Glob::Compiler {
public:
    explicit Compiler(Glob& glob) : glob_(glob), pattern_(glob.text_) { find_partners(); }

    void compile() {
        while (at_ < pattern_.size()) {
            step();
        }
        emit(Operation::accept);
    }

private:
    struct Brace {
        std::size_t close;
        std::size_t fork;                // the state to point at the next alternative
        std::vector<std::size_t> jumps;  // the states to point behind the group
    };

    /// Finds for each `{` and `[` where it closes. A backslash hides what follows it, and so does a set.
    void find_partners() {
        partner_.assign(pattern_.size(), kNoPartner);
        std::vector<std::size_t> open;
        std::size_t last_bracket = pattern_.rfind(']');
        for (std::size_t i = 0; i < pattern_.size(); ++i) {
            const char c = pattern_[i];
            if (c == '\\') {
                ++i;
            } else if (c == '[' && last_bracket != std::string_view::npos && i < last_bracket) {
                if (const std::size_t close = set_end(i); close != kNoPartner) {
                    partner_[i] = close;
                    i = close;
                }
            } else if (c == '{') {
                open.push_back(i);
            } else if (c == '}' && !open.empty()) {
                partner_[open.back()] = i;
                open.pop_back();
            }
        }
    }

    /// A `]` right after the opening (and its `!`) is a member, as in the shell.
    [[nodiscard]] std::size_t set_end(std::size_t open) const {
        std::size_t first = open + 1;
        if (first < pattern_.size() && (pattern_[first] == '!' || pattern_[first] == '^')) {
            ++first;
        }
        const std::size_t close = pattern_.find(']', first + 1);
        return close == std::string_view::npos ? kNoPartner : close;
    }

    void step() {
        const char c = pattern_[at_];
        if (c == '*') {
            ++at_;
            if (glob_.states_.empty() || glob_.states_.back().operation != Operation::any_text ||
                group_starts_here_) {
                emit(Operation::any_text);
            }
        } else if (c == '?') {
            ++at_;
            emit(Operation::any_character);
        } else if (c == '[' && partner_[at_] != kNoPartner) {
            read_set();
        } else if (c == '{' && partner_[at_] != kNoPartner) {
            braces_.push_back({.close = partner_[at_], .fork = emit(Operation::fork), .jumps = {}});
            ++at_;
            group_starts_here_ = true;
        } else if (c == ',' && !braces_.empty()) {
            Brace& brace = braces_.back();
            brace.jumps.push_back(emit(Operation::jump));
            point_here(brace.fork);
            brace.fork = emit(Operation::fork);
            ++at_;
            group_starts_here_ = true;
        } else if (!braces_.empty() && at_ == braces_.back().close) {
            close_group();
        } else {
            if (c == '\\' && at_ + 1 < pattern_.size()) {
                ++at_;
            }
            emit(Operation::character, static_cast<std::uint32_t>(next_character()));
        }
    }

    /// The last alternative has nothing to fork to, so its fork leads to where it already goes.
    void close_group() {
        const Brace& brace = braces_.back();
        glob_.states_[brace.fork].argument = static_cast<std::uint32_t>(brace.fork + 1);
        for (const std::size_t jump : brace.jumps) {
            point_here(jump);
        }
        braces_.pop_back();
        ++at_;
        group_starts_here_ = true;
    }

    void read_set() {
        const std::size_t close = partner_[at_];
        ++at_;
        const bool negated = pattern_[at_] == '!' || pattern_[at_] == '^';
        at_ += negated ? 1 : 0;
        Set set;
        while (at_ < close) {
            const char32_t low = next_character();
            char32_t high = low;
            if (at_ + 1 < close && pattern_[at_] == '-') {
                ++at_;
                high = next_character();
            }
            set.emplace_back(low, high);
        }
        at_ = close + 1;
        emit(negated ? Operation::none_of : Operation::one_of,
             static_cast<std::uint32_t>(glob_.sets_.size()));
        glob_.sets_.push_back(std::move(set));
    }

    char32_t next_character() {
        std::string_view rest = pattern_.substr(at_);
        const char32_t character = take_character(rest);
        at_ = pattern_.size() - rest.size();
        return character;
    }

    std::size_t emit(Operation operation, std::uint32_t argument = 0) {
        glob_.states_.push_back({operation, argument});
        group_starts_here_ = false;
        return glob_.states_.size() - 1;
    }

    void point_here(std::size_t state) {
        glob_.states_[state].argument = static_cast<std::uint32_t>(glob_.states_.size());
    }

    Glob& glob_;
    std::string_view pattern_;  // the glob's own text
    std::size_t at_ = 0;
    bool group_starts_here_ = false;
    std::vector<std::size_t> partner_;
    std::vector<Brace> braces_;
};

Glob::Glob(std::string_view pattern) : text_(pattern) {
    constexpr std::string_view kSpecial = "*?[{\\";
    const std::size_t first = pattern.find_first_of(kSpecial);
    if (first == std::string_view::npos) {
        shape_ = Shape::literal;
        fixed_ = pattern;
    } else if (pattern == "*") {
        shape_ = Shape::everything;
    } else if (first + 1 == pattern.size() && pattern.back() == '*') {
        shape_ = Shape::prefix;
        fixed_ = pattern.substr(0, first);
    } else if (pattern.front() == '*' && pattern.find_first_of(kSpecial, 1) == std::string_view::npos) {
        shape_ = Shape::suffix;
        fixed_ = pattern.substr(1);
    } else {
        Compiler(*this).compile();
    }
}

bool Glob::matches(std::string_view name) const {
    switch (shape_) {
        case Shape::literal:
            return name == fixed_;
        case Shape::prefix:
            return name.starts_with(fixed_);
        case Shape::suffix:
            return name.ends_with(fixed_);
        case Shape::everything:
            return true;
        case Shape::program:
            break;
    }
    return run(name);
}

bool Glob::run(std::string_view name) const {
    const std::size_t words = (states_.size() + kWordBits - 1) / kWordBits;
    if (words <= kWordsOnStack) {
        std::array<std::uint64_t, kWordsOnStack> current{};
        std::array<std::uint64_t, kWordsOnStack> next{};
        return run(name, current.data(), next.data());
    }
    std::vector<std::uint64_t> current(words);
    std::vector<std::uint64_t> next(words);
    return run(name, current.data(), next.data());
}

/// Keeps the set of states that the name so far can have led to, one bit each. `current` and `next` are zero
/// and hold a bit for every state.
bool Glob::run(std::string_view name, std::uint64_t* current, std::uint64_t* next) const {
    const std::size_t words = (states_.size() + kWordBits - 1) / kWordBits;
    const auto enter = [](std::uint64_t* set, std::size_t state) {
        set[state / kWordBits] |= std::uint64_t{1} << (state % kWordBits);
    };
    enter(current, 0);
    while (true) {
        const bool at_end = name.empty();
        const char32_t character = at_end ? 0 : take_character(name);
        bool alive = false;
        for (std::size_t word = 0; word < words; ++word) {
            std::uint64_t done = 0;
            while (const std::uint64_t waiting = current[word] & ~done) {
                const auto bit = static_cast<std::size_t>(std::countr_zero(waiting));
                done |= std::uint64_t{1} << bit;
                const std::size_t index = word * kWordBits + bit;
                const State& state = states_[index];
                switch (state.operation) {
                    case Operation::fork:
                        enter(current, index + 1);
                        enter(current, state.argument);
                        continue;
                    case Operation::jump:
                        enter(current, state.argument);
                        continue;
                    case Operation::any_text:
                        enter(current, index + 1);
                        enter(next, index);
                        alive = true;
                        continue;
                    case Operation::accept:
                        if (at_end) {
                            return true;
                        }
                        continue;
                    default:
                        break;
                }
                if (contains(state, character)) {
                    enter(next, index + 1);
                    alive = true;
                }
            }
        }
        if (at_end || !alive) {
            return false;
        }
        std::swap(current, next);
        std::fill_n(next, words, std::uint64_t{0});
    }
}

bool Glob::contains(const State& state, char32_t character) const {
    switch (state.operation) {
        case Operation::character:
            return state.argument == character;
        case Operation::any_character:
            return true;
        default:
            break;
    }
    const Set& set = sets_[state.argument];
    const bool found = std::any_of(set.begin(), set.end(), [&](const auto& range) {
        return range.first <= character && character <= range.second;
    });
    return found == (state.operation == Operation::one_of);
}

}  // namespace heliograph
