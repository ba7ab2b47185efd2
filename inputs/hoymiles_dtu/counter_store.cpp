#include "inputs/hoymiles_dtu/counter_store.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace heliograph::hoymiles {
namespace {

constexpr std::string_view kFormat = "heliograph hoymiles state 1\n";
constexpr std::string_view kDtu = "dtu ";

struct Block {
    SerialNumber dtu;
    std::string_view counters;
};

/// Takes the first block off the text; nothing if there is no whole one.
std::optional<Block> take_block(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::size_t size_at = kDtu.size() + SerialNumber::kDigits + 1;
    if (end == std::string_view::npos || end <= size_at || text.substr(0, kDtu.size()) != kDtu) {
        return std::nullopt;
    }
    const auto dtu = SerialNumber::parse(text.substr(kDtu.size(), SerialNumber::kDigits));
    std::size_t size = 0;
    const auto [position, error] = std::from_chars(text.data() + size_at, text.data() + end, size);
    if (!dtu || error != std::errc{} || position != text.data() + end || size > text.size() - end - 1) {
        return std::nullopt;
    }
    const Block block{*dtu, text.substr(end + 1, size)};
    text.remove_prefix(end + 1 + size);
    return block;
}

}  // namespace

Counters& CounterStore::of(SerialNumber dtu) {
    auto found = entries_.find(dtu);
    if (found == entries_.end()) {
        if (entries_.size() >= capacity_ && !entries_.empty()) {
            entries_.erase(std::min_element(
                entries_.begin(), entries_.end(),
                [](const auto& left, const auto& right) { return left.second.used < right.second.used; }));
        }
        found = entries_.emplace(dtu, Entry{Counters{settings_}}).first;
    }
    found->second.used = ++uses_;
    return found->second.counters;
}

bool CounterStore::changed() const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [](const auto& entry) { return entry.second.counters.changed(); });
}

std::string CounterStore::serialise() {
    std::string text{kFormat};
    for (auto& [dtu, entry] : entries_) {
        const std::string counters = entry.counters.serialise();
        text += kDtu;
        text += dtu.text();
        text += ' ';
        text += std::to_string(counters.size());
        text += '\n';
        text += counters;
    }
    return text;
}

bool CounterStore::restore(std::string_view text) {
    if (text.substr(0, kFormat.size()) != kFormat) {
        return false;
    }
    text.remove_prefix(kFormat.size());
    bool understood = true;
    while (!text.empty()) {
        const auto block = take_block(text);
        if (!block) {
            return false;
        }
        understood = of(block->dtu).restore(block->counters) == std::size_t{0} && understood;
    }
    return understood;
}

}  // namespace heliograph::hoymiles
