// What a disk store told, for tests that ask how often.
#pragma once

#include "core/delivery/disk_store.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace heliograph::delivery {

struct Told {
    DiskStore::Tell tell() {
        return [this](bool failure, const std::string& line) {
            const std::lock_guard lock(mutex);
            lines.push_back(line);
            failed += failure ? 1U : 0U;
        };
    }
    [[nodiscard]] std::size_t failures() const { return failed; }
    [[nodiscard]] std::size_t recoveries() const { return lines.size() - failed; }

    std::mutex mutex;
    std::vector<std::string> lines;
    std::size_t failed = 0;
};

}  // namespace heliograph::delivery
