#include "core/loader/registry.hpp"

#include <heliograph/text.hpp>

#include <boost/dll/shared_library.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#ifndef HELIOGRAPH_PLUGIN_INSTALL_DIR
#define HELIOGRAPH_PLUGIN_INSTALL_DIR "../lib/heliograph/plugins"
#endif

namespace heliograph::loader {
namespace {

namespace fs = std::filesystem;

std::string version_text(std::uint32_t major, std::uint32_t minor) {
    return std::to_string(major) + "." + std::to_string(minor);
}

bool looks_like_shared_object(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::array<char, 4> magic{};
    file.read(magic.data(), magic.size());
    return file.gcount() == 4 && std::string_view(magic.data(), 4) ==
                                     "\x7f"
                                     "ELF";
}

/// Keeps a module in memory for the life of the process: it is reachable for ever, and so no leak.
void keep_loaded(std::unique_ptr<boost::dll::shared_library> library) {
    static auto& libraries = *new std::vector<std::unique_ptr<boost::dll::shared_library>>();
    libraries.push_back(std::move(library));
}

std::string with_article(Kind kind) {
    return (kind == Kind::processor ? "a " : "an ") + std::string(kind_name(kind));
}

bool has_kind(const hg_descriptor& descriptor) {
    return descriptor.kind == HG_KIND_INPUT || descriptor.kind == HG_KIND_PROCESSOR ||
           descriptor.kind == HG_KIND_OUTPUT;
}

}  // namespace

std::string_view kind_name(Kind kind) noexcept {
    switch (kind) {
        case Kind::input:
            return "input";
        case Kind::processor:
            return "processor";
        case Kind::output:
            return "output";
    }
    return "node";
}

std::string refuse_descriptor(const hg_descriptor* descriptor) {
    if (descriptor == nullptr) {
        return "it returns no descriptor; build it again with the current SDK";
    }
    if (descriptor->abi_major != HG_ABI_MAJOR || descriptor->abi_minor > HG_ABI_MINOR) {
        const bool newer = descriptor->abi_major > HG_ABI_MAJOR || descriptor->abi_major == HG_ABI_MAJOR;
        return "it was built for plugin ABI " + version_text(descriptor->abi_major, descriptor->abi_minor) +
               ", and this heliograph offers " + version_text(HG_ABI_MAJOR, HG_ABI_MINOR) +
               (newer ? "; update heliograph, or use a build of the plugin for that ABI"
                      : "; build the plugin again with the current SDK");
    }
    if (descriptor->size < sizeof(hg_descriptor)) {
        return "its descriptor is shorter than its ABI version says; build it again with the current SDK";
    }
    if (!has_kind(*descriptor) || descriptor->type.size == 0 || descriptor->create == nullptr) {
        return "its descriptor is incomplete (kind, type or create is missing); build it again with the "
               "SDK's macro";
    }
    return {};
}

Loaded Registry::load(const fs::path& path) {
    if (const auto known = modules_.find(path); known != modules_.end()) {
        return {&known->second, {}};
    }
    const std::string name = "plugin " + path.string();
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
        return {nullptr, name + ": there is no such file"};
    }
    if (!looks_like_shared_object(path)) {
        return {nullptr, name + ": this is not a shared object (an ELF .so file)"};
    }
    try {
        // Plugins may share nothing but the door, and are never unloaded: see docs/decisions.
        auto library = std::make_unique<boost::dll::shared_library>(
            fs::absolute(path), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
        if (!library->has(HG_ENTRY_SYMBOL)) {
            return {nullptr, name + ": this shared object is not a Heliograph plugin: it does not export " +
                                 HG_ENTRY_SYMBOL + "; use the macro HELIOGRAPH_PLUGIN"};
        }
        const hg_descriptor* descriptor = library->get<const hg_descriptor*()>(HG_ENTRY_SYMBOL)();
        if (std::string reason = refuse_descriptor(descriptor); !reason.empty()) {
            return {nullptr, name + " cannot be used: " + reason};
        }
        keep_loaded(std::move(library));
        return {&modules_.emplace(path, Module{path, descriptor}).first->second, {}};
    } catch (const std::exception& exception) {
        // what() carries the text of dlerror, which names the missing symbol or library.
        return {nullptr, name + " could not be loaded: " + exception.what()};
    }
}

Loaded Registry::load_file(Kind kind, const fs::path& path) {
    Loaded loaded = load(path);
    if (loaded.module != nullptr && loaded.module->kind() != kind) {
        return {nullptr, "plugin " + path.string() + ": this is " + with_article(loaded.module->kind()) +
                             " plugin, and " + with_article(kind) + " is wanted here"};
    }
    return loaded;
}

Loaded Registry::find(Kind kind, std::string_view type) {
    const std::string file = std::string(kind_name(kind)) + "_" + std::string(type) + ".so";
    for (const fs::path& folder : folders_) {
        std::error_code error;
        if (!fs::exists(folder / file, error)) {
            continue;
        }
        Loaded loaded = load_file(kind, folder / file);
        if (loaded.module != nullptr && view(loaded.module->descriptor->type) != type) {
            return {nullptr, "plugin " + (folder / file).string() + ": its descriptor says that it is `" +
                                 std::string(view(loaded.module->descriptor->type)) + "`, not `" +
                                 std::string(type) + "`; rename the file after its type"};
        }
        return loaded;
    }
    std::string searched;
    for (const fs::path& folder : folders_) {
        searched += (searched.empty() ? "" : ", ") + folder.string();
    }
    return {nullptr, "there is no " + std::string(kind_name(kind)) + " plugin `" + std::string(type) +
                         "`: no file " + file + " in " +
                         (searched.empty() ? "the search path, which is empty" : searched)};
}

std::vector<std::string> Registry::types(Kind kind) const {
    const std::string prefix = std::string(kind_name(kind)) + "_";
    std::set<std::string> found;
    for (const fs::path& folder : folders_) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error)) {
            const std::string name = entry.path().filename().string();
            if (entry.path().extension() == ".so" && name.starts_with(prefix)) {
                found.insert(entry.path().stem().string().substr(prefix.size()));
            }
        }
    }
    return {found.begin(), found.end()};
}

std::vector<Listed> Registry::list() {
    std::vector<Listed> all;
    for (const Kind kind : {Kind::input, Kind::processor, Kind::output}) {
        for (const std::string& type : types(kind)) {
            const fs::path file = std::string(kind_name(kind)) + "_" + type + ".so";
            all.push_back({file, find(kind, type)});
        }
    }
    return all;
}

std::vector<fs::path> search_path(const std::vector<std::string>& given) {
    std::vector<fs::path> folders(given.begin(), given.end());
    if (const char* variable = std::getenv("HELIOGRAPH_PLUGIN_PATH")) {
        std::string_view rest = variable;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(':'), rest.size());
            if (end != 0) {
                folders.emplace_back(rest.substr(0, end));
            }
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (!error) {
        for (const fs::path& folder :
             {program.parent_path() / HELIOGRAPH_PLUGIN_INSTALL_DIR, program.parent_path() / "plugins-out"}) {
            if (fs::is_directory(folder, error)) {
                folders.push_back(folder.lexically_normal());
            }
        }
    }
    return folders;
}

}  // namespace heliograph::loader
