// The token that a write shows, from an option or from a file that may change while the program runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heliograph::influxdb_v3 {

/// Holds the token. Neither its errors nor anything else here shows it. [own strand]
class Token {
public:
    Token() = default;
    /// The token itself, or the file that holds it, which goes first; both empty: none.
    Token(std::string token, std::string file);

    /// Reads the file if it is another than the one read last (by time, size or inode); true when the token
    /// is another now. Throws Retry, naming the file, when it cannot be read or holds no token: the token
    /// stays.
    bool refresh();
    /// Reads the file whatever it looks like; for when the server has refused the token. As refresh.
    bool read_again();

    [[nodiscard]] const std::string& value() const noexcept { return value_; }
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

private:
    /// What tells one state of a file from another.
    struct Stamp {
        std::int64_t seconds = -1;
        std::int64_t nanoseconds = 0;
        std::int64_t size = 0;
        std::uint64_t inode = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    [[nodiscard]] Stamp stamp() const;

    std::string value_;
    std::string file_;
    Stamp stamp_;
};

/// Whether the text may stand in a header as a token: not empty, and printable ASCII without spaces. [any
/// thread]
[[nodiscard]] bool is_token(std::string_view text) noexcept;

}  // namespace heliograph::influxdb_v3
