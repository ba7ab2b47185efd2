// Metrics as aligned tables, for people who watch.
#pragma once

#include "outputs/stdout/time_text.hpp"
#include "plugins/common/line_protocol/buffer.hpp"

#include <heliograph/metric.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::standard_output {

/// Writes the metrics of a batch grouped by measurement, in the order in which measurements first appear. A
/// header comes before the first table and again whenever another measurement, another column or a wider
/// value follows; a header of many columns that are no longer filled makes way for a shorter one. Not
/// thread-safe.
class TableFormat {
public:
    /// The widest a cell gets, in characters; longer text ends in an ellipsis.
    static constexpr std::size_t kWidestCell = 24;

    explicit TableFormat(TimeZone zone) noexcept : zone_(zone) {}

    void append(line_protocol::Buffer& out, const MetricSpan& metrics);

private:
    struct Column {
        std::string key;
        bool is_tag = false;
        bool is_right = false;  // numbers end on one line
        std::size_t width = 0;  // in characters

        friend bool operator==(const Column&, const Column&) = default;
    };
    struct Layout {
        std::string measurement;
        std::vector<Column> columns;
    };
    struct Cell {
        std::string text;
        std::size_t width = 0;
    };

    [[nodiscard]] Layout layout_for(std::string_view measurement, const MetricSpan& metrics) const;
    [[nodiscard]] static bool is_outgrown(const Layout& layout, const MetricSpan& metrics);
    static void collect_columns(Layout& layout, const MetricSpan& metrics);
    void append_table(line_protocol::Buffer& out, const MetricSpan& metrics, std::string_view measurement);
    void append_header(line_protocol::Buffer& out);

    [[nodiscard]] static bool has_cell(MetricView metric, const Column& column);
    [[nodiscard]] static std::optional<Cell> cell_of(MetricView metric, const Column& column);
    [[nodiscard]] static Cell make_cell(std::string_view text);
    static void append_cell(line_protocol::Buffer& out, const Cell& cell, const Column& column, bool is_last);

    TimeZone zone_;
    std::optional<Layout> layout_;  // of the last header
};

}  // namespace heliograph::standard_output
