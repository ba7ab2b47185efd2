// The lines of one request, and which metric each of them is.
#pragma once

#include "outputs/influxdb_v3/lanes.hpp"
#include "outputs/influxdb_v3/line_writer.hpp"
#include "plugins/common/line_protocol/buffer.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::influxdb_v3 {

/// A body and its index map. Reused, for its memory.
struct Chunk {
    /// Where a line begins, and where its metric stands in its lane. A string may hold newlines, so lines are
    /// not to be found by looking for them.
    struct Line {
        std::size_t offset;
        std::size_t place;  ///< into Lane::metrics
    };

    Lane* lane = nullptr;
    Lane::Piece piece;  ///< what of the lane it covers
    line_protocol::Buffer body;
    std::vector<Line> lines;
    std::string compressed;
    Changes changes;

    void clear() noexcept {
        lane = nullptr;
        piece = {};
        body.clear();
        lines.clear();
        changes = {};
    }
    /// Without its newline.
    [[nodiscard]] std::string_view line(std::size_t index) const noexcept {
        const std::size_t begin = lines[index].offset;
        const std::size_t end = index + 1 < lines.size() ? lines[index + 1].offset : body.size();
        return body.view().substr(begin, end - begin - 1);
    }
    [[nodiscard]] std::size_t metric(std::size_t index) const { return lane->metrics[lines[index].place]; }
};

}  // namespace heliograph::influxdb_v3
