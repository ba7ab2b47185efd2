#include "core/config/problem.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace heliograph::config {
namespace {

constexpr std::size_t kLongestName = 64;

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

/// How many letters to insert, drop, replace or swap with their neighbour (the Damerau-Levenshtein distance,
/// in which no letter is edited twice). Both names are at most kLongestName long.
std::size_t typing_mistakes(std::string_view left, std::string_view right) {
    using Row = std::array<std::size_t, kLongestName + 1>;
    Row before_previous{};
    Row previous{};
    Row row{};
    for (std::size_t j = 0; j <= right.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= left.size(); ++i) {
        before_previous = previous;
        previous = row;
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
            row[j] = std::min({previous[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
                row[j] = std::min(row[j], before_previous[j - 2] + 1);
            }
        }
    }
    return row[right.size()];
}

template <class Text>
std::optional<std::string> nearest(std::string_view wanted_as_written, std::span<const Text> candidates) {
    constexpr std::size_t kShortestBeginning = 3;
    if (wanted_as_written.empty() || wanted_as_written.size() > kLongestName) {
        return std::nullopt;
    }
    const std::string wanted = lower_case(wanted_as_written);
    const Text* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    const Text* longer = nullptr;
    std::size_t longer_count = 0;
    for (const Text& candidate : candidates) {
        if (candidate.empty() || candidate.size() > kLongestName) {
            continue;
        }
        const std::string name = lower_case(candidate);
        const std::size_t distance = typing_mistakes(wanted, name);
        // A name of one letter is one mistake away from every other.
        if (distance < best_distance && distance < std::max(wanted.size(), name.size())) {
            best = &candidate;
            best_distance = distance;
        }
        if (wanted.size() >= kShortestBeginning && name.starts_with(wanted)) {
            longer = &candidate;
            ++longer_count;
        }
    }
    const Text* found = best == nullptr && longer_count == 1 ? longer : best;
    return found == nullptr ? std::nullopt : std::optional<std::string>(*found);
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view wanted,
                                        std::span<const std::string_view> candidates) {
    return nearest(wanted, candidates);
}

std::optional<std::string> nearest_name(std::string_view wanted, std::span<const std::string> candidates) {
    return nearest(wanted, candidates);
}

}  // namespace heliograph::config
