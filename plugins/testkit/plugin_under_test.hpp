// Drives one plugin instance through its door, as the host does, without loading a module.
#pragma once

#include "plugins/testkit/recording_host.hpp"

#include <heliograph/abi.h>
#include <heliograph/options.hpp>
#include <heliograph/owned_batch.hpp>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace heliograph::testkit {

/// The value of an option in a test. Choices and secrets are given as text, sizes as integers of bytes.
using SettingValue = std::variant<std::string, std::int64_t, double, bool, std::chrono::nanoseconds,
                                  std::vector<std::string>, TextMap>;
using Settings = std::vector<std::pair<std::string, SettingValue>>;

/// What check reported.
struct ReportedProblem {
    std::string option;
    std::string key;
    std::string message;
    std::string hint;
};

/// How a call ended.
struct Outcome {
    std::int32_t status = HG_OK;  // enum hg_status
    std::string error;
    std::chrono::nanoseconds retry_after{};

    [[nodiscard]] bool ok() const noexcept { return status == HG_OK; }
};

/// How a write ended: whatever is in neither map was accepted, if the status is HG_OK.
struct WriteOutcome : Outcome {
    std::map<std::size_t, std::string> rejected;
    std::map<std::size_t, std::string> kept;
};

/// Owns one instance; closes and destroys it at the end. Throws std::runtime_error when the instance cannot
/// be made or a setting names no option.
class PluginUnderTest {
public:
    PluginUnderTest(const hg_descriptor& descriptor, RecordingHost& host, const Settings& settings = {});
    PluginUnderTest(const PluginUnderTest&) = delete;
    PluginUnderTest& operator=(const PluginUnderTest&) = delete;
    ~PluginUnderTest();

    [[nodiscard]] std::vector<ReportedProblem> check();
    Outcome open();
    void close();
    void interrupt();

    /// Input: everything gathered, flushed parts included, ends up in `into`. Times stay as the plugin left
    /// them.
    Outcome gather(OwnedBatch& into);
    Outcome process(OwnedBatch& batch);
    Outcome flush(OwnedBatch& batch, bool final);
    WriteOutcome write(MetricSpan metrics);

    [[nodiscard]] hg_plugin& door() noexcept { return *plugin_; }

private:
    hg_plugin* plugin_ = nullptr;
};

}  // namespace heliograph::testkit
