// What decides which insert a metric needs: its name, the keys of its tags and fields, and the fields' types.
#pragma once

#include <heliograph/metric.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace heliograph::sql {

/// The shape of a metric, kept apart from its batch and made to be compared fast: the texts lie in one piece.
class Shape {
public:
    explicit Shape(const MetricView& metric);

    /// Whether the metric has this shape. Allocates nothing.
    [[nodiscard]] bool matches(const MetricView& metric) const noexcept;

    /// Equal for metrics of one shape. Allocates nothing.
    [[nodiscard]] static std::size_t hash(const MetricView& metric) noexcept;

private:
    std::string texts_;                // the name and then the keys, without separators
    std::vector<std::size_t> sizes_;   // of each
    std::vector<std::int32_t> types_;  // of each field
    std::size_t tag_count_;
};

}  // namespace heliograph::sql
