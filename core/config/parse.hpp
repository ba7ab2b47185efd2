// Turns the text of a config file into a document, or into a list of what is wrong with it.
#pragma once

#include "core/config/document.hpp"
#include "core/config/problem.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::config {

/// The largest config file that is read, in bytes.
inline constexpr std::uintmax_t kLargestFile = 16U * 1024 * 1024;

/// Each of these returns a document, or nothing when the text cannot be understood; in that case it has added
/// at least one problem. A document may also come with problems (a key given twice, a null), so that the rest
/// of it can be checked at once: the config is good only if the problems are empty. None of them throws. [any
/// thread] `file_name` is only used in positions.
[[nodiscard]] std::optional<Document> parse_toml(std::string_view text, std::string file_name,
                                                 Problems& problems);
[[nodiscard]] std::optional<Document> parse_json(std::string_view text, std::string file_name,
                                                 Problems& problems);

/// Reads a file and parses it by its extension (.toml or .json); under any other name it is JSON if its first
/// character other than white space is `{`, and TOML if not.
[[nodiscard]] std::optional<Document> load_file(const std::filesystem::path& path, Problems& problems);

}  // namespace heliograph::config
