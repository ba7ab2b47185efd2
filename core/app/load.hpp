// From the command line to a checked pipeline: the one way that all commands which read a config take.
#pragma once

#include "core/app/program.hpp"
#include "core/config/document.hpp"
#include "core/loader/registry.hpp"
#include "core/observe/ledger.hpp"
#include "core/observe/log.hpp"
#include "core/runtime/folder_lock.hpp"
#include "core/runtime/pipeline.hpp"
#include "core/runtime/state_store.hpp"

#include <memory>
#include <optional>

namespace heliograph::app {

/// A config that has been read and checked, and all that its pipeline points to.
struct LoadedConfig {
    runtime::FolderLock state_lock;
    config::Document document;
    observe::Log log;
    observe::Ledger ledger;
    std::unique_ptr<runtime::StateStore> state;
    std::unique_ptr<loader::Registry> registry;
    config::Problems problems;
    runtime::Pipeline pipeline;

    [[nodiscard]] runtime::Services services() { return {log, ledger, *state}; }
};

/// Reads and checks the config. Problems are in the result, sorted; the pipeline is usable only when there
/// are none.
[[nodiscard]] std::unique_ptr<LoadedConfig> load_config(const Arguments& arguments);

/// Takes the state folder for this process alone. False, and a line in the log, when another has it.
[[nodiscard]] bool claim_state(LoadedConfig& loaded);

/// Prints the problems to standard error, with a count. Returns the exit code: kSuccess when there are none.
int report_problems(const LoadedConfig& loaded);

}  // namespace heliograph::app
