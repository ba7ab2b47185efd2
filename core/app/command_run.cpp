// heliograph run and heliograph once: the agent at work, and the signals that end it.
#include "core/app/load.hpp"
#include "core/app/signals.hpp"
#include "core/runtime/agent.hpp"

#include <malloc.h>
#include <signal.h>

#include <string>
#include <utility>

namespace heliograph::app {
namespace {

/// Many small arenas would cost a small machine more memory than they save it time.
void keep_memory_small() {
    ::mallopt(M_ARENA_MAX, 2);
    ::mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

}  // namespace

int command_run(const Arguments& arguments) {
    keep_memory_small();
    const Signals signals;
    const auto loaded = load_config(arguments);
    if (const int code = report_problems(*loaded); code != kSuccess) {
        return code;
    }
    if (!claim_state(*loaded)) {
        return kFailure;
    }
    runtime::Agent agent(std::move(loaded->pipeline), loaded->services());
    const auto say = [&](const std::string& line) {
        if (loaded->log.level() >= LogLevel::info) {
            loaded->log.write(LogLevel::info, "", line);
        }
    };
    say("heliograph " HELIOGRAPH_VERSION " starts with " + arguments.config);
    if (!agent.start([&] { return signals.has_ending(); })) {
        agent.log_ledger();
        if (!agent.stopped_clean()) {
            leave_at_once(kFailure);
        }
        return kFailure;
    }
    int signal = signals.wait();
    for (; signal == SIGUSR1; signal = signals.wait()) {
        agent.log_ledger();
    }
    say(signal == SIGINT ? "stopping (SIGINT)" : "stopping (SIGTERM)");
    signals.release_interrupt();
    const auto stopped = agent.stop();
    agent.log_ledger();
    if (stopped == runtime::Agent::Stop::abandoned) {
        leave_at_once(kFailure);
    }
    return agent.undelivered() == 0 && loaded->ledger.unbalanced().empty() ? kSuccess : kFailure;
}

int command_once(const Arguments& arguments) {
    keep_memory_small();
    const auto loaded = load_config(arguments);
    if (const int code = report_problems(*loaded); code != kSuccess) {
        return code;
    }
    if (!claim_state(*loaded)) {
        return kFailure;
    }
    ::signal(SIGPIPE, SIG_IGN);
    runtime::Agent agent(std::move(loaded->pipeline), loaded->services());
    const bool good = agent.run_once();
    agent.log_ledger();
    if (!agent.stopped_clean()) {
        leave_at_once(kFailure);
    }
    return good ? kSuccess : kFailure;
}

}  // namespace heliograph::app
