#include "outputs/stdout/descriptor_writer.hpp"

#include <heliograph/errors.hpp>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace heliograph::standard_output {
namespace {

/// How long an interrupt may go unseen, milliseconds.
constexpr int kPollInterval = 100;

}  // namespace

void DescriptorWriter::open() {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) {
        fail(errno);
    }
    is_file_ = S_ISREG(status.st_mode);
    stopped_ = false;
}

void DescriptorWriter::write(std::string_view bytes) {
    if (is_within_line_ && !bytes.empty()) {
        write_all("\n");
    }
    write_all(bytes);
}

void DescriptorWriter::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        // A pipe that is ready takes PIPE_BUF bytes without blocking, and no more than that is promised
        // (POSIX, write).
        std::size_t most = bytes.size();
        if (!is_file_) {
            wait_for_room();
            most = std::min<std::size_t>(most, PIPE_BUF);
        }
        const ssize_t written = ::write(descriptor_, bytes.data(), most);
        if (written > 0) {
            is_within_line_ = bytes[static_cast<std::size_t>(written) - 1] != '\n';
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (written == 0 || errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_for_room();
        } else if (errno != EINTR) {
            fail(errno);
        }
    }
}

void DescriptorWriter::wait_for_room() {
    pollfd waiting{descriptor_, POLLOUT, 0};
    while (true) {
        if (stopped_) {
            throw Stopped();
        }
        const int ready = poll(&waiting, 1, kPollInterval);
        if (ready > 0) {
            return;  // room, or a fault that the write will name
        }
        if (ready < 0 && errno != EINTR) {
            fail(errno);
        }
    }
}

void DescriptorWriter::fail(int error) const {
    const std::string name(name_);
    if (error == EPIPE || error == EBADF) {
        throw Fatal(name + " is closed: nobody reads it; start the program with " + name +
                    " connected, or disable this output");
    }
    throw Retry("cannot write to " + name + ": " + std::generic_category().message(error));
}

}  // namespace heliograph::standard_output
