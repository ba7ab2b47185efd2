#include "core/runtime/agent.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace heliograph::runtime {
namespace {

/// How long a plugin may take to come back from an interrupted call, beyond the time for draining.
constexpr auto kGrace = std::chrono::seconds(2);

}  // namespace

Agent::Agent(Pipeline pipeline, Services services) : services_(services), pipeline_(std::move(pipeline)) {
    connect();
}

Agent::~Agent() {
    if (running_) {
        static_cast<void>(stop());
    }
}

void Agent::connect() {
    std::map<std::size_t, Sink*> sinks;
    std::map<std::size_t, FanOut*> fans;
    std::map<std::size_t, InputTwin*> feeds;  // one input upstream of a node
    for (BuiltNode& node : pipeline_.nodes) {
        // Batches belong to the node that makes them, so each has a pool of its own.
        auto pool = delivery::BatchPool::make();
        if (auto* input = std::get_if<InputSettings>(&node.settings)) {
            inputs_.push_back(std::make_unique<InputTwin>(*node.host, std::move(node.instance), *input,
                                                          pipeline_.agent, std::move(pool)));
            fans[node.index] = &inputs_.back()->readers();
            feeds[node.index] = inputs_.back().get();
        } else if (auto* processor = std::get_if<ProcessorSettings>(&node.settings)) {
            processors_.push_back(std::make_unique<ProcessorTwin>(*node.host, std::move(node.instance),
                                                                  *processor, std::move(pool)));
            fans[node.index] = &processors_.back()->readers();
            sinks[node.index] = processors_.back().get();
        } else if (auto* output = std::get_if<OutputSettings>(&node.settings)) {
            outputs_.push_back(std::make_unique<OutputTwin>(*node.host, std::move(node.instance), *output,
                                                            pipeline_.agent, std::move(pool)));
            sinks[node.index] = outputs_.back().get();
        }
        for (const std::size_t source : pipeline_.graph.nodes[node.index].sources) {
            if (!fans.contains(source)) {
                continue;  // disabled, or idle
            }
            fans[source]->add(*sinks[node.index]);
            feeds.try_emplace(node.index, feeds[source]);
        }
        if (!processors_.empty() && sinks.contains(node.index) &&
            sinks[node.index] == processors_.back().get() && processors_.back()->ticks()) {
            feeds[node.index]->add_ticking(*processors_.back());
        }
    }
}

void Agent::start_outputs() {
    for (const auto& output : outputs_) {
        output->start();
    }
    if (std::any_of(outputs_.begin(), outputs_.end(),
                    [](const auto& output) { return output->has_disk(); })) {
        sync_thread_.start([this] {
            for (const auto& output : outputs_) {
                output->sync_buffer();
            }
        });
    }
}

bool Agent::open_processors() {
    return std::all_of(processors_.begin(), processors_.end(),
                       [](const auto& processor) { return processor->open(); });
}

bool Agent::start(const std::function<bool()>& give_up) {
    running_ = true;
    start_outputs();
    bool good = open_processors();
    for (const auto& output : outputs_) {
        good = good &&
               (output->startup() != Startup::error || output->wait_until_opened(give_up) == Opening::open);
    }
    if (good) {
        for (const auto& input : inputs_) {
            input->start();
        }
        for (const auto& input : inputs_) {
            good = good &&
                   (input->startup() != Startup::error || input->wait_until_opened(give_up) == Opening::open);
        }
    }
    if (!good) {
        services_.log.write(LogLevel::error, "",
                            "a node that must open at the start could not; the program stops");
        static_cast<void>(stop());
    }
    return good;
}

bool Agent::run_once() {
    running_ = true;
    start_outputs();
    // One gather is bounded, and there is nobody to wait for room on this thread.
    for (const auto& output : outputs_) {
        output->let_through();
    }
    bool good = open_processors();
    if (good) {
        for (const auto& input : inputs_) {
            good = input->gather_once() && good;
        }
    }
    const bool clean = stop() == Stop::clean;
    for (const observe::NodeLedger* page : services_.ledger.pages()) {
        const observe::Counts counts = page->counts();
        good = good && counts.balanced() && counts.rejected == 0 && counts.dropped == 0 && counts.held == 0 &&
               page->counter("errors") == 0;
    }
    return good && clean;
}

