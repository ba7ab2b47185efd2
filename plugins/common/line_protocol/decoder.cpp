#include "plugins/common/line_protocol/decoder.hpp"

#include "plugins/common/line_protocol/number_reader.hpp"
#include "plugins/common/line_protocol/plain_copy.hpp"
#include "plugins/common/line_protocol/resync.hpp"
#include "plugins/common/line_protocol/unique_keys.hpp"
#include "plugins/common/line_protocol/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace heliograph::line_protocol {
namespace {

// Which bytes end which token.
enum Stop : std::uint8_t {
    kMeasurementStop = 1,
    kKeyStop = 2,
    kOpenKeyStop = 4,    // of a field key of v3, which may hold commas
    kValueStop = 8,      // of a tag value of v1
    kOpenValueStop = 16  // of a tag value of v3, which may hold =
};

constexpr auto kStops = [] {
    std::array<std::uint8_t, 256> stops{};
    const auto set = [&](char byte, int mask) {
        stops[static_cast<unsigned char>(byte)] = static_cast<std::uint8_t>(mask);
    };
    constexpr int kAll = kMeasurementStop | kKeyStop | kOpenKeyStop | kValueStop | kOpenValueStop;
    for (const char byte : {' ', '\t', '\n', '\\'}) {
        set(byte, kAll);
    }
    set(',', kAll & ~kOpenKeyStop);
    set('=', kKeyStop | kOpenKeyStop | kValueStop);
    set('\0', kMeasurementStop);
    return stops;
}();

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

}  // namespace

/// Reads one entry. Each read_ function moves at_ forward, or says what is wrong and answers false; at_ then
/// stands where it is wrong.
class Decoder::Entry {
public:
    Entry(Decoder& decoder, hg_arena& arena, const char* at, const char* end) noexcept
        : decoder_(decoder), arena_(arena), at_(at), end_(end), is_v3_(decoder.dialect_ == Dialect::v3) {}

    [[nodiscard]] const char* at() const noexcept { return at_; }
    [[nodiscard]] const char* problem() const noexcept { return problem_; }

    [[nodiscard]] bool read(hg_metric& metric) {
        if (!read_name(kMeasurementStop, metric.name, "the measurement is empty")) {
            return false;
        }
        if (!read_tags() || !read_fields() || !read_time(metric.time)) {
            return false;
        }
        while (at_ != end_ && is_blank(*at_)) {
            ++at_;
        }
        if (at_ != end_ && *at_ != '\n') {
            return fail(*at_ == '\r' ? "the line ends in CR LF, where line protocol wants LF alone"
                                     : "the line should end here");
        }
        return true;
    }

    void store(hg_metric& metric) {
        metric.tags = copy_records(tags());
        metric.tag_count = static_cast<std::uint32_t>(tag_count_);
        metric.fields = copy_records(fields());
        metric.field_count = static_cast<std::uint32_t>(field_count_);
    }

private:
    [[nodiscard]] std::span<hg_tag> tags() noexcept { return {decoder_.tags_.data(), tag_count_}; }
    [[nodiscard]] std::span<hg_field> fields() noexcept { return {decoder_.fields_.data(), field_count_}; }

    // The vectors are scratch memory; how much of them is in use is counted here.
    template <class Record>
    static void push(std::vector<Record>& scratch, std::size_t& count, const Record& record) {
        if (count == scratch.size()) {
            scratch.resize(2 * count + 16);
        }
        scratch[count++] = record;
    }

    template <class Record>
    Record* copy_records(std::span<Record> records) {
        if (records.empty()) {
            return nullptr;
        }
        auto* const copy = arena_array<Record>(arena_, records.size());
        std::memcpy(copy, records.data(), records.size_bytes());
        return copy;
    }

    bool fail(const char* problem) noexcept {
        problem_ = problem;
        return false;
    }

    [[nodiscard]] bool next_is(char c) const noexcept { return at_ != end_ && *at_ == c; }

    // The first byte that ends a token. Sixteen bytes at a time; of those that end some token, the table
    // tells which end this one.
    [[nodiscard]] const char* scan(const char* at, unsigned stop) const noexcept {
        while (end_ - at >= 16) {
            const MaskWords found = words_of(find_delimiters(load_block(at)));
            const int place =
                found.first != 0 ? std::countr_zero(found.first) : 64 + std::countr_zero(found.second);
            at += place / 8;
            if (place != 128) {
                if ((kStops[static_cast<unsigned char>(*at)] & stop) != 0) {
                    return at;
                }
                ++at;
            }
        }
        while (at != end_ && (kStops[static_cast<unsigned char>(*at)] & stop) == 0) {
            ++at;
        }
        return at;
    }

    [[nodiscard]] bool read_name(unsigned stop, hg_text& name, const char* when_empty) {
        const char* const start = at_;
        at_ = scan(at_, stop);
        if (next_is('\\')) {
            return read_escaped_name(start, stop, name);
        }
        if (at_ == start) {
            return fail(when_empty);
        }
        name = {start, static_cast<std::size_t>(at_ - start)};
        return true;
    }

