#include "core/graph/graph.hpp"

namespace heliograph::graph {
namespace {

std::string caption(const Node& node, std::string_view line_break) {
    std::string text = node.name;
    text.append(line_break).append(node.type.empty() ? node.plugin_path : node.type);
    if (!node.enabled) {
        text.append(line_break).append("(disabled)");
    } else if (!node.active) {
        text.append(line_break).append("(idle)");
    }
    return text;
}

/// Quotes would end the caption, and a plugin's path may hold anything.
std::string without_quotes(std::string text) {
    for (char& c : text) {
        if (c == '"') {
            c = '\'';
        }
    }
    return text;
}

}  // namespace

std::string draw_mermaid(const Graph& graph) {
    std::string out = "flowchart LR\n";
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        const std::string text = without_quotes(caption(node, "<br/>"));
        const std::string id = "n" + std::to_string(i);
        switch (node.kind) {
            case Kind::input:
                out += "    " + id + "([\"" + text + "\"])\n";
                break;
            case Kind::processor:
                out += "    " + id + "[\"" + text + "\"]\n";
                break;
            case Kind::output:
                out += "    " + id + "[(\"" + text + "\")]\n";
                break;
        }
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::size_t reader : graph.nodes[i].readers) {
            const bool used = graph.nodes[i].active && graph.nodes[reader].active;
            out +=
                "    n" + std::to_string(i) + (used ? " --> n" : " -.-> n") + std::to_string(reader) + "\n";
        }
    }
    return out;
}

std::string draw_dot(const Graph& graph) {
    std::string out = "digraph heliograph {\n    rankdir=LR;\n";
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        const char* shape = node.kind == Kind::input       ? "ellipse"
                            : node.kind == Kind::processor ? "box"
                                                           : "cylinder";
        out += "    n" + std::to_string(i) + " [label=\"" + without_quotes(caption(node, "\\n")) +
               "\", shape=" + shape + (node.active ? "" : ", style=dashed") + "];\n";
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::size_t reader : graph.nodes[i].readers) {
            const bool used = graph.nodes[i].active && graph.nodes[reader].active;
            out += "    n" + std::to_string(i) + " -> n" + std::to_string(reader) +
                   (used ? "" : " [style=dashed]") + ";\n";
        }
    }
    return out + "}\n";
}

}  // namespace heliograph::graph
