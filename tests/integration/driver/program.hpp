// The program heliograph as a child process: started, signalled, listened to, and never left behind.
#pragma once

#include "tests/integration/driver/eventually.hpp"
#include "tests/integration/driver/workspace.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::testing {

/// What a run is started with.
struct Launch {
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment =
        {};                             // beside the test's own, without its HELIOGRAPH_ variables
    std::filesystem::path folder = {};  // working folder; by default the workspace
};

/// One run. Its streams go to files in the workspace, which must outlive it.
class Program {
public:
    /// Throws std::system_error when the program cannot be started.
    Program(const Workspace& workspace, const Launch& launch);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    /// Kills the process if it still runs.
    ~Program();

    void signal(int number) const;
    [[nodiscard]] bool running();
    /// The exit code; 128 plus the signal's number when one ended the process; nothing when it still runs at
    /// the limit.
    [[nodiscard]] std::optional<int> wait(std::chrono::nanoseconds limit = kPatience);

    /// What came on standard error so far: the log.
    [[nodiscard]] std::string log() const { return read_file(error_path_); }
    /// What came on standard output so far.
    [[nodiscard]] std::string output() const { return read_file(output_path_); }
    /// Waits until the log holds the text; false when it does not come or the program ends first.
    [[nodiscard]] bool wait_for_log(std::string_view text, std::chrono::nanoseconds limit = kPatience);

private:
    std::filesystem::path output_path_;
    std::filesystem::path error_path_;
    ::pid_t process_ = -1;
    std::optional<int> exit_code_;
};

/// The result of a run that ends by itself.
struct Finished {
    int exit_code = -1;
    std::string output;
    std::string error;
};

/// Runs to the end. An exit code of -1 says that it did not come to one.
[[nodiscard]] Finished run(const Workspace& workspace, const Launch& launch);

/// How often a text holds another, overlaps not counted.
[[nodiscard]] std::size_t count_of(std::string_view text, std::string_view wanted);

}  // namespace heliograph::testing
