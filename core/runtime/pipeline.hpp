// From a config to nodes that are ready to open: everything that can be checked without opening anything.
#pragma once

#include "core/config/document.hpp"
#include "core/config/interpolate.hpp"
#include "core/config/option_values.hpp"
#include "core/config/problem.hpp"
#include "core/graph/graph.hpp"
#include "core/loader/registry.hpp"
#include "core/runtime/instance.hpp"
#include "core/runtime/plugin_host.hpp"
#include "core/runtime/settings.hpp"

#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

namespace heliograph::runtime {

/// One node, built and checked. The members are destroyed from the last to the first: the instance goes
/// before its host.
struct BuiltNode {
    std::size_t index = 0;  // into Graph::nodes
    std::variant<InputSettings, ProcessorSettings, OutputSettings> settings;
    std::unique_ptr<PluginHost> host;
    std::unique_ptr<Instance> instance;
};

/// A checked config.
struct Pipeline {
    AgentSettings agent;
    graph::Graph graph;
    std::vector<BuiltNode> nodes;  // the active ones, every node after those that it reads from
};

/// Reads [agent] out of a document. [setup]
[[nodiscard]] AgentSettings read_agent(config::Document& document, const config::Environment& environment,
                                       config::Problems& problems);

/// Builds and checks the nodes of a document; usable only when `problems` is empty at the end. Every problem
/// is found in one go, those of idle nodes too. Loads the modules that the config uses. The document must
/// outlive the pipeline.
[[nodiscard]] Pipeline build_pipeline(config::Document& document, const config::Environment& environment,
                                      loader::Registry& registry, Services services,
                                      const AgentSettings& agent, config::Problems& problems);

}  // namespace heliograph::runtime
