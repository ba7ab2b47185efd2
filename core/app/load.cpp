#include "core/app/load.hpp"

#include "core/config/parse.hpp"

#include <iostream>
#include <utility>

namespace heliograph::app {

std::unique_ptr<LoadedConfig> load_config(const Arguments& arguments) {
    auto loaded = std::make_unique<LoadedConfig>();
    auto document = config::load_file(arguments.config, loaded->problems);
    if (!document) {
        loaded->problems.sort();
        return loaded;
    }
    loaded->document = std::move(*document);
    const config::Environment environment = config::process_environment();
    runtime::AgentSettings agent = runtime::read_agent(loaded->document, environment, loaded->problems);
    agent.log_level = arguments.log_level.value_or(agent.log_level);
    agent.log_format = arguments.log_format.value_or(agent.log_format);
    loaded->log.configure(agent.log_format, agent.log_level);

    std::vector<std::string> folders = arguments.plugin_dirs;
    folders.insert(folders.end(), agent.plugin_dirs.begin(), agent.plugin_dirs.end());
    loaded->registry = std::make_unique<loader::Registry>(loader::search_path(folders));
    loaded->state = std::make_unique<runtime::StateStore>(agent.state_dir);
    loaded->pipeline = runtime::build_pipeline(loaded->document, environment, *loaded->registry,
                                               loaded->services(), agent, loaded->problems);
    loaded->problems.sort();
    return loaded;
}

bool claim_state(LoadedConfig& loaded) {
    const auto claim = loaded.state_lock.take(loaded.pipeline.agent.state_dir);
    if (!claim.problem.empty()) {
        // A folder that cannot be written to costs what was to be kept in it, and not the readings.
        loaded.log.write(LogLevel::error, "", claim.problem);
    }
    return !claim.taken_by_another;
}

int report_problems(const LoadedConfig& loaded) {
    if (loaded.problems.empty()) {
        return kSuccess;
    }
    std::cerr << loaded.problems.to_text() << loaded.problems.size()
              << (loaded.problems.size() == 1 ? " problem" : " problems") << "; nothing was started\n";
    return kBadConfig;
}

}  // namespace heliograph::app
