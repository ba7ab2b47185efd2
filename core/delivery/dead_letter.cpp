#include "core/delivery/dead_letter.hpp"

#include "core/observe/log.hpp"

#include <algorithm>
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
        size_ = files_.size(file_.get(), error);
    }
    char last = '\n';
    if (!error && size_ != 0) {
        static_cast<void>(files_.read(file_.get(), {&last, 1}, size_ - 1, error));
    }
    if (!error && last != '\n') {
        // A write was cut short there.
        error = files_.write(file_.get(), "\n", size_++);
    }
    return error;
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
