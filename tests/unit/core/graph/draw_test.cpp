#include "tests/unit/core/graph/graph_of.hpp"

#include <catch2/catch.hpp>

#include <string_view>

namespace heliograph::graph {
namespace {

constexpr std::string_view kConfig = R"(
[inputs.roof]
type = "hoymiles_dtu"
[inputs.barn]
type = "hoymiles_dtu"
enabled = false
[processors.site]
type = "tags"
from = ["roof", "barn"]
[outputs.archive]
type = "sql"
from = ["site", "roof"]
[outputs.later]
plugin = "a \"path\".so"
enabled = false
from = ["tail"]
[processors.tail]
type = "tags"
from = ["site"]
)";

TEST_CASE("A graph is drawn for Mermaid, idle and disabled nodes dashed", "[unit][graph]") {
    const auto read = graph_of(kConfig);
    CHECK(read->problems.empty());
    CHECK(draw_mermaid(read->graph) == R"mermaid(flowchart LR
    n0(["roof<br/>hoymiles_dtu"])
    n1(["barn<br/>hoymiles_dtu<br/>(disabled)"])
    n2["site<br/>tags"]
    n3["tail<br/>tags<br/>(idle)"]
    n4[("archive<br/>sql")]
    n5[("later<br/>a 'path'.so<br/>(disabled)")]
    n0 --> n2
    n0 --> n4
    n1 -.-> n2
    n2 -.-> n3
    n2 --> n4
    n3 -.-> n5
)mermaid");
}

TEST_CASE("A graph is drawn for Graphviz, idle and disabled nodes dashed", "[unit][graph]") {
    CHECK(draw_dot(graph_of(kConfig)->graph) == R"dot(digraph heliograph {
    rankdir=LR;
    n0 [label="roof\nhoymiles_dtu", shape=ellipse];
    n1 [label="barn\nhoymiles_dtu\n(disabled)", shape=ellipse, style=dashed];
    n2 [label="site\ntags", shape=box];
    n3 [label="tail\ntags\n(idle)", shape=box, style=dashed];
    n4 [label="archive\nsql", shape=cylinder];
    n5 [label="later\na 'path'.so\n(disabled)", shape=cylinder, style=dashed];
    n0 -> n2;
    n0 -> n4;
    n1 -> n2 [style=dashed];
    n2 -> n3 [style=dashed];
    n2 -> n4;
    n3 -> n5 [style=dashed];
}
)dot");
}

TEST_CASE("An empty graph is drawn empty", "[unit][graph]") {
    CHECK(draw_mermaid({}) == "flowchart LR\n");
    CHECK(draw_dot({}) == "digraph heliograph {\n    rankdir=LR;\n}\n");
}

}  // namespace
}  // namespace heliograph::graph
