// Metrics to lines that InfluxDB takes: what it would refuse is renamed, replaced or left out, and counted.
#pragma once

#include "plugins/common/line_protocol/encoder.hpp"

#include <heliograph/abi.h>
#include <heliograph/metric.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::influxdb_v3 {

/// How many things were written otherwise than the metric has them.
struct Changes {
    std::int64_t dropped_tags = 0;     ///< empty once cut, or the same as another once altered
    std::int64_t dropped_fields = 0;   ///< as tags, and NaN and infinities
    std::int64_t renamed_columns = 0;  ///< of reserved names, and with "::" in them
    std::int64_t altered_names = 0;    ///< trailing backslashes, control characters, bytes that are not UTF-8
    std::int64_t repaired_texts = 0;   ///< string fields with bytes that are not UTF-8
    std::int64_t limited_integers = 0;  ///< unsigned integers cut to the largest signed one
    std::int64_t added_times = 0;       ///< metrics without a time

    Changes& operator+=(const Changes& other) noexcept;
};

struct LineSettings {
    line_protocol::EncodeSettings encoding;
    std::vector<std::string> tag_order;  ///< these come first
    std::string dropped_tag;             ///< never written; empty: none
    bool rename_families = true;         ///< "::" in a field's name would make it part of a field family
};

/// Writes metrics, one line each. In dialect v1 a backslash before a delimiter, which InfluxDB 1.x loses from
/// a measurement and refuses in a field's name, becomes an underscore there. The columns that InfluxDB keeps
/// for itself, `time` and `__chunk_order`, get an underscore at the end, and as many more as it takes to be
/// unique. Allocates nothing for a metric that can be written as it is. Not thread-safe.
class LineWriter {
public:
    explicit LineWriter(LineSettings settings);

    /// The time of metrics that have none, in nanoseconds since 1970 UTC.
    void set_now(std::int64_t nanoseconds) noexcept { now_ = nanoseconds; }

    /// Appends one metric; with any other status than ok nothing is appended. `changes` is added to.
    line_protocol::EncodeStatus append(MetricView metric, line_protocol::Buffer& out, Changes& changes);

private:
    [[nodiscard]] bool can_be_written_as_it_is(MetricView metric, Changes& changes) const noexcept;
    [[nodiscard]] hg_metric rewritten(MetricView metric, Changes& changes);
    void rename_columns(Changes& changes);
    void order_tags();
    [[nodiscard]] bool is_wrong_field_key(std::string_view key) const noexcept;
    [[nodiscard]] bool has_lost_backslash(std::string_view name) const noexcept;
    [[nodiscard]] std::string repaired_field_key(std::string_view key) const;
    [[nodiscard]] bool is_taken(std::string_view name) const noexcept;
    [[nodiscard]] hg_text unique_name(std::string name);

    LineSettings settings_;
    line_protocol::Encoder encoder_;
    std::int64_t now_ = 0;
    // Of the metric that is being rewritten.
    std::vector<hg_tag> tags_;
    std::vector<hg_tag> ordered_;
    std::vector<hg_field> fields_;
    std::deque<std::string> names_;
};

}  // namespace heliograph::influxdb_v3
