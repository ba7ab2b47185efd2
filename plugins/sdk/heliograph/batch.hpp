// Changing a batch: what inputs append with and processors work on. Nothing here allocates but from the
// arena.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/arena.hpp>
#include <heliograph/metric.hpp>
#include <heliograph/text.hpp>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace heliograph {

/// A metric that may be changed. Valid until metrics are added to or removed from its batch.
class Metric {
public:
    Metric(hg_metric& record, hg_arena& arena) noexcept : record_(&record), arena_(&arena) {}

    [[nodiscard]] MetricView view() const noexcept { return MetricView(*record_); }
    operator MetricView() const noexcept { return view(); }  // NOLINT(google-explicit-constructor)

    [[nodiscard]] std::string_view name() const noexcept { return view().name(); }
    [[nodiscard]] std::int64_t time() const noexcept { return record_->time; }
    [[nodiscard]] std::string_view tag(std::string_view key) const noexcept { return view().tag(key); }

    Metric& set_name(Name name) {
        record_->name = arena_name(*arena_, name);
        return *this;
    }
    Metric& set_time(std::int64_t nanoseconds) noexcept {
        record_->time = nanoseconds;
        return *this;
    }

    /// Adds a tag or replaces its value; an empty value removes it, an empty key does nothing. Keeps the
    /// order by key.
    Metric& set_tag(Name key, std::string_view value) {
        return set_tag_text(key, arena_copy(*arena_, value));
    }
    /// As above, for a value that outlives the batch: a literal, or text of the arena or of an adopted
    /// buffer.
    Metric& set_tag_text(Name key, hg_text value) {
        const std::string_view wanted = key.text();
        hg_tag* const first = record_->tags;
        hg_tag* const last = first + record_->tag_count;
        if (wanted.empty()) {
            return *this;
        }
        if (value.size == 0) {
            remove_tag(wanted);
            return *this;
        }
        // Tags mostly come in order, so the place is sought from the end.
        hg_tag* place = last;
        while (place != first && wanted < heliograph::view((place - 1)->key)) {
            --place;
        }
        if (place != first && heliograph::view((place - 1)->key) == wanted) {
            (place - 1)->value = value;
            return *this;
        }
        insert_tag(static_cast<std::size_t>(place - first), {arena_name(*arena_, key), value});
        return *this;
    }
    bool remove_tag(std::string_view key) noexcept {
        return erase(record_->tags, record_->tag_count,
                     [&](const hg_tag& tag) { return heliograph::view(tag.key) == key; });
    }
    template <class Predicate>
    bool remove_tags_if(Predicate predicate) {
        return erase(record_->tags, record_->tag_count, predicate);
    }
    /// Gives a tag another key; one that bears the new key already is replaced. False when there is no such
    /// tag.
    bool rename_tag(std::string_view from, Name to) {
        const std::string_view value = tag(from);
        if (value.empty()) {
            return false;
        }
        if (from != to.text()) {
            const hg_text text = to_text(value);
            remove_tag(from);
            set_tag_text(to, text);
        }
        return true;
    }

    [[nodiscard]] std::span<hg_field> fields() noexcept { return {record_->fields, record_->field_count}; }

    Metric& set_field(Name key, double value) { return put(key, HG_FLOAT, {.floating = value}); }
    Metric& set_field(Name key, bool value) { return put(key, HG_BOOLEAN, {.boolean = std::uint8_t{value}}); }
    template <std::signed_integral Integer>
    Metric& set_field(Name key, Integer value) {
        return put(key, HG_INTEGER, {.integer = value});
    }
    template <std::unsigned_integral Integer>
    Metric& set_field(Name key, Integer value) {
        return put(key, HG_UNSIGNED, {.unsigned_integer = value});
    }
    Metric& set_field(Name key, std::string_view value) {
        return put(key, HG_TEXT, {.text = arena_copy(*arena_, value)});
    }
    Metric& set_field(Name key, const char* value) { return set_field(key, std::string_view(value)); }
    /// Text that outlives the batch, in place.
    Metric& set_field_text(Name key, hg_text value) { return put(key, HG_TEXT, {.text = value}); }
    /// Any value, as the door has it.
    Metric& set_field_value(Name key, std::int32_t type, hg_value value) { return put(key, type, value); }

    bool remove_field(std::string_view key) noexcept {
        return erase(record_->fields, record_->field_count,
                     [&](const hg_field& field) { return heliograph::view(field.key) == key; });
    }
    template <class Predicate>
    bool remove_fields_if(Predicate predicate) {
        return erase(record_->fields, record_->field_count, predicate);
    }

