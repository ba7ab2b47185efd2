// Says a thing once, although it happens with every metric.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace heliograph::sql {

/// Remembers what was said. Bounded: after thousands of things it forgets, and says them again. [own strand]
class Once {
public:
    /// Whether this was not said yet; from now on it was.
    [[nodiscard]] bool first(std::string what) {
        constexpr std::size_t kMost = 4096;
        if (said_.size() >= kMost) {
            said_.clear();
        }
        return said_.insert(std::move(what)).second;
    }
    /// It may be said again.
    void forget(const std::string& what) { said_.erase(what); }

private:
    std::set<std::string, std::less<>> said_;
};

}  // namespace heliograph::sql
