// The filters that every node has: by name, by tag, by field.
#pragma once

#include "core/runtime/settings.hpp"
#include "plugins/common/glob/glob.hpp"

#include <heliograph/batch.hpp>
#include <heliograph/metric.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::runtime {

/// Globs compiled once. Immutable, so usable from any thread.
class MetricFilter {
public:
    explicit MetricFilter(const CommonSettings& settings);

    /// Whether nothing is filtered at all.
    [[nodiscard]] bool is_open() const noexcept { return !selects_metrics_ && !selects_fields_; }
    [[nodiscard]] bool selects_fields() const noexcept { return selects_fields_; }

    /// Whether the metric passes by its name and tags.
    [[nodiscard]] bool passes(MetricView metric) const;
    /// Whether any of its fields passes.
    [[nodiscard]] bool has_passing_field(MetricView metric) const;
    /// Removes the fields that do not pass; false when none is left.
    [[nodiscard]] bool filter_fields(Metric& metric) const;

private:
    [[nodiscard]] bool passes_field(const hg_field& field) const;

    using TagGlob = std::pair<std::string, Glob>;

    std::vector<Glob> name_pass_;
    std::vector<Glob> name_drop_;
    std::vector<TagGlob> tag_pass_;
    std::vector<TagGlob> tag_drop_;
    std::vector<Glob> field_pass_;
    std::vector<Glob> field_drop_;
    bool selects_metrics_;
    bool selects_fields_;
};

}  // namespace heliograph::runtime
