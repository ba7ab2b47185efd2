#include "core/runtime/pipeline.hpp"

#include <heliograph/text.hpp>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace heliograph::runtime {
namespace {

using config::Problems;
using graph::Graph;
using graph::Node;
using loader::Kind;

using OptionSet = std::span<const hg_option* const>;

OptionSet common_options(Kind kind) {
    switch (kind) {
        case Kind::input:
            return OptionTable<InputSettings>::instance().options();
        case Kind::processor:
            return OptionTable<ProcessorSettings>::instance().options();
        case Kind::output:
            break;
    }
    return OptionTable<OutputSettings>::instance().options();
}

template <class Settings>
Settings apply(const config::OptionValues& values) {
    Settings settings;
    OptionTable<Settings>::apply(settings, values.values());
    return settings;
}

/// Builds the nodes of a graph one by one.
class Builder {
public:
    Builder(Graph& graph, loader::Registry& registry, Services services, const AgentSettings& agent,
            Problems& problems)
        : graph_(graph), registry_(registry), services_(services), agent_(agent), problems_(problems) {}

    std::unique_ptr<BuiltNode> build(std::size_t index) {
        Node& node = graph_.nodes[index];
        auto built = std::make_unique<BuiltNode>();
        built->index = index;
        const loader::Module* module = find_module(node);
        std::vector<OptionSet> sets{common_options(node.kind)};
        if (module != nullptr) {
            sets.emplace_back(module->descriptor->options, module->descriptor->option_count);
        }
        const auto known = graph::structural_keys();
        // Without the plugin its options are unknown, so only the common ones can be told from mistakes.
        Problems own;
        auto values = config::read_options(*node.table, sets, known, node.label(), own);
        if (module == nullptr) {
            return nullptr;
        }
        const bool good = own.empty() && values[0].usable() && values[1].usable();
        for (const config::Problem& problem : own.items()) {
            problems_.add(problem);
        }
        for (const std::string& secret : values[1].secrets()) {
            services_.log.hide(secret);
        }
        set_common(*built, node, values[0]);
        make_instance(*built, node, *module, values[1], good);
        return built;
    }

private:
    const loader::Module* find_module(Node& node) {
        if (node.type.empty() && node.plugin_path.empty()) {
            return nullptr;  // reported when the graph was read
        }
        const loader::Loaded loaded = node.plugin_path.empty()
                                          ? registry_.find(node.kind, node.type)
                                          : registry_.load_file(node.kind, node.plugin_path);
        if (loaded.module == nullptr) {
            const auto types = registry_.types(node.kind);
            const auto meant = node.plugin_path.empty()
                                   ? config::nearest_name(node.type, std::span<const std::string>(types))
                                   : std::nullopt;
            problems_.add({node.type_position,
                           node.label() + ": option `" + (node.plugin_path.empty() ? "type" : "plugin") + "`",
                           loaded.error,
                           meant && *meant != node.type ? "did you mean `" + *meant + "`?" : ""});
            return nullptr;
        }
        const std::string_view type = view(loaded.module->descriptor->type);
        if (!node.type.empty() && node.type != type) {
            problems_.add(
                {node.type_position, node.label() + ": option `type`",
                 "the module at `plugin` holds `" + std::string(type) + "`, not `" + node.type + "`", ""});
            return nullptr;
        }
        node.type = type;
        return loaded.module;
    }

