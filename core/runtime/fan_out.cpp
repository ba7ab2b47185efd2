#include "core/runtime/fan_out.hpp"

#include <utility>

namespace heliograph::runtime {

void FanOut::send(delivery::BatchRef batch) const {
    if (batch.size() == 0) {
        return;
    }
    for (std::size_t i = 0; i + 1 < sinks_.size(); ++i) {
        sinks_[i]->accept(batch);
    }
    if (!sinks_.empty()) {
        sinks_.back()->accept(std::move(batch));
    }
}

}  // namespace heliograph::runtime
