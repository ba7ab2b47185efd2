// Keeps two programs from working in one state folder, where each would overwrite what the other keeps.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace heliograph::runtime {

/// Holds the lock of a folder until destroyed or until the process ends, however it ends. The file `lock` in
/// the folder names the process; it stays, and only its lock counts. [setup]
class FolderLock {
public:
    FolderLock() = default;
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;
    ~FolderLock();

    /// Whether the folder may be used, and what to tell people.
    struct Claim {
        bool taken_by_another = false;
        std::string problem;  ///< also when the folder cannot be locked, which is no reason to stop
    };
    /// Makes the folder if need be, and takes its lock. An empty path is no folder, and needs no lock.
    [[nodiscard]] Claim take(const std::filesystem::path& folder);

private:
    int file_ = -1;
};

}  // namespace heliograph::runtime
