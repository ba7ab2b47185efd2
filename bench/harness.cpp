#include "bench/harness.hpp"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string_view>
#include <utility>

namespace {

std::atomic<std::uint64_t> allocations{0};

void* allocate(std::size_t bytes, std::size_t alignment) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    const std::size_t wanted = bytes == 0 ? 1 : bytes;
    return alignment <= alignof(std::max_align_t)
               ? std::malloc(wanted)
               : std::aligned_alloc(alignment, (wanted + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
    void* const memory = allocate(bytes, alignment);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

}  // namespace

// The array forms of the standard library call these.
void* operator new(std::size_t bytes) {
    return allocate_or_throw(bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return allocate(bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

namespace heliograph::bench {
namespace {

constexpr std::size_t kRuns = 15;

}  // namespace

std::int64_t cpu_nanoseconds() noexcept {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::uint64_t heap_allocations() noexcept {
    return allocations.load(std::memory_order_relaxed);
}

double Measurement::items_per_second() const noexcept {
    return nanoseconds_per_item == 0 ? 0 : 1e9 / nanoseconds_per_item;
}

double Measurement::bytes_per_second() const noexcept {
    return items == 0 ? 0 : items_per_second() * static_cast<double>(bytes) / static_cast<double>(items);
}

Measurement measure(std::string name, std::size_t items, std::size_t bytes,
                    const std::function<void()>& body) {
    body();
    std::vector<double> times;
    double allocated = 0;
    for (std::size_t run = 0; run < kRuns; ++run) {
        const std::uint64_t allocations_before = heap_allocations();
        const std::int64_t before = cpu_nanoseconds();
        body();
        const auto time = static_cast<double>(cpu_nanoseconds() - before);
        const auto count = static_cast<double>(heap_allocations() - allocations_before);
        allocated = run == 0 ? count : std::min(allocated, count);
        times.push_back(time / static_cast<double>(items));
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return {std::move(name), items, bytes, *middle, allocated / static_cast<double>(items)};
}

int report(int argument_count, char** arguments, const std::string& item,
           const std::vector<Measurement>& measurements) {
    const bool json = std::any_of(arguments + 1, arguments + argument_count, [](const char* argument) {
        return std::string_view(argument) == "--json";
    });
    if (json) {
        const char* separator = "[";
        for (const Measurement& it : measurements) {
            std::printf(
                "%s\n  {\"name\": \"%s\", \"item\": \"%s\", \"items\": %zu, \"bytes\": %zu, "
                "\"nanoseconds_per_item\": %.2f, \"items_per_second\": %.0f, \"allocations_per_item\": %.6f}",
                separator, it.name.c_str(), item.c_str(), it.items, it.bytes, it.nanoseconds_per_item,
                it.items_per_second(), it.allocations_per_item);
            separator = ",";
        }
        std::printf("\n]\n");
        return 0;
    }
    std::printf("%-44s %12s %14s %10s %16s\n", "", ("ns/" + item).c_str(), (item + "s/s").c_str(), "MB/s",
                ("allocations/" + item).c_str());
    for (const Measurement& it : measurements) {
        std::printf("%-44s %12.1f %14.0f %10.0f %16.6f\n", it.name.c_str(), it.nanoseconds_per_item,
                    it.items_per_second(), it.bytes_per_second() / 1e6, it.allocations_per_item);
    }
    return 0;
}

}  // namespace heliograph::bench
