// heliograph sample: a commented config that chains the chosen plugins.
#include "core/app/describe.hpp"
#include "core/app/program.hpp"
#include "core/loader/registry.hpp"

#include <heliograph/text.hpp>

#include <iostream>
#include <map>

namespace heliograph::app {
namespace {

/// The modules of the wanted types, by kind, in the order in which they were asked for.
bool find_modules(loader::Registry& registry, const std::vector<std::string>& types,
                  std::map<loader::Kind, std::vector<const loader::Module*>>& found) {
    bool good = true;
    for (const std::string& type : types) {
        std::string error = "there is no plugin `" + type + "`; heliograph plugins lists what there is";
        bool known = false;
        for (const loader::Kind kind : {loader::Kind::input, loader::Kind::processor, loader::Kind::output}) {
            const loader::Loaded loaded = registry.find(kind, type);
            if (loaded.module != nullptr) {
                found[kind].push_back(loaded.module);
                known = true;
            }
        }
        if (!known) {
            std::cerr << error << "\n";
            good = false;
        }
    }
    return good;
}

}  // namespace

int command_sample(const Arguments& arguments) {
    if (arguments.names.empty()) {
        std::cerr << "sample: name the plugins that the config is to use: heliograph sample TYPE...\n";
        return kBadConfig;
    }
    loader::Registry registry(loader::search_path(arguments.plugin_dirs));
    std::map<loader::Kind, std::vector<const loader::Module*>> modules;
    if (!find_modules(registry, arguments.names, modules)) {
        return kFailure;
    }
    std::cout << "# Every node has a name of your own: [inputs.NAME]. Lines with one # show defaults.\n"
                 "[agent]\n# interval = \"60s\"\n# state_dir = \"/var/lib/heliograph\"\n";
    std::map<std::string, int> used;
    std::vector<std::string> last;
    for (const auto& [kind, list] : modules) {
        std::vector<std::string> made;
        for (const loader::Module* module : list) {
            const std::string type(view(module->descriptor->type));
            const int number = ++used[type];
            const std::string name = number == 1 ? type : type + "_" + std::to_string(number);
            std::cout << "\n" << sample_table(*module->descriptor, name, last);
            if (kind == loader::Kind::processor) {
                last = {name};  // processors stand in a row
            }
            made.push_back(name);
        }
        if (kind == loader::Kind::input) {
            last = made;
        }
    }
    return kSuccess;
}

}  // namespace heliograph::app
