#include "tests/unit/core/graph/graph_of.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <tuple>

namespace heliograph::graph {
namespace {

/// Inputs a, b; processors p, q; outputs x, y. Edges as given; every line stands at a known place.
std::string config_of(std::string_view p, std::string_view q, std::string_view x) {
    std::string text = "[inputs.a]\ntype = \"t\"\n[inputs.b]\ntype = \"t\"\n";
    text.append("[processors.p]\ntype = \"t\"\nfrom = ").append(p);
    text.append("\n[processors.q]\ntype = \"t\"\nfrom = ").append(q);
    text.append("\n[outputs.x]\ntype = \"t\"\nfrom = ").append(x);
    return text + "\n";
}

TEST_CASE("Edges come from names and globs, each once", "[unit][graph]") {
    struct Case {
        std::string name;
        std::string p;
        std::string q;
        std::string x;
        std::string p_sources;
        std::string q_sources;
        std::string x_sources;
    };
    const auto c = GENERATE(values<Case>({
        {"a chain", R"(["a", "b"])", R"(["p"])", R"(["q"])", "a b", "p", "q"},
        {"fan-in and fan-out", R"(["a"])", R"(["a", "b"])", R"(["p", "q", "a"])", "a", "a b", "a p q"},
        {"a star means all but outputs and itself", R"(["a"])", R"(["b", "p"])", R"(["*"])", "a", "b p",
         "a b p q"},
        {"globs and names of the same", R"(["a"])", R"(["?", "p"])", R"(["q", "q", "[pq]"])", "a", "a b p",
         "p q"},
    }));
    DYNAMIC_SECTION(c.name) {
        const auto read = graph_of(config_of(c.p, c.q, c.x));
        CHECK(read->sources("p") == c.p_sources);
        CHECK(read->sources("q") == c.q_sources);
        CHECK(read->sources("x") == c.x_sources);
        CHECK(read->sources("a").empty());
        CHECK(read->problems.empty());
    }
}

TEST_CASE("Every node comes after those that it reads from", "[unit][graph]") {
    const auto read = graph_of(R"(
[processors.late]
type = "t"
from = ["mid", "a"]
[processors.mid]
type = "t"
from = ["early"]
[processors.early]
type = "t"
from = ["a"]
[outputs.x]
type = "t"
from = ["late", "early"]
[inputs.a]
type = "t"
)");
    CHECK(read->problems.empty());
    CHECK(read->order() == "a early mid late x");
}

TEST_CASE("What is wrong with edges is said at its place, with what may have been meant", "[unit][graph]") {
    struct Case {
        std::string name;
        std::string p;
        std::string q;
        std::string x;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {"a name that does not exist", R"(["a", "b"])", R"(["p"])", R"(["q", "nowhere"])",
         "f.toml:13:14: outputs.x: option `from`: there is no node `nowhere`\n"},
        {"a cycle of two", R"(["a", "q"])", R"(["p", "b"])", R"(["q"])",
         "f.toml:7:9: processors.p: option `from`: the nodes feed each other in a cycle: p -> q -> p; remove "
         "one of "
         "these edges\n"},
        {"a node that reads from itself", R"(["a", "b", "p"])", R"(["p"])", R"(["q"])",
         "f.toml:7:9: processors.p: option `from`: the nodes feed each other in a cycle: p -> p; remove one "
         "of these "
         "edges\n"},
        {"an output as a source", R"(["a", "b"])", R"(["p"])", R"(["q", "x"])",
         "f.toml:13:14: outputs.x: option `from`: `x` is an output, and nothing can be read from it; name an "
         "input or "
         "a processor\n"},
        {"a glob that matches nothing", R"(["a", "b"])", R"(["p"])", R"(["q", "z*"])",
         "f.toml:13:14: outputs.x: option `from`: the glob `z*` matches no input or processor\n"},
        {"nodes that nobody reads from", R"(["a"])", R"(["a"])", R"(["p"])",
         "f.toml:3:9: inputs.b: no node reads from it; name it in the `from` of an output or processor, or "
         "set enabled "
         "= false\n"
         "f.toml:8:13: processors.q: no node reads from it; name it in the `from` of an output or processor, "
         "or set "
         "enabled = false\n"},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(graph_of(config_of(c.p, c.q, c.x))->problems == c.want);
    }
}

TEST_CASE("A misspelt source is met with the name that was meant", "[unit][graph]") {
    const auto read = graph_of(R"([inputs.rooftop]
type = "t"
[processors.units]
type = "t"
from = ["rooftpo"]
[outputs.archive]
type = "t"
from = ["unit", "rooftop"]
)");
    CHECK(read->problems ==
          "f.toml:3:13: processors.units: no node reads from it; name it in the `from` of an output or "
          "processor, or "
          "set enabled = false\n"
          "f.toml:5:9: processors.units: option `from`: there is no node `rooftpo`; did you mean `rooftop`?\n"
          "f.toml:8:9: outputs.archive: option `from`: there is no node `unit`; did you mean `units`?\n");
}

TEST_CASE("Names are unique among all kinds", "[unit][graph]") {
    const auto read = graph_of(R"([inputs.a]
type = "t"
[processors.a]
type = "t"
from = ["a"]
[outputs.x]
type = "t"
from = ["a"]
)");
    CHECK(read->problems.find(
              "f.toml:3:13: processors.a: the name `a` is taken by inputs.a at f.toml:1:9; names are "
              "unique among all nodes; rename one\n") != std::string::npos);
}

TEST_CASE("Several cycles are all reported, each from its first node", "[unit][graph]") {
    const auto read = graph_of(R"([inputs.in]
type = "t"
[processors.a]
type = "t"
from = ["c", "in"]
[processors.b]
type = "t"
from = ["a"]
[processors.c]
type = "t"
from = ["b"]
[processors.d]
type = "t"
from = ["e", "c"]
[processors.e]
type = "t"
from = ["d"]
[outputs.x]
type = "t"
from = ["e"]
)");
    CHECK(read->problems ==
          "f.toml:5:9: processors.a: option `from`: the nodes feed each other in a cycle: a -> b -> c -> a; "
          "remove "
          "one of these edges\n"
          "f.toml:14:9: processors.d: option `from`: the nodes feed each other in a cycle: d -> e -> d; "
          "remove one of "
          "these edges\n");
}

TEST_CASE("Two ways to one node are no cycle", "[unit][graph]") {
    const auto read = graph_of(config_of(R"(["a", "b"])", R"(["a", "p"])", R"(["a", "p", "q"])"));
    CHECK(read->problems.empty());
}

TEST_CASE("Only nodes between an enabled input and an enabled output are active", "[unit][graph]") {
    struct Case {
        std::string name;
        std::string disabled;
        std::string active;
        std::string order;
    };
    const auto c = GENERATE(values<Case>({
        {"all enabled", "", "a b p q x y", "a b p q x y"},
        {"an output", "y", "a b p x", "a b p x"},
        {"an input", "b", "a p q x y", "a p q x y"},
        {"a processor on the only way", "p", "a b q y", "a b q y"},
    }));
    DYNAMIC_SECTION(c.name) {
        std::string text;
        for (const auto& [kind, name, from] : {std::tuple{"inputs", "a", ""},
                                               {"inputs", "b", ""},
                                               {"processors", "p", R"(["a", "b"])"},
                                               {"processors", "q", R"(["a", "b"])"},
                                               {"outputs", "x", R"(["p"])"},
                                               {"outputs", "y", R"(["q"])"}}) {
            text.append("[").append(kind).append(".").append(name).append("]\ntype = \"t\"\n");
            text += *from == '\0' ? "" : "from = " + std::string(from) + "\n";
            text += c.disabled == name ? "enabled = false\n" : "";
        }
        const auto read = graph_of(text);
        CHECK(read->problems.empty());
        CHECK(read->active() == c.active);
        CHECK(read->order() == c.order);
    }
}

TEST_CASE("A graph in which nothing can happen is a problem, unless there are others", "[unit][graph]") {
    CHECK(graph_of("")->problems ==
          "f.toml:1:1: the graph: there is nothing to do: no enabled input leads to an enabled output; add "
          "an input and "
          "an output "
          "that reads from it\n");
    CHECK(graph_of("[inputs.a]\ntype = \"t\"\nenabled = false\n[outputs.x]\ntype = \"t\"\nfrom = [\"a\"]\n")
              ->problems ==
          "f.toml:1:9: the graph: there is nothing to do: no enabled input leads to an enabled output; add "
          "an input "
          "and an output that reads from it\n");
}

/// A chain of processors behind one input, before one output.
std::string chain(int length, bool closed) {
    std::string text = "[inputs.a]\ntype = \"t\"\n[outputs.x]\ntype = \"t\"\nfrom = [\"p" +
                       std::to_string(length - 1) + "\"]\n";
    for (int i = 0; i < length; ++i) {
        text += "[processors.p" + std::to_string(i) + "]\ntype = \"t\"\nfrom = [";
        text += i == 0 ? (closed ? "\"a\", \"p" + std::to_string(length - 1) + "\"" : "\"a\"")
                       : "\"p" + std::to_string(i - 1) + "\"";
        text += "]\n";
    }
    return text;
}

TEST_CASE("A chain of ten thousand nodes is read and ordered, and a cycle as long is found",
          "[unit][graph]") {
    constexpr int kLength = 10000;
    const auto began = std::chrono::steady_clock::now();
    const auto read = graph_of(chain(kLength, false));
    CHECK(read->problems.empty());
    REQUIRE(read->graph.order.size() == kLength + 2);
    CHECK(read->graph.nodes[read->graph.order[1]].name == "p0");
    CHECK(read->graph.nodes[read->graph.order[kLength]].name == "p9999");

    const auto closed = graph_of(chain(kLength, true));
    CHECK(std::count(closed->problems.begin(), closed->problems.end(), '\n') == 1);
    CHECK(closed->problems.find(
              "processors.p0: option `from`: the nodes feed each other in a cycle: p0 -> p1 -> ") !=
          std::string::npos);
    CHECK(closed->problems.find(" -> p9999 -> p0; remove one of these edges") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(30));
}

TEST_CASE("Many nodes that all read from all are told apart in reasonable time", "[unit][graph]") {
    std::string text = "[inputs.a]\ntype = \"t\"\n[outputs.x]\ntype = \"t\"\nfrom = [\"*\"]\n";
    for (int i = 0; i < 300; ++i) {
        text += "[processors.p" + std::to_string(i) + "]\ntype = \"t\"\nfrom = [\"*\"]\n";
    }
    const auto read = graph_of(text);
    CHECK(read->problems.find("the nodes feed each other in a cycle: p0 -> p1 -> p0;") != std::string::npos);
    CHECK(std::count(read->problems.begin(), read->problems.end(), '\n') <= 300);
}

}  // namespace
}  // namespace heliograph::graph
