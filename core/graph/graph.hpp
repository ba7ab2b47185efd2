// The graph that a config describes: named nodes of three kinds, and the edges between them.
#pragma once

#include "core/config/document.hpp"
#include "core/config/interpolate.hpp"
#include "core/config/problem.hpp"
#include "core/loader/registry.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::graph {

using loader::Kind;

/// The table of a kind in a config: "inputs", "processors", "outputs".
[[nodiscard]] std::string_view table_name(Kind kind) noexcept;

/// One item of `from`: a name or a glob.
struct Source {
    std::string text;
    config::Position position;
};

struct Node {
    Kind kind = Kind::input;
    std::string name;
    std::string type;         // of the plugin; may be empty when `plugin_path` is given
    std::string plugin_path;  // a module named by the config; mostly empty
    bool enabled = true;
    config::Position name_position;
    config::Position type_position;
    const config::Value* table = nullptr;  // belongs to the document
    std::vector<Source> from;

    // Filled in by validate; indices into Graph::nodes, each once, ascending.
    std::vector<std::size_t> sources;
    std::vector<std::size_t> readers;
    bool active = false;  // enabled, fed by an input that is, and on the way to an output that is

    /// How the node is shown everywhere: "inputs.roof".
    [[nodiscard]] std::string label() const { return std::string(table_name(kind)) + "." + name; }
};

struct Graph {
    config::Position position;       // of the document
    std::vector<Node> nodes;         // in the order of the file
    std::vector<std::size_t> order;  // of the active nodes: every node after those that it reads from
};

/// Finds the nodes of a document. Interpolates what it reads (`enabled`, `type`, `plugin`, `from`) and, for
/// enabled nodes, everything else in their tables; a disabled node may hold anything. The graph points into
/// the document, which must outlive it and stay in place.
[[nodiscard]] Graph read_graph(config::Document& document, const config::Environment& environment,
                               config::Problems& problems);

/// Resolves the edges and finds what is wrong with them: names that do not exist, wrong kinds, cycles, nodes
/// that nobody reads from, duplicate names. Works out which nodes are active, and their order.
void validate(Graph& graph, config::Problems& problems);

/// The keys of a node's table that read_graph reads.
[[nodiscard]] std::vector<std::string_view> structural_keys();

/// The graph as a Mermaid flowchart or as a DOT digraph. Disabled and idle nodes are dashed.
[[nodiscard]] std::string draw_mermaid(const Graph& graph);
[[nodiscard]] std::string draw_dot(const Graph& graph);

}  // namespace heliograph::graph
