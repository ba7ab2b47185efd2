#include "plugins/common/line_protocol/unique_keys.hpp"

#include <heliograph/text.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

namespace heliograph::line_protocol {
namespace {

// This many tags or fields are sorted, or searched for repeats, one by one.
constexpr std::size_t kFew = 24;

// Most keys differ in length or in their last byte.
bool is_same_key(hg_text a, hg_text b) noexcept {
    return a.size == b.size && a.data[a.size - 1] == b.data[b.size - 1] &&
           std::memcmp(a.data, b.data, a.size) == 0;
}

}  // namespace

std::size_t sort_tags(std::span<hg_tag> tags) {
    const auto before = [](const hg_tag& a, const hg_tag& b) { return view(a.key) < view(b.key); };
    if (tags.size() > kFew) {
        std::stable_sort(tags.begin(), tags.end(), before);
    } else {
        for (std::size_t i = 1; i < tags.size(); ++i) {
            const hg_tag tag = tags[i];
            std::size_t place = i;
            for (; place != 0 && before(tag, tags[place - 1]); --place) {
                tags[place] = tags[place - 1];
            }
            tags[place] = tag;
        }
    }
    std::size_t kept = 0;
    for (const hg_tag& tag : tags) {
        if (kept != 0 && view(tags[kept - 1].key) == view(tag.key)) {
            --kept;
        }
        tags[kept++] = tag;
    }
    return kept;
}

std::size_t merge_repeated_fields(std::span<hg_field> fields) {
    if (fields.size() <= kFew) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const hg_field& field = fields[i];
            std::size_t place = 0;
            while (place != kept && !is_same_key(fields[place].key, field.key)) {
                ++place;
            }
            if (place != i) {
                fields[place] = field;
            }
            kept += place == kept ? 1 : 0;
        }
        return kept;
    }
    std::vector<std::size_t> order(fields.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return view(fields[a].key) < view(fields[b].key); });
    std::size_t first = order[0];
    std::vector<bool> repeated(fields.size());
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (view(fields[order[i]].key) == view(fields[first].key)) {
            fields[first] = fields[order[i]];
            repeated[order[i]] = true;
        } else {
            first = order[i];
        }
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!repeated[i]) {
            fields[kept++] = fields[i];
        }
    }
    return kept;
}

}  // namespace heliograph::line_protocol
