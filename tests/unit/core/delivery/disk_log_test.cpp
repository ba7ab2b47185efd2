#include "core/delivery/disk_log.hpp"

#include "tests/unit/core/delivery/memory_files.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace heliograph::delivery {
namespace {

const std::filesystem::path kFolder = "/buffers/out";

DiskLogSettings settings(std::uint64_t segment_bytes = 1 << 20) {
    return {.folder = kFolder, .owner = "outputs.out", .segment_bytes = segment_bytes};
}

struct Read {
    std::uint64_t first;
    std::uint64_t end;
    std::string text;

    friend bool operator==(const Read&, const Read&) = default;
};

/// A log and what it found.
struct OpenLog {
    explicit OpenLog(MemoryFiles& files, std::uint64_t segment_bytes = 1 << 20, std::uint64_t at_least = 0)
        : log(settings(segment_bytes), files) {
        const auto error = log.open(at_least, opened);
        REQUIRE_FALSE(error);
    }

    std::error_code append(std::uint32_t count, const std::string& text) {
        std::string record = std::string(kRecordHeaderBytes, ' ') + text;
        return log.append(count, record.data(), record.size());
    }
    /// Records of one, two or three metrics, each with a text that tells it from the others.
    void append_records(int records) {
        for (int i = 0; i < records; ++i) {
            const auto first = log.end();
            const auto count = static_cast<std::uint32_t>(1 + first % 3);
            REQUIRE_FALSE(append(count, "m n=" + std::to_string(first) + "i 1\n"));
        }
    }
    std::vector<Read> read_from(std::uint64_t sequence) {
        std::vector<Read> all;
        RecordHeader header;
        std::string_view text;
        std::error_code error;
        while (log.read(sequence, header, text, error)) {
            all.push_back({header.first, header.end(), std::string(text)});
            sequence = header.end();
        }
        REQUIRE_FALSE(error);
        return all;
    }