template <class Twin, class Interrupt>
bool Agent::join_or_interrupt(const std::vector<std::unique_ptr<Twin>>& twins,
                              std::chrono::steady_clock::time_point deadline, Interrupt interrupt) {
    // All of those that are late are interrupted, and again and again: an interrupt that comes just before a
    // call may be lost on it.
    constexpr auto kSlice = std::chrono::milliseconds(50);
    std::vector<Twin*> late;
    late.reserve(twins.size());
    for (const auto& twin : twins) {
        late.push_back(twin.get());
    }
    const auto join = [&](auto until) {
        std::erase_if(late, [&](Twin* twin) { return twin->join_until(until); });
    };
    for (join(std::chrono::steady_clock::now());
         !late.empty() && std::chrono::steady_clock::now() < deadline;) {
        for (Twin* twin : late) {
            interrupt(*twin);
        }
        join(std::chrono::steady_clock::now() + kSlice);
    }
    for (const Twin* twin : late) {
        services_.log.write(LogLevel::error, twin->label(),
                            "did not stop in time; what it was doing may or may not have been done");
    }
    return late.empty();
}

Agent::Stop Agent::stop_inputs(std::chrono::steady_clock::time_point deadline) {
    for (const auto& input : inputs_) {
        input->request_stop();
    }
    // An input may be waiting for room at an output that is away: give the output half of the time, then let
    // it in.
    const auto half = std::chrono::steady_clock::now() + pipeline_.agent.stop_timeout / 2;
    static_cast<void>(std::all_of(inputs_.begin(), inputs_.end(),
                                  [&](const auto& input) { return input->join_until(half); }));
    // From here on only what the processors hold can come, and nothing waits for room.
    for (const auto& output : outputs_) {
        output->let_through();
    }
    return join_or_interrupt(inputs_, deadline, [](InputTwin& input) { input.request_stop(); })
               ? Stop::clean
               : Stop::abandoned;
}

Agent::Stop Agent::stop_outputs(std::chrono::steady_clock::time_point deadline) {
    for (const auto& output : outputs_) {
        output->drain(deadline);
    }
    static_cast<void>(std::all_of(outputs_.begin(), outputs_.end(),
                                  [&](const auto& output) { return output->join_until(deadline); }));
    return join_or_interrupt(outputs_, std::max(deadline, std::chrono::steady_clock::now()) + kGrace,
                             [](OutputTwin& output) { output.interrupt(); })
               ? Stop::clean
               : Stop::abandoned;
}

Agent::Stop Agent::stop() {
    running_ = false;
    const auto deadline = std::chrono::steady_clock::now() + pipeline_.agent.stop_timeout;
    const Stop inputs = stop_inputs(deadline + kGrace);
    if (inputs == Stop::clean) {
        for (const auto& processor : processors_) {
            processor->flush(true);
        }
        for (const auto& processor : processors_) {
            processor->close();
        }
    }
    const Stop outputs = stop_outputs(deadline);
    sync_thread_.stop();
    stopped_clean_ = inputs == Stop::clean && outputs == Stop::clean;
    return stopped_clean_ ? Stop::clean : Stop::abandoned;
}

std::int64_t Agent::undelivered() const {
    return std::accumulate(outputs_.begin(), outputs_.end(), std::int64_t{0},
                           [](std::int64_t sum, const auto& output) { return sum + output->undelivered(); });
}

void Agent::log_ledger() const {
    if (services_.log.level() < LogLevel::info) {
        return;
    }
    for (const auto& [node, line] : services_.ledger.lines()) {
        services_.log.write(LogLevel::info, node, line);
    }
}

}  // namespace heliograph::runtime
