// heliograph graph: the graph as Mermaid or DOT.
#include "core/app/load.hpp"

#include <iostream>

namespace heliograph::app {

int command_graph(const Arguments& arguments) {
    const auto loaded = load_config(arguments);
    // A graph with problems is drawn too, as far as it goes: that is when a picture helps most.
    std::cout << (arguments.format == "dot" ? graph::draw_dot(loaded->pipeline.graph)
                                            : graph::draw_mermaid(loaded->pipeline.graph));
    return report_problems(*loaded);
}

}  // namespace heliograph::app
