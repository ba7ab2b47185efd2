// A folder of a test's own, gone when the test is over.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::testing {

class Workspace {
public:
    /// Throws std::system_error when the folder cannot be made.
    Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    ~Workspace();

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    /// The path of a file in the folder, there or not.
    [[nodiscard]] std::filesystem::path file(std::string_view name) const { return folder_ / name; }
    /// All files in the folder, as paths relative to it.
    [[nodiscard]] std::vector<std::string> files() const;
    /// Writes a file and returns its path.
    std::filesystem::path write(std::string_view name, std::string_view text) const;

private:
    std::filesystem::path folder_;
};

/// All of a file; empty when there is none.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace heliograph::testing
