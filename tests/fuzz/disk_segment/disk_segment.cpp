// Opens a disk buffer whose last segment is damaged in whatever way, reads it to its end and goes on writing.
// The first byte chooses whether the input is the segment's beginning or a list of changes to a good one. A
// record of which every byte is there must be found.
#include "core/delivery/disk_store.hpp"
#include "tests/unit/core/delivery/memory_files.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace heliograph::delivery;

namespace {

const std::filesystem::path kFolder = "/buffers/out";
constexpr std::string_view kHeading = "# heliograph buffer 1 of outputs.out\n";

std::string record_of(std::uint64_t first, std::uint32_t count) {
    std::string text;
    for (std::uint32_t i = 0; i < count; ++i) {
        text += "port,serial=" + std::to_string(first + i) + " power=312.5,s=\"#R \n\" 1782036000000000000\n";
    }
    std::string bytes(kRecordHeaderBytes, ' ');
    write_record_header(bytes.data(), first, count, text);
    return bytes + text;
}

/// Changes of four bytes each: where (two), what is done, and with which byte.
std::string change(std::string bytes, std::string_view changes) {
    for (; changes.size() >= 4 && !bytes.empty(); changes.remove_prefix(4)) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(changes[i]); };
        const std::size_t at = (byte(0) << 8U | byte(1)) % bytes.size();
        switch (byte(2) % 4) {
            case 0:
                bytes[at] = changes[3];
                break;
            case 1:
                bytes.insert(at, 1 + byte(3) % 8, changes[3]);
                break;
            case 2:
                bytes.erase(at, byte(3));
                break;
            default:
                bytes.resize(byte(3) < 16 ? at : bytes.size());
        }
    }
    return bytes;
}

/// The records that a log holds, by the numbers of their first metrics.
std::multiset<std::uint64_t> read_all(DiskLog& log) {
    std::multiset<std::uint64_t> found;
    RecordHeader header;
    std::string_view text;
    std::error_code error;
    std::uint64_t sequence = 0;
    while (log.read(sequence, header, text, error)) {
        found.insert(header.first);
        if (header.end() <= sequence || text.size() != header.length) {
            std::abort();
        }
        sequence = header.end();
    }
    if (error) {
        std::abort();
    }
    return found;
}

void load_all(MemoryFiles& files) {
    const auto pool = BatchPool::make();
    DiskStore store(
        {kFolder, "outputs.out"}, [](bool, const std::string&) {}, files);
    for (SequenceRange wanted : store.open(DiskStore::Clock::now())) {
        while (wanted.first < wanted.end) {
            const LoadedRecord loaded = store.load(wanted, *pool);
            if (loaded.error || loaded.range.end <= wanted.first ||
                (loaded.batch && loaded.range.end - loaded.batch_first > loaded.batch.size())) {
                std::abort();
            }
            wanted.first = loaded.range.end;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::vector<std::string> records;
    std::string bytes(kHeading);
    for (std::uint64_t first = 0; first < 12; first += 3) {
        records.push_back(record_of(first, 3));
        bytes += records.back();
    }
    const bool is_beginning = (data[0] & 1U) != 0;
    if (is_beginning) {
        records.assign(1, record_of(1'000'000, 2));
        bytes = std::string(input) + records.front();
    } else {
        bytes = change(bytes, input);
    }
    MemoryFiles files;
    files.put(kFolder / segment_name(0), bytes);
    if ((data[0] & 2U) != 0) {
        files.put(kFolder / segment_name(2'000'000), std::string(kHeading) + record_of(2'000'000, 1));
    }

    std::multiset<std::uint64_t> found;
    {
        DiskLog log({kFolder, "outputs.out", 1 << 20}, files);
        OpenedLog opened;
        if (log.open(0, opened)) {
            std::abort();
        }
        found = read_all(log);
        std::string added = record_of(0, 1);
        if (log.append(1, added.data(), added.size())) {
            std::abort();
        }
        found.insert(log.end() - 1);
    }
    // What the input itself holds in records is in an order of its own, so only the good one is asked for.
    for (const std::string& record : records) {
        const auto first = read_record_header(record)->first;
        if (bytes.find(record) != std::string::npos && found.count(first) == 0) {
            std::abort();
        }
    }
    DiskLog again({kFolder, "outputs.out", 1 << 20}, files);
    OpenedLog opened;
    if (again.open(0, opened) || opened.cut_bytes != 0 || read_all(again) != found) {
        std::abort();
    }
    load_all(files);
    return 0;
}
