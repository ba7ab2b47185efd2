#include "core/runtime/metric_filter.hpp"

#include <algorithm>

namespace heliograph::runtime {
namespace {

std::vector<Glob> compile(const std::vector<std::string>& patterns) {
    return {patterns.begin(), patterns.end()};
}

std::vector<std::pair<std::string, Glob>> compile(const TextMap& patterns) {
    std::vector<std::pair<std::string, Glob>> globs;
    for (const auto& [key, pattern] : patterns) {
        globs.emplace_back(key, Glob(pattern));
    }
    return globs;
}

bool any_matches(const std::vector<Glob>& globs, std::string_view name) {
    return std::any_of(globs.begin(), globs.end(), [&](const Glob& glob) { return glob.matches(name); });
}

bool any_matches(const std::vector<std::pair<std::string, Glob>>& globs, MetricView metric) {
    return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) {
        const std::string_view value = metric.tag(glob.first);
        return !value.empty() && glob.second.matches(value);
    });
}

}  // namespace

MetricFilter::MetricFilter(const CommonSettings& settings)
    : name_pass_(compile(settings.name_pass)),
      name_drop_(compile(settings.name_drop)),
      tag_pass_(compile(settings.tag_pass)),
      tag_drop_(compile(settings.tag_drop)),
      field_pass_(compile(settings.field_pass)),
      field_drop_(compile(settings.field_drop)),
      selects_metrics_(!name_pass_.empty() || !name_drop_.empty() || !tag_pass_.empty() ||
                       !tag_drop_.empty()),
      selects_fields_(!field_pass_.empty() || !field_drop_.empty()) {}

bool MetricFilter::passes(MetricView metric) const {
    return (name_pass_.empty() || any_matches(name_pass_, metric.name())) &&
           !any_matches(name_drop_, metric.name()) && (tag_pass_.empty() || any_matches(tag_pass_, metric)) &&
           !any_matches(tag_drop_, metric);
}

bool MetricFilter::passes_field(const hg_field& field) const {
    const std::string_view key = view(field.key);
    return (field_pass_.empty() || any_matches(field_pass_, key)) && !any_matches(field_drop_, key);
}

bool MetricFilter::has_passing_field(MetricView metric) const {
    const auto fields = metric.fields();
    return !selects_fields_ || std::any_of(fields.begin(), fields.end(),
                                           [&](const hg_field& field) { return passes_field(field); });
}

bool MetricFilter::filter_fields(Metric& metric) const {
    metric.remove_fields_if([&](const hg_field& field) { return !passes_field(field); });
    return !metric.fields().empty();
}

}  // namespace heliograph::runtime