    [[nodiscard]] hg_metric& record() noexcept { return *record_; }
    [[nodiscard]] hg_arena& arena() noexcept { return *arena_; }

private:
    // An array grows in place while it is the last thing taken from the arena; otherwise it moves, with room
    // to spare that the next one can take. That keeps the records free of capacities.
    template <class Record>
    Record* grow(Record* records, std::size_t count) {
        auto* end = reinterpret_cast<char*>(records + count);
        if (records != nullptr && end == arena_->cursor &&
            static_cast<std::size_t>(arena_->limit - arena_->cursor) >= sizeof(Record)) {
            arena_->cursor += sizeof(Record);
            return records;
        }
        auto* moved = arena_array<Record>(*arena_, count + 1);
        if (count != 0) {
            std::memcpy(moved, records, count * sizeof(Record));
        }
        return moved;
    }
    void insert_tag(std::size_t index, hg_tag tag) {
        record_->tags = grow(record_->tags, record_->tag_count);
        std::memmove(record_->tags + index + 1, record_->tags + index,
                     (record_->tag_count - index) * sizeof(hg_tag));
        record_->tags[index] = tag;
        ++record_->tag_count;
    }
    Metric& put(Name key, std::int32_t type, hg_value value) {
        if (key.text().empty()) {
            return *this;
        }
        for (hg_field& field : fields()) {
            if (heliograph::view(field.key) == key.text()) {
                field.type = type;
                field.value = value;
                return *this;
            }
        }
        const hg_text name = arena_name(*arena_, key);
        record_->fields = grow(record_->fields, record_->field_count);
        record_->fields[record_->field_count++] = hg_field{name, type, 0, value};
        return *this;
    }
    template <class Record, class Predicate>
    static bool erase(Record* records, std::uint32_t& count, Predicate predicate) {
        Record* const end = std::remove_if(records, records + count, predicate);
        const auto left = static_cast<std::uint32_t>(end - records);
        return std::exchange(count, left) != left;
    }

    hg_metric* record_;
    hg_arena* arena_;
};

/// Builds one metric at the end of a batch. The arrays have their final size, so nothing moves: the fast way
/// in. More tags or fields than announced are still correct, only slower.
class MetricBuilder {
public:
    MetricBuilder(hg_metric& record, hg_arena& arena, std::size_t tags, std::size_t fields)
        : metric_(record, arena), tag_room_(tags), field_room_(fields) {
        record.tags = tags == 0 ? nullptr : arena_array<hg_tag>(arena, tags);
        record.fields = fields == 0 ? nullptr : arena_array<hg_field>(arena, fields);
    }

    /// A tag; an empty value means none. Cheapest when tags come in the order of their keys.
    MetricBuilder& tag(Name key, std::string_view value) {
        return value.empty() ? *this : tag_text(key, arena_copy(metric_.arena(), value));
    }
    /// A tag whose value outlives the batch.
    MetricBuilder& tag_text(Name key, hg_text value) {
        hg_metric& record = metric_.record();
        if (key.text().empty() || value.size == 0) {
            return *this;
        }
        const bool in_order =
            record.tag_count == 0 || heliograph::view(record.tags[record.tag_count - 1].key) < key.text();
        if (in_order && record.tag_count < tag_room_) {
            record.tags[record.tag_count++] = {arena_name(metric_.arena(), key), value};
        } else {
            // The array may move to where there is no room to spare, so from here on none is counted on.
            metric_.set_tag_text(key, value);
            tag_room_ = 0;
        }
        return *this;
    }

    /// A field; see Metric::set_field for the types.
    template <class Value>
    MetricBuilder& field(Name key, Value value) {
        hg_metric& record = metric_.record();
        if (record.field_count < field_room_ && !key.text().empty()) {
            if constexpr (std::same_as<Value, bool>) {
                append(key, HG_BOOLEAN, {.boolean = std::uint8_t{value}});
            } else if constexpr (std::floating_point<Value>) {
                append(key, HG_FLOAT, {.floating = static_cast<double>(value)});
            } else if constexpr (std::signed_integral<Value>) {
                append(key, HG_INTEGER, {.integer = value});
            } else if constexpr (std::unsigned_integral<Value>) {
                append(key, HG_UNSIGNED, {.unsigned_integer = value});
            } else {
                append(key, HG_TEXT, {.text = arena_copy(metric_.arena(), value)});
            }
        } else {
            metric_.set_field(key, value);
        }
        return *this;
    }
    /// A text field whose value outlives the batch.
    MetricBuilder& field_text(Name key, hg_text value) { return field_value(key, HG_TEXT, {.text = value}); }
    /// Any value, as the door has it.
    MetricBuilder& field_value(Name key, std::int32_t type, hg_value value) {
        if (metric_.record().field_count < field_room_ && !key.text().empty()) {
            append(key, type, value);
        } else {
            metric_.set_field_value(key, type, value);
        }
        return *this;
    }

