// What the three kinds of plugin share: options, host, and the life of an instance.
#pragma once

#include <heliograph/host.hpp>
#include <heliograph/options.hpp>

namespace heliograph {

/// Derive from Input, Processor or Output rather than from this. Life: construct, configure, check, open,
/// work, close, destroy. Any call may throw Retry, Fatal or any std::exception: it becomes an error of this
/// node, no more.
template <class OptionStruct>
class PluginBase {
public:
    using Options = OptionStruct;

    PluginBase() = default;
    PluginBase(const PluginBase&) = delete;
    PluginBase& operator=(const PluginBase&) = delete;
    virtual ~PluginBase() = default;

    /// After the options are set. Reports every problem that can be seen without opening anything. [setup]
    virtual void check(Problems&) {}
    /// Connects, opens files. Throw Retry when it may work later, Fatal when it cannot as configured. [own
    /// strand]
    virtual void open() {}
    /// The node is ending: makes a running gather or write return soon; only close follows. [any thread]
    virtual void interrupt() noexcept {}
    /// Undoes open; must be safe without it and twice. [own strand]
    virtual void close() noexcept {}

    /// Called by the SDK, before anything else. [setup]
    void attach(Host host) noexcept { host_ = host; }
    /// Called by the SDK with checked values. [setup]
    void configure(std::span<const hg_option_value> values) { OptionTable<Options>::apply(options_, values); }

protected:
    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] const Host& host() const noexcept { return host_; }

private:
    Options options_{};
    Host host_;
};

}  // namespace heliograph
