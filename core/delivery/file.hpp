// Files as the disk buffer uses them, behind an interface so that tests can make every call fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace heliograph::delivery {

/// What the disk buffer asks of a file system. Every call may fail with the error of the system call behind
/// it. Implementations are thread-safe as the system calls are.
class FileSystem {
public:
    enum class Mode : std::uint8_t { read, write };  ///< write: read as well, and made when it is missing

    FileSystem() = default;
    FileSystem(const FileSystem&) = delete;
    FileSystem& operator=(const FileSystem&) = delete;
    virtual ~FileSystem() = default;

    /// A descriptor, or -1 and an error.
    [[nodiscard]] virtual int open(const std::filesystem::path& path, Mode mode, std::error_code& error);
    virtual void close(int file) noexcept;
    /// Bytes read at `offset`: fewer than asked for only at the end of the file or on an error.
    [[nodiscard]] virtual std::size_t read(int file, std::span<char> into, std::uint64_t offset,
                                           std::error_code& error);
    /// Writes everything, or fails having written a part.
    [[nodiscard]] virtual std::error_code write(int file, std::string_view bytes, std::uint64_t offset);
    [[nodiscard]] virtual std::error_code sync(int file);
    /// Claims the file for this descriptor until that is closed; resource_unavailable_try_again when another
    /// one has it.
    [[nodiscard]] virtual std::error_code lock(int file);
    [[nodiscard]] virtual std::error_code truncate(int file, std::uint64_t size);
    [[nodiscard]] virtual std::uint64_t size(int file, std::error_code& error);
    /// Whether the file still bears a name: nobody has removed it.
    [[nodiscard]] virtual bool is_linked(int file) noexcept;
    /// Gives a file the owner and mode of another, as far as this user may.
    virtual void take_owner(int file, int like) noexcept;
    [[nodiscard]] virtual std::error_code remove(const std::filesystem::path& path);
    /// Replaces what bears the new name.
    [[nodiscard]] virtual std::error_code rename(const std::filesystem::path& from,
                                                 const std::filesystem::path& to);
    /// Makes the folder and those above it, and sees to it that its entries are on the disk.
    [[nodiscard]] virtual std::error_code make_folder(const std::filesystem::path& folder);
    [[nodiscard]] virtual std::error_code sync_folder(const std::filesystem::path& folder);
    /// The names of its files, in no order.
    [[nodiscard]] virtual std::vector<std::string> list(const std::filesystem::path& folder,
                                                        std::error_code& error);

    /// The one of the operating system.
    [[nodiscard]] static FileSystem& system();
};

/// Owns an open file.
class File {
public:
    File() = default;
    File(FileSystem& files, int file) noexcept : files_(&files), file_(file) {}
    File(File&& other) noexcept : files_(other.files_), file_(std::exchange(other.file_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(files_, other.files_);
        std::swap(file_, other.file_);
        return *this;
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() { reset(); }

    void reset() noexcept {
        if (file_ >= 0) {
            files_->close(std::exchange(file_, -1));
        }
    }
    [[nodiscard]] bool is_open() const noexcept { return file_ >= 0; }
    [[nodiscard]] int get() const noexcept { return file_; }

private:
    FileSystem* files_ = nullptr;
    int file_ = -1;
};

}  // namespace heliograph::delivery
