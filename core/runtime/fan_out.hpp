// The edges out of a node: hands a batch to every reader, copying nothing.
#pragma once

#include "core/delivery/shared_batch.hpp"

#include <vector>

namespace heliograph::runtime {

/// A node that reads from others.
class Sink {
public:
    virtual ~Sink() = default;
    /// Takes a batch that is not empty. Called on the thread of the input that it came from; several inputs
    /// may call at once. Never throws for want of anything but memory.
    virtual void accept(delivery::BatchRef batch) = 0;
};

/// The readers of a node. Set up before running, read-only after.
class FanOut {
public:
    void add(Sink& sink) { sinks_.push_back(&sink); }
    /// Shares the batch among the readers; a sole reader gets it whole. An empty batch goes nowhere.
    void send(delivery::BatchRef batch) const;

private:
    std::vector<Sink*> sinks_;  // owned by the agent, which outlives every send
};

}  // namespace heliograph::runtime