    OpenedLog opened;
    DiskLog log;
};

std::vector<std::string> segments(MemoryFiles& files) {
    return files.names_in(kFolder);
}

TEST_CASE("A segment is named after its first metric", "[unit][delivery]") {
    CHECK(segment_name(0) == "00000000000000000000.log");
    CHECK(segment_name(UINT64_MAX) == "18446744073709551615.log");
    CHECK(parse_segment_name(segment_name(1234)) == 1234U);
    for (const char* name : {"", "position", "1.log", "00000000000000000000.logx", "0000000000000000000x.log",
                             "99999999999999999999.log", "-0000000000000000001.log"}) {
        CAPTURE(name);
        CHECK_FALSE(parse_segment_name(name));
    }
}

TEST_CASE("What was appended is read, from any metric on, before and after the log is opened again",
          "[unit][delivery]") {
    MemoryFiles files;
    OpenLog first(files);
    CHECK(first.opened.end == 0);
    CHECK(first.read_from(0).empty());
    first.append_records(50);
    const auto all = first.read_from(0);
    REQUIRE(all.size() == 50);
    OpenLog second(files);
    CHECK(second.opened.first == 0);
    CHECK(second.opened.end == first.log.end());
    CHECK(second.opened.cut_bytes == 0);
    CHECK(second.log.bytes() == first.log.bytes());
    CHECK(second.read_from(0) == all);
    for (std::uint64_t sequence = 0; sequence < first.log.end(); ++sequence) {
        const auto want =
            std::find_if(all.begin(), all.end(), [&](const Read& read) { return read.end > sequence; });
        CHECK(first.read_from(sequence) == std::vector<Read>(want, all.end()));
    }
    CHECK(first.read_from(first.log.end()).empty());
    second.append_records(1);
    CHECK(second.read_from(0).size() == 51);
}

TEST_CASE("A log goes on in a new segment when one is full", "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files, 300);
    log.append_records(60);
    CHECK(segments(files).size() > 10);
    const auto all = log.read_from(0);
    CHECK(all.size() == 60);
    OpenLog again(files, 300);
    CHECK(again.opened.end == log.log.end());
    CHECK(again.read_from(0) == all);
    CHECK(again.read_from(40).front().end > 40);
    std::uint64_t bytes = 0;
    for (const std::string& name : segments(files)) {
        bytes += files.bytes_of(kFolder / name).size();
    }
    CHECK(log.log.bytes() == bytes);
    CHECK(again.log.bytes() == bytes);
    // As a whole a segment is line protocol: comments, and metrics.
    CHECK(files.bytes_of(kFolder / segment_name(0)).substr(0, 37) ==
          "# heliograph buffer 1 of outputs.out\n");
}

TEST_CASE("A last record that is cut off at any byte is cut, counted and overwritten", "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files);
    log.append_records(5);
    const auto all = log.read_from(0);
    const std::uint64_t end = all.back().first;
    const std::size_t before = files.bytes_of(kFolder / segment_name(0)).size();
    log.append_records(1);
    const std::string whole = files.bytes_of(kFolder / segment_name(0));
    const std::size_t last = whole.size() - before;
    const auto six = log.read_from(0);
    for (std::size_t torn = 0; torn < last; ++torn) {
        CAPTURE(torn);
        MemoryFiles copy;
        copy.put(kFolder / segment_name(0), whole.substr(0, before + torn));
        OpenLog opened(copy);
        CHECK(opened.opened.cut_bytes == torn);
        CHECK(opened.opened.end == six.back().first);
        CHECK(copy.bytes_of(kFolder / segment_name(0)).size() == before);
        CHECK(opened.read_from(0) == all);
        opened.append_records(1);
        CHECK(opened.read_from(0) == six);
        CHECK(copy.bytes_of(kFolder / segment_name(0)) == whole);
    }
    CHECK(end < six.back().first);
}

TEST_CASE("A segment that is cut off within its heading is begun again", "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files);
    log.append_records(1);
    const std::string whole = files.bytes_of(kFolder / segment_name(0));
    const std::size_t heading = whole.find('\n') + 1;
    for (std::size_t torn = 0; torn <= heading; ++torn) {
        CAPTURE(torn);
        MemoryFiles copy;
        copy.put(kFolder / segment_name(0), whole.substr(0, torn));
        OpenLog opened(copy);
        CHECK(opened.opened.cut_bytes == (torn == heading ? 0 : torn));
        CHECK(opened.opened.end == 0);
        opened.append_records(1);
        CHECK(copy.bytes_of(kFolder / segment_name(0)) == whole);
        CHECK(opened.log.bytes() == whole.size());
    }
}

TEST_CASE("A bit that flips anywhere in a segment costs at most the record that it lies in",
          "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files);
    log.append_records(4);
    const auto all = log.read_from(0);
    const std::string whole = files.bytes_of(kFolder / segment_name(0));
    // A second segment follows or not: an older segment is not read when the log is opened.
    const bool is_last = GENERATE(true, false);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            CAPTURE(at, bit);
            std::string bytes = whole;
            bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << bit));
            MemoryFiles copy;
            copy.put(kFolder / segment_name(0), bytes);
            if (!is_last) {
                copy.put(kFolder / segment_name(log.log.end()), "# heliograph buffer 1 of outputs.out\n");
            }
            OpenLog opened(copy);
            const auto found = opened.read_from(0);
            // Where each record lies: behind the heading, one after the other.
            std::size_t record = whole.find('\n') + 1;
            std::vector<Read> want;
            for (const Read& read : all) {
                const std::size_t next = record + kRecordHeaderBytes + read.text.size();
                if (at < record || at >= next) {
                    want.push_back(read);
                }
                record = next;
            }
            REQUIRE(found == want);
        }
    }
}

TEST_CASE("A log whose middle segment is missing reads what comes before and behind", "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files, 300);
    log.append_records(30);
    const auto all = log.read_from(0);
    const auto names = segments(files);
    REQUIRE(names.size() > 4);
    files.unlink(kFolder / names[2]);
    const auto begin = *parse_segment_name(names[2]);
    const auto end = *parse_segment_name(names[3]);
    std::vector<Read> want;
    std::copy_if(all.begin(), all.end(), std::back_inserter(want),
                 [&](const Read& read) { return read.first < begin || read.first >= end; });
    SECTION("found at open") {
        OpenLog opened(files, 300);
        CHECK(opened.read_from(0) == want);
        CHECK(opened.read_from(begin).front().first == end);
        CHECK(opened.opened.end == log.log.end());
    }
    SECTION("removed while the log is open") {
        CHECK(log.read_from(0) == want);
        CHECK(log.read_from(begin).front().first == end);
        CHECK_FALSE(log.log.remove_before(end));
        CHECK(log.log.end_of_oldest() == *parse_segment_name(names[4]));
    }
}

