#include "core/config/parse.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace heliograph::config {
namespace {

/// A folder that goes when the test does.
class TemporaryFolder {
public:
    TemporaryFolder()
        : path_(std::filesystem::temp_directory_path() /
                ("heliograph_load_test_" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path write(const std::string& name, std::string_view text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

TEST_CASE("load_file chooses the format by the extension, and without one by the text", "[unit][config]") {
    const TemporaryFolder folder;
    struct Case {
        std::string name;
        std::string text;
        bool good;
    };
    const auto c = GENERATE(values<Case>({{"a.toml", "x = 1", true},
                                          {"a.json", R"({"x": 1})", true},
                                          {"a.conf", "x = 1", true},
                                          {"b.conf", "\xEF\xBB\xBF\n {\"x\": 1}", true},
                                          {"none", R"({"x": 1})", true},
                                          {"b.toml", R"({"x": 1})", false},
                                          {"b.json", "x = 1", false}}));
    DYNAMIC_SECTION(c.name) {
        Problems problems;
        const auto path = folder.write(c.name, c.text);
        const auto document = load_file(path, problems);
        INFO(problems.to_text());
        REQUIRE(document.has_value() == c.good);
        CHECK(problems.empty() == c.good);
        if (document) {
            CHECK(document->file == path.string());
            CHECK(document->root.find("x")->value.as_integer() == 1);
            CHECK(document->root.find("x")->key_position.file_name() == path.string());
        }
    }
}

TEST_CASE("load_file says why a file cannot be read", "[unit][config]") {
    const TemporaryFolder folder;
    Problems problems;
    CHECK_FALSE(load_file(folder.path() / "missing.toml", problems));
    CHECK_FALSE(load_file(folder.path(), problems));
    CHECK_FALSE(load_file(folder.write("large.toml", std::string(kLargestFile + 1, '\n')), problems));
    const std::string where = folder.path().string();
    CHECK(problems.to_text() ==
          where + "/missing.toml: cannot read the config file: No such file or directory\n" + where +
              ": cannot read the config file: it is a folder, and a file is wanted\n" + where +
              "/large.toml: cannot read the config file: it is larger than 16 MiB, which no config needs; is "
              "this the "
              "right file?\n");
}

TEST_CASE("load_file reads a file of the largest size", "[unit][config]") {
    const TemporaryFolder folder;
    Problems problems;
    CHECK(load_file(folder.write("large.toml", std::string(kLargestFile, '\n')), problems));
    CHECK(problems.empty());
}

}  // namespace
}  // namespace heliograph::config
