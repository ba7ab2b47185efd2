// The list of everything that is wrong with a config, gathered first and shown together.
#pragma once

#include "core/config/position.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::config {

/// One thing that is wrong. The texts are clauses without a full stop, and hold no secret.
struct Problem {
    Position position;
    std::string subject;  // what it is about: "inputs.roof: option `interval`"; may be empty
    std::string message;  // what is wrong
    std::string hint;     // what may have been meant: "did you mean `database`?"; may be empty

    /// "file:line:column: subject: message; hint", without the parts that are empty, always one line: control
    /// characters that came in from the file are written as escapes.
    [[nodiscard]] std::string to_text() const;
};

/// The problems found so far, in the order in which they were found until they are sorted.
class Problems {
public:
    void add(Problem problem) { items_.push_back(std::move(problem)); }

    [[nodiscard]] bool empty() const { return items_.empty(); }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] const std::vector<Problem>& items() const { return items_; }

    /// Orders by file, line and column; problems at one place stay in the order in which they were found.
    void sort();

    /// One problem a line, each ended by a line feed.
    [[nodiscard]] std::string to_text() const;

private:
    std::vector<Problem> items_;
};

/// The candidate that was most likely meant by `wanted`: one that differs only in case, is within a few
/// typing mistakes (one for every three letters), or of which `wanted` is the only beginning. Nothing when
/// none is close enough. Among equally close ones the first wins.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view wanted,
                                                      std::span<const std::string_view> candidates);
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view wanted,
                                                      std::span<const std::string> candidates);

}  // namespace heliograph::config
