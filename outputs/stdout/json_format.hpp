// Metrics as lines of JSON (RFC 8259), one object each.
#pragma once

#include "plugins/common/line_protocol/buffer.hpp"

#include <heliograph/metric.hpp>

#include <string_view>

namespace heliograph::standard_output {

/// Appends one metric and a newline: {"name":"…","time":"…","tags":{…},"fields":{…}}. Numbers that JSON has
/// no word for (NaN, infinities) become null, and so does a time that was never set. Bytes that are not UTF-8
/// become U+FFFD.
void append_json(line_protocol::Buffer& out, MetricView metric);

/// Appends a text with its quotes.
void append_json_text(line_protocol::Buffer& out, std::string_view text);

}  // namespace heliograph::standard_output
