// The processor `tags`: adds, renames, copies and removes tags.
#pragma once

#include "processors/tags/options.hpp"
#include "processors/tags/tag_rewriter.hpp"

#include <heliograph/processor.hpp>

#include <optional>
#include <string_view>

namespace heliograph::tags {

class Tags final : public Processor<Options> {
public:
    static constexpr std::string_view kType = "tags";
    static constexpr std::string_view kSummary = "Adds, renames, copies and removes tags.";
    static constexpr bool kPure = true;

    void check(Problems& problems) override;
    void open() override;
    void process(Batch& batch) override;

private:
    std::optional<TagRewriter>
        rewriter_;  // points into the options; the host keeps both until no batch is left
};

}  // namespace heliograph::tags
