#include "core/runtime/instance.hpp"

#include <heliograph/text.hpp>

#include <span>

namespace heliograph::runtime {
namespace {

/// Whether the table has every call that the host will make of this kind.
bool is_complete(const hg_plugin& plugin, std::int32_t kind) {
    const bool common = plugin.size >= sizeof(hg_plugin) && plugin.configure != nullptr &&
                        plugin.check != nullptr && plugin.open != nullptr && plugin.interrupt != nullptr &&
                        plugin.close != nullptr && plugin.destroy != nullptr;
    switch (kind) {
        case HG_KIND_INPUT:
            return common && plugin.gather != nullptr;
        case HG_KIND_PROCESSOR:
            return common && plugin.process != nullptr && plugin.flush != nullptr;
        default:
            return common && plugin.write != nullptr;
    }
}

struct ProblemSink {
    hg_problems door;
    const Instance::ReceiveProblem* receive;
};

}  // namespace

std::unique_ptr<Instance> Instance::create(const loader::Module& module, const hg_host& host,
                                           std::string& error) {
    hg_plugin* plugin = nullptr;
    const hg_descriptor& descriptor = *module.descriptor;
    const CallOutcome created = run_call([&](hg_error* e) { return descriptor.create(&host, &plugin, e); });
    if (!created.ok() || plugin == nullptr) {
        error = "plugin " + module.path.string() + " could not make an instance" +
                (created.error.empty() ? "" : ": " + created.error);
        return nullptr;
    }
    if (!is_complete(*plugin, descriptor.kind)) {
        error = "plugin " + module.path.string() + " leaves out calls that its kind must have";
        if (plugin->size >= sizeof(hg_plugin) && plugin->destroy != nullptr) {
            plugin->destroy(plugin);
        }
        return nullptr;
    }
    return std::unique_ptr<Instance>(new Instance(descriptor, plugin));
}

CallOutcome Instance::configure(const config::OptionValues& values) {
    return run_call([&](hg_error* error) {
        return plugin_->configure(plugin_, values.values().data(), values.values().size(), error);
    });
}

CallOutcome Instance::check(const ReceiveProblem& receive) {
    ProblemSink sink{{}, &receive};
    sink.door.size = sizeof(hg_problems);
    sink.door.report = [](hg_problems* door, hg_text option, hg_text key, hg_text message, hg_text hint) {
        (*reinterpret_cast<ProblemSink*>(door)->receive)(view(option), view(key), view(message), view(hint));
    };
    return run_call([&](hg_error* error) { return plugin_->check(plugin_, &sink.door, error); });
}

std::vector<Declaration> Instance::declarations(const std::vector<Declaration>& upstream) {
    std::vector<Declaration> declared;
    if (descriptor_->kind == HG_KIND_INPUT) {
        const auto* bytes = reinterpret_cast<const char*>(descriptor_->declarations);
        for (std::size_t i = 0; i < descriptor_->declaration_count; ++i) {
            declared.push_back(Declaration::from(
                *reinterpret_cast<const hg_declaration*>(bytes + i * descriptor_->declaration_stride)));
        }
        return declared;
    }
    const auto* declare =
        plugin_->get_extension == nullptr
            ? nullptr
            : static_cast<const hg_declare*>(plugin_->get_extension(plugin_, to_text(HG_EXTENSION_DECLARE)));
    if (declare == nullptr) {
        return upstream;
    }
    declare->each(plugin_, &declared, [](void* context, const hg_declaration* declaration) {
        static_cast<std::vector<Declaration>*>(context)->push_back(Declaration::from(*declaration));
    });
    return declared;
}

}  // namespace heliograph::runtime
