// Fills in what a config takes from its surroundings: environment variables and files with secrets.
#pragma once

#include "core/config/document.hpp"
#include "core/config/problem.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::config {

/// What came of reading a file: its text, or why there is none.
struct FileText {
    std::optional<std::string> text;
    std::string error;
};

/// Where interpolation looks things up. Both functions must be set; tests pass their own.
struct Environment {
    /// The value of a variable; nothing when it is not set. A variable may be set and empty.
    std::function<std::optional<std::string>(const std::string& name)> variable;
    std::function<FileText(const std::string& path)> file;
};

/// The environment of this process, and its file system. Files of more than 1 MiB are refused.
[[nodiscard]] Environment process_environment();

/// Resolves every text in a value, however deep, that no earlier call has seen:
///
///   ${NAME}            the variable; when it is not set and NAME_FILE is, the content of the file which that
///   names
///   ${NAME:-default}   the same, or the default when there is none or it is empty; the default may hold
///   ${...} again
///   ${NAME:?message}   the same, or a problem with this message when there is none or it is empty
///   ${file:PATH}       the content of a file; the path may hold ${...} again
///   $$                 one `$`, so that `$${NAME}` stays as written
///
/// A file loses one line end at its end. What was filled in is never looked at again. Any other `$` stays.
///
/// Everything that cannot be resolved is a problem at its value's position and leaves the value `failed`; no
/// problem holds the content of a variable or file. `subject` names what the value belongs to
/// ("inputs.roof"); the key below it is added ("inputs.roof: option `host`"). When `value` itself is a text,
/// `subject` is used as it is.
///
/// Since values are resolved once, a caller may resolve one entry first (`enabled`) and the whole table
/// later, or never: what is not resolved is not complained about.
void interpolate(Value& value, const Environment& environment, Problems& problems, std::string_view subject);

/// Resolves a whole document.
void interpolate(Document& document, const Environment& environment, Problems& problems);

}  // namespace heliograph::config
