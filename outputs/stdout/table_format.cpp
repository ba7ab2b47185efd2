#include "outputs/stdout/table_format.hpp"

#include "plugins/common/line_protocol/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace heliograph::standard_output {
namespace {

using line_protocol::Buffer;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026
constexpr std::string_view kNoTime = "--:--:--";
constexpr std::string_view kNoValue = "-";

/// Digits enough for any device, and few enough to leave the noise of binary fractions out.
constexpr int kSignificantDigits = 10;

/// Columns that a header may gather over time: their names may come from data, and would else never end.
constexpr std::size_t kMostKeptColumns = 64;

std::string number_text(const FieldView& field) {
    std::array<char, 32> text;
    char* const end = text.data() + text.size();
    std::to_chars_result result{};
    switch (field.type()) {
        case ValueType::integer:
            result = std::to_chars(text.data(), end, field.integer());
            break;
        case ValueType::unsigned_integer:
            result = std::to_chars(text.data(), end, field.unsigned_integer());
            break;
        default:
            result = std::to_chars(text.data(), end, field.floating(), std::chars_format::general,
                                   kSignificantDigits);
            break;
    }
    return {text.data(), result.ptr};
}

bool is_number(ValueType type) {
    return type != ValueType::text && type != ValueType::boolean;
}

void append_spaces(Buffer& out, std::size_t count) {
    std::fill_n(out.prepare(count), count, ' ');
    out.commit(out.data() + out.size() + count);
}

}  // namespace

/// Control characters could command the terminal, so they are replaced like what is not UTF-8.
TableFormat::Cell TableFormat::make_cell(std::string_view text) {
    Cell cell;
    std::size_t end_when_cut = 0;
    while (!text.empty()) {
        if (cell.width == kWidestCell) {
            cell.text.resize(end_when_cut);
            cell.text += kEllipsis;
            return cell;
        }
        if (cell.width == kWidestCell - 1) {
            end_when_cut = cell.text.size();
        }
        const auto byte = static_cast<unsigned char>(text.front());
        const std::size_t size = line_protocol::utf8_sequence_size(text);
        // U+0080 to U+009F are control characters too.
        const bool is_control = byte < 0x20 || byte == 0x7F ||
                                (size == 2 && byte == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0);
        cell.text += size == 0 || is_control ? kReplacement : text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
        ++cell.width;
    }
    return cell;
}

bool TableFormat::has_cell(MetricView metric, const Column& column) {
    return column.is_tag ? !metric.tag(column.key).empty() : metric.field(column.key).has_value();
}

std::optional<TableFormat::Cell> TableFormat::cell_of(MetricView metric, const Column& column) {
    if (column.is_tag) {
        const std::string_view value = metric.tag(column.key);
        return value.empty() ? std::nullopt : std::optional(make_cell(value));
    }
    const auto field = metric.field(column.key);
    if (!field) {
        return std::nullopt;
    }
    switch (field->type()) {
        case ValueType::text:
            return make_cell(field->text());
        case ValueType::boolean:
            return make_cell(field->boolean() ? "true" : "false");
        default:
            return make_cell(number_text(*field));
    }
}

void TableFormat::append(Buffer& out, const MetricSpan& metrics) {
    std::vector<std::string_view> done;
    for (const MetricView metric : metrics) {
        if (std::find(done.begin(), done.end(), metric.name()) == done.end()) {
            done.push_back(metric.name());
            append_table(out, metrics, metric.name());
        }
    }
}

TableFormat::Layout TableFormat::layout_for(std::string_view measurement, const MetricSpan& metrics) const {
    if (layout_ && layout_->measurement == measurement) {
        // Starting from the last header keeps it as long as everything still fits under it.
        Layout layout = *layout_;
        collect_columns(layout, metrics);
        if (!is_outgrown(layout, metrics)) {
            return layout;
        }
    }
    Layout layout{std::string(measurement), {}};
    collect_columns(layout, metrics);
    return layout;
}

/// Whether the columns of earlier batches are too many to keep.
bool TableFormat::is_outgrown(const Layout& layout, const MetricSpan& metrics) {
    if (layout.columns.size() > kMostKeptColumns) {
        return true;
    }
    const auto is_empty = [&](const Column& column) {
        for (const MetricView metric : metrics) {
            if (metric.name() == layout.measurement && has_cell(metric, column)) {
                return false;
            }
        }
        return true;
    };
    const auto empty = std::count_if(layout.columns.begin(), layout.columns.end(), is_empty);
    return static_cast<std::size_t>(empty) * 2 > layout.columns.size();
}

/// Adds what the metrics of the layout's measurement need.
void TableFormat::collect_columns(Layout& layout, const MetricSpan& metrics) {
    const auto note = [&](std::string_view key, bool is_tag, bool is_right) {
        auto& columns = layout.columns;
        auto place = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
            return column.is_tag == is_tag && column.key == key;
        });
        if (place == columns.end()) {
            // Tags stand before fields.
            place = is_tag ? std::find_if(columns.begin(), columns.end(),
                                          [](const Column& column) { return !column.is_tag; })
                           : columns.end();
            columns.insert(place, {std::string(key), is_tag, is_right, make_cell(key).width});
        }
    };
    for (const MetricView metric : metrics) {
        if (metric.name() != layout.measurement) {
            continue;
        }
        for (const hg_tag& tag : metric.tags()) {
            note(view(tag.key), true, false);
        }
        for (const hg_field& field : metric.fields()) {
            note(view(field.key), false, is_number(FieldView(field).type()));
        }
        for (Column& column : layout.columns) {
            if (const auto cell = cell_of(metric, column)) {
                column.width = std::max(column.width, cell->width);
            }
        }
    }
}

void TableFormat::append_table(Buffer& out, const MetricSpan& metrics, std::string_view measurement) {
    Layout layout = layout_for(measurement, metrics);
    if (!layout_ || layout_->measurement != layout.measurement || layout_->columns != layout.columns) {
        const bool is_first = !layout_;
        layout_ = std::move(layout);
        if (!is_first) {
            out.append('\n');
        }
        append_header(out);
    }
    for (const MetricView metric : metrics) {
        if (metric.name() != measurement) {
            continue;
        }
        if (metric.time() == HG_TIME_UNSET) {
            out.append(kNoTime);
        } else {
            append_time_of_day(out, metric.time(), zone_);
        }
        for (const Column& column : layout_->columns) {
            const auto cell = cell_of(metric, column);
            append_cell(out, cell ? *cell : Cell{std::string(kNoValue), kNoValue.size()}, column,
                        &column == &layout_->columns.back());
        }
        out.append('\n');
    }
}

void TableFormat::append_header(Buffer& out) {
    out.append(make_cell(layout_->measurement).text);
    out.append("\ntime    ");
    for (const Column& column : layout_->columns) {
        append_cell(out, make_cell(column.key), column, &column == &layout_->columns.back());
    }
    out.append('\n');
}

void TableFormat::append_cell(Buffer& out, const Cell& cell, const Column& column, bool is_last) {
    const std::size_t padding = column.width - std::min(column.width, cell.width);
    append_spaces(out, 2 + (column.is_right ? padding : 0));
    out.append(cell.text);
    if (!column.is_right && !is_last) {
        append_spaces(out, padding);
    }
}

}  // namespace heliograph::standard_output