    /// Nanoseconds since the epoch, UTC. Without it the metric bears the time of the gather.
    MetricBuilder& time(std::int64_t nanoseconds) noexcept {
        metric_.set_time(nanoseconds);
        return *this;
    }

    /// The metric, to be changed by other means. Arrays may move then, so what follows here is slower.
    [[nodiscard]] Metric& metric() noexcept {
        tag_room_ = field_room_ = 0;
        return metric_;
    }

private:
    // A builder trusts its caller not to give one key twice, which every reader of the wire checks for
    // itself.
    void append(Name key, std::int32_t type, hg_value value) {
        hg_metric& record = metric_.record();
        record.fields[record.field_count++] = hg_field{arena_name(metric_.arena(), key), type, 0, value};
    }

    Metric metric_;
    std::size_t tag_room_;
    std::size_t field_room_;
};

/// A batch that may be changed. A view over the door's struct; the host owns the memory.
class Batch {
public:
    explicit Batch(hg_batch& door) noexcept : door_(&door) {}

    [[nodiscard]] std::size_t size() const noexcept { return door_->count; }
    [[nodiscard]] bool empty() const noexcept { return door_->count == 0; }
    [[nodiscard]] Metric operator[](std::size_t index) noexcept {
        return {door_->metrics[index], *door_->arena};
    }
    [[nodiscard]] MetricSpan metrics() const noexcept { return {door_->metrics, door_->count}; }
    [[nodiscard]] hg_arena& arena() noexcept { return *door_->arena; }
    [[nodiscard]] hg_batch& door() noexcept { return *door_; }

    void reserve(std::size_t capacity) {
        if (capacity > door_->capacity && door_->reserve(door_, capacity) != HG_OK) {
            throw std::bad_alloc();
        }
    }

    /// Appends a metric without tags and fields; `tags` and `fields` say how many will follow.
    MetricBuilder add(Name name, std::size_t tags = 4, std::size_t fields = 8) {
        const hg_text text = arena_name(*door_->arena, name);  // may throw, and the batch must not see that
        hg_metric& record = append();
        record = {text, nullptr, nullptr, 0, 0, HG_TIME_UNSET};
        return {record, *door_->arena, tags, fields};
    }
    /// Appends a copy of a metric of any batch, text and all.
    Metric add_copy(MetricView metric) {
        hg_arena& arena = *door_->arena;
        MetricBuilder copy = add(metric.name(), metric.tags().size(), metric.fields().size());
        for (const hg_tag& tag : metric.tags()) {
            copy.tag(view(tag.key), view(tag.value));
        }
        for (const hg_field& field : metric.fields()) {
            hg_value value = field.value;
            if (field.type == HG_TEXT) {
                value.text = arena_copy(arena, view(value.text));
            }
            copy.field_value(view(field.key), field.type, value);
        }
        copy.time(metric.time());
        return copy.metric();
    }
    /// Gives back a metric that was held: as add_copy, counted as released.
    Metric release_copy(MetricView metric) {
        Metric copy = add_copy(metric);
        --door_->added;
        ++door_->released;
        return copy;
    }

    /// Removes metrics on purpose; they count as filtered.
    template <class Predicate>
    std::size_t filter_if(Predicate predicate) {
        const std::size_t removed = remove_if(predicate);
        door_->filtered += removed;
        return removed;
    }
    /// Takes metrics out that the plugin keeps for later; the predicate has copied what it answers true for.
    /// They count as held until release_copy gives as many back.
    template <class Predicate>
    std::size_t hold_if(Predicate predicate) {
        const std::size_t removed = remove_if(predicate);
        door_->held += removed;
        return removed;
    }

    /// Keeps a buffer alive as long as the batch, so that text may point into it.
    template <class Buffer>
    const Buffer& adopt(std::unique_ptr<Buffer> buffer) {
        if (door_->arena->adopt(door_->arena, buffer.get(),
                                [](void* it) { delete static_cast<Buffer*>(it); }) != HG_OK) {
            throw std::bad_alloc();
        }
        return *buffer.release();
    }

private:
    hg_metric& append() {
        if (door_->count == door_->capacity) {
            reserve(door_->capacity == 0 ? 16 : door_->capacity * 2);
        }
        ++door_->added;
        return door_->metrics[door_->count++];
    }
    template <class Predicate>
    std::size_t remove_if(Predicate predicate) {
        hg_metric* const end = door_->metrics + door_->count;
        hg_metric* const kept = std::remove_if(
            door_->metrics, end, [&](const hg_metric& record) { return predicate(MetricView(record)); });
        const auto removed = static_cast<std::size_t>(end - kept);
        door_->count -= removed;
        return removed;
    }

    hg_batch* door_;
};

}  // namespace heliograph