    void set_common(BuiltNode& built, const Node& node, const config::OptionValues& values) {
        std::chrono::nanoseconds interval{};
        LogLevel level = agent_.log_level;
        const auto note = [&](const CommonSettings& settings) { level = settings.log_level.value_or(level); };
        switch (node.kind) {
            case Kind::input: {
                auto settings = apply<InputSettings>(values);
                interval = settings.interval.value_or(agent_.interval);
                note(settings);
                built.settings = std::move(settings);
                break;
            }
            case Kind::processor: {
                auto settings = apply<ProcessorSettings>(values);
                settings.interval = settings.interval.value_or(agent_.interval);
                note(settings);
                built.settings = std::move(settings);
                break;
            }
            case Kind::output: {
                auto settings = apply<OutputSettings>(values);
                note(settings);
                if (settings.buffer == BufferKind::disk && agent_.state_dir.empty()) {
                    problems_.add({values.position("buffer"), node.label() + ": option `buffer`",
                                   "a buffer on disk needs a folder to be in",
                                   "set state_dir under [agent]"});
                }
                built.settings = std::move(settings);
                break;
            }
        }
        built.host = std::make_unique<PluginHost>(services_, node.label(), node.name, interval, level);
    }

    void make_instance(BuiltNode& built, const Node& node, const loader::Module& module,
                       const config::OptionValues& values, bool options_are_good) {
        std::string error;
        built.instance = Instance::create(module, built.host->door(), error);
        if (built.instance == nullptr) {
            problems_.add({node.type_position, node.label(), error, ""});
            return;
        }
        set_upstream(built);
        if (!options_are_good) {
            return;  // a plugin is only ever given values within their bounds
        }
        CallOutcome outcome = built.instance->configure(values);
        if (outcome.ok()) {
            outcome = built.instance->check([&](std::string_view option, std::string_view key,
                                                std::string_view message, std::string_view hint) {
                std::string subject = node.label();
                if (!option.empty()) {
                    subject += ": option `" + std::string(option) +
                               (key.empty() ? "" : "." + std::string(key)) + "`";
                }
                problems_.add({values.position(option, key), std::move(subject), std::string(message),
                               std::string(hint)});
            });
        }
        if (!outcome.ok()) {
            problems_.add({node.type_position, node.label(), outcome.error, ""});
            return;
        }
        declared_[built.index] = built.instance->declarations(built.host->upstream());
    }

    void set_upstream(BuiltNode& built) {
        std::vector<Declaration> upstream;
        for (const std::size_t source : graph_.nodes[built.index].sources) {
            const auto& declared = declared_[source];
            upstream.insert(upstream.end(), declared.begin(), declared.end());
        }
        built.host->set_upstream(std::move(upstream));
    }

    Graph& graph_;
    loader::Registry& registry_;
    Services services_;
    const AgentSettings& agent_;
    Problems& problems_;
    std::map<std::size_t, std::vector<Declaration>> declared_;
};

}  // namespace

AgentSettings read_agent(config::Document& document, const config::Environment& environment,
                         Problems& problems) {
    config::Entry* entry = document.root.find("agent");
    if (entry == nullptr || !entry->value.is(config::Kind::table)) {
        return {};
    }
    config::interpolate(entry->value, environment, problems, "agent");
    const std::array<OptionSet, 1> sets{OptionTable<AgentSettings>::instance().options()};
    const auto values = config::read_options(entry->value, sets, {}, "agent", problems);
    return apply<AgentSettings>(values.front());
}

Pipeline build_pipeline(config::Document& document, const config::Environment& environment,
                        loader::Registry& registry, Services services, const AgentSettings& agent,
                        Problems& problems) {
    Pipeline pipeline;
    pipeline.agent = agent;
    pipeline.graph = graph::read_graph(document, environment, problems);
    graph::validate(pipeline.graph, problems);
    Builder builder(pipeline.graph, registry, services, agent, problems);
    for (const std::size_t index : pipeline.graph.order) {
        if (auto built = builder.build(index); built != nullptr) {
            pipeline.nodes.push_back(std::move(*built));
        }
    }
    for (std::size_t i = 0; i < pipeline.graph.nodes.size(); ++i) {
        const auto& order = pipeline.graph.order;
        if (pipeline.graph.nodes[i].enabled && std::find(order.begin(), order.end(), i) == order.end()) {
            // Checked and let go: an idle node, or one within a cycle.
            static_cast<void>(builder.build(i));
        }
    }
    return pipeline;
}

}  // namespace heliograph::runtime
