// heliograph buffer: what a person who fears for their data can ask of the buffers on disk.
#include "core/app/load.hpp"
#include "core/app/replay.hpp"
#include "core/config/parse.hpp"
#include "core/delivery/inspect.hpp"
#include "plugins/common/line_protocol/decoder.hpp"
#include "plugins/common/line_protocol/encoder.hpp"
#include "plugins/common/text_units/size.hpp"

#include <heliograph/owned_batch.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace heliograph::app {
namespace {

using delivery::BufferReport;
using delivery::FileSystem;
namespace fs = std::filesystem;

/// The state folder of the config; nothing, and a word on standard error, when there is none.
fs::path state_folder(const Arguments& arguments) {
    config::Problems problems;
    auto document = config::load_file(arguments.config, problems);
    runtime::AgentSettings agent;
    if (document) {
        agent = runtime::read_agent(*document, config::process_environment(), problems);
    }
    if (!problems.empty()) {
        std::cerr << problems.to_text();
    } else if (agent.state_dir.empty()) {
        std::cerr
            << "heliograph: " << arguments.config
            << " sets no state_dir under [agent], so there are no buffers on disk; name their folders, or "
               "another config with -c\n";
    }
    return problems.empty() ? fs::path(agent.state_dir) : fs::path();
}

/// The folders that the command line names, or all buffers of the config.
std::vector<fs::path> folders_of(const Arguments& arguments) {
    std::vector<fs::path> folders(arguments.names.begin() + 1, arguments.names.end());
    if (!folders.empty()) {
        return folders;
    }
    const fs::path state = state_folder(arguments);
    std::error_code error;
    for (fs::directory_iterator at(state / "buffers", error), end; !error && at != end; at.increment(error)) {
        folders.push_back(at->path());
    }
    std::sort(folders.begin(), folders.end());
    if (folders.empty() && !state.empty()) {
        std::cerr << "heliograph: there are no buffers in " << (state / "buffers").string() << "\n";
    }
    return folders;
}

void print_summary(const fs::path& folder, const BufferReport& report) {
    std::cout << folder.string() << ": " << report.undelivered << " metrics wait, "
              << format_size(report.bytes()) << " in " << report.segments.size()
              << (report.segments.size() == 1 ? " segment" : " segments") << "\n";
}

void print_damage(const BufferReport& report) {
    if (!report.position) {
        std::cout << "  position: none that is intact; everything would be delivered again\n";
    }
    for (const delivery::SegmentReport& segment : report.segments) {
        for (const delivery::DamagedBytes& part : segment.damaged) {
            std::cout << "  " << segment.name << ": " << part.bytes << " bytes at offset " << part.offset
                      << (part.at_end ? " are no whole record: cut short, or being written at this moment\n"
                                      : " are damaged\n");
        }
        if (segment.missing != 0) {
            std::cout << "  " << segment.name << ": " << segment.missing << " metrics are missing\n";
        }
    }
}

/// Of a record's text, only the metrics that are not delivered.
void export_record(const delivery::UndeliveredRecord& record) {
    if (std::find(record.undelivered.begin(), record.undelivered.end(), false) == record.undelivered.end()) {
        std::cout << record.text;
        return;
    }
    OwnedBatch batch;
    Batch metrics = batch.batch();
    line_protocol::decode(record.text, line_protocol::Dialect::v3, line_protocol::Precision::nanosecond,
                          metrics);
    line_protocol::Encoder encoder({});
    line_protocol::Buffer lines;
    for (std::size_t i = 0; i < std::min(batch.size(), record.undelivered.size()); ++i) {
        if (record.undelivered[i]) {
            encoder.append(batch.metrics()[i], lines);
        }
    }
    std::cout << lines.view();
}

int failure(const std::string& error) {
    std::cerr << "heliograph: " << error << "\n";
    return kFailure;
}

int list(const fs::path& folder, FileSystem& files) {
    std::string error;
    const BufferReport report = delivery::inspect(folder, files, error);
    if (!error.empty()) {
        return failure(error);
    }
    print_summary(folder, report);
    return kSuccess;
}

int verify(const fs::path& folder, FileSystem& files) {
    std::string error;
    const BufferReport report = delivery::inspect(folder, files, error);
    if (!error.empty()) {
        return failure(error);
    }
    print_summary(folder, report);
    print_damage(report);
    std::cout << (report.intact() ? "  intact\n" : "  damaged\n");
    return report.intact() ? kSuccess : kFailure;
}

int repair(const fs::path& folder, FileSystem& files) {
    // A buffer lies in <state_dir>/buffers/<node>; one that was copied elsewhere belongs to no program.
    runtime::FolderLock lock;
    std::error_code code;
    const fs::path state = fs::canonical(folder, code).parent_path().parent_path();
    if (fs::exists(state / "lock", code)) {
        if (const auto claim = lock.take(state); !claim.problem.empty()) {
            return failure(claim.problem);
        }
    }
    std::string error;
    const BufferReport report = delivery::inspect(folder, files, error);
    if (error.empty()) {
        print_summary(folder, report);
        print_damage(report);
        error = delivery::repair(folder, report, files);
    }
    if (!error.empty()) {
        return failure(error);
    }
    const bool damaged = std::any_of(report.segments.begin(), report.segments.end(),
                                     [](const auto& segment) { return !segment.damaged.empty(); });
    std::cout << (damaged ? "  repaired; what was cut out is kept in the .damaged files\n"
                          : "  nothing to repair\n");
    return kSuccess;
}

int export_metrics(const fs::path& folder, FileSystem& files) {
    std::string error;
    const BufferReport report = delivery::inspect(folder, files, error, export_record);
    std::cout.flush();
    if (error.empty() && !report.intact()) {
        error = folder.string() +
                " is damaged, and what cannot be read was left out; see: heliograph buffer verify";
    }
    if (error.empty() && !std::cout) {
        error = "cannot write to standard output";
    }
    if (!error.empty()) {
        return failure(error);
    }
    return kSuccess;
}

}  // namespace

int command_buffer(const Arguments& arguments) {
    const std::string action = arguments.names.empty() ? "" : arguments.names.front();
    if (action == "replay") {
        return replay(arguments);
    }
    struct Action {
        std::string_view name;
        int (*run)(const fs::path&, FileSystem&);
    };
    constexpr std::array<Action, 4> kActions{
        {{"list", list}, {"verify", verify}, {"repair", repair}, {"export", export_metrics}}};
    const auto* const found = std::find_if(kActions.begin(), kActions.end(),
                                           [&](const Action& known) { return known.name == action; });
    if (found == kActions.end()) {
        std::cerr << "heliograph: buffer takes list, verify, repair, export or replay"
                  << (action.empty() ? "" : ", not " + action) << "\n";
        return kBadConfig;
    }
    const std::vector<fs::path> folders = folders_of(arguments);
    int code = folders.empty() ? kFailure : kSuccess;
    for (const fs::path& folder : folders) {
        code = std::max(code, found->run(folder, FileSystem::system()));
    }
    return code;
}

}  // namespace heliograph::app
