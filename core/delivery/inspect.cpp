#include "core/delivery/inspect.hpp"

#include "core/delivery/disk_log.hpp"

#include <algorithm>
#include <array>

namespace heliograph::delivery {
namespace {

/// All of a file; segments are bounded, so this is, too.
std::string read_all(FileSystem& files, const std::filesystem::path& path, std::error_code& error) {
    const File file(files, files.open(path, FileSystem::Mode::read, error));
    const std::uint64_t size = error ? 0 : files.size(file.get(), error);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (!error) {
        bytes.resize(files.read(file.get(), bytes, 0, error));
    }
    return bytes;
}

std::optional<Position> read_position(FileSystem& files, const std::filesystem::path& path) {
    std::error_code error;
    const std::string bytes = read_all(files, path, error);
    const auto stored = error ? std::nullopt : newest_stored(bytes);
    return stored ? std::optional(stored->position) : std::nullopt;
}

/// For each metric of a record, whether it is not done.
std::vector<bool> undelivered_of(const RecordHeader& header, const std::optional<Position>& position) {
    std::vector<bool> undelivered(header.count, true);
    const auto note_done = [&](const SequenceRange& done) {
        const std::uint64_t end = std::min(done.end, header.end());
        for (std::uint64_t i = std::max(done.first, header.first); i < end; ++i) {
            undelivered[static_cast<std::size_t>(i - header.first)] = false;
        }
    };
    if (position) {
        note_done({0, position->next});
        std::for_each(position->done.begin(), position->done.end(), note_done);
    }
    return undelivered;
}

/// Where the heading of a segment ends, a comment in its first line.
std::size_t heading_of(std::string_view bytes) {
    const std::size_t newline = bytes.substr(0, 2) == "# " ? bytes.find('\n') : std::string_view::npos;
    return newline == std::string_view::npos ? 0 : newline + 1;
}

SegmentReport inspect_segment(std::uint64_t first, std::string_view bytes,
                              const std::function<void(const FoundRecord&)>& on_record) {
    SegmentReport report;
    report.name = segment_name(first);
    report.first = first;
    report.end = first;
    report.bytes = bytes.size();
    std::size_t at = heading_of(bytes);
    while (at < bytes.size()) {
        const auto found = find_record(bytes, at);
        const std::size_t intact_from = found ? found->offset : bytes.size();
        if (intact_from != at) {
            report.damaged.push_back({at, intact_from - at, !found});
        }
        if (!found) {
            break;
        }
        ++report.records;
        report.metrics += found->header.count;
        report.missing += found->header.first > report.end ? found->header.first - report.end : 0;
        report.end = std::max(report.end, found->header.end());
        at = found->offset + kRecordHeaderBytes + found->header.length;
        on_record(*found);
    }
    return report;
}

std::string failure(const std::string& doing, const std::filesystem::path& path,
                    const std::error_code& error) {
    return "cannot " + doing + " " + path.string() + ": " + error.message();
}

}  // namespace

bool BufferReport::intact() const noexcept {
    return std::all_of(segments.begin(), segments.end(), [](const SegmentReport& segment) {
        return segment.damaged.empty() && segment.missing == 0;
    });
}

std::uint64_t BufferReport::bytes() const noexcept {
    std::uint64_t sum = 0;
    for (const SegmentReport& segment : segments) {
        sum += segment.bytes;
    }
    return sum;
}

BufferReport inspect(const std::filesystem::path& folder, FileSystem& files, std::string& error,
                     const std::function<void(const UndeliveredRecord&)>& on_record) {
    BufferReport report;
    std::error_code code;
    std::vector<std::uint64_t> firsts;
    for (const std::string& name : files.list(folder, code)) {
        if (const auto first = parse_segment_name(name)) {
            firsts.push_back(*first);
        }
    }
    if (code) {
        error = failure("read the folder", folder, code);
        return report;
    }
    std::sort(firsts.begin(), firsts.end());
    report.position = read_position(files, folder / "position");
    for (const std::uint64_t first : firsts) {
        const std::filesystem::path path = folder / segment_name(first);
        const std::string bytes = read_all(files, path, code);
        if (code == std::errc::no_such_file_or_directory) {
            code.clear();  // delivered and removed while this was being read
            continue;
        }
        if (code) {
            error = failure("read", path, code);
            return report;
        }
        if (!report.segments.empty() && first > report.segments.back().end) {
            report.segments.back().missing += first - report.segments.back().end;
        }
        report.segments.push_back(inspect_segment(first, bytes, [&](const FoundRecord& found) {
            const auto undelivered = undelivered_of(found.header, report.position);
            const auto count = std::count(undelivered.begin(), undelivered.end(), true);
            report.undelivered += static_cast<std::uint64_t>(count);
            if (on_record && count != 0) {
                on_record({found.header, found.text, undelivered});
            }
        }));
    }
    return report;
}

std::string repair(const std::filesystem::path& folder, const BufferReport& report, FileSystem& files) {
    std::error_code claimed;
    const File position(files, files.open(folder / "position", FileSystem::Mode::write, claimed));
    if (!claimed) {
        claimed = files.lock(position.get());  // the program that owns the buffer holds it
    }
    if (claimed) {
        return failure("claim the buffer", folder, claimed) + "; does its program still run?";
    }
    for (const SegmentReport& segment : report.segments) {
        if (segment.damaged.empty()) {
            continue;
        }
        const std::filesystem::path path = folder / segment.name;
        std::error_code error;
        const std::string bytes = read_all(files, path, error);
        if (error) {
            return failure("read", path, error);
        }
        std::string intact;
        std::string damaged;
        std::size_t at = 0;
        for (const DamagedBytes& part : segment.damaged) {
            const auto offset = static_cast<std::size_t>(part.offset);
            intact.append(bytes, at, offset - at);
            damaged.append(bytes, offset, static_cast<std::size_t>(part.bytes));
            at = offset + static_cast<std::size_t>(part.bytes);
        }
        intact.append(bytes, at);
        // The damaged bytes are safe before the segment is replaced, and the segment is replaced as a whole.
        const std::array<std::pair<std::filesystem::path, const std::string*>, 2> parts{
            {{path.string() + ".damaged", &damaged}, {path.string() + ".new", &intact}}};
        const File segment_file(files, files.open(path, FileSystem::Mode::read, error));
        for (const auto& [target, content] : parts) {
            const File file(files, files.open(target, FileSystem::Mode::write, error));
            std::uint64_t offset = 0;
            if (!error && content == &intact) {
                error = files.truncate(file.get(), 0);
            } else if (!error) {
                offset = files.size(file.get(), error);  // behind what an earlier repair has cut out
            }
            if (!error) {
                files.take_owner(file.get(), segment_file.get());
                error = files.write(file.get(), *content, offset);
            }
            if (!error) {
                error = files.sync(file.get());
            }
            if (error) {
                return failure("write", target, error);
            }
        }
        error = files.rename(path.string() + ".new", path);
        if (!error) {
            error = files.sync_folder(folder);
        }
        if (error) {
            return failure("replace", path, error);
        }
    }
    return {};
}

}  // namespace heliograph::delivery
