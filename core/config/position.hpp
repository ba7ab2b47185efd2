// Where in a config file something stands, so that every problem can point at it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace heliograph::config {

/// A place in a file. Lines and columns count from 1, columns in characters rather than bytes; 0 means
/// unknown.
struct Position {
    std::shared_ptr<const std::string>
        file;  // shared by every position of a document; null when there is no file
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    [[nodiscard]] std::string_view file_name() const {
        return file ? std::string_view(*file) : std::string_view();
    }

    /// "file:line:column", without the parts that are unknown.
    [[nodiscard]] std::string to_text() const;
};

}  // namespace heliograph::config
