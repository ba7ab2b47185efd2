// Small values that survive a restart, one file each, replaced as a whole.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heliograph::runtime {

/// A name as part of a file's: anything but letters, digits, `_`, `-` and `.` becomes `%xx`. [any thread]
[[nodiscard]] std::string file_name_of(std::string_view name);

/// Keeps values by node and key. With a folder they are files `<node>.<key>.state` in it, written beside and
/// renamed, so that a crash leaves the old value or the new one; without a folder they live as long as the
/// process. [any thread]
class StateStore {
public:
    /// An empty path: memory only. The folder is made on the first store.
    explicit StateStore(std::filesystem::path folder = {}) : folder_(std::move(folder)) {}

    [[nodiscard]] std::optional<std::string> load(std::string_view node, std::string_view key);
    /// An error in words, or an empty text when the value is stored. A value that could not be written to the
    /// folder still serves until the end of the process.
    [[nodiscard]] std::string store(std::string_view node, std::string_view key, std::string_view value);

private:
    [[nodiscard]] std::filesystem::path file_of(std::string_view node, std::string_view key) const;

    const std::filesystem::path folder_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, std::string> values_;
};

}  // namespace heliograph::runtime
