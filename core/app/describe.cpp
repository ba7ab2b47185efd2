#include "core/app/describe.hpp"

#include "core/config/option_values.hpp"
#include "core/graph/graph.hpp"
#include "core/loader/registry.hpp"
#include "core/observe/log.hpp"

#include <heliograph/text.hpp>

#include <algorithm>
#include <span>

namespace heliograph::app {
namespace {

using config::option_value_text;

std::span<const hg_option* const> options_of(const hg_descriptor& descriptor) {
    return {descriptor.options, descriptor.option_count};
}

std::vector<hg_declaration> declarations_of(const hg_descriptor& descriptor) {
    std::vector<hg_declaration> all;
    const auto* bytes = reinterpret_cast<const char*>(descriptor.declarations);
    for (std::size_t i = 0; i < descriptor.declaration_count; ++i) {
        all.push_back(*reinterpret_cast<const hg_declaration*>(bytes + i * descriptor.declaration_stride));
    }
    return all;
}

bool has(const hg_option& option, hg_option_flag flag) {
    return (option.flags & static_cast<std::uint32_t>(flag)) != 0;
}

/// A short word for the type, with the choices of a choice.
std::string type_word(const hg_option& option) {
    switch (option.type) {
        case HG_OPTION_TEXT:
            return "text";
        case HG_OPTION_INTEGER:
            return "integer";
        case HG_OPTION_FLOAT:
            return "number";
        case HG_OPTION_BOOLEAN:
            return "boolean";
        case HG_OPTION_DURATION:
            return "duration";
        case HG_OPTION_SIZE:
            return "size";
        case HG_OPTION_LIST:
            return "list of texts";
        case HG_OPTION_MAP:
            return "table of texts";
        case HG_OPTION_SECRET:
            return "secret";
        case HG_OPTION_CHOICE: {
            std::string words;
            for (const hg_text& choice : std::span(option.choices.items, option.choices.count)) {
                words += (words.empty() ? "" : ", ") + std::string(view(choice));
            }
            return "one of " + words;
        }
        default:
            return "value";
    }
}

/// A bound in the words of a config.
std::string bound(const hg_option& option, double number) {
    hg_option_value value{};
    value.type = option.type;
    if (option.type == HG_OPTION_FLOAT) {
        value.value.floating = number;
    } else {
        value.value.integer = static_cast<std::int64_t>(number);
    }
    return option_value_text(value, option);
}

std::string bounds(const hg_option& option) {
    std::string text;
    if (has(option, HG_OPTION_HAS_MINIMUM)) {
        text += "at least " + bound(option, option.minimum);
    }
    if (has(option, HG_OPTION_HAS_MAXIMUM)) {
        text += (text.empty() ? "" : ", ") + std::string("at most ") + bound(option, option.maximum);
    }
    return text;
}

std::string default_text(const hg_option& option) {
    if (has(option, HG_OPTION_REQUIRED)) {
        return "required";
    }
    return has(option, HG_OPTION_HAS_DEFAULT) ? option_value_text(option.default_value, option) : "none";
}

/// Everything beside name, type and default, in one sentence or two.
std::string full_help(const hg_option& option) {
    std::string text(view(option.help));
    if (const std::string limits = bounds(option); !limits.empty()) {
        text += " (" + limits + ")";
    }
    if (option.unit.size != 0) {
        text += " In " + std::string(view(option.unit)) + ".";
    }
    return text;
}

std::string_view field_type(std::int32_t type) {
    switch (type) {
        case HG_FLOAT:
            return "float";
        case HG_INTEGER:
            return "integer";
        case HG_UNSIGNED:
            return "unsigned";
        case HG_BOOLEAN:
            return "boolean";
        default:
            return "text";
    }
}

/// Markdown reads a bar as the end of a cell.
std::string cell(std::string text) {
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
        text.insert(at, "\\");
    }
    return text;
}

std::string code(const std::string& text) {
    return text == "required" || text == "none" ? text : "`" + text + "`";
}

std::string json(std::string_view text) {
    std::string out;
    observe::append_json_string(out, text);
    return out;
}

std::string json_type(const hg_option& option) {
    switch (option.type) {
        case HG_OPTION_INTEGER:
            return R"("type": "integer")";
        case HG_OPTION_FLOAT:
            return R"("type": "number")";
        case HG_OPTION_BOOLEAN:
            return R"("type": "boolean")";
        case HG_OPTION_SIZE:
            return R"("type": ["string", "integer"])";
        case HG_OPTION_LIST:
            return R"("type": "array", "items": {"type": "string"})";
        case HG_OPTION_MAP:
            return R"("type": "object", "additionalProperties": {"type": "string"})";
        default:
            return R"("type": "string")";
    }
}

}  // namespace