    // Whether a backslash before c only protects it, and is itself no part of the name.
    [[nodiscard]] bool is_escapable(char c, unsigned stop) const noexcept {
        return c == ' ' || c == ',' || (c == '=' && stop != kMeasurementStop) || (c == '\\' && is_v3_);
    }

    // at_ stands at the first backslash of a name that begins at start.
    [[nodiscard]] bool read_escaped_name(const char* start, unsigned stop, hg_text& name) {
        bool changes = false;
        while (next_is('\\')) {
            const char* const next = at_ + 1;
            if (next == end_ || *next == '\n') {
                return fail("a backslash cannot be the last character of a line");
            }
            if (is_escapable(*next, stop)) {
                changes = true;
                at_ = next + 1;
            } else {
                // In v3 the pair stays together, whatever it is; in v1 what follows speaks for itself.
                at_ = is_v3_ ? next + 1 : next;
            }
            at_ = scan(at_, stop);
        }
        const auto size = static_cast<std::size_t>(at_ - start);
        if (at_[-1] == '\\') {
            return fail("a name cannot end with a backslash");
        }
        if (!changes) {
            name = {start, size};
            return true;
        }
        auto* const copy = static_cast<char*>(arena_allocate(arena_, size, 1));
        char* out = copy;
        for (const char* from = start; from != at_;) {
            if (*from == '\\' && is_escapable(from[1], stop)) {
                ++from;
            } else if (*from == '\\' && is_v3_) {
                *out++ = *from++;
            }
            *out++ = *from++;
        }
        name = {copy, static_cast<std::size_t>(out - copy)};
        return true;
    }

    [[nodiscard]] bool read_tags() {
        bool in_order = true;
        while (next_is(',')) {
            ++at_;
            hg_tag tag;
            if (!read_name(kKeyStop, tag.key, "the key of a tag is empty")) {
                return false;
            }
            if (!next_is('=')) {
                return fail("a tag has no value: = should stand here");
            }
            ++at_;
            if (!read_name(is_v3_ ? kOpenValueStop : kValueStop, tag.value, "the value of a tag is empty")) {
                return false;
            }
            if (next_is('=')) {
                return fail("a = in the value of a tag needs a backslash before it");
            }
            in_order = in_order && (tag_count_ == 0 || view(tags().back().key) < view(tag.key));
            push(decoder_.tags_, tag_count_, tag);
        }
        if (in_order) {
            return true;
        }
        const std::size_t count = tag_count_;
        tag_count_ = sort_tags(tags());
        return is_v3_ || tag_count_ == count || fail("a tag is repeated");
    }

    [[nodiscard]] bool read_fields() {
        if (!next_is(' ')) {
            return fail(at_ == end_ || *at_ == '\n' ? "the line has no fields" : "a space should stand here");
        }
        skip_spaces();
        if (at_ == end_ || *at_ == '\n') {
            return fail("the line has no fields");
        }
        for (;;) {
            hg_field field;
            if (!read_name(is_v3_ ? kOpenKeyStop : kKeyStop, field.key, "the key of a field is empty")) {
                return false;
            }
            if (!next_is('=')) {
                return fail("a field has no value: = should stand here");
            }
            ++at_;
            if (!read_value(field)) {
                return false;
            }
            push(decoder_.fields_, field_count_, field);
            if (!next_is(',')) {
                break;
            }
            ++at_;
            if (is_v3_ && (at_ == end_ || *at_ == ' ' || *at_ == '\n')) {
                break;  // InfluxDB 3 overlooks a comma behind the last field
            }
        }
        field_count_ = merge_repeated_fields(fields());
        return true;
    }

    [[nodiscard]] bool read_value(hg_field& field) {
        field.zero = 0;
        if (next_is('"')) {
            ++at_;
            field.type = HG_TEXT;
            return read_string(field.value.text);
        }
        if (at_ != end_ && (*at_ >= 'A' && *at_ <= 'z')) {
            return read_boolean(field);
        }
        const ReadNumber number = read_number(at_, end_, decoder_.dialect_);
        if (number.problem != nullptr) {
            return fail(number.problem);
        }
        field.type = number.type;
        field.value = number.value;
        at_ = number.end;
        return ends_value() || fail("the number does not end here");
    }

    [[nodiscard]] bool ends_value() const noexcept {
        return at_ == end_ || *at_ == ',' || is_blank(*at_) || *at_ == '\n' || *at_ == '\r';
    }

    [[nodiscard]] bool read_boolean(hg_field& field) {
        const char* const start = at_;
        while (!ends_value()) {
            ++at_;
        }
        const std::string_view word(start, static_cast<std::size_t>(at_ - start));
        for (const std::string_view yes : {"true", "t", "T", "True", "TRUE"}) {
            if (word == yes) {
                field.type = HG_BOOLEAN;
                field.value.boolean = 1;
                return true;
            }
        }
        for (const std::string_view no : {"false", "f", "F", "False", "FALSE"}) {
            if (word == no) {
                field.type = HG_BOOLEAN;
                field.value.boolean = 0;
                return true;
            }
        }
        at_ = start;
        return fail("the value is not a number, a string in quotes, true or false");
    }

