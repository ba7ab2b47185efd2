#include "outputs/influxdb_v3/lanes.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace heliograph::influxdb_v3 {
namespace {

/// The same for the same name and tags, in one run of the program.
std::size_t series_hash(const MetricView& metric) noexcept {
    constexpr std::size_t kFactor = 0x9E3779B97F4A7C15U;
    const std::hash<std::string_view> hash;
    std::size_t mixed = hash(metric.name());
    for (const hg_tag& tag : metric.tags()) {
        mixed = (mixed ^ hash(view(tag.key))) * kFactor;
        mixed = (mixed ^ hash(view(tag.value))) * kFactor;
    }
    return mixed ^ (mixed >> 32U);
}

}  // namespace

Lanes::Lanes(LaneSettings settings) : settings_(std::move(settings)) {}

std::size_t Lanes::database_of(const MetricView& metric) {
    std::string_view name = settings_.database;
    if (!settings_.database_tag.empty()) {
        const std::string_view value = metric.tag(settings_.database_tag);
        name = value.empty() ? name : value;
    }
    auto found = numbers_.find(name);
    if (found == numbers_.end()) {
        found = numbers_.emplace(std::string(name), databases_.size()).first;
        databases_.push_back(&found->first);
    }
    return found->second;
}

void Lanes::use_lanes(std::size_t count) {
    while (lanes_.size() > count) {
        spare_.push_back(std::move(lanes_.back()));
        lanes_.pop_back();
    }
    while (lanes_.size() < count) {
        if (spare_.empty()) {
            lanes_.emplace_back();
        } else {
            lanes_.push_back(std::move(spare_.back()));
            spare_.pop_back();
        }
        Lane& lane = lanes_.back();
        lane.metrics.clear();
        lane.pieces.clear();
    }
}

void Lanes::sort(const MetricSpan& metrics) {
    use_lanes(0);
    numbers_.clear();
    databases_.clear();
    const std::size_t requests = (metrics.size() + settings_.max_lines - 1) / settings_.max_lines;
    const std::size_t shards = std::clamp<std::size_t>(requests, 1, settings_.concurrency);
    if (settings_.database_tag.empty() && shards == 1) {
        // Nothing to sort by.
        use_lanes(1);
        databases_.push_back(&settings_.database);
        lanes_.front().metrics.resize(metrics.size());
        std::iota(lanes_.front().metrics.begin(), lanes_.front().metrics.end(), 0U);
    } else {
        for (std::size_t i = 0; i < metrics.size(); ++i) {
            const MetricView metric = metrics[i];
            const std::size_t database = database_of(metric);
            const std::size_t lane = database * shards + (shards == 1 ? 0 : series_hash(metric) % shards);
            use_lanes(std::max(lanes_.size(), databases_.size() * shards));
            lanes_[lane].database = database;
            lanes_[lane].metrics.push_back(static_cast<std::uint32_t>(i));
        }
    }
    for (Lane& lane : lanes_) {
        lane.stopped = false;
        if (!lane.metrics.empty()) {
            lane.pieces.push_back({0, lane.metrics.size(), 0});
        }
    }
}

}  // namespace heliograph::influxdb_v3
