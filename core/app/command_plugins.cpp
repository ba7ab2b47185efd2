// heliograph plugins: what is on the search path, and what each plugin takes.
#include "core/app/describe.hpp"
#include "core/app/program.hpp"
#include "core/loader/registry.hpp"

#include <heliograph/text.hpp>

#include <algorithm>
#include <iostream>

namespace heliograph::app {
namespace {

int list_plugins(loader::Registry& registry) {
    int code = kSuccess;
    for (const loader::Listed& listed : registry.list()) {
        if (listed.loaded.module == nullptr) {
            std::cerr << listed.loaded.error << "\n";
            code = kFailure;
            continue;
        }
        const hg_descriptor& descriptor = *listed.loaded.module->descriptor;
        const std::string kind(loader::kind_name(listed.loaded.module->kind()));
        const std::string type(view(descriptor.type));
        std::cout << kind << std::string(11 - kind.size(), ' ') << type
                  << std::string(type.size() < 16 ? 16 - type.size() : 1, ' ') << view(descriptor.summary)
                  << "\n";
    }
    return code;
}

bool describe(loader::Registry& registry, const std::string& type, const std::string& format) {
    bool found = false;
    for (const loader::Kind kind : {loader::Kind::input, loader::Kind::processor, loader::Kind::output}) {
        const auto types = registry.types(kind);
        if (std::find(types.begin(), types.end(), type) == types.end()) {
            continue;
        }
        const loader::Loaded loaded = registry.find(kind, type);
        if (loaded.module == nullptr) {
            std::cerr << loaded.error << "\n";
            return false;
        }
        const hg_descriptor& descriptor = *loaded.module->descriptor;
        std::cout << (format == "markdown" ? describe_markdown(descriptor)
                      : format == "json"   ? describe_json(descriptor)
                                           : describe_text(descriptor));
        found = true;
    }
    if (!found) {
        std::cerr << "there is no plugin `" << type
                  << "` on the search path; heliograph plugins lists what there is\n";
    }
    return found;
}

}  // namespace

int command_plugins(const Arguments& arguments) {
    loader::Registry registry(loader::search_path(arguments.plugin_dirs));
    if (arguments.names.empty()) {
        return list_plugins(registry);
    }
    bool good = true;
    for (const std::string& type : arguments.names) {
        good = describe(registry, type, arguments.format) && good;
    }
    return good ? kSuccess : kFailure;
}

}  // namespace heliograph::app
