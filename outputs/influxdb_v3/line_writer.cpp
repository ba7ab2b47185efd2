#include "outputs/influxdb_v3/line_writer.hpp"

#include "plugins/common/line_protocol/utf8.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace heliograph::influxdb_v3 {

using line_protocol::is_reserved_column;

namespace {

constexpr std::string_view kFamily = "::";

std::string without_families(std::string_view key) {
    std::string name(key);
    for (std::size_t at = name.find(kFamily); at != std::string::npos; at = name.find(kFamily, at)) {
        name.replace(at, kFamily.size(), "__");
    }
    return name;
}

/// Where a backslash stands before a delimiter, from `at` on; npos when nowhere.
std::size_t find_lost_backslash(std::string_view name, std::size_t at = 0) noexcept {
    while ((at = name.find('\\', at)) != std::string_view::npos && at + 1 < name.size()) {
        if (name[at + 1] == ' ' || name[at + 1] == ',' || name[at + 1] == '=') {
            return at;
        }
        ++at;
    }
    return std::string_view::npos;
}

std::string without_lost_backslashes(std::string name) {
    for (std::size_t at = find_lost_backslash(name); at != std::string::npos;
         at = find_lost_backslash(name, at)) {
        name[at] = '_';
    }
    return name;
}

}  // namespace

Changes& Changes::operator+=(const Changes& other) noexcept {
    dropped_tags += other.dropped_tags;
    dropped_fields += other.dropped_fields;
    renamed_columns += other.renamed_columns;
    altered_names += other.altered_names;
    repaired_texts += other.repaired_texts;
    limited_integers += other.limited_integers;
    added_times += other.added_times;
    return *this;
}

LineWriter::LineWriter(LineSettings settings)
    : settings_(std::move(settings)), encoder_(settings_.encoding) {}

line_protocol::EncodeStatus LineWriter::append(MetricView metric, line_protocol::Buffer& out,
                                               Changes& changes) {
    Changes made;
    line_protocol::EncodeResult result;
    if (can_be_written_as_it_is(metric, made)) [[likely]] {
        result = encoder_.append(metric, out);
    } else {
        const hg_metric record = rewritten(metric, made);
        result = encoder_.append(MetricView(record), out);
    }
    if (result.status == line_protocol::EncodeStatus::ok) {
        made.dropped_tags += result.dropped_tags;
        made.dropped_fields += result.dropped_fields;
        made.altered_names += result.altered_names;
        changes += made;
    }
    return result.status;
}

bool LineWriter::can_be_written_as_it_is(MetricView metric, Changes& changes) const noexcept {
    constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
    bool plain =
        metric.time() != HG_TIME_UNSET && settings_.tag_order.empty() && !has_lost_backslash(metric.name());
    for (const hg_tag& tag : metric.tags()) {
        const std::string_view key = view(tag.key);
        plain = plain && !is_reserved_column(key) && (key.empty() || key != settings_.dropped_tag);
    }
    for (const hg_field& field : metric.fields()) {
        plain = plain && !is_wrong_field_key(view(field.key));
        if (field.type == HG_TEXT) {
            changes.repaired_texts += line_protocol::is_utf8(view(field.value.text)) ? 0 : 1;
        } else if (field.type == HG_UNSIGNED && !settings_.encoding.unsigned_support) {
            changes.limited_integers += field.value.unsigned_integer > kLargest ? 1 : 0;
        }
    }
    return plain;
}

bool LineWriter::is_wrong_field_key(std::string_view key) const noexcept {
    return is_reserved_column(key) || has_lost_backslash(key) ||
           (settings_.rename_families && key.find(kFamily) != std::string_view::npos);
}

bool LineWriter::has_lost_backslash(std::string_view name) const noexcept {
    return settings_.encoding.dialect == line_protocol::Dialect::v1 &&
           find_lost_backslash(name) != std::string_view::npos;
}

std::string LineWriter::repaired_field_key(std::string_view key) const {
    if (is_reserved_column(key)) {
        return std::string(key) + '_';
    }
    std::string name = settings_.rename_families ? without_families(key) : std::string(key);
    return has_lost_backslash(name) ? without_lost_backslashes(std::move(name)) : name;
}

hg_metric LineWriter::rewritten(MetricView metric, Changes& changes) {
    names_.clear();
    tags_.clear();
    for (const hg_tag& tag : metric.tags()) {
        if (settings_.dropped_tag.empty() || view(tag.key) != settings_.dropped_tag) {
            tags_.push_back(tag);
        }
    }
    fields_.assign(metric.fields().begin(), metric.fields().end());
    rename_columns(changes);
    order_tags();
    hg_metric record = metric.record();
    if (has_lost_backslash(metric.name())) {
        record.name = to_text(names_.emplace_back(without_lost_backslashes(std::string(metric.name()))));
        ++changes.altered_names;
    }
    record.tags = tags_.data();
    record.tag_count = static_cast<std::uint32_t>(tags_.size());
    record.fields = fields_.data();
    record.field_count = static_cast<std::uint32_t>(fields_.size());
    if (record.time == HG_TIME_UNSET) {
        record.time = now_;
        ++changes.added_times;
    }
    return record;
}

void LineWriter::rename_columns(Changes& changes) {
    bool tags_renamed = false;
    for (hg_tag& tag : tags_) {
        if (is_reserved_column(view(tag.key))) {
            tag.key = unique_name(std::string(view(tag.key)) + '_');
            ++changes.renamed_columns;
            tags_renamed = true;
        }
    }
    for (hg_field& field : fields_) {
        const std::string_view key = view(field.key);
        if (is_wrong_field_key(key)) {
            field.key = unique_name(repaired_field_key(key));
            ++changes.renamed_columns;
        }
    }
    if (tags_renamed) {
        std::sort(tags_.begin(), tags_.end(),
                  [](const hg_tag& a, const hg_tag& b) { return view(a.key) < view(b.key); });
    }
}

void LineWriter::order_tags() {
    if (settings_.tag_order.empty()) {
        return;
    }
    ordered_.clear();
    for (const std::string& key : settings_.tag_order) {
        const auto found =
            std::find_if(tags_.begin(), tags_.end(), [&](const hg_tag& tag) { return view(tag.key) == key; });
        if (found != tags_.end()) {
            ordered_.push_back(*found);
            tags_.erase(found);
        }
    }
    ordered_.insert(ordered_.end(), tags_.begin(), tags_.end());
    tags_.swap(ordered_);
}

bool LineWriter::is_taken(std::string_view name) const noexcept {
    return std::any_of(tags_.begin(), tags_.end(),
                       [&](const hg_tag& tag) { return view(tag.key) == name; }) ||
           std::any_of(fields_.begin(), fields_.end(),
                       [&](const hg_field& field) { return view(field.key) == name; });
}

hg_text LineWriter::unique_name(std::string name) {
    while (is_taken(name)) {
        name += '_';
    }
    return to_text(names_.emplace_back(std::move(name)));
}

}  // namespace heliograph::influxdb_v3
