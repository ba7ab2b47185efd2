#include "core/delivery/disk_log.hpp"

#include <algorithm>
#include <iterator>

namespace heliograph::delivery {
namespace {

/// How much is read from a segment at once.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;

}  // namespace

bool DiskLog::read(std::uint64_t sequence, RecordHeader& header, std::string_view& text,
                   std::error_code& error) {
    error.clear();
    if (sequence >= end()) {
        return false;
    }
    if (!open_segment_of(sequence, error)) {
        return false;
    }
    for (;;) {
        while (next_record(header, text, error)) {
            if (header.end() > sequence) {
                return true;
            }
        }
        if (error || !open_segment_after(open_first_, error)) {
            return false;
        }
    }
}

bool DiskLog::open_segment_of(std::uint64_t sequence, std::error_code& error) {
    std::uint64_t first = 0;
    {
        const std::lock_guard lock(mutex_);
        if (segments_.empty()) {
            return false;
        }
        auto after =
            std::upper_bound(segments_.begin(), segments_.end(), sequence,
                             [](std::uint64_t s, const Segment& segment) { return s < segment.first; });
        first = (after == segments_.begin() ? after : std::prev(after))->first;
    }
    if (open_segment_.is_open() && open_first_ == first) {
        if (sequence >= next_sequence_) {
            return true;
        }
        if (sequence >= last_first_) {
            read_offset_ = last_offset_;
            next_sequence_ = last_first_;
            return true;
        }
    }
    return open_for_reading(first, error);
}

bool DiskLog::open_segment_after(std::uint64_t first, std::error_code& error) {
    std::optional<std::uint64_t> next;
    {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(segments_.begin(), segments_.end(),
                                        [&](const Segment& segment) { return segment.first > first; });
        if (found == segments_.end()) {
            return false;
        }
        next = found->first;
    }
    return open_for_reading(*next, error);
}

bool DiskLog::open_for_reading(std::uint64_t first, std::error_code& error) {
    open_segment_ = File(files_, files_.open(path_of(first), FileSystem::Mode::read, error));
    open_first_ = first;
    next_sequence_ = first;
    read_offset_ = 0;
    last_offset_ = 0;
    last_first_ = first;
    window_.clear();
    if (window_.capacity() > 2 * kReadBytes) {
        window_.shrink_to_fit();
    }
    window_offset_ = 0;
    if (error == std::errc::no_such_file_or_directory) {
        // Somebody removed it: all of its metrics are missing, and the next segment goes on.
        error.clear();
        return open_segment_after(first, error);
    }
    return !error;
}

std::uint64_t DiskLog::bytes_of(std::uint64_t first) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(segments_.begin(), segments_.end(),
                                    [&](const Segment& segment) { return segment.first == first; });
    return found == segments_.end() ? 0 : found->bytes;
}

std::uint64_t DiskLog::bytes_of_last() const {
    const std::lock_guard lock(mutex_);
    return segments_.back().bytes;
}

/// At least `wanted` bytes from the next record on, or as many as the segment has.
std::string_view DiskLog::window(std::size_t wanted, std::error_code& error) {
    const std::uint64_t limit = bytes_of(open_first_);
    const std::uint64_t left = limit > read_offset_ ? limit - read_offset_ : 0;
    wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, left));
    if (read_offset_ < window_offset_ || read_offset_ + wanted > window_offset_ + window_.size()) {
        window_.resize(static_cast<std::size_t>(
            std::min<std::uint64_t>(left, std::max<std::size_t>(wanted, kReadBytes))));
        window_offset_ = read_offset_;
        window_.resize(files_.read(open_segment_.get(), window_, read_offset_, error));
        if (error) {
            window_.clear();
            return {};
        }
    }
    return std::string_view(window_).substr(static_cast<std::size_t>(read_offset_ - window_offset_));
}

/// Whether a record may lie in the open segment. Text of a field may look like a record, and is found when
/// damage is searched; a number that is far off would put all that follow out of order.
bool DiskLog::is_plausible(const RecordHeader& header) const noexcept {
    return header.first >= open_first_ && header.first - open_first_ <= UINT32_MAX;
}

void DiskLog::skip_heading(std::error_code& error) {
    if (read_offset_ != 0 || window(kRecordHeaderBytes, error).substr(0, 2) != "# ") {
        return;
    }
    const std::size_t end = window(kReadBytes, error).find('\n');
    if (end != std::string_view::npos) {
        read_offset_ = end + 1;
    }
}

bool DiskLog::take_record(RecordHeader& header, std::string_view& text, std::error_code& error) {
    std::string_view bytes = window(kRecordHeaderBytes, error);
    const auto found = read_record_header(bytes);
    if (!found) {
        return false;
    }
    bytes = window(kRecordHeaderBytes + found->length, error);
    if (bytes.size() < kRecordHeaderBytes + found->length) {
        return false;
    }
    text = bytes.substr(kRecordHeaderBytes, found->length);
    header = *found;
    return is_intact(bytes, header, text) && is_plausible(header);
}

/// Damage, which is rare: the rest of the segment is searched for where it ends.
bool DiskLog::search_record(RecordHeader& header, std::string_view& text, std::error_code& error) {
    window_.clear();
    const std::uint64_t limit = bytes_of(open_first_);
    if (read_offset_ >= limit) {
        return false;
    }
    const std::string_view rest = window(static_cast<std::size_t>(limit - read_offset_), error);
    if (error) {
        return false;
    }
    auto next = find_record(rest, 0);
    while (next && !is_plausible(next->header)) {
        next = find_record(rest, next->offset + 1);
    }
    if (!next) {
        read_offset_ = limit;
        return false;
    }
    read_offset_ += next->offset;
    header = next->header;
    text = next->text;
    return true;
}

bool DiskLog::next_record(RecordHeader& header, std::string_view& text, std::error_code& error) {
    const std::uint64_t before = read_offset_;
    skip_heading(error);
    if (error || read_offset_ >= bytes_of(open_first_)) {
        return false;
    }
    if (!take_record(header, text, error)) {
        read_offset_ = before;  // the heading itself may be what is damaged
        if (error || !search_record(header, text, error)) {
            return false;
        }
    }
    last_offset_ = read_offset_;
    last_first_ = header.first;
    read_offset_ += kRecordHeaderBytes + header.length;
    next_sequence_ = header.end();
    return true;
}

}  // namespace heliograph::delivery
