// Reads the error bodies of InfluxDB servers: what they say, and which lines they name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::influxdb_v3 {

/// A line that the server refused.
struct BadLine {
    std::size_t number = 0;  ///< from 1; counts the entries of the body, so strings may hold newlines
    std::string message;     ///< for people, one line
};

/// A body as far as it could be understood. Every shape of every product fits.
struct Reply {
    enum class Form {
        empty,
        text,
        json,    ///< an object with `error` or `message`
        markup,  ///< HTML: no InfluxDB wrote this
    };

    Form form = Form::empty;
    std::string message;  ///< what the server says, one line of at most kLongestMessage bytes
    /// `data` held something: the answer to a write with bad lines in it.
    bool has_data = false;
    std::vector<BadLine> lines;
    /// Every element of `data` names its line. Otherwise `lines` must not be taken for all of them.
    bool names_every_line = true;
};

inline constexpr std::size_t kLongestMessage = 400;

/// Understands, in this order: JSON `{"error": …, "data": [{"line_number", "error_message"}]}` of InfluxDB 3
/// Core, with `data` absent, null, an array or an object; `{"code", "message", "line"}` of the products that
/// speak v2, whose message may name further lines as "error parsing line 2 (1-based): …"; `{"error"}` of
/// InfluxDB 1.x; any other text. Never fails, whatever the bytes. [any thread]
[[nodiscard]] Reply parse_reply(std::string_view body);

/// Text from outside fit for a log: control characters and bytes that are not UTF-8 replaced, and cut to
/// `longest` bytes with an ellipsis. [any thread]
[[nodiscard]] std::string one_line(std::string_view text, std::size_t longest);

}  // namespace heliograph::influxdb_v3