TEST_CASE("Segments go once all of their metrics come before the number, but never the last",
          "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files, 300);
    log.append_records(40);
    const auto names = segments(files);
    const auto second = *parse_segment_name(names[1]);
    CHECK(log.log.end_of_oldest() == second);
    CHECK_FALSE(log.log.remove_before(second - 1));
    CHECK(segments(files) == names);
    CHECK_FALSE(log.log.remove_before(second));
    CHECK(segments(files) == std::vector<std::string>(names.begin() + 1, names.end()));
    CHECK(log.read_from(0).front().first == second);
    CHECK_FALSE(log.log.remove_before(UINT64_MAX));
    CHECK(segments(files) == std::vector<std::string>{names.back()});
    CHECK_FALSE(log.log.end_of_oldest());
    OpenLog opened(files, 300);
    CHECK(opened.opened.first == *parse_segment_name(names.back()));
    CHECK(opened.opened.end == log.log.end());
    CHECK(opened.log.bytes() == log.log.bytes());
}

TEST_CASE("A reader goes on behind a segment that is removed under it", "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files, 300);
    log.append_records(40);
    const auto names = segments(files);
    RecordHeader header;
    std::string_view text;
    std::error_code error;
    REQUIRE(log.log.read(0, header, text, error));
    CHECK_FALSE(log.log.remove_before(*parse_segment_name(names[3])));
    REQUIRE(log.log.read(header.end(), header, text, error));
    CHECK(header.first >= *parse_segment_name(names[3]));
    REQUIRE(log.log.read(*parse_segment_name(names[3]), header, text, error));
    CHECK(header.first == *parse_segment_name(names[3]));
}

TEST_CASE("A log whose last file or folder is removed goes on in a new one, with higher numbers",
          "[unit][delivery]") {
    MemoryFiles files;
    const bool folder = GENERATE(false, true);
    OpenLog log(files);
    log.append_records(10);
    const auto end = log.log.end();
    if (folder) {
        files.unlink_folder(kFolder);
    } else {
        files.unlink(kFolder / segment_name(0));
    }
    log.append_records(10);
    CHECK(segments(files) == std::vector<std::string>{segment_name(end)});
    CHECK(log.read_from(end).size() == 10);
    OpenLog opened(files);
    CHECK(opened.opened.first == end);
    CHECK(opened.opened.end == log.log.end());
    CHECK(opened.read_from(0).size() == 10);
    CHECK_FALSE(log.log.sync(log.log.end()));
}

TEST_CASE("Numbers below at_least are not given again", "[unit][delivery]") {
    MemoryFiles files;
    {
        OpenLog log(files);
        log.append_records(5);
    }
    OpenLog log(files, 1 << 20, 1000);
    CHECK(log.opened.end == 1000);
    log.append_records(3);
    CHECK(log.read_from(900).front().first == 1000);
    OpenLog opened(files);
    CHECK(opened.opened.end == log.log.end());
    CHECK(opened.read_from(0).size() == 8);

    MemoryFiles empty;
    OpenLog fresh(empty, 1 << 20, 7);
    CHECK(fresh.opened.first == 7);
    fresh.append_records(1);
    CHECK(segments(empty) == std::vector<std::string>{segment_name(7)});
}

TEST_CASE("After an append that failed nothing of it is read, and the log goes on", "[unit][delivery]") {
    for (std::uint64_t operation = 0;; ++operation) {
        CAPTURE(operation);
        MemoryFiles files;
        OpenLog log(files, 200);
        log.append_records(5);
        const std::uint64_t end = log.log.end();
        const std::uint64_t begin = files.operations();
        files.fail_from(begin + operation, 2, std::errc::no_space_on_device);
        std::uint64_t failed = 0;
        for (int i = 0; i < 6; ++i) {
            const auto before = log.log.end();
            if (log.append(1, "m n=" + std::to_string(100 + i) + "i 1\n")) {
                ++failed;
                CHECK(log.log.end() == before);
            }
        }
        files.heal();
        CHECK(log.log.end() == end + 6 - failed);
        const auto all = log.read_from(end);
        CHECK(all.size() == 6 - failed);
        OpenLog opened(files, 200);
        CHECK(opened.opened.end == log.log.end());
        CHECK(opened.read_from(end) == all);
        if (files.failures() == 0) {
            CHECK(operation > 6);
            break;
        }
    }
}

