#include "core/config/parse.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <system_error>

namespace heliograph::config {
namespace {

struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

void add_problem(std::string file_name, std::string message, Problems& problems) {
    problems.add({.position = {.file = std::make_shared<const std::string>(std::move(file_name))},
                  .subject = {},
                  .message = std::move(message),
                  .hint = {}});
}

std::optional<std::string> read_all(const std::filesystem::path& path, Problems& problems) {
    const auto fail = [&](const std::string& reason) {
        add_problem(path.string(), "cannot read the config file: " + reason, problems);
        return std::nullopt;
    };
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        return fail("it is a folder, and a file is wanted");
    }
    errno = 0;
    const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rb"));
    if (!file) {
        return fail(std::generic_category().message(errno));
    }
    std::string text;
    std::array<char, 64 * 1024> chunk{};
    // Read rather than measured first, since a pipe has no size.
    while (const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
        text.append(chunk.data(), count);
        if (text.size() > kLargestFile) {
            return fail("it is larger than 16 MiB, which no config needs; is this the right file?");
        }
    }
    if (std::ferror(file.get()) != 0) {
        return fail(std::generic_category().message(errno));
    }
    return text;
}

bool is_json(const std::filesystem::path& path, std::string_view text) {
    const std::filesystem::path extension = path.extension();
    if (extension == ".json" || extension == ".toml") {
        return extension == ".json";
    }
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

}  // namespace

std::optional<Document> load_file(const std::filesystem::path& path, Problems& problems) {
    try {
        const std::optional<std::string> text = read_all(path, problems);
        if (!text) {
            return std::nullopt;
        }
        return is_json(path, *text) ? parse_json(*text, path.string(), problems)
                                    : parse_toml(*text, path.string(), problems);
    } catch (const std::exception& error) {
        add_problem(path.string(), std::string("cannot read the config file: ") + error.what(), problems);
        return std::nullopt;
    }
}

}  // namespace heliograph::config
