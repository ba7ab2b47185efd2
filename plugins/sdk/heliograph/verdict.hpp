// The outcome of a write, metric by metric.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/text.hpp>

#include <cstddef>
#include <string_view>

namespace heliograph {

/// Starts as all accepted; an output names only what is not. Valid during the write only.
class Verdict {
public:
    explicit Verdict(hg_verdict& door) noexcept : door_(&door) {}

    /// The far side refuses this metric for good. The reason goes to the log and the dead letter.
    void reject(std::size_t index, std::string_view reason) { door_->reject(door_, index, to_text(reason)); }
    /// Not delivered for now; the host offers it again, ahead of newer ones.
    void keep(std::size_t index, std::string_view reason) { door_->keep(door_, index, to_text(reason)); }

private:
    hg_verdict* door_;
};

}  // namespace heliograph
