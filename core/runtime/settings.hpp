// The options of the agent and those common to all nodes, declared like a plugin's.
#pragma once

#include "core/delivery/buffer.hpp"
#include "core/observe/log.hpp"

#include <heliograph/options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace heliograph::runtime {

/// What happens when a node cannot be opened at the start.
enum class Startup : std::uint8_t {
    retry,   // try again with backoff; an output buffers meanwhile
    error,   // the program does not start
    ignore,  // the node is left out for this run
};

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): for the defaults below

/// Ten years: longer than anybody waits, and far from what overflows a clock.
inline constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24 * 3660);

/// The table [agent]; the defaults of all nodes.
struct AgentSettings {
    std::chrono::nanoseconds interval = 60s;
    std::chrono::nanoseconds jitter = 0s;
    std::chrono::nanoseconds offset = 0s;
    std::chrono::nanoseconds precision = 1ns;
    std::int64_t metric_batch_size = 1000;
    std::chrono::nanoseconds flush_interval = 100ms;
    Size buffer_limit{std::uint64_t{64} << 20};
    std::chrono::nanoseconds stop_timeout = 10s;
    std::string state_dir;
    std::vector<std::string> plugin_dirs;
    LogLevel log_level = LogLevel::info;
    observe::LogFormat log_format = observe::LogFormat::text;

    static constexpr auto describe = heliograph::options(
        option<&AgentSettings::interval>("interval", "Time between two gathers of an input.")
            .at_least(1ms)
            .at_most(kLongest),
        option<&AgentSettings::jitter>(
            "jitter", "Each gather waits a random time up to this, so that many agents do not ask at once.")
            .at_least(0s)
            .at_most(kLongest),
        option<&AgentSettings::offset>("offset",
                                       "Shifts the gathers, which are aligned to the interval, by this much.")
            .at_least(0s)
            .at_most(kLongest),
        option<&AgentSettings::precision>("precision", "Times of metrics are cut down to a multiple of this.")
            .at_least(1ns)
            .at_most(kLongest),
        option<&AgentSettings::metric_batch_size>("metric_batch_size",
                                                  "Metrics that an output is given at once, at the most.")
            .at_least(1)
            .at_most(1'000'000),
        option<&AgentSettings::flush_interval>("flush_interval",
                                               "How long a metric waits at an output for its batch to fill.")
            .at_least(0s)
            .at_most(kLongest),
        option<&AgentSettings::buffer_limit>("buffer_limit", "Memory that an output's buffer may hold.")
            .at_least(Size{4096}),
        option<&AgentSettings::stop_timeout>(
            "stop_timeout", "How long outputs may take to deliver what they hold when the program stops.")
            .at_least(0s)
            .at_most(kLongest),
        option<&AgentSettings::state_dir>(
            "state_dir", "Folder for what survives a restart, such as counters; nothing survives without it.")
            .example("\"/var/lib/heliograph\""),
        option<&AgentSettings::plugin_dirs>("plugin_dirs",
                                            "Folders searched for plugins before the usual ones."),
        option<&AgentSettings::log_level>("log_level", "The quietest lines that are logged.")
            .choices({{"error", LogLevel::error},
                      {"warning", LogLevel::warning},
                      {"info", LogLevel::info},
                      {"debug", LogLevel::debug}}),
        option<&AgentSettings::log_format>("log_format", "Log lines as text for people or JSON for programs.")
            .choices({{"text", observe::LogFormat::text}, {"json", observe::LogFormat::json}}));
};

/// What every node has.
struct CommonSettings {
    std::vector<std::string> name_pass;
    std::vector<std::string> name_drop;
    TextMap tag_pass;
    TextMap tag_drop;
    std::vector<std::string> field_pass;
    std::vector<std::string> field_drop;
    std::optional<LogLevel> log_level;

    static constexpr auto describe = heliograph::options(
        option<&CommonSettings::name_pass>("name_pass",
                                           "Only metrics whose name matches one of these globs."),
        option<&CommonSettings::name_drop>("name_drop", "No metrics whose name matches one of these globs."),
        option<&CommonSettings::tag_pass>(
            "tag_pass", "Only metrics with one of these tags, its value matching the glob."),
        option<&CommonSettings::tag_drop>("tag_drop",
                                          "No metrics with one of these tags, its value matching the glob."),
        option<&CommonSettings::field_pass>("field_pass",
                                            "Only fields whose name matches one of these globs."),
        option<&CommonSettings::field_drop>("field_drop", "No fields whose name matches one of these globs."),
        option<&CommonSettings::log_level>("log_level", "The quietest lines that this node logs.")
            .choices({{"error", LogLevel::error},
                      {"warning", LogLevel::warning},
                      {"info", LogLevel::info},
                      {"debug", LogLevel::debug}}));
};

/// Unset values come from [agent].
struct InputSettings : CommonSettings {
    std::optional<std::chrono::nanoseconds> interval;
    std::optional<std::chrono::nanoseconds> jitter;
    std::optional<std::chrono::nanoseconds> offset;
    std::optional<std::chrono::nanoseconds> precision;
    Startup startup = Startup::retry;

