#include "core/delivery/disk_log.hpp"

#include <algorithm>
#include <charconv>

namespace heliograph::delivery {
namespace {

constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kNameDigits = 20;

}  // namespace

std::string segment_name(std::uint64_t first) {
    const std::string digits = std::to_string(first);
    return std::string(kNameDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
    if (name.size() != kNameDigits + kSuffix.size() || name.substr(kNameDigits) != kSuffix) {
        return std::nullopt;
    }
    std::uint64_t first = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + kNameDigits, first);
    return error == std::errc() && end == name.data() + kNameDigits ? std::optional(first) : std::nullopt;
}

std::filesystem::path DiskLog::path_of(std::uint64_t first) const {
    return settings_.folder / segment_name(first);
}

std::error_code DiskLog::open(std::uint64_t at_least, OpenedLog& opened) {
    if (auto error = files_.make_folder(settings_.folder)) {
        return error;
    }
    std::error_code error;
    std::vector<std::uint64_t> firsts;
    for (const std::string& name : files_.list(settings_.folder, error)) {
        if (const auto first = parse_segment_name(name)) {
            firsts.push_back(*first);
        }
    }
    if (error) {
        return error;
    }
    std::sort(firsts.begin(), firsts.end());
    for (const std::uint64_t first : firsts) {
        const File file(files_, files_.open(path_of(first), FileSystem::Mode::read, error));
        const std::uint64_t bytes = error ? 0 : files_.size(file.get(), error);
        if (error) {
            return error;
        }
        segments_.push_back({first, bytes});
        bytes_ += bytes;
    }
    if (!segments_.empty()) {
        error = recover_last(opened);
        // Whoever wrote it may have died before the disk had it.
        synced_ = segments_.back().first;
        has_new_files_ = true;
    }
    if (at_least > end_) {
        end_ = at_least;
        tail_.reset();  // a segment of its own, so that numbers jump between segments only
    }
    opened.first = segments_.empty() ? end_ : segments_.front().first;
    opened.end = end_;
    return error;
}

std::error_code DiskLog::recover_last(OpenedLog& opened) {
    std::error_code error;
    Segment& last = segments_.back();
    end_ = last.first;
    std::uint64_t intact_bytes = 0;
    if (open_for_reading(last.first, error)) {
        RecordHeader header;
        std::string_view text;
        while (next_record(header, text, error)) {
            end_ = std::max(end_, header.end());
            intact_bytes = read_offset_;
        }
        if (intact_bytes == 0 && !error) {
            read_offset_ = 0;
            skip_heading(error);
            intact_bytes = read_offset_;
        }
    }
    open_segment_.reset();
    if (error) {
        return error;
    }
    opened.cut_bytes = last.bytes - intact_bytes;
    tail_ = std::make_shared<File>(files_, files_.open(path_of(last.first), FileSystem::Mode::write, error));
    if (!error && opened.cut_bytes != 0) {
        error = files_.truncate(tail_->get(), intact_bytes);
        bytes_ -= opened.cut_bytes;
        last.bytes = intact_bytes;
    }
    return error;
}

std::error_code DiskLog::begin_segment() {
    const bool is_followed = tail_ != nullptr && tail_->is_open() && files_.is_linked(tail_->get());
    if (!is_followed) {
        if (auto error = files_.make_folder(settings_.folder)) {
            return error;
        }
    }
    const std::uint64_t first = end();
    std::error_code error;
    auto file = std::make_shared<File>(files_, files_.open(path_of(first), FileSystem::Mode::write, error));
    if (error) {
        return error;
    }
    const std::string heading = "# heliograph buffer 1 of " + settings_.owner + "\n";
    error = files_.truncate(file->get(), 0);
    if (!error) {
        error = files_.write(file->get(), heading, 0);
    }
    if (error) {
        return error;
    }
    if (is_followed && settings_.is_synced) {
        unsynced_.push_back({first, std::move(tail_)});
    }
    tail_ = std::move(file);
    has_new_files_ = true;
    const std::lock_guard lock(mutex_);
    if (!segments_.empty() && segments_.back().first == first) {
        bytes_ -= segments_.back().bytes;
        segments_.pop_back();
    }
    segments_.push_back({first, heading.size()});
    bytes_ += heading.size();
    return {};
}

std::error_code DiskLog::append(std::uint32_t count, char* record, std::size_t size) {
    const std::lock_guard tail_lock(tail_mutex_);
    const bool usable = tail_ != nullptr && tail_->is_open() && files_.is_linked(tail_->get());
    const std::uint64_t offset = usable ? bytes_of_last() : 0;
    if (offset == 0 || offset >= settings_.segment_bytes) {
        if (auto error = begin_segment()) {
            return error;
        }
    }
    return write_record(count, record, size);
}

std::error_code DiskLog::write_record(std::uint32_t count, char* record, std::size_t size) {
    const std::uint64_t offset = bytes_of_last();
    const std::string_view text(record + kRecordHeaderBytes, size - kRecordHeaderBytes);
    write_record_header(record, end(), count, text);
    if (auto error = files_.write(tail_->get(), {record, size}, offset)) {
        // What was written of it is not counted, so the next record overwrites it, and opening would cut it
        // off.
        static_cast<void>(files_.truncate(tail_->get(), offset));
        return error;
    }
    const std::lock_guard lock(mutex_);
    segments_.back().bytes += size;
    bytes_ += size;
    end_ += count;
    return {};
}

std::error_code DiskLog::sync(std::uint64_t sequence) {
    const std::lock_guard sync_lock(sync_mutex_);
    if (synced_ >= sequence) {
        return {};
    }
    std::vector<Unsynced> files;
    std::uint64_t written = 0;
    bool has_new_files = false;
    {
        const std::lock_guard tail_lock(tail_mutex_);
        files = unsynced_;
        written = end();
        files.push_back({written, tail_});
        has_new_files = has_new_files_;
        has_new_files_ = false;
    }
    std::error_code error;
    for (const Unsynced& it : files) {
        if (!error && it.file != nullptr && it.file->is_open()) {
            error = files_.sync(it.file->get());
        }
    }
    if (!error && has_new_files) {
        error = files_.sync_folder(settings_.folder);
    }
    const std::lock_guard tail_lock(tail_mutex_);
    if (error) {
        has_new_files_ = has_new_files_ || has_new_files;
        return error;
    }
    std::erase_if(unsynced_, [&](const Unsynced& it) { return it.end <= written; });
    synced_ = written;
    return {};
}

std::error_code DiskLog::remove_before(std::uint64_t sequence) {
    // Who reads a segment at the moment keeps its file, which has lost its name only, and finds its end
    // there.
    const std::lock_guard remove_lock(remove_mutex_);
    for (;;) {
        std::uint64_t first = 0;
        {
            const std::lock_guard lock(mutex_);
            if (segments_.size() < 2 || segments_[1].first > sequence) {
                return {};
            }
            first = segments_.front().first;
        }
        const std::error_code error = files_.remove(path_of(first));
        if (error && error != std::errc::no_such_file_or_directory) {
            return error;
        }
        std::uint64_t end = 0;
        {
            const std::lock_guard lock(mutex_);
            bytes_ -= segments_.front().bytes;
            segments_.pop_front();
            end = segments_.front().first;
        }
        const std::lock_guard tail_lock(tail_mutex_);
        std::erase_if(unsynced_, [&](const Unsynced& it) { return it.end <= end; });
    }
}

std::uint64_t DiskLog::end() const {
    const std::lock_guard lock(mutex_);
    return end_;
}

std::uint64_t DiskLog::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

std::optional<std::uint64_t> DiskLog::end_of_oldest() const {
    const std::lock_guard lock(mutex_);
    return segments_.size() < 2 ? std::nullopt : std::optional(segments_[1].first);
}

}  // namespace heliograph::delivery
