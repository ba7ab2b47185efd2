#include "plugins/common/line_protocol/encoder.hpp"

#include "plugins/common/line_protocol/number_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <unordered_set>

namespace heliograph::line_protocol {
namespace {

constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) noexcept {
    return value / by - (value % by < 0 ? 1 : 0);
}

EncodeResult failed(EncodeResult result, EncodeStatus status) noexcept {
    result.status = status;
    result.lines = 0;
    return result;
}

char* copy(char* at, const char* from, std::size_t size) noexcept {
    std::memcpy(at, from, size);
    return at + size;
}

}  // namespace

std::string_view describe(EncodeStatus status) noexcept {
    switch (status) {
        case EncodeStatus::ok:
            return "the metric was written";
        case EncodeStatus::no_fields:
            return "the metric has no field that line protocol can hold";
        case EncodeStatus::invalid_measurement:
            return "the measurement name is empty";
        case EncodeStatus::measurement_starts_with_hash:
            return "the measurement name starts with #, which line protocol reads as a comment";
        case EncodeStatus::need_more_space:
            break;
    }
    return "one of its fields does not fit in the longest line that is allowed";
}

bool is_reserved_column(std::string_view name) noexcept {
    return name == "time" || name == "__chunk_order";
}

Encoder::Encoder(EncodeSettings settings) noexcept
    : settings_(settings), escape_{settings.dialect, settings.replace_invalid_utf8} {}

EncodeResult Encoder::append(MetricView metric, Buffer& out) {
    key_altered_ = false;
    const std::size_t size = out.size();
    const EncodeResult result = write(metric, out);
    if (!key_altered_ || result.status != EncodeStatus::ok) {
        return result;
    }
    // Altered keys may have become the same as others, and a line must not hold a key twice: once more, with
    // care.
    out.truncate(size);
    find_repeated_keys(metric);
    const EncodeResult careful = write(metric, out);
    repeated_.clear();
    return careful;
}

EncodeResult Encoder::write(MetricView metric, Buffer& out) {
    EncodeResult result;
    char* const start = out.prepare(bound(metric));
    const Escaped name = write_name(start, metric.name(), NameKind::measurement, escape_);
    result.altered_names += name.altered ? 1U : 0U;
    char* at = name.end;
    if (at == start) {
        return failed(result, EncodeStatus::invalid_measurement);
    }
    if (*start == '#') {
        return failed(result, EncodeStatus::measurement_starts_with_hash);
    }
    if (metric.time() != tail_time_ || tail_size_ == 0) {
        prepare_tail(metric.time());
    }
    at = write_tags(at, metric, result);
    *at++ = ' ';

    const std::size_t longest = settings_.max_line_bytes;
    const auto head_size =
        static_cast<std::size_t>(at - start);  // up to and with the space before the fields
    const char* line = start;
    bool line_has_fields = false;
    std::size_t index = metric.tags().size();
    for (const hg_field& field : metric.fields()) {
        // Behind the last field stands a comma, or the space; the next one overwrites what is given up.
        const Escaped key = write_name(at, view(field.key), NameKind::key_or_value, escape_);
        key_altered_ |= key.altered;
        result.altered_names += key.altered ? 1U : 0U;
        if (const bool repeated = is_repeated(index++); repeated || key.end == at) {
            ++result.dropped_fields;
            continue;
        }
        *key.end = '=';
        char* const value_end = write_value(key.end + 1, field);
        if (value_end == nullptr) {
            ++result.dropped_fields;
            continue;
        }
        if (longest != 0 && static_cast<std::size_t>(value_end - line) + tail_size_ > longest) {
            const auto field_size = static_cast<std::size_t>(value_end - at);
            if (head_size + field_size + tail_size_ > longest) {
                return failed(result, EncodeStatus::need_more_space);
            }
            if (line_has_fields) {
                // The field begins a line of its own, behind the tail of this one and a copy of the head.
                char* const tail = at - 1;
                char* const next = tail + tail_size_;
                std::memmove(next + head_size, at, field_size);
                copy(tail, tail_.data(), tail_size_);
                copy(next, start, head_size);
                line = next;
                at = next + head_size;
                ++result.lines;
            }
            at += field_size;
        } else {
            at = value_end;
        }
        line_has_fields = true;
        *at++ = ',';
    }
    if (!line_has_fields) {
        return failed(result, EncodeStatus::no_fields);
    }
    ++result.lines;
    std::memcpy(at - 1, tail_.data(), kTailRoom);  // a copy of fixed size is the fastest
    out.commit(at - 1 + tail_size_);
    return result;
}

