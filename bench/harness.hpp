// What every benchmark needs: CPU time, a count of heap allocations, the median of several runs, and a
// report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heliograph::bench {

/// Nanoseconds of CPU that this process has used, all threads together (CLOCK_PROCESS_CPUTIME_ID).
[[nodiscard]] std::int64_t cpu_nanoseconds() noexcept;

/// Calls of operator new since the start of the process, all threads together. Linking the harness replaces
/// the global operator new; memory from malloc and realloc is not seen.
[[nodiscard]] std::uint64_t heap_allocations() noexcept;

/// Makes the compiler believe that the value is used.
template <class Value>
void keep(const Value& value) noexcept {
    asm volatile("" : : "g"(&value) : "memory");
}

/// One line of the report.
struct Measurement {
    std::string name;
    std::size_t items = 0;            ///< per run
    std::size_t bytes = 0;            ///< per run; 0 when bytes say nothing
    double nanoseconds_per_item = 0;  ///< CPU time, median of the runs
    double allocations_per_item = 0;  ///< the least of the runs, so that warming up does not count

    [[nodiscard]] double items_per_second() const noexcept;
    [[nodiscard]] double bytes_per_second() const noexcept;
};

/// Runs `body` once to warm up, then several times. `body` handles `items` items of `bytes` bytes together.
[[nodiscard]] Measurement measure(std::string name, std::size_t items, std::size_t bytes,
                                  const std::function<void()>& body);

/// Prints the measurements: a table, or with --json among the arguments one JSON array. `item` is what is
/// counted, such as "metric". Returns what main should return.
int report(int argument_count, char** arguments, const std::string& item,
           const std::vector<Measurement>& measurements);

}  // namespace heliograph::bench
