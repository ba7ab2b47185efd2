#include "core/graph/graph.hpp"
#include "plugins/common/glob/glob.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace heliograph::graph {
namespace {

using config::Problems;

/// Answers which nodes bear a name that another bore before them; no edge leads to those.
std::vector<bool> find_duplicates(const Graph& graph, Problems& problems) {
    std::vector<bool> duplicate;
    std::map<std::string_view, const Node*> first;
    for (const Node& node : graph.nodes) {
        const auto [at, is_new] = first.emplace(node.name, &node);
        duplicate.push_back(!is_new);
        if (!is_new) {
            problems.add({node.name_position, node.label(),
                          "the name `" + node.name + "` is taken by " + at->second->label() + " at " +
                              at->second->name_position.to_text(),
                          "names are unique among all nodes; rename one"});
        }
    }
    return duplicate;
}

void add_edge(Graph& graph, std::size_t from, std::size_t to) {
    auto& sources = graph.nodes[to].sources;
    if (std::find(sources.begin(), sources.end(), from) == sources.end()) {
        sources.push_back(from);
        graph.nodes[from].readers.push_back(to);
    }
}

void resolve_literal(Graph& graph, std::size_t reader, const Source& source, Problems& problems) {
    const std::string subject = graph.nodes[reader].label() + ": option `from`";
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        if (node.name == source.text) {
            if (node.kind == Kind::output) {
                problems.add({source.position, subject,
                              "`" + source.text + "` is an output, and nothing can be read from it",
                              "name an input or a processor"});
                return;
            }
            add_edge(graph, i, reader);
            return;
        }
    }
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (graph.nodes[i].kind != Kind::output && i != reader) {
            names.push_back(graph.nodes[i].name);
        }
    }
    const auto meant = config::nearest_name(source.text, std::span<const std::string_view>(names));
    problems.add({source.position, subject, "there is no node `" + source.text + "`",
                  meant ? "did you mean `" + *meant + "`?" : ""});
}

void resolve_edges(Graph& graph, Problems& problems) {
    for (std::size_t reader = 0; reader < graph.nodes.size(); ++reader) {
        for (const Source& source : graph.nodes[reader].from) {
            const Glob glob(source.text);
            if (glob.is_literal()) {
                resolve_literal(graph, reader, source, problems);
                continue;
            }
            bool matched = false;
            for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
                const Node& node = graph.nodes[i];
                if (i != reader && node.kind != Kind::output && glob.matches(node.name)) {
                    add_edge(graph, i, reader);
                    matched = true;
                }
            }
            if (!matched) {
                problems.add({source.position, graph.nodes[reader].label() + ": option `from`",
                              "the glob `" + source.text + "` matches no input or processor", ""});
            }
        }
    }
    for (Node& node : graph.nodes) {
        std::sort(node.sources.begin(), node.sources.end());
        std::sort(node.readers.begin(), node.readers.end());
    }
}

void report_cycle(const Graph& graph, std::span<const std::size_t> cycle, Problems& problems) {
    // Told from the node that stands first in the file.
    const auto first = std::min_element(cycle.begin(), cycle.end());
    std::vector<std::size_t> round(first, cycle.end());
    round.insert(round.end(), cycle.begin(), first);
    std::string names;
    for (const std::size_t node : round) {
        names += graph.nodes[node].name + " -> ";
    }
    const Node& node = graph.nodes[round.front()];
    problems.add({node.from.empty() ? node.name_position : node.from.front().position,
                  node.label() + ": option `from`",
                  "the nodes feed each other in a cycle: " + names + node.name, "remove one of these edges"});
}

