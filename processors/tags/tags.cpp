#include "processors/tags/tags.hpp"

#include "processors/tags/check.hpp"

namespace heliograph::tags {

void Tags::check(Problems& problems) {
    check_options(options(), problems);
}

void Tags::open() {
    rewriter_.emplace(options());
}

void Tags::process(Batch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        rewriter_->apply(batch[i]);
    }
}

}  // namespace heliograph::tags
