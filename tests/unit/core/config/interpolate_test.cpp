#include "core/config/interpolate.hpp"

#include "core/config/parse.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <memory>

namespace heliograph::config {
namespace {

Environment environment(std::map<std::string, std::string> variables,
                        std::map<std::string, std::string> files = {}) {
    const auto find = [](const std::map<std::string, std::string>& map, const std::string& key) {
        const auto found = map.find(key);
        return found == map.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    return {.variable = [=](const std::string& name) { return find(variables, name); },
            .file =
                [=](const std::string& path) {
                    auto text = find(files, path);
                    const bool found = text.has_value();
                    return FileText{std::move(text), found ? "" : "No such file or directory"};
                }};
}

Environment sample() {
    return environment({{"HOST", "dtu"},
                        {"EMPTY", ""},
                        {"TRICKY", "${HOST} $$ }"},
                        {"TOKEN_FILE", "/run/token"},
                        {"BOTH", "variable"},
                        {"BOTH_FILE", "/run/token"},
                        {"GONE_FILE", "/run/secret-path"},
                        {"FOLDER", "/run"}},
                       {{"/run/token", "hush\n\n"}, {"/run/windows", "hush\r\n"}, {"/run/bare", "hush"}});
}

TEST_CASE("interpolate fills in variables and files", "[unit][config]") {
    struct Case {
        std::string text;
        std::string want;
        Interpolation how;
    };
    using enum Interpolation;
    const auto c = GENERATE(values<Case>({{"plain", "plain", unchanged},
                                          {"${HOST}", "dtu", substituted},
                                          {"http://${HOST}:${PORT:-80}/", "http://dtu:80/", substituted},
                                          {"${EMPTY}", "", substituted},
                                          {"${EMPTY:-x}", "x", substituted},
                                          {"${NONE:-}", "", substituted},
                                          {"${HOST:-x}", "dtu", substituted},
                                          {"${HOST:?needed}", "dtu", substituted},
                                          {"${NONE:-${EMPTY:-${HOST}}!}", "dtu!", substituted},
                                          {"${HOST:-${NONE}}", "dtu", substituted},
                                          {"${HOST:-${file:/nowhere}}", "dtu", substituted},
                                          {"${HOST:-${NONE:?x}}", "dtu", substituted},
                                          {"${NONE:-a:-b$$c}", "a:-b$c", substituted},
                                          {"${TOKEN}", "hush\n", substituted},
                                          {"${TOKEN:-x}", "hush\n", substituted},
                                          {"${BOTH}", "variable", substituted},
                                          {"${file:/run/token}", "hush\n", substituted},
                                          {"${file:/run/windows}", "hush", substituted},
                                          {"${file:${FOLDER}/bare}", "hush", substituted},
                                          {"${TRICKY}", "${HOST} $$ }", substituted},
                                          {"$${HOST}", "${HOST}", unchanged},
                                          {"$$${HOST}", "$dtu", substituted},
                                          {"pa$$word", "pa$word", unchanged},
                                          {"a$b $ {HOST} 5$", "a$b $ {HOST} 5$", unchanged},
                                          {"}", "}", unchanged}}));
    DYNAMIC_SECTION(c.text) {
        Problems problems;
        Value value = Value::text(c.text);
        interpolate(value, sample(), problems, "x");
        CHECK(problems.to_text().empty());
        CHECK(value.as_text() == c.want);
        CHECK(value.interpolation() == c.how);
        CHECK(value.interpolated() == (c.how == substituted));
    }
}

TEST_CASE("interpolate says what cannot be resolved, without the content of anything", "[unit][config]") {
    struct Case {
        std::string text;
        std::string problem;
    };
    const std::string unclosed = "a `${` has no closing `}`; for a plain `$` write `$$`\n";
    const std::string no_name =
        "what follows a `${` is not a variable's name, or is not followed by `}`, `:-` or `:?`; for a plain "
        "`$` write "
        "`$$`\n";
    const auto c = GENERATE_COPY(values<Case>(
        {{"${NONE}",
          "environment variable NONE is not set (nor NONE_FILE); set it, or write ${NONE:-default}\n"},
         {"${NONE:?the host of the DTU}",
          "environment variable NONE is not set (nor NONE_FILE): the host of the DTU\n"},
         {"${EMPTY:?the host}", "environment variable EMPTY is empty: the host\n"},
         {"${NONE:?}", "environment variable NONE is not set (nor NONE_FILE)\n"},
         {"${GONE}",
          "cannot read the file that environment variable GONE_FILE names: No such file or directory\n"},
         {"${GONE:-x}",
          "cannot read the file that environment variable GONE_FILE names: No such file or directory\n"},
         {"${GONE:?x}",
          "cannot read the file that environment variable GONE_FILE names: No such file or directory\n"},
         {"${file:/nowhere}", "cannot read the file `/nowhere`: No such file or directory\n"},
         {"${file:${HOST}/x}", "cannot read the file `${HOST}/x`: No such file or directory\n"},
         {"${HOST", unclosed},
         {"${HOST:-x", unclosed},
         {"${HOST:?x", unclosed},
         {"${NONE:-${HOST", unclosed},
         {"${file:/run/token", unclosed},
         {"${", unclosed},
         {"${}", no_name},
         {"${1A}", no_name},
         {"se${cret}x${se-cret}",
          "environment variable cret is not set (nor cret_FILE); set it, or write "
          "${cret:-default}\nf:4:2: inputs.roof: " +
              no_name},
         {"${HOST:+x}", no_name},
         {"${HOST:", no_name}}));
    DYNAMIC_SECTION(c.text) {
        Problems problems;
        Value value =
            Value::text(c.text, {.file = std::make_shared<const std::string>("f"), .line = 4, .column = 2});
        interpolate(value, sample(), problems, "inputs.roof");
        CHECK(problems.to_text() == "f:4:2: inputs.roof: " + c.problem);
        CHECK(value.interpolation() == Interpolation::failed);
        CHECK(value.as_text() == c.text);
    }
}

TEST_CASE("interpolate limits how deep defaults nest", "[unit][config]") {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        text += "${A:-";
    }
    Problems problems;
    Value value = Value::text(text);
    interpolate(value, sample(), problems, "x");
    CHECK(problems.to_text() == "x: `${` is nested too deeply\n");
}

constexpr std::string_view kConfig = R"(
[outputs.influx]
enabled = "${ON:-false}"
url = "${URL}"
tls = { ca = "${CA}" }
hosts = ["a", "${B}"]
)";

TEST_CASE("interpolate reports every problem of a document with its place and key", "[unit][config]") {
    Problems problems;
    auto document = parse_toml(kConfig, "f.toml", problems);
    REQUIRE(document);
    interpolate(*document, environment({}), problems);
    CHECK(problems.to_text() ==
          "f.toml:4:7: option `outputs.influx.url`: environment variable URL is not set (nor URL_FILE); set "
          "it, or "
          "write ${URL:-default}\n"
          "f.toml:5:14: option `outputs.influx.tls.ca`: environment variable CA is not set (nor CA_FILE); "
          "set it, or "
          "write ${CA:-default}\n"
          "f.toml:6:15: option `outputs.influx.hosts[1]`: environment variable B is not set (nor B_FILE); "
          "set it, or "
          "write ${B:-default}\n");
}

TEST_CASE("interpolate can resolve one entry first and the rest later, each once", "[unit][config]") {
    Problems problems;
    auto document = parse_toml(kConfig, "f.toml", problems);
    REQUIRE(document);
    Value& node = document->root.find("outputs")->value.find("influx")->value;
    Value& enabled = node.find("enabled")->value;
    const Environment first = environment({{"ON", "${URL}"}});
    interpolate(enabled, first, problems, "outputs.influx: option `enabled`");
    CHECK(problems.empty());
    CHECK(enabled.as_text() == "${URL}");
    CHECK(node.find("url")->value.interpolation() == Interpolation::pending);

    interpolate(node, environment({{"URL", "http://x"}}), problems, "outputs.influx");
    CHECK(enabled.as_text() == "${URL}");
    CHECK(node.find("url")->value.as_text() == "http://x");
    REQUIRE(problems.size() == 2);
    CHECK(problems.items()[0].subject == "outputs.influx: option `tls.ca`");
    CHECK(problems.items()[1].subject == "outputs.influx: option `hosts[1]`");

    interpolate(node, environment({}), problems, "outputs.influx");
    CHECK(problems.size() == 2);
}

TEST_CASE("process_environment looks up this process and its files", "[unit][config]") {
    const Environment real = process_environment();
    ::setenv("HELIOGRAPH_INTERPOLATE_TEST", "here", 1);
    CHECK(real.variable("HELIOGRAPH_INTERPOLATE_TEST") == "here");
    ::unsetenv("HELIOGRAPH_INTERPOLATE_TEST");
    CHECK(real.variable("HELIOGRAPH_INTERPOLATE_TEST") == std::nullopt);
    CHECK(real.file(HELIOGRAPH_SOURCE_DIR "/tests/catch_main.cpp").text);
    CHECK(real.file("/nonexistent/file").error == "No such file or directory");
    CHECK_FALSE(real.file("/").text);
    CHECK(real.file("/dev/zero").error == "it is larger than 1 MiB");
}

}  // namespace
}  // namespace heliograph::config