std::string describe_text(const hg_descriptor& descriptor) {
    const auto kind = static_cast<loader::Kind>(descriptor.kind);
    std::string out = std::string(view(descriptor.type)) + ": " + std::string(loader::kind_name(kind)) +
                      ", version " + std::string(view(descriptor.version)) + "\n" +
                      std::string(view(descriptor.summary)) + "\n";
    if (descriptor.option_count != 0) {
        out += "\nOptions:\n";
    }
    for (const hg_option* option : options_of(descriptor)) {
        out += "  " + std::string(view(option->name)) + " (" + type_word(*option) + ", " +
               (has(*option, HG_OPTION_REQUIRED) || !has(*option, HG_OPTION_HAS_DEFAULT) ? "" : "default ") +
               default_text(*option) + ")\n      " + full_help(*option) + "\n";
    }
    if (descriptor.declaration_count != 0) {
        out += "\nMetrics:\n";
        std::string_view measurement;
        for (const hg_declaration& declaration : declarations_of(descriptor)) {
            if (view(declaration.measurement) != measurement) {
                measurement = view(declaration.measurement);
                out += "  " + std::string(measurement) + "\n";
            }
            out += "    " + std::string(view(declaration.name)) +
                   (declaration.role == HG_ROLE_TAG ? " (tag)"
                                                    : " (" + std::string(field_type(declaration.type)) +
                                                          (declaration.unit.size == 0 ? "" : ", ") +
                                                          std::string(view(declaration.unit)) + ")") +
                   "  " + std::string(view(declaration.help)) + "\n";
        }
    }
    return out;
}

std::string describe_markdown(const hg_descriptor& descriptor) {
    std::string out = "<!-- generated: options -->\n";
    if (descriptor.option_count == 0) {
        out += "No options of its own.\n";
    } else {
        out += "| Option | Type | Default | Meaning |\n| --- | --- | --- | --- |\n";
        for (const hg_option* option : options_of(descriptor)) {
            out += "| `" + std::string(view(option->name)) + "` | " + cell(type_word(*option)) + " | " +
                   cell(code(default_text(*option))) + " | " + cell(full_help(*option)) + " |\n";
        }
    }
    out += "<!-- end generated -->\n";
    if (descriptor.declaration_count == 0) {
        return out;
    }
    out += "\n<!-- generated: metrics -->\n";
    std::string_view measurement;
    for (const hg_declaration& declaration : declarations_of(descriptor)) {
        if (view(declaration.measurement) != measurement) {
            out += measurement.empty() ? "" : "\n";
            measurement = view(declaration.measurement);
            out += "### `" + std::string(measurement) +
                   "`\n\n| Name | Kind | Type | Unit | Meaning |\n"
                   "| --- | --- | --- | --- | --- |\n";
        }
        const bool is_tag = declaration.role == HG_ROLE_TAG;
        out += "| `" + std::string(view(declaration.name)) + "` | " + (is_tag ? "tag" : "field") + " | " +
               std::string(field_type(declaration.type)) + " | " + std::string(view(declaration.unit)) +
               " | " + cell(std::string(view(declaration.help))) + " |\n";
    }
    return out + "<!-- end generated -->\n";
}

std::string describe_json(const hg_descriptor& descriptor) {
    std::string out = "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": " +
                      json(view(descriptor.type)) +
                      ",\n  \"description\": " + json(view(descriptor.summary)) +
                      ",\n  \"type\": \"object\",\n  \"properties\": {\n    \"type\": {\"const\": " +
                      json(view(descriptor.type)) + "}";
    std::string required = "\"type\"";
    for (const hg_option* option : options_of(descriptor)) {
        out += ",\n    " + json(view(option->name)) + ": {" + json_type(*option);
        if (option->type == HG_OPTION_CHOICE) {
            std::string words;
            for (const hg_text& choice : std::span(option->choices.items, option->choices.count)) {
                words += (words.empty() ? "" : ", ") + json(view(choice));
            }
            out += ", \"enum\": [" + words + "]";
        }
        if (option->type == HG_OPTION_INTEGER || option->type == HG_OPTION_FLOAT) {
            out += has(*option, HG_OPTION_HAS_MINIMUM) ? ", \"minimum\": " + bound(*option, option->minimum)
                                                       : "";
            out += has(*option, HG_OPTION_HAS_MAXIMUM) ? ", \"maximum\": " + bound(*option, option->maximum)
                                                       : "";
        }
        out += ", \"description\": " + json(full_help(*option)) + "}";
        required += has(*option, HG_OPTION_REQUIRED) ? ", " + json(view(option->name)) : "";
    }
    return out + "\n  },\n  \"required\": [" + required + "]\n}\n";
}

std::string sample_table(const hg_descriptor& descriptor, std::string_view name,
                         const std::vector<std::string>& from) {
    const auto kind = static_cast<loader::Kind>(descriptor.kind);
    std::string out = "# " + std::string(view(descriptor.summary)) + "\n[" +
                      std::string(graph::table_name(kind)) + "." + std::string(name) + "]\ntype = \"" +
                      std::string(view(descriptor.type)) + "\"\n";
    if (kind != loader::Kind::input) {
        std::string names;
        for (const std::string& source : from) {
            names += (names.empty() ? "\"" : ", \"") + source + "\"";
        }
        out += "from = [" + names + "]\n";
    }
    for (const hg_option* option : options_of(descriptor)) {
        const bool is_set = has(*option, HG_OPTION_REQUIRED) || has(*option, HG_OPTION_IN_SAMPLE);
        std::string value =
            has(*option, HG_OPTION_HAS_DEFAULT) ? option_value_text(option->default_value, *option) : "";
        if (option->example.size != 0 &&
            (is_set || value.empty() || value == "\"\"" || value == "[]" || value == "{}")) {
            value = std::string(view(option->example));
        }
        out += "\n## " + full_help(*option) + " Takes " + type_word(*option) + ".\n" + (is_set ? "" : "# ") +
               std::string(view(option->name)) + " = " + (value.empty() ? "\"\"" : value) + "\n";
    }
    return out;
}

}  // namespace heliograph::app
