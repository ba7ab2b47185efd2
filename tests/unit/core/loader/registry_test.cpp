#include "core/loader/registry.hpp"

#include "tests/integration/driver/workspace.hpp"

#include <heliograph/text.hpp>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace heliograph::loader {
namespace {

namespace fs = std::filesystem;

const fs::path kModules = TEST_MODULES;

using testing::Workspace;

/// The error with the folder of the modules left out.
std::string short_error(const Loaded& loaded) {
    CHECK(loaded.module == nullptr);
    std::string text = loaded.error;
    const std::string folder = kModules.string() + "/";
    for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
        text.erase(at, folder.size());
    }
    return text;
}

TEST_CASE("A module that does not fit is refused in one sentence that says what to do", "[unit][loader]") {
    struct Case {
        std::string file;
        std::string want;
    };
    const auto c = GENERATE(values<Case>({
        {"output_no_symbol.so",
         "plugin output_no_symbol.so: this shared object is not a Heliograph plugin: it does not export "
         "heliograph_plugin; use the macro HELIOGRAPH_PLUGIN"},
        {"output_no_descriptor.so",
         "plugin output_no_descriptor.so cannot be used: it returns no descriptor; build it again with the "
         "current "
         "SDK"},
        {"output_newer_major.so",
         "plugin output_newer_major.so cannot be used: it was built for plugin ABI 2.0, and this heliograph "
         "offers "
         "1.0; update heliograph, or use a build of the plugin for that ABI"},
        {"output_older_major.so",
         "plugin output_older_major.so cannot be used: it was built for plugin ABI 0.9, and this heliograph "
         "offers "
         "1.0; build the plugin again with the current SDK"},
        {"output_newer_minor.so",
         "plugin output_newer_minor.so cannot be used: it was built for plugin ABI 1.7, and this heliograph "
         "offers "
         "1.0; update heliograph, or use a build of the plugin for that ABI"},
        {"output_short.so",
         "plugin output_short.so cannot be used: its descriptor is shorter than its ABI version says; build "
         "it again "
         "with the current SDK"},
        {"output_no_create.so",
         "plugin output_no_create.so cannot be used: its descriptor is incomplete (kind, type or create is "
         "missing); "
         "build it again with the SDK's macro"},
        {"nowhere.so", "plugin nowhere.so: there is no such file"},
        {".", "plugin .: there is no such file"},
        {"input_good.so", ""},
        {"processor_good.so",
         "plugin processor_good.so: this is a processor plugin, and an output is wanted here"},
    }));
    DYNAMIC_SECTION(c.file) {
        Registry registry({});
        const Loaded loaded = registry.load_file(Kind::output, kModules / c.file);
        if (c.want.empty()) {
            CHECK(loaded.module != nullptr);
        } else {
            CHECK(short_error(loaded) == c.want);
        }
    }
}

TEST_CASE("A module of another kind is named with the kind that is wanted", "[unit][loader]") {
    Registry registry({kModules});
    CHECK(short_error(registry.load_file(Kind::processor, kModules / "output_good.so")) ==
          "plugin output_good.so: this is an output plugin, and a processor is wanted here");
    CHECK(short_error(registry.find(Kind::input, "good")) ==
          "plugin input_good.so: this is an output plugin, and an input is wanted here");
}

TEST_CASE("A file that is no shared object is refused before it is loaded", "[unit][loader]") {
    const Workspace folder;
    const fs::path path = folder.folder() / "output_text.so";
    const std::string content = GENERATE(as<std::string>(), "", "\x7f", "#!/bin/sh\necho hello\n");
    std::ofstream(path) << content;
    Registry registry({folder.folder()});
    CHECK(registry.find(Kind::output, "text").error ==
          "plugin " + path.string() + ": this is not a shared object (an ELF .so file)");
}

TEST_CASE("A shared object that is cut short or of another machine is an error", "[unit][loader]") {
    const Workspace folder;
    const fs::path path = folder.folder() / "output_cut.so";
    std::ofstream(path) << "\x7f"
                           "ELF and nothing more";
    Registry registry({folder.folder()});
    const Loaded loaded = registry.find(Kind::output, "cut");
    CHECK(loaded.module == nullptr);
    CHECK(loaded.error.starts_with("plugin " + path.string() + " could not be loaded: "));
}

TEST_CASE("A good module is loaded once and stays where it is", "[unit][loader]") {
    Registry registry({kModules});
    const Loaded first = registry.find(Kind::output, "good");
    REQUIRE(first.module != nullptr);
    CHECK(first.error.empty());
    CHECK(first.module->kind() == Kind::output);
    CHECK(view(first.module->descriptor->type) == "good");
    CHECK(registry.find(Kind::output, "good").module == first.module);
    CHECK(registry.load_file(Kind::output, kModules / "output_good.so").module == first.module);
}

TEST_CASE("A module whose file is named after another type is refused", "[unit][loader]") {
    Registry registry({kModules});
    CHECK(short_error(registry.find(Kind::output, "misnamed")) ==
          "plugin output_misnamed.so: its descriptor says that it is `other`, not `misnamed`; rename the "
          "file after "
          "its type");
}

TEST_CASE("A type that no folder has is met with where it was sought", "[unit][loader]") {
    CHECK(Registry({}).find(Kind::input, "x").error ==
          "there is no input plugin `x`: no file input_x.so in the search path, which is empty");
    CHECK(Registry({"/one", "/two"}).find(Kind::input, "x").error ==
          "there is no input plugin `x`: no file input_x.so in /one, /two");
}

TEST_CASE("The first folder with a file of that name wins", "[unit][loader]") {
    const Workspace folder;
    fs::copy_file(kModules / "output_good.so", folder.folder() / "output_good.so");
    Registry registry({"/nowhere", folder.folder(), kModules});
    const Loaded loaded = registry.find(Kind::output, "good");
    REQUIRE(loaded.module != nullptr);
    CHECK(loaded.module->path == folder.folder() / "output_good.so");
}

TEST_CASE("Types are listed by file name, without loading anything", "[unit][loader]") {
    const Workspace folder;
    for (const char* name :
         {"output_b.so", "output_a.so", "input_a.so", "output_c.so.1", "readme.txt", "output_d"}) {
        std::ofstream(folder.folder() / name) << "text";
    }
    Registry registry({folder.folder(), "/nowhere", folder.folder()});
    CHECK(registry.types(Kind::output) == std::vector<std::string>{"a", "b"});
    CHECK(registry.types(Kind::input) == std::vector<std::string>{"a"});
    CHECK(registry.types(Kind::processor).empty());
    const auto listed = registry.list();
    REQUIRE(listed.size() == 3);
    CHECK(listed[0].path == "input_a.so");
    CHECK(listed[2].path == "output_b.so");
    CHECK(std::none_of(listed.begin(), listed.end(),
                       [](const Listed& l) { return l.loaded.module != nullptr; }));
}

TEST_CASE("The search path is the command line's, then the environment's, then the program's",
          "[unit][loader]") {
    REQUIRE(::setenv("HELIOGRAPH_PLUGIN_PATH", "/c::/d:", 1) == 0);
    const auto folders = search_path({"/a", "/b"});
    ::unsetenv("HELIOGRAPH_PLUGIN_PATH");
    REQUIRE(folders.size() >= 4);
    CHECK(std::vector<fs::path>(folders.begin(), folders.begin() + 4) ==
          std::vector<fs::path>{"/a", "/b", "/c", "/d"});
}

}  // namespace
}  // namespace heliograph::loader
