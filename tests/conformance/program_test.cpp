// What the program says of every plugin: its sample passes check, its description is there in all formats.
#include "core/loader/registry.hpp"
#include "tests/conformance/command.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

namespace heliograph::conformance {
namespace {

using loader::Kind;

std::vector<std::string> types(Kind kind) {
    return loader::Registry({HELIOGRAPH_TEST_PLUGIN_DIR}).types(kind);
}

/// Arguments of sample: this plugin, with an input before it and an output behind it.
std::string row_around(Kind kind, const std::string& type) {
    const std::string input = kind == Kind::input ? type : types(Kind::input).front();
    const std::string output = kind == Kind::output ? type : types(Kind::output).front();
    return "sample " + input + (kind == Kind::processor ? " " + type + " " : " ") + output;
}

TEST_CASE("The sample of every plugin passes check", "[conformance]") {
    for (const Kind kind : {Kind::input, Kind::processor, Kind::output}) {
        for (const std::string& type : types(kind)) {
            DYNAMIC_SECTION(loader::kind_name(kind) << " " << type) {
                const Workspace folder;
                const Result sample = run_heliograph(row_around(kind, type));
                REQUIRE(sample.code == 0);
                const Result check =
                    run_heliograph("check -c '" + folder.write("sample.toml", sample.output).string() + "'");
                INFO(sample.output << check.output);
                CHECK(check.code == 0);
            }
        }
    }
}

TEST_CASE("Every plugin is listed and described in all formats", "[conformance]") {
    const Result list = run_heliograph("plugins");
    CHECK(list.code == 0);
    for (const Kind kind : {Kind::input, Kind::processor, Kind::output}) {
        for (const std::string& type : types(kind)) {
            CAPTURE(type);
            CHECK(list.output.find(" " + type + " ") != std::string::npos);
            const Result text = run_heliograph("plugins " + type);
            CHECK(text.code == 0);
            CHECK(text.output.starts_with(type + ": " + std::string(loader::kind_name(kind))));
            const Result markdown = run_heliograph("plugins --format markdown " + type);
            CHECK(markdown.code == 0);
            CHECK(markdown.output.find("<!-- generated: options -->") != std::string::npos);
            const Result json = run_heliograph("plugins --format json " + type);
            CHECK(json.code == 0);
            CHECK(json.output.starts_with("{"));
        }
    }
}

}  // namespace
}  // namespace heliograph::conformance
