#include "core/runtime/plugin_host.hpp"

#include <heliograph/errors.hpp>

namespace heliograph::runtime {
namespace {

const PluginHost& of(const hg_host* host) {
    return *static_cast<const PluginHost*>(host->context);
}

}  // namespace

PluginHost::PluginHost(Services services, std::string label, std::string name,
                       std::chrono::nanoseconds interval, LogLevel level)
    : services_(services),
      label_(std::move(label)),
      name_(std::move(name)),
      level_(level),
      ledger_(services.ledger.page(label_)) {
    static constexpr hg_state kState{
        sizeof(hg_state),
        [](const hg_host* host, hg_text key, void* context, void (*receive)(void*, hg_text)) -> std::int32_t {
            const auto value = of(host).services_.state.load(of(host).label_, view(key));
            if (!value) {
                return HG_RETRY;
            }
            receive(context, to_text(*value));
            return HG_OK;
        },
        [](const hg_host* host, hg_text key, hg_text value, hg_error* error) -> std::int32_t {
            const std::string failure =
                of(host).services_.state.store(of(host).label_, view(key), view(value));
            if (!failure.empty()) {
                detail::fill_error(error, failure);
                return HG_RETRY;
            }
            return HG_OK;
        }};
    static constexpr hg_declarations kDeclarations{
        sizeof(hg_declarations),
        [](const hg_host* host, void* context, void (*receive)(void*, const hg_declaration*)) {
            for (const Declaration& declaration : of(host).upstream_) {
                const hg_declaration record = declaration.record();
                receive(context, &record);
            }
        }};
    door_.size = sizeof(hg_host);
    door_.abi_major = HG_ABI_MAJOR;
    door_.abi_minor = HG_ABI_MINOR;
    door_.node_name = to_text(name_);
    door_.interval = interval.count();
    door_.context = this;
    door_.log = [](const hg_host* host, std::int32_t how_loud, hg_text message) {
        of(host).log(static_cast<LogLevel>(how_loud), view(message));
    };
    door_.log_enabled = [](const hg_host* host, std::int32_t how_loud) -> std::int32_t {
        return of(host).logs(static_cast<LogLevel>(how_loud)) ? 1 : 0;
    };
    door_.now = [](const hg_host*) { return observe::wall_clock(); };
    door_.monotonic = [](const hg_host*) -> std::int64_t {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
    };
    door_.count = [](const hg_host* host, hg_text counter, std::int64_t delta) {
        of(host).ledger_.count(view(counter), delta);
    };
    door_.get_extension = [](const hg_host*, hg_text id) -> const void* {
        if (view(id) == HG_EXTENSION_STATE) {
            return &kState;
        }
        return view(id) == HG_EXTENSION_DECLARATIONS ? &kDeclarations : nullptr;
    };
}

void PluginHost::log(LogLevel level, std::string_view message) const {
    if (logs(level)) {
        services_.log.write(level, label_, message);
    }
}

}  // namespace heliograph::runtime
