// The contract of a processor: changes batches on their way.
#pragma once

#include <heliograph/batch.hpp>
#include <heliograph/plugin_base.hpp>

#include <functional>

namespace heliograph {

/// Changes a batch in place. Optional static members of a derived class:
///   static constexpr bool kPure = true;   keeps no state between calls; process may then run on several
///   threads at once static constexpr bool kTick = true;   wants flush on the node's interval
/// and, when it changes units or names of fields,
///   void each_declaration(const std::function<void(const Declaration&)>& receive);   what leaves it [setup]
template <class OptionStruct>
class Processor : public PluginBase<OptionStruct> {
public:
    /// Adds to, drops from, changes or holds back. An exception loses nothing: the batch goes on as it is by
    /// then. [own strand]
    virtual void process(Batch& batch) = 0;
    /// Gives back what it holds: what is due on a tick, everything when `final`. [own strand]
    virtual void flush(Batch& /*batch*/, bool /*final*/) {}
};

}  // namespace heliograph
