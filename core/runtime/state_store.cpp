#include "core/runtime/state_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

namespace heliograph::runtime {
namespace {

namespace fs = std::filesystem;

std::string failure(std::string_view what, const fs::path& path) {
    return "cannot " + std::string(what) + " " + path.string() + ": " + std::strerror(errno);
}

/// Writes a file and makes sure that it is on the disk.
std::string write_file(const fs::path& path, std::string_view bytes) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file < 0) {
        return failure("create", path);
    }
    std::string error;
    while (!bytes.empty() && error.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            error = failure("write", path);
        } else if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    if (error.empty() && ::fsync(file) != 0) {
        error = failure("sync", path);
    }
    ::close(file);
    return error;
}

}  // namespace

std::string file_name_of(std::string_view name) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string safe;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
            c == '-' || (c == '.' && !safe.empty())) {
            safe += c;
        } else {
            safe += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
        }
    }
    return safe;
}

fs::path StateStore::file_of(std::string_view node, std::string_view key) const {
    return folder_ / (file_name_of(node) + "." + file_name_of(key) + ".state");
}

std::optional<std::string> StateStore::load(std::string_view node, std::string_view key) {
    const std::lock_guard lock(mutex_);
    const std::pair name{std::string(node), std::string(key)};
    if (const auto known = values_.find(name); known != values_.end()) {
        return known->second;
    }
    if (folder_.empty()) {
        return std::nullopt;
    }
    const fs::path path = file_of(node, key);
    std::error_code error;
    std::ifstream file(path, std::ios::binary);
    if (!file || !fs::is_regular_file(path, error)) {
        return std::nullopt;  // reading a folder would throw
    }
    std::string value{std::istreambuf_iterator<char>(file), {}};
    values_[name] = value;
    return value;
}

std::string StateStore::store(std::string_view node, std::string_view key, std::string_view value) {
    const std::lock_guard lock(mutex_);
    values_[{std::string(node), std::string(key)}] = std::string(value);
    if (folder_.empty()) {
        return {};
    }
    std::error_code made;
    fs::create_directories(folder_, made);
    const fs::path path = file_of(node, key);
    fs::path fresh = path;
    fresh += ".new";
    if (std::string error = write_file(fresh, value); !error.empty()) {
        return error;
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
        return failure("replace", path);
    }
    return {};
}

}  // namespace heliograph::runtime
