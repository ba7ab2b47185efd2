// A file system in memory that fails, crashes and loses power on request.
#pragma once

#include "core/delivery/file.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace heliograph::delivery {

/// Keeps what was synced apart from what was only written. Every call but close and is_linked counts as an
/// operation and may be made to fail. [any thread]
class MemoryFiles final : public FileSystem {
public:
    struct Content {
        std::string bytes;
        std::string durable;  // what a power cut leaves
        bool is_linked = true;
    };

    /// `count` operations fail from the one with that number on. A write that fails has written its first
    /// half.
    void fail_from(std::uint64_t operation, std::uint64_t count, std::errc error) {
        fail_from_ = operation;
        fail_until_ = count > UINT64_MAX - operation ? UINT64_MAX : operation + count;
        error_ = std::make_error_code(error);
    }
    void heal() { fail_from_ = fail_until_ = UINT64_MAX; }
    [[nodiscard]] std::uint64_t operations() const { return operations_; }
    [[nodiscard]] std::uint64_t syncs() const { return syncs_; }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

    /// What is left when the power fails: what was synced, under the names that were.
    void lose_power() {
        const std::lock_guard lock(mutex_);
        names_ = durable_names_;
        for (auto& [name, content] : names_) {
            content = std::make_shared<Content>(Content{content->durable, content->durable, true});
        }
        durable_names_ = names_;
    }

    /// The bytes of a file, to look at and to damage.
    [[nodiscard]] std::string& bytes_of(const std::filesystem::path& path) { return names_.at(path)->bytes; }
    [[nodiscard]] bool has(const std::filesystem::path& path) const { return names_.count(path) != 0; }
    void put(const std::filesystem::path& path, std::string bytes) {
        folders_.insert(path.parent_path());
        names_[path] = std::make_shared<Content>(Content{bytes, bytes, true});
    }
    void unlink(const std::filesystem::path& path) {
        names_.at(path)->is_linked = false;
        names_.erase(path);
    }
    void unlink_folder(const std::filesystem::path& folder) {
        for (const std::string& name : names_in(folder)) {
            unlink(folder / name);
        }
        folders_.erase(folder);
    }
    [[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path& folder) const {
        std::vector<std::string> names;
        for (const auto& [path, content] : names_) {
            if (path.parent_path() == folder) {
                names.push_back(path.filename().string());
            }
        }
        return names;
    }
    [[nodiscard]] std::size_t open_files() const { return open_.size(); }

    int open(const std::filesystem::path& path, Mode mode, std::error_code& error) override {
        const std::lock_guard lock(mutex_);
        if ((error = next())) {
            return -1;
        }
        auto found = names_.find(path);
        if (found == names_.end()) {
            if (mode == Mode::read || folders_.count(path.parent_path()) == 0) {
                error = std::make_error_code(std::errc::no_such_file_or_directory);
                return -1;
            }
            found = names_.emplace(path, std::make_shared<Content>()).first;
        }
        open_[++last_file_] = found->second;
        return last_file_;
    }
    void close(int file) noexcept override {
        const std::lock_guard lock(mutex_);
        open_.erase(file);
    }
    std::size_t read(int file, std::span<char> into, std::uint64_t offset, std::error_code& error) override {
        const std::lock_guard lock(mutex_);
        if ((error = next())) {
            return 0;
        }
        const std::string& bytes = open_.at(file)->bytes;
        if (offset >= bytes.size()) {
            return 0;
        }
        const std::size_t size = std::min(into.size(), bytes.size() - static_cast<std::size_t>(offset));
        std::memcpy(into.data(), bytes.data() + offset, size);
        return size;
    }
    std::error_code write(int file, std::string_view bytes, std::uint64_t offset) override {
        const std::lock_guard lock(mutex_);
        const std::error_code error = next();
        const std::string_view written = error ? bytes.substr(0, has_stopped_ ? 0 : bytes.size() / 2) : bytes;
        has_stopped_ = static_cast<bool>(error);
        std::string& content = open_.at(file)->bytes;
        if (!written.empty()) {
            content.resize(std::max(content.size(), static_cast<std::size_t>(offset) + written.size()));
            std::memcpy(content.data() + offset, written.data(), written.size());
        }
        return error;
    }
    std::error_code sync(int file) override {
        const std::lock_guard lock(mutex_);
        ++syncs_;
        if (const auto error = next()) {
            return error;
        }
        open_.at(file)->durable = open_.at(file)->bytes;
        return {};
    }
    std::error_code lock(int) override { return {}; }
    std::error_code truncate(int file, std::uint64_t size) override {
        const std::lock_guard lock(mutex_);
        if (const auto error = next()) {
            return error;
        }
        open_.at(file)->bytes.resize(static_cast<std::size_t>(size));
        return {};
    }
    std::uint64_t size(int file, std::error_code& error) override {
        const std::lock_guard lock(mutex_);
        error = next();
        return error ? 0 : open_.at(file)->bytes.size();
    }
    bool is_linked(int file) noexcept override {
        const std::lock_guard lock(mutex_);
        return open_.at(file)->is_linked;
    }
    std::error_code remove(const std::filesystem::path& path) override {
        const std::lock_guard lock(mutex_);
        if (const auto error = next()) {
            return error;
        }
        if (!has(path)) {
            return std::make_error_code(std::errc::no_such_file_or_directory);
        }
        unlink(path);
        return {};
    }
    std::error_code make_folder(const std::filesystem::path& folder) override {
        const std::lock_guard lock(mutex_);
        if (const auto error = next()) {
            return error;
        }
        folders_.insert(folder);
        return {};
    }
    std::error_code sync_folder(const std::filesystem::path& folder) override {
        const std::lock_guard lock(mutex_);
        if (const auto error = next()) {
            return error;
        }
        std::erase_if(durable_names_, [&](const auto& it) { return it.first.parent_path() == folder; });
        for (const auto& [path, content] : names_) {
            if (path.parent_path() == folder) {
                durable_names_[path] = content;
            }
        }
        return {};
    }
    std::vector<std::string> list(const std::filesystem::path& folder, std::error_code& error) override {
        const std::lock_guard lock(mutex_);
        error = next();
        return error ? std::vector<std::string>{} : names_in(folder);
    }

private:
    using Names = std::map<std::filesystem::path, std::shared_ptr<Content>>;

    /// Counts an operation, and says whether it fails.
    std::error_code next() {
        const std::uint64_t operation = operations_++;
        if (operation < fail_from_ || operation >= fail_until_) {
            has_stopped_ = false;
            return {};
        }
        ++failures_;
        return error_;
    }

    mutable std::mutex mutex_;
    std::uint64_t operations_ = 0;
    std::uint64_t syncs_ = 0;
    std::uint64_t failures_ = 0;
    std::uint64_t fail_from_ = UINT64_MAX;
    std::uint64_t fail_until_ = UINT64_MAX;
    std::error_code error_;
    bool has_stopped_ = false;  // only the first of several writes that fail writes a half
    std::set<std::filesystem::path> folders_;
    Names names_;
    Names durable_names_;
    std::map<int, std::shared_ptr<Content>> open_;
    int last_file_ = 0;
};

}  // namespace heliograph::delivery
