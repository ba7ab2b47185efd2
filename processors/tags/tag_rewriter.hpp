// The work of the processor `tags` on one metric, apart from any host.
#pragma once

#include "plugins/common/glob/glob.hpp"
#include "processors/tags/options.hpp"

#include <heliograph/batch.hpp>

#include <string_view>
#include <vector>

namespace heliograph::tags {

/// Rewrites the tags of metrics in one fixed order of steps: keep, drop, rename, copy, from_fields, add.
///
/// New names and fixed values are not copied into the batch but point into the options, which must therefore
/// outlive every batch that was rewritten. [any thread] once made: it keeps nothing between two metrics.
class TagRewriter {
public:
    explicit TagRewriter(const Options& options);

    /// Takes memory from the metric's arena only. Throws std::bad_alloc when that refuses.
    void apply(Metric metric) const;

private:
    /// A tag to make, and the tag or field that its value comes from.
    struct Source {
        hg_text key;
        std::string_view from;
    };

    void filter(Metric& metric) const;
    void rename(Metric& metric) const;
    void make_tags(Metric& metric) const;

    std::vector<Glob> keep_;
    std::vector<Glob> drop_;
    std::vector<Source> renames_;
    std::vector<Source> copies_;
    std::vector<Source> from_fields_;
    std::vector<hg_tag> add_;  // sorted by key
    bool drop_fields_;
    bool overwrite_;
};

}  // namespace heliograph::tags
