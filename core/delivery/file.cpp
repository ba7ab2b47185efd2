#include "core/delivery/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace heliograph::delivery {
namespace {

std::error_code last_error() {
    return {errno, std::generic_category()};
}

template <class Call>
auto uninterrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

}  // namespace

int FileSystem::open(const std::filesystem::path& path, Mode mode, std::error_code& error) {
    const int flags = mode == Mode::read ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC;
    const int file = uninterrupted([&] { return ::open(path.c_str(), flags, 0640); });
    error = file < 0 ? last_error() : std::error_code();
    return file;
}

void FileSystem::close(int file) noexcept {
    ::close(file);
}

std::size_t FileSystem::read(int file, std::span<char> into, std::uint64_t offset, std::error_code& error) {
    std::size_t done = 0;
    error.clear();
    while (done < into.size()) {
        const ssize_t got = uninterrupted([&] {
            return ::pread(file, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        });
        if (got < 0) {
            error = last_error();
        }
        if (got <= 0) {
            break;
        }
        done += static_cast<std::size_t>(got);
    }
    return done;
}

std::error_code FileSystem::write(int file, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t put = uninterrupted(
            [&] { return ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
        if (put < 0) {
            return last_error();
        }
        bytes.remove_prefix(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return {};
}

std::error_code FileSystem::sync(int file) {
    return uninterrupted([&] { return ::fdatasync(file); }) == 0 ? std::error_code() : last_error();
}

std::error_code FileSystem::lock(int file) {
    // Some file systems know no locks; they are used without.
    const bool failed = uninterrupted([&] { return ::flock(file, LOCK_EX | LOCK_NB); }) != 0;
    return failed && errno == EWOULDBLOCK ? last_error() : std::error_code();
}

std::error_code FileSystem::truncate(int file, std::uint64_t size) {
    return uninterrupted([&] { return ::ftruncate(file, static_cast<off_t>(size)); }) == 0 ? std::error_code()
                                                                                           : last_error();
}

std::uint64_t FileSystem::size(int file, std::error_code& error) {
    struct stat status {};
    error = ::fstat(file, &status) == 0 ? std::error_code() : last_error();
    return error ? 0 : static_cast<std::uint64_t>(status.st_size);
}

bool FileSystem::is_linked(int file) noexcept {
    struct stat status {};
    return ::fstat(file, &status) == 0 && status.st_nlink != 0;
}

void FileSystem::take_owner(int file, int like) noexcept {
    struct stat status {};
    if (::fstat(like, &status) == 0) {
        [[maybe_unused]] const bool good =
            ::fchown(file, status.st_uid, status.st_gid) == 0 && ::fchmod(file, status.st_mode & 0777U) == 0;
    }
}

std::error_code FileSystem::remove(const std::filesystem::path& path) {
    return ::unlink(path.c_str()) == 0 ? std::error_code() : last_error();
}

std::error_code FileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    return ::rename(from.c_str(), to.c_str()) == 0 ? std::error_code() : last_error();
}

std::error_code FileSystem::make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    if (folder.empty()) {
        return error;  // the working folder
    }
    std::filesystem::create_directories(folder, error);
    return error ? error : sync_folder(folder.parent_path());
}

std::error_code FileSystem::sync_folder(const std::filesystem::path& folder) {
    const int file = uninterrupted(
        [&] { return ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (file < 0) {
        return last_error();
    }
    // Some file systems know no sync of a folder, and need none.
    const bool failed = ::fsync(file) != 0 && errno != EINVAL;
    const std::error_code error = failed ? last_error() : std::error_code();
    ::close(file);
    return error;
}

std::vector<std::string> FileSystem::list(const std::filesystem::path& folder, std::error_code& error) {
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
        names.push_back(at->path().filename().string());
    }
    return names;
}

FileSystem& FileSystem::system() {
    static FileSystem files;
    return files;
}

}  // namespace heliograph::delivery
