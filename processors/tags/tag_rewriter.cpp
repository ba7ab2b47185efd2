#include "processors/tags/tag_rewriter.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

namespace heliograph::tags {
namespace {

bool any_matches(const std::vector<Glob>& globs, std::string_view name) {
    return std::any_of(globs.begin(), globs.end(), [&](const Glob& glob) { return glob.matches(name); });
}

template <class Number>
hg_text number_text(hg_arena& arena, Number number) {
    std::array<char, 32> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    return arena_copy(arena, {buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

/// A field's value as the text of a tag; empty when it has none: empty text, not a number, infinity.
hg_text value_text(hg_arena& arena, const hg_field& field) {
    switch (field.type) {
        case HG_FLOAT:
            return std::isfinite(field.value.floating) ? number_text(arena, field.value.floating) : hg_text{};
        case HG_INTEGER:
            return number_text(arena, field.value.integer);
        case HG_UNSIGNED:
            return number_text(arena, field.value.unsigned_integer);
        case HG_BOOLEAN:
            return to_text(field.value.boolean != 0 ? "true" : "false");
        case HG_TEXT:
            return field.value.text;
        default:
            return {};
    }
}

/// Puts a tag into its place among the sorted ones; the array has room for one more. False when the tag that
/// was there stays.
bool put(hg_metric& record, const hg_tag& tag, bool overwrite) {
    const std::string_view key = view(tag.key);
    hg_tag* const first = record.tags;
    hg_tag* const last = first + record.tag_count;
    hg_tag* place = last;
    while (place != first && key < view((place - 1)->key)) {
        --place;
    }
    if (place != first && view((place - 1)->key) == key) {
        if (overwrite) {
            (place - 1)->value = tag.value;
        }
        return overwrite;
    }
    std::memmove(place + 1, place, static_cast<std::size_t>(last - place) * sizeof(hg_tag));
    *place = tag;
    ++record.tag_count;
    return true;
}

}  // namespace

TagRewriter::TagRewriter(const Options& options)
    : keep_(options.keep.begin(), options.keep.end()),
      drop_(options.drop.begin(), options.drop.end()),
      drop_fields_(options.drop_fields),
      overwrite_(options.overwrite) {
    for (const auto& [from, to] : options.rename) {
        renames_.push_back({to_text(to), from});
    }
    for (const auto& [tag, from] : options.copy) {
        copies_.push_back({to_text(tag), from});
    }
    for (const auto& [tag, field] : options.from_fields) {
        from_fields_.push_back({to_text(tag), field});
    }
    for (const auto& [tag, value] : options.add) {
        if (!tag.empty() && !value.empty()) {
            add_.push_back({to_text(tag), to_text(value)});
        }
    }
    std::sort(add_.begin(), add_.end(),
              [](const hg_tag& a, const hg_tag& b) { return view(a.key) < view(b.key); });
}

void TagRewriter::apply(Metric metric) const {
    filter(metric);
    rename(metric);
    make_tags(metric);
}

void TagRewriter::filter(Metric& metric) const {
    if (keep_.empty() && drop_.empty()) {
        return;
    }
    metric.remove_tags_if([&](const hg_tag& tag) {
        const std::string_view key = view(tag.key);
        return (!keep_.empty() && !any_matches(keep_, key)) || any_matches(drop_, key);
    });
}

void TagRewriter::rename(Metric& metric) const {
    for (const Source& rename : renames_) {
        const std::string_view value = metric.tag(rename.from);
        if (value.empty() || rename.key.size == 0 || (!overwrite_ && !metric.tag(view(rename.key)).empty())) {
            continue;
        }
        const hg_tag renamed{rename.key, to_text(value)};
        // The removal leaves the room that the new name takes.
        metric.remove_tag(rename.from);
        put(metric.record(), renamed, true);
    }
}

void TagRewriter::make_tags(Metric& metric) const {
    const std::size_t most = copies_.size() + from_fields_.size() + add_.size();
    if (most == 0) {
        return;
    }
    // One array with room for all, so that nothing moves twice.
    hg_metric& record = metric.record();
    auto* tags = arena_array<hg_tag>(metric.arena(), record.tag_count + most);
    if (record.tag_count != 0) {
        std::memcpy(tags, record.tags, record.tag_count * sizeof(hg_tag));
    }
    record.tags = tags;

    for (const Source& copy : copies_) {
        if (const std::string_view value = metric.tag(copy.from); !value.empty() && copy.key.size != 0) {
            put(record, {copy.key, to_text(value)}, overwrite_);
        }
    }
    // A field that several tags are made from must still be there for the last of them.
    bool* const became_tag = drop_fields_ ? arena_array<bool>(metric.arena(), from_fields_.size()) : nullptr;
    for (std::size_t i = 0; i < from_fields_.size(); ++i) {
        const Source& source = from_fields_[i];
        if (became_tag != nullptr) {
            became_tag[i] = false;
        }
        const auto field = metric.view().field(source.from);
        if (!field || source.key.size == 0) {
            continue;
        }
        const hg_text value = value_text(metric.arena(), field->record());
        if (value.size != 0 && put(record, {source.key, value}, overwrite_) && became_tag != nullptr) {
            became_tag[i] = true;
        }
    }
    if (became_tag != nullptr) {
        for (std::size_t i = 0; i < from_fields_.size(); ++i) {
            // A metric without fields is none: the last one stays.
            if (became_tag[i] && record.field_count > 1) {
                metric.remove_field(from_fields_[i].from);
            }
        }
    }
    for (const hg_tag& tag : add_) {
        put(record, tag, overwrite_);
    }
}

}  // namespace heliograph::tags
