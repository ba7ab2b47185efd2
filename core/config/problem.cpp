#include "core/config/problem.hpp"

#include <algorithm>
#include <tuple>

namespace heliograph::config {
namespace {

/// Keeps a problem on its line, and a terminal safe from what a file holds.
std::string printable(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            safe += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            safe += "\\x";
            safe += kDigits[byte >> 4U];
            safe += kDigits[byte & 0x0FU];
        } else {
            safe += c;
        }
    }
    return safe;
}

}  // namespace

std::string Position::to_text() const {
    std::string text(file_name());
    for (const std::uint32_t part : {line, column}) {
        if (part == 0) {
            break;
        }
        text += (text.empty() ? "" : ":") + std::to_string(part);
    }
    return text;
}

std::string Problem::to_text() const {
    std::string text = position.to_text();
    for (const std::string* part : {&subject, &message}) {
        if (!part->empty()) {
            text += (text.empty() ? "" : ": ") + *part;
        }
    }
    if (!hint.empty()) {
        text += (text.empty() ? "" : "; ") + hint;
    }
    return printable(text);
}

void Problems::sort() {
    std::stable_sort(items_.begin(), items_.end(), [](const Problem& left, const Problem& right) {
        const auto place = [](const Position& position) {
            return std::tuple(position.file_name(), position.line, position.column);
        };
        return place(left.position) < place(right.position);
    });
}

std::string Problems::to_text() const {
    std::string text;
    for (const Problem& problem : items_) {
        text += problem.to_text() + '\n';
    }
    return text;
}

}  // namespace heliograph::config
