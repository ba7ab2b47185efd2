#include "core/delivery/position_file.hpp"

#include "core/delivery/checksum.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace heliograph::delivery {
namespace {

constexpr std::string_view kMark = "#P ";
constexpr std::string_view kBeforeChecksum = " *";
constexpr std::size_t kChecksumDigits = 10;
/// The longest range, " first-end", each of up to 20 digits.
constexpr std::size_t kLongestRange = 42;

std::string_view take_number(std::string_view text, std::uint64_t& number, bool& good) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    good = good && error == std::errc();
    return text.substr(static_cast<std::size_t>(end - text.data()));
}

std::string_view take(std::string_view text, char expected, bool& good) {
    good = good && !text.empty() && text.front() == expected;
    return good ? text.substr(1) : text;
}

}  // namespace

std::string format_position(std::uint64_t generation, const Position& position) {
    std::string line(kMark);
    line += std::to_string(generation) + " " + std::to_string(position.next);
    constexpr std::size_t kTail = kBeforeChecksum.size() + kChecksumDigits + 1;
    for (const SequenceRange& range : position.done) {
        if (line.size() + kLongestRange + kTail > PositionFile::kSlotBytes) {
            break;
        }
        line += " " + std::to_string(range.first) + "-" + std::to_string(range.end);
    }
    const std::uint32_t sum = checksum(line);
    return line.append(kBeforeChecksum) + std::to_string(sum) + "\n";
}

std::optional<StoredPosition> parse_position(std::string_view slot) {
    const std::string_view line = slot.substr(0, slot.find('\n'));
    const std::size_t split = line.rfind(kBeforeChecksum);
    if (line.size() == slot.size() || split == std::string_view::npos ||
        line.substr(0, kMark.size()) != kMark) {
        return std::nullopt;
    }
    bool good = true;
    std::uint64_t sum = 0;
    good = take_number(line.substr(split + kBeforeChecksum.size()), sum, good).empty() && good;
    std::string_view rest = line.substr(0, split);
    if (!good || sum != checksum(rest) || rest.size() < kMark.size()) {
        return std::nullopt;
    }
    StoredPosition stored;
    rest = take_number(rest.substr(kMark.size()), stored.generation, good);
    rest = take_number(take(rest, ' ', good), stored.position.next, good);
    std::uint64_t after = stored.position.next;
    while (good && !rest.empty()) {
        SequenceRange range;
        rest = take_number(take(rest, ' ', good), range.first, good);
        rest = take_number(take(rest, '-', good), range.end, good);
        good = good && range.first >= after && range.end > range.first;
        after = range.end;
        stored.position.done.push_back(range);
    }
    return good ? std::optional(std::move(stored)) : std::nullopt;
}

std::optional<StoredPosition> newest_stored(std::string_view file) {
    std::optional<StoredPosition> newest;
    for (std::size_t at = 0; at < file.size(); at += PositionFile::kSlotBytes) {
        auto stored = parse_position(file.substr(at, PositionFile::kSlotBytes));
        if (stored && (!newest || stored->generation > newest->generation)) {
            newest = std::move(stored);
        }
    }
    return newest;
}

std::error_code PositionFile::open_file() {
    std::error_code error;
    File file(files_, files_.open(path_, FileSystem::Mode::write, error));
    if (!error) {
        error = files_.lock(file.get());
    }
    if (!error) {
        file_ = std::move(file);
    }
    return error;
}

std::error_code PositionFile::open(const std::filesystem::path& path, std::optional<Position>& found) {
    path_ = path;
    file_.reset();  // of an earlier try: its lock would keep this one out
    if (auto error = open_file()) {
        return error;
    }
    std::error_code error;
    std::array<char, 2 * kSlotBytes> bytes{};
    const std::size_t size = files_.read(file_.get(), bytes, 0, error);
    if (error) {
        return error;
    }
    if (auto stored = newest_stored({bytes.data(), size})) {
        generation_ = stored->generation;
        found = std::move(stored->position);
    }
    return {};
}

std::error_code PositionFile::write(const Position& position) {
    std::error_code error;
    if (!file_.is_open() || !files_.is_linked(file_.get())) {
        error = files_.make_folder(path_.parent_path());
        if (!error) {
            error = open_file();
        }
        if (error) {
            return error;
        }
    }
    const std::string line = format_position(generation_ + 1, position);
    error = files_.write(file_.get(), line, (generation_ + 1) % 2 * kSlotBytes);
    if (!error) {
        ++generation_;
    }
    return error;
}

std::error_code PositionFile::sync() {
    return files_.sync(file_.get());
}

}  // namespace heliograph::delivery
