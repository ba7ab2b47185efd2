// Finds and loads plugin modules, and refuses what does not fit in one clear sentence.
#pragma once

#include <heliograph/abi.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::loader {

/// The three kinds of node, as the door numbers them.
enum class Kind : std::int32_t {
    input = HG_KIND_INPUT,
    processor = HG_KIND_PROCESSOR,
    output = HG_KIND_OUTPUT,
};

/// "input", "processor", "output".
[[nodiscard]] std::string_view kind_name(Kind kind) noexcept;

/// A loaded module, which stays loaded for the life of the process.
struct Module {
    std::filesystem::path path;
    const hg_descriptor* descriptor = nullptr;

    [[nodiscard]] Kind kind() const noexcept { return static_cast<Kind>(descriptor->kind); }
};

/// What came of looking for a module: the module, or one sentence saying what was found and what to do.
struct Loaded {
    const Module* module = nullptr;
    std::string error;
};

/// A plugin that a search has come across.
struct Listed {
    std::filesystem::path path;
    Loaded loaded;
};

/// Loads modules by search path. Modules are files named <kind>_<type>.so. Not thread-safe; used during
/// start-up.
class Registry {
public:
    /// Folders are searched in order; the first file of a name wins.
    explicit Registry(std::vector<std::filesystem::path> folders) : folders_(std::move(folders)) {}

    [[nodiscard]] const std::vector<std::filesystem::path>& folders() const noexcept { return folders_; }

    /// The module of a type, loaded on first use. A file under that name with another descriptor is an error.
    Loaded find(Kind kind, std::string_view type);
    /// The module at a path, which must hold a plugin of that kind.
    Loaded load_file(Kind kind, const std::filesystem::path& path);

    /// Types of that kind that the search path offers, by file name only: nothing is loaded. Sorted.
    [[nodiscard]] std::vector<std::string> types(Kind kind) const;
    /// Every module on the search path, loaded; sorted by kind and type.
    std::vector<Listed> list();

private:
    Loaded load(const std::filesystem::path& path);

    std::vector<std::filesystem::path> folders_;
    std::map<std::filesystem::path, Module> modules_;
};

/// Whether a module with that descriptor may be used by this host; an empty text when it may, else the
/// reason. Reads nothing of the descriptor beyond its first three members unless they fit.
[[nodiscard]] std::string refuse_descriptor(const hg_descriptor* descriptor);

/// The search path: folders given on the command line, then HELIOGRAPH_PLUGIN_PATH (colon-separated), then
/// the folder that belongs to the running program: ../lib/heliograph/plugins beside bin, or plugins-out in a
/// build tree.
[[nodiscard]] std::vector<std::filesystem::path> search_path(const std::vector<std::string>& given);

}  // namespace heliograph::loader
