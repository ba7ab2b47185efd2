// Cuts a write into requests that may be in flight together without one series overtaking itself.
#pragma once

#include "outputs/influxdb_v3/line_writer.hpp"
#include "plugins/common/line_protocol/buffer.hpp"

#include <heliograph/metric.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heliograph::influxdb_v3 {

/// Metrics of one database that are sent one request after the other. All metrics of a series are in one
/// lane, in their order.
struct Lane {
    /// A run of `metrics` that waits to be sent: from begin up to end, less those whose fate is known.
    struct Piece {
        std::size_t begin = 0;
        std::size_t end = 0;
        unsigned tries = 0;  ///< requests made of it before
    };

    std::size_t database = 0;            ///< into Lanes::databases
    std::vector<std::uint32_t> metrics;  ///< indices into the write
    std::vector<Piece> pieces;           ///< the next one at the back
    bool stopped = false;                ///< nothing more of it is sent in this write

    /// Puts halves of a piece back, `middle` being where the second begins.
    void put_back_halves(const Piece& piece, std::size_t middle) {
        pieces.push_back({middle, piece.end, 0});
        pieces.push_back({piece.begin, middle, 0});
    }
};

struct LaneSettings {
    std::string database;
    std::string database_tag;  ///< empty: every metric goes to `database`
    std::size_t max_lines = 10'000;
    std::size_t concurrency = 4;
};

/// Sorts the metrics of a write into lanes. One lane per database suffices while its metrics fit in one
/// request. Keeps its memory from write to write. Not thread-safe.
class Lanes {
public:
    explicit Lanes(LaneSettings settings);

    /// Replaces what was sorted before.
    void sort(const MetricSpan& metrics);

    [[nodiscard]] std::vector<Lane>& lanes() noexcept { return lanes_; }
    [[nodiscard]] const std::string& database(const Lane& lane) const { return *databases_[lane.database]; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    [[nodiscard]] std::size_t database_of(const MetricView& metric);
    void use_lanes(std::size_t count);

    LaneSettings settings_;
    std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> numbers_;
    std::vector<const std::string*> databases_;  // keys of numbers_, whose addresses do not change
    std::vector<Lane> lanes_;
    std::vector<Lane> spare_;
};

}  // namespace heliograph::influxdb_v3
