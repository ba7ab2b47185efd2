#include "core/config/parse.hpp"
#include "tests/integration/driver/workspace.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace heliograph::config {
namespace {

using testing::Workspace;

TEST_CASE("load_file chooses the format by the extension, and without one by the text", "[unit][config]") {
    const Workspace folder;
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
    const Workspace folder;
    Problems problems;
    CHECK_FALSE(load_file(folder.folder() / "missing.toml", problems));
    CHECK_FALSE(load_file(folder.folder(), problems));
    CHECK_FALSE(load_file(folder.write("large.toml", std::string(kLargestFile + 1, '\n')), problems));
    const std::string where = folder.folder().string();
    CHECK(problems.to_text() ==
          where + "/missing.toml: cannot read the config file: No such file or directory\n" + where +
              ": cannot read the config file: it is a folder, and a file is wanted\n" + where +
              "/large.toml: cannot read the config file: it is larger than 16 MiB, which no config needs; is "
              "this the "
              "right file?\n");
}

TEST_CASE("load_file reads a file of the largest size", "[unit][config]") {
    const Workspace folder;
    Problems problems;
    CHECK(load_file(folder.write("large.toml", std::string(kLargestFile, '\n')), problems));
    CHECK(problems.empty());
}

}  // namespace
}  // namespace heliograph::config