    static constexpr auto describe = std::tuple_cat(
        CommonSettings::describe,
        heliograph::options(
            option<&InputSettings::interval>("interval", "Time between two gathers.")
                .at_least(1ms)
                .at_most(kLongest),
            option<&InputSettings::jitter>("jitter", "Each gather waits a random time up to this.")
                .at_least(0s)
                .at_most(kLongest),
            option<&InputSettings::offset>(
                "offset", "Shifts the gathers, which are aligned to the interval, by this much.")
                .at_least(0s)
                .at_most(kLongest),
            option<&InputSettings::precision>("precision",
                                              "Times of metrics are cut down to a multiple of this.")
                .at_least(1ns)
                .at_most(kLongest),
            option<&InputSettings::startup>("startup", "When the input cannot be opened at the start.")
                .choices(
                    {{"retry", Startup::retry}, {"error", Startup::error}, {"ignore", Startup::ignore}})));
};

struct ProcessorSettings : CommonSettings {
    std::optional<std::chrono::nanoseconds> interval;

    static constexpr auto describe = std::tuple_cat(
        CommonSettings::describe,
        heliograph::options(option<&ProcessorSettings::interval>(
                                "interval", "Time between two ticks, for a processor that has them.")
                                .at_least(1ms)
                                .at_most(kLongest)));
};

/// Where an output's buffer is.
enum class BufferKind : std::uint8_t { memory, disk };

/// Unset values come from [agent].
struct OutputSettings : CommonSettings {
    std::optional<std::int64_t> metric_batch_size;
    std::optional<std::chrono::nanoseconds> flush_interval;
    std::optional<Size> buffer_limit;
    BufferKind buffer = BufferKind::memory;
    Size disk_limit{std::uint64_t{1} << 30};
    delivery::Sync sync = delivery::Sync::every_second;
    std::string dead_letter;
    Size dead_letter_limit{std::uint64_t{64} << 20};
    delivery::WhenFull when_full = delivery::WhenFull::drop_oldest;
    std::chrono::nanoseconds retry_initial = 1s;
    std::chrono::nanoseconds retry_max = 60s;
    Startup startup = Startup::retry;

    static constexpr auto describe = std::tuple_cat(
        CommonSettings::describe,
        heliograph::options(
            option<&OutputSettings::metric_batch_size>("metric_batch_size",
                                                       "Metrics in one write, at the most.")
                .at_least(1)
                .at_most(1'000'000),
            option<&OutputSettings::flush_interval>("flush_interval",
                                                    "How long a metric waits for its batch to fill.")
                .at_least(0s)
                .at_most(kLongest),
            option<&OutputSettings::buffer_limit>("buffer_limit", "Memory that the buffer may hold.")
                .at_least(Size{4096}),
            option<&OutputSettings::buffer>(
                "buffer",
                "Where metrics wait: in `memory`, or on `disk` in state_dir, where they survive a restart.")
                .choices({{"memory", BufferKind::memory}, {"disk", BufferKind::disk}}),
            option<&OutputSettings::disk_limit>("disk_limit", "Space that a buffer on disk may take.")
                .at_least(Size{std::uint64_t{1} << 20}),
            option<&OutputSettings::sync>("sync",
                                          "When a buffer on disk waits for the disk: before metrics count as "
                                          "buffered (`always`), every "
                                          "second (`1s`: a power cut costs at most that), or `never`. A "
                                          "crash of the program costs nothing.")
                .choices({{"always", delivery::Sync::always},
                          {"1s", delivery::Sync::every_second},
                          {"never", delivery::Sync::never}}),
            option<&OutputSettings::dead_letter>(
                "dead_letter",
                "File for metrics that were rejected for good, with the reasons; `dead_letter/<node>.lp` in "
                "state_dir unless set, and none without a state_dir, or with `none`."),
            option<&OutputSettings::dead_letter_limit>(
                "dead_letter_limit", "Size of that file together with the one before it, `<file>.1`.")
                .at_least(Size{4096}),
            option<&OutputSettings::when_full>(
                "when_full", "When the buffer is full: lose the oldest, counted, or make the inputs wait.")
                .choices(
                    {{"drop_oldest", delivery::WhenFull::drop_oldest}, {"block", delivery::WhenFull::block}}),
            option<&OutputSettings::retry_initial>(
                "retry_initial", "The first wait after a failed write; it doubles with each failure.")
                .at_least(1ms)
                .at_most(kLongest),
            option<&OutputSettings::retry_max>("retry_max", "The longest wait after a failed write.")
                .at_least(1ms)
                .at_most(kLongest),
            option<&OutputSettings::startup>("startup", "When the output cannot be opened at the start.")
                .choices(
                    {{"retry", Startup::retry}, {"error", Startup::error}, {"ignore", Startup::ignore}})));
};

}  // namespace heliograph::runtime
