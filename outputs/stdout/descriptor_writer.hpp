// Writes bytes to a stream of the process without ever getting stuck in it.
#pragma once

#include <atomic>
#include <string_view>

namespace heliograph::standard_output {

/// Writes to a file descriptor that it does not own and whose flags it leaves alone, since other processes
/// may share the open file behind it.
class DescriptorWriter {
public:
    /// `name` is how errors call the descriptor: "standard output".
    DescriptorWriter(int descriptor, std::string_view name) noexcept : descriptor_(descriptor), name_(name) {}

    /// Finds out what the descriptor is. Throws Fatal when it is closed. [own strand]
    void open();
    /// Writes all of it: a file takes it in one call, a pipe or terminal as it makes room. Throws Retry when
    /// there is no room (a full disk) or another fault that may pass, Fatal when the reader is gone, Stopped
    /// when interrupted. Part of the bytes may be out by then; a line that was cut short is ended before the
    /// next bytes, so that it spoils no other. [own strand]
    void write(std::string_view bytes);
    /// Makes a write that waits for a slow reader end soon; the writes after it too, until open. [any thread]
    void interrupt() noexcept { stopped_ = true; }

private:
    void write_all(std::string_view bytes);
    void wait_for_room();
    [[noreturn]] void fail(int error) const;

    int descriptor_;
    std::string_view name_;  // a literal
    bool is_file_ = false;
    bool is_within_line_ = false;  // the last byte that went out was no line feed
    std::atomic<bool> stopped_{false};
};

}  // namespace heliograph::standard_output
