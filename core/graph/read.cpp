#include "core/config/option_values.hpp"
#include "core/graph/graph.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace heliograph::graph {
namespace {

using config::Entry;
using config::Position;
using config::Problems;
using config::Value;

constexpr std::array kKinds{Kind::input, Kind::processor, Kind::output};
constexpr std::size_t kLongestName = 64;

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

/// Reads the tables of a document into nodes.
class Reader {
public:
    Reader(const config::Environment& environment, Problems& problems)
        : environment_(environment), problems_(problems) {}

    void read_node(Kind kind, Entry& entry, Graph& graph) {
        Node node;
        node.kind = kind;
        node.name = entry.key;
        node.name_position = entry.key_position;
        node.type_position = entry.key_position;
        node.table = &entry.value;
        if (!is_name(node.name)) {
            problem(entry.key_position, node,
                    "a name is made of letters, digits, `_` and `-`, 64 at the most");
        }
        if (!entry.value.is(config::Kind::table)) {
            problem(entry.value.position(), node, "a node is a table",
                    "write [" + node.label() + "] with type = \"...\" below it");
            return;
        }
        read_enabled(entry.value, node);
        if (node.enabled) {
            config::interpolate(entry.value, environment_, problems_, node.label());
        }
        read_text(entry.value, "type", node, node.type);
        read_text(entry.value, "plugin", node, node.plugin_path);
        if (const Entry* type = entry.value.find("type")) {
            node.type_position = type->value.position();
        } else if (node.enabled && node.plugin_path.empty()) {
            problem(entry.key_position, node, "has no type", "say which plugin it is: type = \"...\"");
        }
        read_from(entry.value, node);
        graph.nodes.push_back(std::move(node));
    }

private:
    void read_enabled(Value& table, Node& node) {
        Entry* entry = table.find("enabled");
        if (entry == nullptr) {
            return;
        }
        config::interpolate(entry->value, environment_, problems_, node.label() + ": option `enabled`");
        const Value& value = entry->value;
        if (value.interpolation() == config::Interpolation::failed) {
            return;
        }
        if (value.is(config::Kind::boolean)) {
            node.enabled = value.as_boolean();
            return;
        }
        if (value.is(config::Kind::text) && value.interpolated()) {
            if (const auto read = config::boolean_from_text(value.as_text())) {
                node.enabled = *read;
                return;
            }
        }
        const std::string given = value.interpolated()
                                      ? "what was filled in is neither"
                                      : std::string(config::describe(value.kind())) + " is given";
        problems_.add({value.position(), node.label() + ": option `enabled`",
                       "takes true or false, and " + given,
                       value.interpolated() ? "" : "write true or false, without quotes"});
    }

    void read_text(const Value& table, std::string_view key, const Node& node, std::string& out) {
        const Entry* entry = table.find(key);
        if (entry == nullptr || entry->value.interpolation() == config::Interpolation::failed) {
            return;
        }
        if (entry->value.is(config::Kind::text) && entry->value.as_text().empty()) {
            problems_.add({entry->value.position(), node.label() + ": option `" + std::string(key) + "`",
                           "is empty",
                           key == "type" ? "say which plugin it is" : "name a file, or remove it"});
            return;
        }
        if (!entry->value.is(config::Kind::text)) {
            problems_.add(
                {entry->value.position(), node.label() + ": option `" + std::string(key) + "`",
                 "takes a text, and " + std::string(config::describe(entry->value.kind())) + " is given",
                 "put it in quotes"});
            return;
        }
        out = entry->value.as_text();
    }

    void read_from(const Value& table, Node& node) {
        const Entry* entry = table.find("from");
        const std::string subject = node.label() + ": option `from`";
        if (node.kind == Kind::input) {
            if (entry != nullptr) {
                problems_.add(
                    {entry->key_position, subject, "an input reads from no other node", "remove it"});
            }
            return;
        }
        if (entry == nullptr) {
            if (node.enabled) {
                problem(node.name_position, node, "reads from no node", "name its sources: from = [\"...\"]");
            }
            return;
        }
        if (entry->value.is(config::Kind::text)) {
            problems_.add({entry->value.position(), subject, "takes a list of node names",
                           "write [\"" + entry->value.as_text() + "\"]"});
            return;
        }
        if (!entry->value.is(config::Kind::list) || entry->value.as_list().empty()) {
            problems_.add({entry->value.position(), subject, "takes a list of node names or globs, not empty",
                           "write [\"name\"]"});
            return;
        }
        for (const Value& item : entry->value.as_list()) {
            if (item.is(config::Kind::text)) {
                node.from.push_back({item.as_text(), item.position()});
            } else {
                problems_.add({item.position(), subject,
                               "takes names, and " + std::string(config::describe(item.kind())) + " is given",
                               ""});
            }
        }
    }

    void problem(const Position& position, const Node& node, std::string message, std::string hint = {}) {
        problems_.add({position, node.label(), std::move(message), std::move(hint)});
    }

    const config::Environment& environment_;
    Problems& problems_;
};

void check_top_level(const Value& root, Problems& problems) {
    static constexpr std::array<std::string_view, 4> kTables{"agent", "inputs", "processors", "outputs"};
    for (const Entry& entry : root.as_table()) {
        if (std::find(kTables.begin(), kTables.end(), entry.key) == kTables.end()) {
            const auto meant = config::nearest_name(entry.key, kTables);
            const bool is_table = entry.value.is(config::Kind::table);
            problems.add({entry.key_position, (is_table ? "table `" : "key `") + entry.key + "`",
                          std::string("there is no such ") + (is_table ? "table" : "key") +
                              "; a config has the tables agent, inputs, processors and outputs",
                          meant ? "did you mean `" + *meant + "`?" : ""});
        } else if (!entry.value.is(config::Kind::table)) {
            problems.add(
                {entry.value.position(), "`" + entry.key + "`",
                 "is a table, and " + std::string(config::describe(entry.value.kind())) + " is given",
                 entry.key == "agent" ? "write [agent]" : "write [" + entry.key + ".a_name]"});
        }
    }
}

}  // namespace

std::string_view table_name(Kind kind) noexcept {
    switch (kind) {
        case Kind::input:
            return "inputs";
        case Kind::processor:
            return "processors";
        case Kind::output:
            return "outputs";
    }
    return "nodes";
}

std::vector<std::string_view> structural_keys() {
    return {"type", "plugin", "enabled", "from"};
}

Graph read_graph(config::Document& document, const config::Environment& environment, Problems& problems) {
    Graph graph;
    graph.position = document.root.position();
    check_top_level(document.root, problems);
    Reader reader(environment, problems);
    for (const Kind kind : kKinds) {
        Entry* table = document.root.find(table_name(kind));
        if (table == nullptr || !table->value.is(config::Kind::table)) {
            continue;
        }
        for (Entry& entry : table->value.as_table()) {
            reader.read_node(kind, entry, graph);
        }
    }
    return graph;
}

}  // namespace heliograph::graph
