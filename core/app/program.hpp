// The command line: which command, with what, and what the exit codes mean.
#pragma once

#include "core/observe/log.hpp"

#include <optional>
#include <string>
#include <vector>

namespace heliograph::app {

/// Exit codes of the program.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;    // something went wrong while running
inline constexpr int kBadConfig = 2;  // the command line or the config is wrong; nothing was started

/// What the command line says.
struct Arguments {
    std::string command;
    std::vector<std::string> names;  // what follows the command
    std::string config = "heliograph.toml";
    std::vector<std::string> plugin_dirs;
    std::optional<LogLevel> log_level;
    std::optional<observe::LogFormat> log_format;
    std::string format;  // of what is printed; empty: the command's default
};

/// Runs the program and returns its exit code.
int run_program(const std::vector<std::string>& arguments);

// One file per command; each returns an exit code.
int command_run(const Arguments& arguments);
int command_once(const Arguments& arguments);
int command_buffer(const Arguments& arguments);
int command_check(const Arguments& arguments);
int command_graph(const Arguments& arguments);
int command_plugins(const Arguments& arguments);
int command_sample(const Arguments& arguments);

}  // namespace heliograph::app
