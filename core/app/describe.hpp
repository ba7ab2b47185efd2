// What a plugin's descriptor says, as text for a terminal, Markdown for a README, JSON Schema for an editor,
// and a sample.
#pragma once

#include <heliograph/abi.h>

#include <string>
#include <string_view>
#include <vector>

namespace heliograph::app {

/// For a terminal: summary, options, and for inputs the metrics.
[[nodiscard]] std::string describe_text(const hg_descriptor& descriptor);

/// For a README: blocks that begin with `<!-- generated: NAME -->` and end with `<!-- end generated -->`; the
/// names are options and, for a plugin that declares what it makes, metrics.
[[nodiscard]] std::string describe_markdown(const hg_descriptor& descriptor);

/// JSON Schema (draft 2020-12) of the node's table, common options left out.
[[nodiscard]] std::string describe_json(const hg_descriptor& descriptor);

/// The node's table in a sample config: what is required is written, the rest is commented with its default.
[[nodiscard]] std::string sample_table(const hg_descriptor& descriptor, std::string_view name,
                                       const std::vector<std::string>& from);

}  // namespace heliograph::app
