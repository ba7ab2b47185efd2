// Opens a position file of arbitrary bytes, and writes to it.
#include "core/delivery/position_file.hpp"
#include "tests/unit/core/delivery/memory_files.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

using namespace heliograph::delivery;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // The first byte chooses where the second slot lies within the input, so that short inputs reach both.
    if (size == 0) {
        return 0;
    }
    const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::string bytes = input.substr(0, data[0]);
    if (data[0] < input.size()) {
        bytes.resize(PositionFile::kSlotBytes);
        bytes += input.substr(data[0]);
    }
    const auto stored = newest_stored(bytes);
    if (stored) {
        const auto again = parse_position(format_position(stored->generation, stored->position));
        if (!again || again->generation != stored->generation ||
            again->position.next != stored->position.next) {
            std::abort();
        }
    }
    MemoryFiles files;
    const std::filesystem::path path = "/buffers/out/position";
    files.put(path, bytes);
    std::optional<Position> found;
    {
        PositionFile file(files);
        if (file.open(path, found) || found.has_value() != stored.has_value() ||
            (found && *found != stored->position)) {
            std::abort();
        }
        if (stored && stored->generation > UINT64_MAX - 2) {
            return 0;  // no write comes behind that, and no buffer lives to see it
        }
        if (file.write({7, {{9, 11}}})) {
            std::abort();
        }
    }
    PositionFile file(files);
    if (file.open(path, found) || !found || *found != Position{7, {{9, 11}}}) {
        std::abort();
    }
    return 0;
}
