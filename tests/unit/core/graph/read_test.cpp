#include "tests/unit/core/graph/graph_of.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace heliograph::graph {
namespace {

/// A whole config around the node `p`, whose table is given from line 3 on.
std::string around(std::string_view table) {
    return "[outputs.x]\ntype = \"t\"\nfrom = [\"a\", \"p\"]\n[inputs.a]\ntype = \"t\"\n[processors.p]\n" +
           std::string(table) + "\n";
}

TEST_CASE("A node has name, type, module, sources and places", "[unit][graph]") {
    const auto read = graph_of(around("type = \"tags\"\nplugin = \"./tags.so\"\nfrom = [\"a\"]"));
    CHECK(read->problems.empty());
    const Node& node = read->node("p");
    CHECK(node.kind == Kind::processor);
    CHECK(node.label() == "processors.p");
    CHECK(node.type == "tags");
    CHECK(node.plugin_path == "./tags.so");
    CHECK(node.enabled);
    CHECK(node.name_position.to_text() == "f.toml:6:13");
    CHECK(node.type_position.to_text() == "f.toml:7:8");
    REQUIRE(node.from.size() == 1);
    CHECK(node.from[0].text == "a");
    CHECK(node.from[0].position.to_text() == "f.toml:9:9");
    REQUIRE(node.table != nullptr);
    CHECK(node.table->find("plugin") != nullptr);
}

TEST_CASE("What is wrong with a node is said at its place", "[unit][graph]") {
    struct Case {
        std::string name;
        std::string table;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {"no type", "from = [\"a\"]",
         "f.toml:6:13: processors.p: has no type; say which plugin it is: type = \"...\"\n"},
        {"a type that is no text", "type = 5\nfrom = [\"a\"]",
         "f.toml:7:8: processors.p: option `type`: takes a text, and an integer is given; put it in "
         "quotes\n"},
        {"an empty type", "type = \"\"\nfrom = [\"a\"]",
         "f.toml:7:8: processors.p: option `type`: is empty; say which plugin it is\n"},
        {"an empty module", "type = \"t\"\nplugin = \"\"\nfrom = [\"a\"]",
         "f.toml:8:10: processors.p: option `plugin`: is empty; name a file, or remove it\n"},
        {"no sources", "type = \"t\"",
         "f.toml:6:13: processors.p: reads from no node; name its sources: from = [\"...\"]\n"},
        {"a source without its list", "type = \"t\"\nfrom = \"a\"",
         "f.toml:8:8: processors.p: option `from`: takes a list of node names; write [\"a\"]\n"},
        {"an empty list", "type = \"t\"\nfrom = []",
         "f.toml:8:8: processors.p: option `from`: takes a list of node names or globs, not empty; write "
         "[\"name\"]\n"},
        {"a number among the sources", "type = \"t\"\nfrom = [\"a\", 5]",
         "f.toml:8:14: processors.p: option `from`: takes names, and an integer is given\n"},
        {"enabled is no boolean", "type = \"t\"\nenabled = \"yes\"\nfrom = [\"a\"]",
         "f.toml:8:11: processors.p: option `enabled`: takes true or false, and a text is given; write true "
         "or false, "
         "without quotes\n"},
        {"enabled from outside, unreadable", "type = \"t\"\nenabled = \"${WORD}\"\nfrom = [\"a\"]",
         "f.toml:8:11: processors.p: option `enabled`: takes true or false, and what was filled in is "
         "neither\n"},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(graph_of(around(c.table), {{"WORD", "hunter22"}})->problems == c.want);
    }
}

TEST_CASE("enabled is read from outside as a boolean", "[unit][graph]") {
    struct Case {
        std::string value;
        bool enabled;
    };
    const auto c = GENERATE(values<Case>({{"true", true},
                                          {"ON", true},
                                          {"1", true},
                                          {"false", false},
                                          {"no", false},
                                          {"0", false},
                                          {"", false}}));
    const auto read =
        graph_of(around("type = \"t\"\nenabled = \"${ON}\"\nfrom = [\"a\"]"), {{"ON", c.value}});
    CHECK(read->problems.empty());
    CHECK(read->node("p").enabled == c.enabled);
}

TEST_CASE("A disabled node may hold what cannot be resolved", "[unit][graph]") {
    const auto read =
        graph_of(around("type = \"t\"\nenabled = false\nfrom = [\"a\"]\ntoken = \"${MISSING:?set it}\""));
    CHECK(read->problems.empty());
    CHECK_FALSE(read->node("p").active);
}

TEST_CASE("Tables and keys that a config does not have are met with those that it has", "[unit][graph]") {
    const std::string good = around("type = \"t\"\nfrom = [\"a\"]");
    CHECK(graph_of("lines = 5\n" + good)->problems ==
          "f.toml:1:1: key `lines`: there is no such key; a config has the tables agent, inputs, processors "
          "and "
          "outputs\n");
    CHECK(graph_of(good + "[output.y]\n")->problems ==
          "f.toml:9:2: table `output`: there is no such table; a config has the tables agent, inputs, "
          "processors and "
          "outputs; did you mean `outputs`?\n");
    CHECK(graph_of("agent = 5\n" + good)->problems ==
          "f.toml:1:9: `agent`: is a table, and an integer is given; write [agent]\n");
}

TEST_CASE("A node that is no table, has sources it cannot have or a name it cannot have is a problem",
          "[unit][graph]") {
    CHECK(graph_of("[inputs]\na = 5\n")
              ->problems.find("f.toml:2:5: inputs.a: a node is a table; write [inputs.a] with "
                              "type = \"...\" below it\n") != std::string::npos);
    CHECK(graph_of("[inputs.a]\ntype = \"t\"\nfrom = [\"b\"]\n")
              ->problems.find(
                  "f.toml:3:1: inputs.a: option `from`: an input reads from no other node; remove it\n") !=
          std::string::npos);
    const std::string name = GENERATE("a b", "a.b", "é", "");
    CHECK(graph_of("[inputs.\"" + name + "\"]\ntype = \"t\"\n")
              ->problems.find("a name is made of letters, digits, `_` and `-`, 64 at the most\n") !=
          std::string::npos);
}

TEST_CASE("The keys that the graph reads are known to whoever reads the rest", "[unit][graph]") {
    CHECK(structural_keys() == std::vector<std::string_view>{"type", "plugin", "enabled", "from"});
    CHECK(table_name(Kind::input) == "inputs");
    CHECK(table_name(Kind::processor) == "processors");
    CHECK(table_name(Kind::output) == "outputs");
}

}  // namespace
}  // namespace heliograph::graph
