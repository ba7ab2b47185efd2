#include "core/app/describe.hpp"

#include "core/config/parse.hpp"

#include <heliograph/plugin.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <string>

namespace heliograph::app {
namespace {

using namespace std::chrono_literals;

enum class Mode : std::uint8_t { fast, careful };

struct Options {
    std::string host;
    std::int64_t port = 502;
    std::chrono::milliseconds timeout{1500};
    std::vector<std::string> names;
    Mode mode = Mode::careful;
    Secret token;

    static constexpr auto describe = options(
        option<&Options::host>("host", "Where it is.").required().example("\"192.168.1.20\""),
        option<&Options::port>("port", "Which port.").at_least(1).at_most(65535),
        option<&Options::timeout>("timeout", "How long | at most.").at_least(10ms),
        option<&Options::names>("names", "Some names.").example("[\"a\"]"),
        option<&Options::mode>("mode", "How.").choices({{"fast", Mode::fast}, {"careful", Mode::careful}}),
        option<&Options::token>("token", "A token."));
};

class Meter final : public Input<Options> {
public:
    static constexpr auto kDeclarations =
        std::to_array<hg_declaration>({declare_tag("roof", "dtu", "Which DTU."),
                                       declare_field("roof", "power", ValueType::floating, "W", "Power now."),
                                       declare_field("grid", "state", ValueType::text, "", "How it is.")});
    void gather(Accumulator&) override {}
};

const hg_descriptor& meter() {
    return descriptor<Meter>("meter", "Reads a meter.", "1.2.3");
}

TEST_CASE("A plugin is described for a terminal", "[unit][app]") {
    CHECK(describe_text(meter()) == R"golden(meter: input, version 1.2.3
Reads a meter.

Options:
  host (text, required)
      Where it is.
  port (integer, default 502)
      Which port. (at least 1, at most 65535)
  timeout (duration, default "1.5s")
      How long | at most. (at least "10ms")
  names (list of texts, default [])
      Some names.
  mode (one of fast, careful, default "careful")
      How.
  token (secret, default "")
      A token.

Metrics:
  roof
    dtu (tag)  Which DTU.
    power (float, W)  Power now.
  grid
    state (text)  How it is.
)golden");
}

TEST_CASE("A plugin is described in Markdown, with marks around what is generated", "[unit][app]") {
    CHECK(describe_markdown(meter()) == R"golden(<!-- generated: options -->
| Option | Type | Default | Meaning |
| --- | --- | --- | --- |
| `host` | text | required | Where it is. |
| `port` | integer | `502` | Which port. (at least 1, at most 65535) |
| `timeout` | duration | `"1.5s"` | How long \| at most. (at least "10ms") |
| `names` | list of texts | `[]` | Some names. |
| `mode` | one of fast, careful | `"careful"` | How. |
| `token` | secret | `""` | A token. |
<!-- end generated -->

<!-- generated: metrics -->
### `roof`

| Name | Kind | Type | Unit | Meaning |
| --- | --- | --- | --- | --- |
| `dtu` | tag | text |  | Which DTU. |
| `power` | field | float | W | Power now. |

### `grid`

| Name | Kind | Type | Unit | Meaning |
| --- | --- | --- | --- | --- |
| `state` | field | text |  | How it is. |
<!-- end generated -->
)golden");
}

TEST_CASE("A plugin is described as JSON Schema", "[unit][app]") {
    const std::string schema = describe_json(meter());
    config::Problems problems;
    CHECK(config::parse_json(schema, "schema.json", problems));
    CHECK(problems.empty());
    CHECK(schema == R"golden({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "meter",
  "description": "Reads a meter.",
  "type": "object",
  "properties": {
    "type": {"const": "meter"},
    "host": {"type": "string", "description": "Where it is."},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535, "description": "Which port. (at least 1, at most 65535)"},
    "timeout": {"type": "string", "description": "How long | at most. (at least \"10ms\")"},
    "names": {"type": "array", "items": {"type": "string"}, "description": "Some names."},
    "mode": {"type": "string", "enum": ["fast", "careful"], "description": "How."},
    "token": {"type": "string", "description": "A token."}
  },
  "required": ["type", "host"]
}
)golden");
}

TEST_CASE("A sample writes what is required and shows the rest as comments", "[unit][app]") {
    const std::string sample = sample_table(meter(), "roof", {});
    config::Problems problems;
    CHECK(config::parse_toml(sample, "sample.toml", problems));
    CHECK(problems.empty());
    CHECK(sample == R"golden(# Reads a meter.
[inputs.roof]
type = "meter"

## Where it is. Takes text.
host = "192.168.1.20"

## Which port. (at least 1, at most 65535) Takes integer.
# port = 502

## How long | at most. (at least "10ms") Takes duration.
# timeout = "1.5s"

## Some names. Takes list of texts.
# names = ["a"]

## How. Takes one of fast, careful.
# mode = "careful"

## A token. Takes secret.
# token = ""
)golden");
}

}  // namespace
}  // namespace heliograph::app
