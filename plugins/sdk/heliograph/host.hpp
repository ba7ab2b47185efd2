// Every service of the host that a plugin may use: log, clock, counters, state.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/errors.hpp>
#include <heliograph/text.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heliograph {

/// How loud a log line is.
enum class LogLevel : std::int32_t {
    error = HG_LOG_ERROR,
    warning = HG_LOG_WARNING,
    info = HG_LOG_INFO,
    debug = HG_LOG_DEBUG,
};

/// What a node upstream says of a tag or field that it makes.
struct Declaration {
    std::string measurement;
    std::string name;
    bool is_field = true;
    std::int32_t type = 0;  // enum hg_value_type
    std::string unit;       // such as W, Wh, degC; empty: none or unknown
    std::string help;

    [[nodiscard]] static Declaration from(const hg_declaration& record) {
        return {std::string(view(record.measurement)), std::string(view(record.name)),
                record.role == HG_ROLE_FIELD,          record.type,
                std::string(view(record.unit)),        std::string(view(record.help))};
    }
    /// As the door has it; valid as long as this declaration is.
    [[nodiscard]] hg_declaration record() const noexcept {
        return {to_text(measurement), to_text(name), is_field ? HG_ROLE_FIELD : HG_ROLE_TAG, type,
                to_text(unit),        to_text(help)};
    }
};

/// The host as one node sees it. A handle, cheap to copy, valid for the life of the plugin instance.
class Host {
public:
    Host() noexcept = default;
    explicit Host(const hg_host& door) noexcept : door_(&door) {}

    /// The user's name for this node.
    [[nodiscard]] std::string_view node_name() const noexcept { return view(door_->node_name); }
    /// Time between two gathers of this input; 0 for other kinds.
    [[nodiscard]] std::chrono::nanoseconds interval() const noexcept {
        return std::chrono::nanoseconds(door_->interval);
    }

    // Log lines carry the node's name; do not repeat it. [any thread]
    void log(LogLevel level, std::string_view message) const {
        door_->log(door_, static_cast<std::int32_t>(level), to_text(message));
    }
    void error(std::string_view message) const { log(LogLevel::error, message); }
    void warning(std::string_view message) const { log(LogLevel::warning, message); }
    void info(std::string_view message) const { log(LogLevel::info, message); }
    void debug(std::string_view message) const { log(LogLevel::debug, message); }
    /// Whether a line of that level would be written: ask before building an expensive one. [any thread]
    [[nodiscard]] bool logs(LogLevel level) const {
        return door_->log_enabled(door_, static_cast<std::int32_t>(level)) != 0;
    }

    /// UTC, nanoseconds since the epoch. Use it, never the system's clock, so that tests can move time. [any
    /// thread]
    [[nodiscard]] std::int64_t now() const { return door_->now(door_); }
    /// Never goes backwards; for measuring how long things take. [any thread]
    [[nodiscard]] std::chrono::nanoseconds monotonic() const {
        return std::chrono::nanoseconds(door_->monotonic(door_));
    }

    /// Adds to a counter of this node; names are snake_case. [any thread]
    void count(std::string_view counter, std::int64_t delta = 1) const {
        door_->count(door_, to_text(counter), delta);
    }

    /// A small value stored earlier under this node's name; nothing when there is none. [own strand]
    [[nodiscard]] std::optional<std::string> load_state(std::string_view key) const {
        std::optional<std::string> found;
        if (const auto* state = extension<hg_state>(HG_EXTENSION_STATE)) {
            state->load(door_, to_text(key), &found, [](void* context, hg_text value) noexcept {
                try {
                    *static_cast<std::optional<std::string>*>(context) = std::string(view(value));
                } catch (...) {
                    // Out of memory: as if there were no such value.
                    static_cast<std::optional<std::string>*>(context)->reset();
                }
            });
        }
        return found;
    }
    /// Stores a small value that survives a restart. Throws Retry when it could not be written. [own strand]
    void store_state(std::string_view key, std::string_view value) const {
        const auto* state = extension<hg_state>(HG_EXTENSION_STATE);
        if (state == nullptr) {
            return;
        }
        hg_error error{};
        error.size = sizeof(error);
        if (state->store(door_, to_text(key), to_text(value), &error) != HG_OK) {
            throw Retry(std::string(error.text, error.text_size));
        }
    }

    /// Calls receive(const Declaration&) for what the nodes upstream say of their metrics. [setup]
    template <class Receive>
    void each_declaration(Receive&& receive) const {
        const auto* declarations = extension<hg_declarations>(HG_EXTENSION_DECLARATIONS);
        if (declarations == nullptr) {
            return;
        }
        declarations->each(door_, &receive, [](void* context, const hg_declaration* declaration) {
            (*static_cast<std::remove_reference_t<Receive>*>(context))(Declaration::from(*declaration));
        });
    }

    [[nodiscard]] const hg_host* door() const noexcept { return door_; }

private:
    template <class Extension>
    [[nodiscard]] const Extension* extension(std::string_view id) const {
        return door_->get_extension == nullptr
                   ? nullptr
                   : static_cast<const Extension*>(door_->get_extension(door_, to_text(id)));
    }

    const hg_host* door_ = nullptr;
};

/// Where check reports what is wrong with the options beyond their types and bounds.
class Problems {
public:
    explicit Problems(hg_problems& door) noexcept : door_(&door) {}

    /// `option`: its name; `hint`: what to do about it.
    void report(std::string_view option, std::string_view message, std::string_view hint = {}) {
        door_->report(door_, to_text(option), {}, to_text(message), to_text(hint));
    }
    /// As above, for one key of a map or one item of a list.
    void report_at(std::string_view option, std::string_view key, std::string_view message,
                   std::string_view hint = {}) {
        door_->report(door_, to_text(option), to_text(key), to_text(message), to_text(hint));
    }

private:
    hg_problems* door_;
};

}  // namespace heliograph
