// From the text of a config to a validated graph, as every test of the graph needs it.
#pragma once

#include "core/config/interpolate.hpp"
#include "core/config/parse.hpp"
#include "core/graph/graph.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace heliograph::graph {

/// A graph with the document that it points into.
struct Read {
    config::Document document;
    Graph graph;
    std::string problems;  // sorted, one a line

    [[nodiscard]] const Node& node(std::string_view name) const {
        for (const Node& node : graph.nodes) {
            if (node.name == name) {
                return node;
            }
        }
        throw std::out_of_range("no such node");
    }
    /// Names of the nodes that a node reads from.
    [[nodiscard]] std::string sources(std::string_view name) const { return names(node(name).sources); }
    [[nodiscard]] std::string order() const { return names(graph.order); }
    [[nodiscard]] std::string active() const {
        std::string text;
        for (const Node& node : graph.nodes) {
            text += node.active ? (text.empty() ? "" : " ") + node.name : "";
        }
        return text;
    }

private:
    [[nodiscard]] std::string names(const std::vector<std::size_t>& indices) const {
        std::string text;
        for (const std::size_t index : indices) {
            text += (text.empty() ? "" : " ") + graph.nodes[index].name;
        }
        return text;
    }
};

inline std::unique_ptr<Read> graph_of(std::string_view toml,
                                      const std::map<std::string, std::string>& variables = {}) {
    auto read = std::make_unique<Read>();
    config::Problems problems;
    auto document = config::parse_toml(toml, "f.toml", problems);
    REQUIRE(document);
    REQUIRE(problems.empty());
    read->document = std::move(*document);
    const config::Environment environment{
        [&](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
        },
        [](const std::string&) {
            return config::FileText{{}, "no files here"};
        }};
    read->graph = read_graph(read->document, environment, problems);
    validate(read->graph, problems);
    problems.sort();
    read->problems = problems.to_text();
    return read;
}

}  // namespace heliograph::graph
