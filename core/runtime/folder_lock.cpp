#include "core/runtime/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace heliograph::runtime {

FolderLock::~FolderLock() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

FolderLock::Claim FolderLock::take(const std::filesystem::path& folder) {
    if (folder.empty()) {
        return {};
    }
    const auto problem = [&](const std::string& what) {
        return Claim{false, "cannot use state_dir " + folder.string() + ": " + what};
    };
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        return problem(error.message() + "; make the folder and give it to the user that runs this program");
    }
    const std::filesystem::path path = folder / "lock";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (file_ < 0) {
        return problem("cannot open the file lock in it: " + std::string(std::strerror(errno)) +
                       "; give the folder to the user that runs this program");
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return problem("cannot lock the file lock in it: " + std::string(std::strerror(errno)));
        }
        std::string holder;
        std::getline(std::ifstream(path), holder);
        Claim claim = problem("another heliograph" + (holder.empty() ? "" : " (process " + holder + ")") +
                              " works in it; stop that one, or give this one a state_dir of its own");
        claim.taken_by_another = true;
        return claim;
    }
    const std::string process = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file_, 0) != 0 ||
        ::pwrite(file_, process.data(), process.size(), 0) != static_cast<ssize_t>(process.size())) {
        return problem("cannot write to it: " + std::string(std::strerror(errno)));
    }
    return {};
}

}  // namespace heliograph::runtime
