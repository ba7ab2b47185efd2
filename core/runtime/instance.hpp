// One plugin instance as the host holds it: owned, and every call's outcome in one form.
#pragma once

#include "core/config/option_values.hpp"
#include "core/loader/registry.hpp"

#include <heliograph/abi.h>
#include <heliograph/host.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace heliograph::runtime {

/// How a call into a plugin ended.
struct CallOutcome {
    std::int32_t status = HG_OK;  // enum hg_status
    std::string error;
    std::chrono::nanoseconds retry_after{};

    [[nodiscard]] bool ok() const noexcept { return status == HG_OK; }
};

/// Runs a call that fills an hg_error.
template <class Call>
[[nodiscard]] CallOutcome run_call(Call&& call) {
    hg_error error{};
    error.size = sizeof(error);
    CallOutcome outcome;
    outcome.status = call(&error);
    if (outcome.status != HG_OK) {
        outcome.error.assign(error.text, std::min<std::size_t>(error.text_size, HG_ERROR_TEXT_SIZE));
        outcome.retry_after = std::chrono::nanoseconds(error.retry_after);
    }
    return outcome;
}

/// Owns an instance; destroys it before its host goes. The module stays loaded, so nothing points into
/// unmapped code.
class Instance {
public:
    /// Makes an instance that shows a complete table for its kind; nothing, and an error, otherwise.
    static std::unique_ptr<Instance> create(const loader::Module& module, const hg_host& host,
                                            std::string& error);
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;
    ~Instance() { plugin_->destroy(plugin_); }

    [[nodiscard]] const hg_descriptor& descriptor() const noexcept { return *descriptor_; }
    [[nodiscard]] bool has(hg_ability ability) const noexcept {
        return (descriptor_->abilities & static_cast<std::uint64_t>(ability)) != 0;
    }
    [[nodiscard]] hg_plugin& door() noexcept { return *plugin_; }

    CallOutcome configure(const config::OptionValues& values);
    /// Reports to receive(option, key, message, hint).
    using ReceiveProblem =
        std::function<void(std::string_view, std::string_view, std::string_view, std::string_view)>;
    CallOutcome check(const ReceiveProblem& receive);
    CallOutcome open() {
        return run_call([&](hg_error* error) { return plugin_->open(plugin_, error); });
    }
    void close() noexcept { plugin_->close(plugin_); }
    void interrupt() noexcept { plugin_->interrupt(plugin_); }

    /// What leaves this node: of an input what its descriptor says; of a processor what it makes of
    /// `upstream`.
    [[nodiscard]] std::vector<Declaration> declarations(const std::vector<Declaration>& upstream);

private:
    Instance(const hg_descriptor& descriptor, hg_plugin* plugin) noexcept
        : descriptor_(&descriptor), plugin_(plugin) {}

    const hg_descriptor* descriptor_;
    hg_plugin* plugin_;
};

}  // namespace heliograph::runtime
