// What a user may set of the output `stdout`, declared once.
#pragma once

#include "outputs/stdout/time_text.hpp"

#include <heliograph/options.hpp>

namespace heliograph::standard_output {

enum class Format { line_protocol, json, table };
// Not called stdout and stderr, which are macros.
enum class Target { output, error };

struct Options {
    Format format = Format::line_protocol;
    Target target = Target::output;
    TimeZone time_zone = TimeZone::utc;

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::format>(
            "format",
            "How a metric is written: a line of line protocol, a line of JSON, or a table for people.")
            .choices(
                {{"line_protocol", Format::line_protocol}, {"json", Format::json}, {"table", Format::table}}),
        heliograph::option<&Options::target>("target", "Which stream of the process it goes to.")
            .choices({{"stdout", Target::output}, {"stderr", Target::error}}),
        heliograph::option<&Options::time_zone>("time_zone", "The time zone of the times in a table.")
            .choices({{"utc", TimeZone::utc}, {"local", TimeZone::local}}));
};

}  // namespace heliograph::standard_output