TEST_CASE("An open that fails at any call can be tried again", "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files, 300);
    log.append_records(20);
    files.bytes_of(kFolder / segments(files).back()) += "torn";
    const auto all = log.read_from(0);
    for (std::uint64_t operation = 0;; ++operation) {
        CAPTURE(operation);
        DiskLog failing(settings(300), files);
        OpenedLog opened;
        const std::uint64_t failures = files.failures();
        files.fail_from(files.operations() + operation, 1, std::errc::io_error);
        const auto error = failing.open(0, opened);
        files.heal();
        CHECK(static_cast<bool>(error) == (files.failures() != failures));
        if (!error) {
            CHECK(operation > 5);
            break;
        }
    }
    OpenLog opened(files, 300);
    CHECK(opened.read_from(0) == all);
}

TEST_CASE("A read that fails says so and can be repeated", "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files, 300);
    log.append_records(20);
    const auto all = log.read_from(0);
    OpenLog opened(files, 300);
    std::vector<Read> found;
    std::uint64_t sequence = 0;
    std::uint64_t failed = 0;
    for (int call = 0; sequence < opened.log.end(); ++call) {
        RecordHeader header;
        std::string_view text;
        std::error_code error;
        files.fail_from(files.operations() + static_cast<std::uint64_t>(call % 3), 1, std::errc::io_error);
        if (opened.log.read(sequence, header, text, error)) {
            found.push_back({header.first, header.end(), std::string(text)});
            sequence = header.end();
        } else {
            REQUIRE(error == std::errc::io_error);
            ++failed;
        }
    }
    CHECK(found == all);
    CHECK(failed > 3);
}

TEST_CASE("Whatever was synced survives a power cut, also what lies in segments before the last",
          "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files, 300);
    log.append_records(30);
    REQUIRE_FALSE(log.log.sync(log.log.end()));
    const auto all = log.read_from(0);
    const std::uint64_t syncs = files.syncs();
    REQUIRE_FALSE(log.log.sync(log.log.end()));
    CHECK(files.syncs() == syncs);  // nothing is left to wait for
    log.append_records(30);
    files.lose_power();
    OpenLog opened(files, 300);
    CHECK(opened.read_from(0) == all);
    CHECK(opened.opened.end == all.back().end);
}

TEST_CASE("A sync that failed is made up for by the next", "[unit][delivery]") {
    for (std::uint64_t operation = 0;; ++operation) {
        MemoryFiles files;
        OpenLog log(files, 300);
        log.append_records(30);
        files.fail_from(files.operations() + operation, 1, std::errc::io_error);
        const auto error = log.log.sync(log.log.end());
        files.heal();
        CHECK(static_cast<bool>(error) == (files.failures() != 0));
        REQUIRE_FALSE(log.log.sync(log.log.end()));
        const auto all = log.read_from(0);
        files.lose_power();
        OpenLog opened(files, 300);
        CHECK(opened.read_from(0) == all);
        if (!error) {
            CHECK(operation > 5);
            break;
        }
    }
}

TEST_CASE("Text that looks like a far record does not carry the numbers away", "[unit][delivery]") {
    MemoryFiles files;
    OpenLog log(files);
    log.append_records(1);
    std::string inner(kRecordHeaderBytes, ' ');
    write_record_header(inner.data(), UINT64_MAX / 2, 1, "x f=1\n");
    inner += "x f=1\n";
    REQUIRE_FALSE(log.append(1, "m s=\"" + inner + "\" 1\n"));
    std::string& bytes = files.bytes_of(kFolder / segment_name(0));
    bytes.resize(bytes.size() - 1);  // the outer record is damaged, the inner one is whole
    OpenLog opened(files);
    CHECK(opened.opened.end == 1);
    CHECK(opened.read_from(0).size() == 1);
}

}  // namespace
}  // namespace heliograph::delivery
