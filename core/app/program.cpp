#include "core/app/program.hpp"

#include <heliograph/abi.h>

#include <boost/program_options.hpp>

#include <array>
#include <functional>
#include <iostream>
#include <string_view>

namespace heliograph::app {
namespace {

namespace po = boost::program_options;

struct Command {
    std::string_view name;
    std::string_view help;
    int (*run)(const Arguments&);
    std::string_view operands;  // what may follow; empty: nothing
    std::string_view formats;   // values of --format; empty: none
};

int command_version(const Arguments&) {
    std::cout << "heliograph " HELIOGRAPH_VERSION ", plugin ABI " << HG_ABI_MAJOR << "." << HG_ABI_MINOR
              << "\n";
    return kSuccess;
}

constexpr std::array<Command, 9> kCommands{{
    {"run", "Run the config until SIGINT or SIGTERM. SIGUSR1 logs the ledger.", &command_run, "", ""},
    {"check", "Check the config without opening anything.", &command_check, "", ""},
    {"once", "Gather once from every input, deliver, and say by the exit code how it went.", &command_once,
     "", ""},
    {"graph", "Draw the config's graph.", &command_graph, "", "mermaid dot"},
    {"plugins", "List the plugins, or describe some with their options.", &command_plugins, "[TYPE...]",
     "text markdown json"},
    {"sample", "Print a commented config for these plugins.", &command_sample, "TYPE...", ""},
    {"buffer",
     "Look after buffers on disk: list, verify, repair or export them, or deliver files through an output "
     "(replay OUTPUT FILE...).",
     &command_buffer, "ACTION [FOLDER...]", ""},
    {"version", "Print the version.", &command_version, "", ""},
    {"help", "Print this.", nullptr, "", ""},
}};

void print_help(std::ostream& out, const po::options_description& options) {
    out << "Heliograph collects metrics from devices and delivers them.\n\n"
           "Usage: heliograph COMMAND [OPTIONS]\n\nCommands:\n";
    for (const Command& command : kCommands) {
        const std::string words =
            std::string(command.name) + (command.operands.empty() ? "" : " ") + std::string(command.operands);
        out << "  " << words << std::string(words.size() < 19 ? 19 - words.size() : 1, ' ') << command.help
            << "\n";
    }
    out << "\n"
        << options
        << "\nExit codes: 0 all is well, 1 something failed while running, 2 the command line or the config "
           "is wrong.\n"
           "\nExamples:\n"
           "  heliograph sample TYPE TYPE > my.toml\n"
           "  heliograph check -c my.toml\n"
           "  heliograph run -c my.toml\n";
}

int usage_error(const std::string& message) {
    std::cerr << "heliograph: " << message << "\nTry: heliograph --help\n";
    return kBadConfig;
}

std::optional<LogLevel> level_from(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{{{"error", LogLevel::error},
                                                                            {"warning", LogLevel::warning},
                                                                            {"info", LogLevel::info},
                                                                            {"debug", LogLevel::debug}}};
    for (const auto& [name, level] : kLevels) {
        if (name == text) {
            return level;
        }
    }
    return std::nullopt;
}

bool contains_word(std::string_view words, std::string_view word) {
    return (" " + std::string(words) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

}  // namespace

int run_program(const std::vector<std::string>& arguments) {
    Arguments parsed;
    std::string log_level;
    std::string log_format;
    po::options_description options("Options");
    options.add_options()("config,c", po::value(&parsed.config)->value_name("FILE"),
                          "the config, TOML or JSON (heliograph.toml)")(
        "plugin-dir", po::value(&parsed.plugin_dirs)->composing()->value_name("DIR"),
        "search this folder for plugins first; may be repeated, see also HELIOGRAPH_PLUGIN_PATH")(
        "format", po::value(&parsed.format)->value_name("FORMAT"),
        "how to print: mermaid or dot for graph; text, markdown or json for plugins")(
        "log-level", po::value(&log_level)->value_name("LEVEL"), "error, warning, info or debug")(
        "log-format", po::value(&log_format)->value_name("FORMAT"), "text or json")("help,h", "print this");
    po::options_description all;
    all.add(options).add_options()("operands", po::value<std::vector<std::string>>());
    po::positional_options_description positional;
    positional.add("operands", -1);

    po::variables_map values;
    try {
        po::store(po::command_line_parser(arguments).options(all).positional(positional).run(), values);
        po::notify(values);
    } catch (const po::error& error) {
        return usage_error(error.what());
    }
    if (values.count("operands") != 0) {
        parsed.names = values["operands"].as<std::vector<std::string>>();
        parsed.command = parsed.names.front();
        parsed.names.erase(parsed.names.begin());
    }
    if (values.count("help") != 0 || parsed.command == "help") {
        print_help(std::cout, options);
        return kSuccess;
    }
    if (parsed.command.empty()) {
        print_help(std::cerr, options);
        return kBadConfig;
    }
    if (!log_level.empty() && !(parsed.log_level = level_from(log_level))) {
        return usage_error("--log-level takes error, warning, info or debug, not " + log_level);
    }
    if (!log_format.empty()) {
        if (log_format != "text" && log_format != "json") {
            return usage_error("--log-format takes text or json, not " + log_format);
        }
        parsed.log_format = log_format == "json" ? observe::LogFormat::json : observe::LogFormat::text;
    }
    for (const Command& command : kCommands) {
        if (command.name != parsed.command) {
            continue;
        }
        if (command.operands.empty() && !parsed.names.empty()) {
            return usage_error(parsed.command + " takes no `" + parsed.names.front() + "`");
        }
        if (!parsed.format.empty() && !contains_word(command.formats, parsed.format)) {
            return usage_error(parsed.command + " cannot print " + parsed.format +
                               (command.formats.empty() ? "; it has no --format"
                                                        : "; it knows: " + std::string(command.formats)));
        }
        return command.run(parsed);
    }
    return usage_error("there is no command `" + parsed.command + "`");
}

}  // namespace heliograph::app
