// Plays a DTU that answers with arbitrary bytes. The first byte chooses the register map and how the stream
// is cut.
#include "inputs/hoymiles_dtu/counter_store.hpp"
#include "inputs/hoymiles_dtu/scan.hpp"
#include "inputs/hoymiles_dtu/snapshot.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace heliograph::hoymiles;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    ScanSettings settings;
    settings.map = (data[0] & 1U) != 0 ? RegisterMap::word_addressed : RegisterMap::byte_addressed;
    settings.stride = default_stride(settings.map);
    const std::size_t piece = 1 + (data[0] >> 1U);
    std::span<const std::uint8_t> stream{data + 1, size - 1};

    Scan scan{settings};
    SteadyTime now{};
    for (auto action = scan.next(now); action.kind != ScanAction::Kind::finished; action = scan.next(now)) {
        if (action.kind == ScanAction::Kind::wait || stream.empty()) {
            now = std::max(now, action.until);
        } else if (action.kind == ScanAction::Kind::receive) {
            const auto taken = stream.first(std::min(piece, stream.size()));
            stream = stream.subspan(taken.size());
            scan.received(taken, now);
        }
    }
    const ScanResult result = scan.take_result();
    if (result.records.size() > kMaximumRecords) {
        std::abort();
    }
    Counters counters;
    const Moment moment{std::chrono::sys_seconds{std::chrono::seconds{1'750'000'000}}, 20254};
    const Snapshot snapshot = make_snapshot(result, counters, moment);
    Counters restored;
    if (restored.restore(counters.serialise()) != std::size_t{0}) {
        std::abort();
    }
    if (restored.sums(moment).total != snapshot.dtu.total_production.value_or(0)) {
        std::abort();
    }
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    restored.restore(text);
    CounterStore store{{}, 4};
    store.restore(text);
    CounterStore again{{}, 4};
    if (!again.restore(store.serialise())) {
        std::abort();
    }
    return 0;
}
