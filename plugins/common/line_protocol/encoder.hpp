// Metrics to line protocol: the text that InfluxDB takes, that the disk buffer holds and that a person can
// read.
#pragma once

#include "plugins/common/line_protocol/buffer.hpp"
#include "plugins/common/line_protocol/dialect.hpp"
#include "plugins/common/line_protocol/escaping.hpp"
#include "plugins/common/line_protocol/number_writer.hpp"

#include <heliograph/metric.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace heliograph::line_protocol {

struct EncodeSettings {
    Dialect dialect = Dialect::v3;
    Precision precision = Precision::nanosecond;
    /// Off: unsigned integers are written as integers, cut to the largest one (InfluxDB 1.x knows no `u`).
    bool unsigned_support = true;
    bool omit_timestamp = false;
    bool replace_invalid_utf8 = true;
    /// The longest line, its newline included; a metric that needs more is split by fields. 0: no limit.
    std::size_t max_line_bytes = 0;
};

enum class EncodeStatus {
    ok,
    no_fields,                     ///< none was given, or none is left
    invalid_measurement,           ///< the name is empty, or only backslashes
    measurement_starts_with_hash,  ///< it would be read as a comment, and no escape helps
    need_more_space,               ///< a single field does not fit in max_line_bytes
};

/// The status as the end of a sentence, such as a dead letter shows: "the measurement name is empty".
[[nodiscard]] std::string_view describe(EncodeStatus status) noexcept;

struct EncodeResult {
    EncodeStatus status = EncodeStatus::ok;
    std::uint32_t dropped_tags = 0;    ///< empty, or repeated once altered (see write_name)
    std::uint32_t dropped_fields = 0;  ///< as tags, and NaN and infinities
    std::uint32_t altered_names = 0;   ///< names and tag values that a reader gets back as another text
    std::uint32_t lines = 0;           ///< written; more than one only with max_line_bytes
};

/// Writes metrics, one line each, with a newline (LF) at the end of every line. Fields keep their order, tags
/// come as the metric has them, which is sorted. Times are scaled down to the precision toward the past
/// (floor), and a metric whose time is unset is written without one. Column names that InfluxDB reserves are
/// not looked at, see is_reserved_column. Allocates only when the buffer must grow or when a key had to be
/// altered. Not thread-safe.
class Encoder {
public:
    explicit Encoder(EncodeSettings settings) noexcept;

    /// Appends one metric; with any other status than ok nothing is appended.
    EncodeResult append(MetricView metric, Buffer& out);

    [[nodiscard]] const EncodeSettings& settings() const noexcept { return settings_; }

private:
    // For " 1519194109000000042\n", or just "\n".
    static constexpr std::size_t kTailRoom = kLongestNumber + 8;

    [[nodiscard]] std::size_t bound(MetricView metric) const noexcept;
    void prepare_tail(std::int64_t nanoseconds) noexcept;
    void find_repeated_keys(MetricView metric);
    [[nodiscard]] bool is_repeated(std::size_t index) const noexcept {
        return !repeated_.empty() && repeated_[index] != 0;
    }
    EncodeResult write(MetricView metric, Buffer& out);
    [[nodiscard]] char* write_tags(char* at, MetricView metric, EncodeResult& result);
    [[nodiscard]] char* write_value(char* at, const hg_field& field) const noexcept;

    EncodeSettings settings_;
    EscapeSettings escape_;
    std::int64_t tail_time_ = 0;  // what tail_ was made for
    std::size_t tail_size_ = 0;
    std::array<char, kTailRoom> tail_{};
    bool key_altered_ = false;
    // Only while a metric with altered keys is written: which tags, then which fields, repeat an earlier one.
    std::vector<std::uint8_t> repeated_;
};

/// Whether InfluxDB 3 keeps a column name for itself (`time`, `__chunk_order`): a tag or field of that name
/// makes it reject the line.
[[nodiscard]] bool is_reserved_column(std::string_view name) noexcept;

}  // namespace heliograph::line_protocol