    // at_ stands behind the opening quote.
    [[nodiscard]] bool read_string(hg_text& text) {
        const char* const start = at_;
        std::size_t escapes = 0;
        while (at_ != end_ && *at_ != '"') {
            if (*at_ == '\\' && at_ + 1 != end_) {
                ++at_;
                escapes += *at_ == '"' || *at_ == '\\' ? 1 : 0;
            }
            ++at_;
        }
        if (at_ == end_) {
            at_ = start - 1;
            return fail("the string is never closed");
        }
        const auto size = static_cast<std::size_t>(at_ - start);
        ++at_;
        if (!ends_value()) {
            return fail("the string ended before this; a quote inside of it needs a backslash");
        }
        if (escapes == 0) {
            text = {start, size};
            return true;
        }
        auto* const copy = static_cast<char*>(arena_allocate(arena_, size - escapes, 1));
        char* out = copy;
        for (const char* from = start; from != start + size;) {
            if (*from == '\\') {
                const bool is_escape = from[1] == '"' || from[1] == '\\';
                if (!is_escape) {
                    *out++ = *from;
                }
                ++from;
            }
            *out++ = *from++;
        }
        text = {copy, static_cast<std::size_t>(out - copy)};
        return true;
    }

    [[nodiscard]] bool read_time(std::int64_t& time) {
        time = HG_TIME_UNSET;
        if (!next_is(' ')) {
            return true;
        }
        skip_spaces();
        if (at_ == end_ || (*at_ != '-' && (*at_ < '0' || *at_ > '9'))) {
            return true;  // what stands here instead is judged with the end of the line
        }
        const ReadInteger number = read_integer(at_, end_);
        if (number.problem != nullptr) {
            return fail("the timestamp is not a 64-bit integer");
        }
        if (__builtin_mul_overflow(number.value, decoder_.unit_, &time)) {
            return fail("the timestamp is out of range: is the precision right?");
        }
        at_ = number.end;
        return true;
    }

    void skip_spaces() noexcept {
        while (next_is(' ')) {
            ++at_;
        }
    }

    Decoder& decoder_;
    hg_arena& arena_;
    const char* at_;
    const char* const end_;
    const bool is_v3_;
    std::size_t tag_count_ = 0;
    std::size_t field_count_ = 0;
    const char* problem_ = nullptr;
};

DecodeResult Decoder::decode(std::string_view text, Batch& batch, const ErrorSink& on_error) {
    DecodeResult result;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const char* at = begin;
    const bool check_each = dialect_ == Dialect::v3 && !is_utf8(text);
    bool strings_close = true;  // until one is found that does not; then broken entries end with their line
    // Lines are counted only when an error needs the number.
    std::size_t line = 1;
    const char* counted = begin;

    const auto report = [&](const char* start, const char* where, std::string_view problem) {
        line += static_cast<std::size_t>(std::count(counted, start, '\n'));
        counted = start;
        if (on_error) {
            DecodeError error{
                result.decoded + result.failed, line, static_cast<std::size_t>(where - begin), {}};
            error.message = problem;
            if (const std::string found = snippet(where, end); !found.empty()) {
                error.message += ", found: " + found;
            }
            on_error(error);
        }
        ++result.failed;
    };

    while (at != end) {
        if (is_blank(*at) || *at == '\n') {
            ++at;
            continue;
        }
        if (*at == '#') {
            at = find_newline(at, end);
            continue;
        }
        const char* const start = at;
        hg_metric metric{};
        Entry entry(*this, batch.arena(), start, end);
        if (!entry.read(metric)) {
            report(start, entry.at(), entry.problem());
            const char* next = strings_close ? end_of_broken_entry(start, end) : nullptr;
            strings_close = next != nullptr;
            at = next != nullptr ? next : find_newline(start, end);
            continue;
        }
        at = entry.at();
        if (check_each && !is_utf8({start, static_cast<std::size_t>(at - start)})) {
            report(start, start, "the line is not UTF-8");
            continue;
        }
        entry.store(metric);
        batch.add("", 0, 0).metric().record() = metric;
        ++result.decoded;
    }
    return result;
}

DecodeResult Decoder::decode_owned(std::unique_ptr<std::string> text, Batch& batch,
                                   const ErrorSink& on_error) {
    const std::string& kept = batch.adopt(std::move(text));
    return decode(kept, batch, on_error);
}

DecodeResult decode(std::string_view text, Dialect dialect, Precision precision, Batch& batch,
                    const ErrorSink& on_error) {
    return Decoder(dialect, precision).decode(text, batch, on_error);
}

}  // namespace heliograph::line_protocol