char* Encoder::write_tags(char* at, MetricView metric, EncodeResult& result) {
    std::size_t index = 0;
    for (const hg_tag& tag : metric.tags()) {
        const Escaped key = write_name(at + 1, view(tag.key), NameKind::key_or_value, escape_);
        key_altered_ |= key.altered;
        const Escaped value = write_name(key.end + 1, view(tag.value), NameKind::key_or_value, escape_);
        result.altered_names += (key.altered ? 1U : 0U) + (value.altered ? 1U : 0U);
        const bool is_empty = key.end == at + 1 || value.end == key.end + 1;
        if (const bool repeated = is_repeated(index++); repeated || is_empty) {
            ++result.dropped_tags;
            continue;
        }
        *at = ',';
        *key.end = '=';
        at = value.end;
    }
    return at;
}

char* Encoder::write_value(char* at, const hg_field& field) const noexcept {
    switch (field.type) {
        case HG_FLOAT:
            return std::isfinite(field.value.floating) ? write_float(at, field.value.floating) : nullptr;
        case HG_INTEGER:
            at = write_integer(at, field.value.integer);
            *at = 'i';
            return at + 1;
        case HG_UNSIGNED: {
            constexpr std::uint64_t kLargestInteger = std::numeric_limits<std::int64_t>::max();
            const std::uint64_t value = field.value.unsigned_integer;
            at = write_unsigned(at, settings_.unsigned_support ? value : std::min(value, kLargestInteger));
            *at = settings_.unsigned_support ? 'u' : 'i';
            return at + 1;
        }
        case HG_BOOLEAN:
            return field.value.boolean != 0 ? copy(at, "true", 4) : copy(at, "false", 5);
        case HG_TEXT:
            *at = '"';
            at = write_string(at + 1, view(field.value.text), escape_);
            *at = '"';
            return at + 1;
        default:
            return nullptr;
    }
}

std::size_t Encoder::bound(MetricView metric) const noexcept {
    std::size_t head = escaped_bound(metric.name().size());
    for (const hg_tag& tag : metric.tags()) {
        head += escaped_bound(tag.key.size) + escaped_bound(tag.value.size);
    }
    std::size_t fields = kTailRoom;
    for (const hg_field& field : metric.fields()) {
        fields += escaped_bound(field.key.size) +
                  (field.type == HG_TEXT ? escaped_bound(field.value.text.size) : kLongestNumber);
    }
    // Each further line repeats head and tail, and is no longer than allowed.
    const std::size_t repeated =
        settings_.max_line_bytes == 0
            ? 0
            : metric.fields().size() * (std::min(head, settings_.max_line_bytes) + kTailRoom);
    return head + fields + repeated;
}

void Encoder::prepare_tail(std::int64_t nanoseconds) noexcept {
    char* at = tail_.data();
    if (!settings_.omit_timestamp && nanoseconds != HG_TIME_UNSET) {
        *at++ = ' ';
        at = write_integer(at, floor_divide(nanoseconds, nanoseconds_per(settings_.precision)));
    }
    *at++ = '\n';
    tail_time_ = nanoseconds;
    tail_size_ = static_cast<std::size_t>(at - tail_.data());
}

void Encoder::find_repeated_keys(MetricView metric) {
    Buffer scratch;
    std::unordered_set<std::string> seen;
    const auto mark = [&](std::string_view key) {
        char* const at = scratch.prepare(escaped_bound(key.size()));
        const char* const end = write_name(at, key, NameKind::key_or_value, escape_).end;
        const bool is_new = seen.emplace(at, static_cast<std::size_t>(end - at)).second;
        repeated_.push_back(is_new ? 0 : 1);
    };
    repeated_.clear();
    for (const hg_tag& tag : metric.tags()) {
        mark(view(tag.key));
    }
    seen.clear();
    for (const hg_field& field : metric.fields()) {
        mark(view(field.key));
    }
}

}  // namespace heliograph::line_protocol