/// Walks the graph depth first, without recursion since a chain may be long. An edge back to a node of the
/// path closes a cycle; it is reported unless both of its ends are in one that has been.
void find_cycles(const Graph& graph, Problems& problems) {
    enum class Visit : std::uint8_t { none, on_path, done };
    std::vector<Visit> visits(graph.nodes.size(), Visit::none);
    std::vector<std::size_t> next_reader(graph.nodes.size(), 0);
    std::vector<bool> reported(graph.nodes.size(), false);
    std::vector<std::size_t> path;
    const auto enter = [&](std::size_t node) {
        visits[node] = Visit::on_path;
        path.push_back(node);
    };
    for (std::size_t start = 0; start < graph.nodes.size(); ++start) {
        if (visits[start] == Visit::none) {
            enter(start);
        }
        while (!path.empty()) {
            const std::size_t at = path.back();
            const auto& readers = graph.nodes[at].readers;
            if (next_reader[at] == readers.size()) {
                visits[at] = Visit::done;
                path.pop_back();
                continue;
            }
            const std::size_t reader = readers[next_reader[at]++];
            if (visits[reader] == Visit::none) {
                enter(reader);
            } else if (visits[reader] == Visit::on_path && !(reported[at] && reported[reader])) {
                const std::span<const std::size_t> cycle(std::find(path.begin(), path.end(), reader),
                                                         path.end());
                report_cycle(graph, cycle, problems);
                for (const std::size_t node : cycle) {
                    reported[node] = true;
                }
            }
        }
    }
}

void find_unused(const Graph& graph, const std::vector<bool>& duplicate, Problems& problems) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        if (node.enabled && !duplicate[i] && node.kind != Kind::output && node.readers.empty()) {
            problems.add({node.name_position, node.label(), "no node reads from it",
                          "name it in the `from` of an output or processor, or set enabled = false"});
        }
    }
}

/// Marks the nodes that can do something: what is fed by an enabled input and feeds an enabled output.
void find_active(Graph& graph) {
    std::vector<bool> fed(graph.nodes.size(), false);
    std::vector<bool> feeds(graph.nodes.size(), false);
    const auto spread = [&](std::vector<bool>& marked, Kind from, auto Node::*next) {
        std::vector<std::size_t> open;
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            if (graph.nodes[i].kind == from) {
                open.push_back(i);
            }
        }
        while (!open.empty()) {
            const std::size_t at = open.back();
            open.pop_back();
            if (graph.nodes[at].enabled && !marked[at]) {
                marked[at] = true;
                open.insert(open.end(), (graph.nodes[at].*next).begin(), (graph.nodes[at].*next).end());
            }
        }
    };
    spread(fed, Kind::input, &Node::readers);
    spread(feeds, Kind::output, &Node::sources);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        graph.nodes[i].active = fed[i] && feeds[i];
    }
}

void find_order(Graph& graph) {
    std::vector<std::size_t> waiting(graph.nodes.size(), 0);
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const auto& sources = graph.nodes[i].sources;
        waiting[i] = static_cast<std::size_t>(std::count_if(
            sources.begin(), sources.end(), [&](std::size_t s) { return graph.nodes[s].active; }));
        if (graph.nodes[i].active && waiting[i] == 0) {
            ready.push_back(i);
        }
    }
    graph.order.clear();
    for (std::size_t done = 0; done < ready.size(); ++done) {
        const std::size_t at = ready[done];
        graph.order.push_back(at);
        for (const std::size_t reader : graph.nodes[at].readers) {
            if (graph.nodes[reader].active && --waiting[reader] == 0) {
                ready.push_back(reader);
            }
        }
    }
}

}  // namespace

void validate(Graph& graph, Problems& problems) {
    const std::vector<bool> duplicate = find_duplicates(graph, problems);
    resolve_edges(graph, problems);
    find_cycles(graph, problems);
    find_unused(graph, duplicate, problems);
    find_active(graph);
    find_order(graph);
    const bool idle =
        std::none_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) { return node.active; });
    if (problems.empty() && idle) {
        problems.add({graph.nodes.empty() ? graph.position : graph.nodes.front().name_position, "the graph",
                      "there is nothing to do: no enabled input leads to an enabled output",
                      "add an input and an output that reads from it"});
    }
}

}  // namespace heliograph::graph
