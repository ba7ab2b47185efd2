#include "tests/integration/driver/workspace.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

namespace heliograph::testing {

Workspace::Workspace() {
    std::string name = (std::filesystem::temp_directory_path() / "heliograph-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    }
    folder_ = name;
}

Workspace::~Workspace() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> Workspace::files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
        names.push_back(entry.path().lexically_relative(folder_).string());
    }
    return names;
}

std::filesystem::path Workspace::write(std::string_view name, std::string_view text) const {
    const std::filesystem::path path = file(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace heliograph::testing
