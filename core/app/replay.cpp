#include "core/app/replay.hpp"

#include "core/app/load.hpp"
#include "core/app/signals.hpp"
#include "core/delivery/inspect.hpp"
#include "core/runtime/output_twin.hpp"
#include "plugins/common/line_protocol/decoder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

namespace heliograph::app {
namespace {

namespace fs = std::filesystem;

/// Metrics that may wait at the output: far less than its buffer holds.
constexpr std::int64_t kMostWaiting = 20'000;

void pause() {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

/// Hands the metrics of files to an output, a piece at a time.
class Player {
public:
    Player(runtime::OutputTwin& output, const observe::NodeLedger& page, const Signals& signals)
        : output_(output), page_(page), signals_(signals), pool_(delivery::BatchPool::make()) {}

    /// False when a file cannot be read or holds something that is no line protocol; the rest is played.
    bool play(const fs::path& path) {
        std::error_code code;
        return fs::is_directory(path, code) ? play_buffer(path) : play_file(path);
    }

private:
    bool play_buffer(const fs::path& folder) {
        std::string error;
        bool good = true;
        const auto play_record = [&](const delivery::UndeliveredRecord& record) {
            if (signals_.has_ending()) {
                return;
            }
            good = hand_over(record.text, &record.undelivered) && good;
        };
        const auto report = delivery::inspect(folder, delivery::FileSystem::system(), error, play_record);
        if (error.empty() && !report.intact()) {
            error = folder.string() + " is damaged, and what cannot be read was left out";
        }
        if (!error.empty()) {
            std::cerr << "heliograph: " << error << "\n";
        }
        return good && error.empty();
    }

    bool play_file(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        constexpr std::size_t kPiece = std::size_t{256} << 10;
        std::string text;
        bool good = true;
        while (file && !signals_.has_ending()) {
            const std::size_t kept = text.size();
            text.resize(kept + kPiece);
            file.read(text.data() + kept, static_cast<std::streamsize>(kPiece));
            text.resize(kept + static_cast<std::size_t>(file.gcount()));
            const std::size_t end = file ? end_of_entries(text) : text.size();
            good = hand_over(std::string_view(text).substr(0, end), nullptr) && good;
            text.erase(0, end);
        }
        if (file.bad() || !file.eof()) {
            std::cerr << "heliograph: cannot read " << path.string() << " to its end\n";
            return false;
        }
        return good;
    }

    /// Where the last whole entry ends: a string may hold newlines, so those within one do not count.
    /// Comments may hold any quote.
    static std::size_t end_of_entries(std::string_view text) {
        std::size_t end = 0;
        bool in_string = false;
        bool in_comment = !text.empty() && text.front() == '#';
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if (c == '\n' && !in_string) {
                end = i + 1;
                in_comment = i + 1 < text.size() && text[i + 1] == '#';
            } else if (in_comment) {
                continue;
            } else if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = !in_string;
            }
        }
        return end;
    }

    bool hand_over(std::string_view text, const std::vector<bool>* wanted) {
        delivery::BatchRef batch = pool_->acquire();
        OwnedBatch& owned = batch.exclusive();
        const hg_text copy = arena_copy(owned.arena().door(), text);
        Batch metrics = owned.batch();
        const auto result = decoder_.decode(view(copy), metrics, [](const line_protocol::DecodeError& error) {
            std::cerr << "heliograph: left out an entry that is no line protocol: " << error.message << "\n";
        });
        owned.reset_counts();
        if (wanted != nullptr && std::find(wanted->begin(), wanted->end(), false) != wanted->end()) {
            batch = delivery::select(batch, *wanted, *pool_);
        }
        if (batch.size() != 0) {
            output_.accept(std::move(batch));
        }
        while (page_.counts().held > kMostWaiting && !signals_.has_ending()) {
            pause();
        }
        return result.failed == 0;
    }

    runtime::OutputTwin& output_;
    const observe::NodeLedger& page_;
    const Signals& signals_;
    std::shared_ptr<delivery::BatchPool> pool_;
    line_protocol::Decoder decoder_;
};

runtime::BuiltNode* find_output(LoadedConfig& loaded, const std::string& name) {
    for (runtime::BuiltNode& node : loaded.pipeline.nodes) {
        const graph::Node& known = loaded.pipeline.graph.nodes[node.index];
        if (known.kind == loader::Kind::output && (known.name == name || known.label() == name)) {
            return &node;
        }
    }
    return nullptr;
}

}  // namespace

int replay(const Arguments& arguments) {
    if (arguments.names.size() < 3) {
        std::cerr << "heliograph: buffer replay takes an output of the config and one file or more\n";
        return kBadConfig;
    }
    const Signals signals;
    const auto loaded = load_config(arguments);
    if (const int code = report_problems(*loaded); code != kSuccess) {
        return code;
    }
    runtime::BuiltNode* node = find_output(*loaded, arguments.names[1]);
    if (node == nullptr) {
        std::cerr << "heliograph: " << arguments.config << " has no active output `" << arguments.names[1]
                  << "`\n";
        return kBadConfig;
    }
    auto settings = std::get<runtime::OutputSettings>(node->settings);
    settings.buffer = runtime::BufferKind::memory;           // the files hold them still
    settings.dead_letter = "none";                           // what is rejected again stays where it is
    settings.buffer_limit = Size{std::uint64_t{256} << 20};  // never full, see kMostWaiting
    runtime::OutputTwin output(*node->host, std::move(node->instance), settings, loaded->pipeline.agent,
                               delivery::BatchPool::make());
    output.start();
    bool good = true;
    const observe::NodeLedger& page = node->host->ledger();
    Player player(output, page, signals);
    for (auto file = arguments.names.begin() + 2; file != arguments.names.end() && !signals.has_ending();
         ++file) {
        good = player.play(*file) && good;
    }
    while (page.counts().held != 0 && !signals.has_ending()) {
        pause();
    }
    output.drain(std::chrono::steady_clock::now());
    output.interrupt();
    const bool ended = output.join_until(std::chrono::steady_clock::now() + std::chrono::seconds(10));
    const observe::Counts counts = page.counts();
    std::cout << counts.delivered << " metrics delivered, " << counts.rejected << " rejected, "
              << counts.filtered << " filtered, " << counts.dropped << " not delivered\n";
    if (!ended) {
        leave_at_once(kFailure);
    }
    return good && counts.rejected == 0 && counts.dropped == 0 ? kSuccess : kFailure;
}

}  // namespace heliograph::app
