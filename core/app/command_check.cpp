// heliograph check: everything that run does, short of opening anything.
#include "core/app/load.hpp"

#include <iostream>

namespace heliograph::app {

int command_check(const Arguments& arguments) {
    const auto loaded = load_config(arguments);
    if (const int code = report_problems(*loaded); code != kSuccess) {
        return code;
    }
    std::cout << arguments.config << " is good: " << loaded->pipeline.nodes.size() << " nodes will run\n";
    for (const graph::Node& node : loaded->pipeline.graph.nodes) {
        if (!node.active) {
            std::cout << "  " << node.label() << (node.enabled ? " is idle" : " is disabled") << "\n";
        }
    }
    return kSuccess;
}

}  // namespace heliograph::app
