#include "core/delivery/dead_letter.hpp"

#include "core/observe/log.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace heliograph::delivery {
namespace {

/// The text on one line, so that it stays within its comment.
void append_on_one_line(std::string& out, std::string_view text) {
    std::replace_copy_if(
        text.begin(), text.end(), std::back_inserter(out),
        [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
}

}  // namespace

DeadLetter::DeadLetter(DeadLetterSettings settings, FileSystem& files)
    : settings_(std::move(settings)), files_(files), encoder_(line_protocol::EncodeSettings{}) {}

void DeadLetter::add(MetricView metric, std::string_view reason, std::int64_t now) {
    std::string comment = "# ";
    observe::append_time(comment, now);
    comment += " " + settings_.node + ": ";
    append_on_one_line(comment, reason);
    comment += '\n';
    pending_.append(comment);
    const auto result = encoder_.append(metric, pending_);
    if (result.status != line_protocol::EncodeStatus::ok) {
        comment = "# it cannot be written as line protocol either: ";
        comment += line_protocol::describe(result.status);
        comment += '\n';
        pending_.append(comment);
    }
}

std::error_code DeadLetter::flush() {
    if (pending_.empty()) {
        return {};
    }
    std::error_code error = open();
    if (!error && size_ != 0 && size_ + pending_.size() > settings_.limit_bytes / 2) {
        error = rotate();
    }
    if (!error) {
        error = files_.write(file_.get(), pending_.view(), size_);
    }
    if (error) {
        if (file_.is_open()) {
            static_cast<void>(
                files_.truncate(file_.get(), size_));  // half a line could be read as a whole one
        }
        file_.reset();  // what is there is looked at again the next time
    } else {
        size_ += pending_.size();
    }
    pending_.clear();
    return error;
}

std::error_code DeadLetter::open() {
    if (file_.is_open() && files_.is_linked(file_.get())) {
        return {};
    }
    if (auto error = files_.make_folder(settings_.file.parent_path())) {
        return error;
    }
    std::error_code error;
    file_ = File(files_, files_.open(settings_.file, FileSystem::Mode::write, error));
    if (!error) {
        error = files_.lock(file_.get());  // a second writer would write over what this one has written
    }
    if (!error) {
        size_ = files_.size(file_.get(), error);
    }
    if (!error) {
        error = cut_torn_line();
    }
    if (error) {
        file_.reset();
    }
    return error;
}

/// A write that was cut short may have left half a line, which could be read as a whole one.
std::error_code DeadLetter::cut_torn_line() {
    std::error_code error;
    std::array<char, 65536> tail{};
    const std::uint64_t from = size_ - std::min<std::uint64_t>(size_, tail.size());
    const std::size_t count = files_.read(file_.get(), tail, from, error);
    const std::string_view text(tail.data(), count);
    if (error || text.empty() || text.back() == '\n') {
        return error;
    }
    size_ = from + text.rfind('\n') + 1;  // npos + 1 is 0
    return files_.truncate(file_.get(), size_);
}

std::error_code DeadLetter::rotate() {
    std::filesystem::path older = settings_.file;
    older += ".1";
    if (auto error = files_.rename(settings_.file, older)) {
        return error;
    }
    file_.reset();
    return open();
}

}  // namespace heliograph::delivery
