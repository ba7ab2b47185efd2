// The contract of an output: delivers batches.
#pragma once

#include <heliograph/metric.hpp>
#include <heliograph/plugin_base.hpp>
#include <heliograph/verdict.hpp>

namespace heliograph {

/// Delivers metrics. The host batches, buffers, retries with backoff, splits and counts. Optional static
/// members:
///   static constexpr bool kIdempotent = true;   writing the same metrics again changes nothing
///   static constexpr bool kPartial = true;      names the metrics that it rejects
template <class OptionStruct>
class Output : public PluginBase<OptionStruct> {
public:
    /// Delivers a batch, never empty. Returning means accepted, unless the verdict says otherwise for a
    /// metric. Throw Retry (all but what the verdict rejects is kept), TooLarge (the host splits), Refused
    /// (the host bisects), or Fatal (kept; the node needs a person). [own strand]
    virtual void write(const MetricSpan& metrics, Verdict& verdict) = 0;
};

}  // namespace heliograph
