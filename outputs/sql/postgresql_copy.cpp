#include "outputs/sql/postgresql_copy.hpp"

#include "outputs/sql/engine.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace heliograph::sql {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kFirstCapacity = 16'384;
constexpr std::int32_t kNull = -1;
constexpr std::int64_t kMicrosecondsTo2000 = 946'684'800'000'000;  // from 1970
constexpr int kDigitsPerGroup = 4;                                 // of a numeric
constexpr std::uint16_t kNegative = 0x4000;                        // the sign of a numeric

struct NamedType {
    std::uint32_t type;
    Wire wire;
};

constexpr auto kTypes = std::to_array<NamedType>({
    {16, Wire::boolean},
    {20, Wire::int8},
    {21, Wire::int2},
    {23, Wire::int4},
    {25, Wire::text},
    {114, Wire::json},
    {700, Wire::float4},
    {701, Wire::float8},
    {1042, Wire::text},  // character(n)
    {1043, Wire::text},  // character varying
    {1114, Wire::timestamp},
    {1184, Wire::timestamptz},
    {1700, Wire::numeric},
    {3802, Wire::jsonb},
});

int floor_divide(int value, int by) noexcept {
    return value / by - (value % by < 0 ? 1 : 0);
}

template <class Number>
std::string shown(Number number) {
    std::array<char, 32> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

[[noreturn]] void refuse(const CopyColumn& column, const std::string& value) {
    throw RowError(column.wire == Wire::unsupported
                       ? "column " + column.name + " has a type that this output cannot write"
                       : "column " + column.name + " is " + std::string(sql_name(column.wire)) +
                             " and cannot hold " + value);
}

}  // namespace

const std::string_view CopyBuffer::kHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;
const std::string_view CopyBuffer::kTrailer = "\377\377"sv;

Wire wire_of(std::uint32_t type) noexcept {
    const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                    [&](const NamedType& known) { return known.type == type; });
    return found == kTypes.end() ? Wire::unsupported : found->wire;
}

std::string_view sql_name(Wire wire) noexcept {
    switch (wire) {
        case Wire::int2:
            return "smallint";
        case Wire::int4:
            return "integer";
        case Wire::int8:
            return "bigint";
        case Wire::float4:
            return "real";
        case Wire::float8:
            return "double precision";
        case Wire::numeric:
            return "numeric";
        case Wire::boolean:
            return "boolean";
        case Wire::json:
            return "json";
        case Wire::jsonb:
            return "jsonb";
        case Wire::timestamp:
            return "timestamp";
        case Wire::timestamptz:
            return "timestamptz";
        case Wire::text:
        case Wire::unsupported:
            break;
    }
    return "text";
}

std::int64_t microseconds(std::int64_t nanoseconds) noexcept {
    constexpr std::int64_t kPerMicrosecond = 1'000;
    return nanoseconds / kPerMicrosecond - (nanoseconds % kPerMicrosecond < 0 ? 1 : 0);
}

void CopyBuffer::add_row(std::span<const CopyColumn> columns, std::span<const Value> row,
                         std::size_t number) {
    const std::size_t start = size_;
    try {
        add_integer(static_cast<std::int16_t>(columns.size()));
        for (std::size_t i = 0; i < columns.size(); ++i) {
            add_value(columns[i], row[i]);
        }
        starts_.push_back(start);
        numbers_.push_back(number);
    } catch (...) {
        starts_.resize(numbers_.size());
        size_ = start;
        throw;
    }
}

void CopyBuffer::add_value(const CopyColumn& column, const Value& value) {
    switch (value.kind()) {
        case Value::Kind::null:
            if (column.wire == Wire::unsupported) {
                refuse(column, "NULL");  // its type would not be that of the temporary table
            }
            add_integer(kNull);
            return;
        case Value::Kind::floating:
            add_number(column, value.floating());
            return;
        case Value::Kind::integer:
            add_whole(column, value.integer());
            return;
        case Value::Kind::unsigned_integer:
            add_whole(column, value.unsigned_integer());
            return;
        case Value::Kind::text:
            add_text(column, value.text());
            return;
    }
}

std::string_view CopyBuffer::bytes(std::size_t first, std::size_t count) const noexcept {
    const std::size_t begin = first < rows() ? starts_[first] : size_;
    const std::size_t end = first + count < rows() ? starts_[first + count] : size_;
    return {data_.get() + begin, end - begin};
}

void CopyBuffer::clear() noexcept {
    size_ = 0;
    starts_.clear();
    numbers_.clear();
}

char* CopyBuffer::extend(std::size_t by) {
    if (capacity_ - size_ < by) {
        const std::size_t capacity = std::max({capacity_ * 2, size_ + by, kFirstCapacity});
        std::unique_ptr<char[]> data(new char[capacity]);
        if (size_ != 0) {
            std::memcpy(data.get(), data_.get(), size_);
        }
        data_ = std::move(data);
        capacity_ = capacity;
    }
    return data_.get() + std::exchange(size_, size_ + by);
}

template <class Integer>
void CopyBuffer::add_integer(Integer value) {
    auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
    char* to = extend(sizeof(bits));
    for (std::size_t i = sizeof(bits); i-- > 0;) {
        to[i] = static_cast<char>(bits & 0xFF);
        bits = static_cast<std::make_unsigned_t<Integer>>(bits >> (sizeof(bits) > 1 ? 8 : 0));
    }
}

void CopyBuffer::add_bytes(std::string_view bytes) {
    add_integer(static_cast<std::int32_t>(bytes.size()));
    if (!bytes.empty()) {
        std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }
}

void CopyBuffer::add_number(const CopyColumn& column, double number) {
    switch (column.wire) {
        case Wire::float8:
            add_integer(std::int32_t{8});
            add_integer(std::bit_cast<std::int64_t>(number));
            return;
        case Wire::float4: {
            if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max()) &&
                std::isfinite(number)) {
                refuse(column, shown(number));
            }
            add_integer(std::int32_t{4});
            add_integer(std::bit_cast<std::int32_t>(static_cast<float>(number)));
            return;
        }
        case Wire::numeric: {
            if (!std::isfinite(number)) {
                refuse(column, shown(number));
            }
            // "-1.2345e-05", the shortest that reads back as the same number.
            std::array<char, 32> text{};
            const char* end = std::to_chars(text.data(), text.data() + text.size(), std::abs(number),
                                            std::chars_format::scientific)
                                  .ptr;
            const char* begin = text.data();
            const char* mark = std::find(begin, end, 'e');
            int exponent = 0;
            std::from_chars(mark + (mark[1] == '+' ? 2 : 1), end, exponent);
            std::string digits(begin, mark);
            if (digits.size() > 1) {
                digits.erase(1, 1);
            }
            add_numeric(std::signbit(number), number == 0 ? ""sv : digits,
                        exponent + 1 - static_cast<int>(digits.size()));
            return;
        }
        case Wire::text:
            add_bytes(shown(number));
            return;
        default: {
            constexpr double kLimit = 9'223'372'036'854'775'808.0;  // 2^63
            if (std::trunc(number) != number || number < -kLimit || number >= kLimit) {
                refuse(column, shown(number));
            }
            add_whole(column, static_cast<std::int64_t>(number));
            return;
        }
    }
}

template <class Integer>
void CopyBuffer::add_whole(const CopyColumn& column, Integer number) {
    const auto add = [&]<class Target>(Target) {
        if (!std::in_range<Target>(number)) {
            refuse(column, shown(number));
        }
        add_integer(static_cast<std::int32_t>(sizeof(Target)));
        add_integer(static_cast<Target>(number));
    };
    switch (column.wire) {
        case Wire::int2:
            add(std::int16_t{});
            return;
        case Wire::int4:
            add(std::int32_t{});
            return;
        case Wire::int8:
            add(std::int64_t{});
            return;
        case Wire::float4:
        case Wire::float8:
            add_number(column, static_cast<double>(number));
            return;
        case Wire::boolean:
            if (number != 0 && number != 1) {
                refuse(column, shown(number));
            }
            add_integer(std::int32_t{1});
            *extend(1) = static_cast<char>(number);
            return;
        case Wire::numeric: {
            const std::string digits = shown(number);
            const bool negative = digits.front() == '-';
            add_numeric(negative, number == 0 ? ""sv : std::string_view(digits).substr(negative ? 1 : 0), 0);
            return;
        }
        case Wire::timestamp:
        case Wire::timestamptz:
            if (!std::in_range<std::int64_t>(number)) {
                refuse(column, shown(number));
            }
            add_integer(std::int32_t{8});
            add_integer(microseconds(static_cast<std::int64_t>(number)) - kMicrosecondsTo2000);
            return;
        case Wire::text:
        case Wire::json:
            add_bytes(shown(number));
            return;
        case Wire::jsonb:
            add_text(column, shown(number));
            return;
        case Wire::unsupported:
            refuse(column, shown(number));
    }
}

void CopyBuffer::add_text(const CopyColumn& column, std::string_view text) {
    constexpr char kJsonbVersion = 1;
    switch (column.wire) {
        case Wire::text:
        case Wire::json:
            add_bytes(text);
            return;
        case Wire::jsonb:
            add_integer(static_cast<std::int32_t>(text.size() + 1));
            *extend(1) = kJsonbVersion;
            if (!text.empty()) {
                std::memcpy(extend(text.size()), text.data(), text.size());
            }
            return;
        default:
            refuse(column, "a text");
    }
}

/// The number is `digits`, without leading zeros, times 10 to the power of `exponent`. It is sent in groups
/// of four digits, the first of which weighs 10000 to the power of the weight. Source: PostgreSQL,
/// numeric_recv.
void CopyBuffer::add_numeric(bool negative, std::string_view digits, int exponent) {
    const int size = static_cast<int>(digits.size());
    const int top = exponent + size - 1;  // the power of ten of the first digit
    const int weight = digits.empty() ? 0 : floor_divide(top, kDigitsPerGroup);
    const int lead = digits.empty() ? 0 : (weight + 1) * kDigitsPerGroup - 1 - top;  // zeros before the first
    const int groups = (lead + size + kDigitsPerGroup - 1) / kDigitsPerGroup;
    add_integer(static_cast<std::int32_t>((4 + groups) * 2));
    add_integer(static_cast<std::int16_t>(groups));
    add_integer(static_cast<std::int16_t>(weight));
    add_integer(negative && groups != 0 ? kNegative : std::uint16_t{0});
    add_integer(static_cast<std::int16_t>(std::max(0, -exponent)));
    for (int group = 0; group < groups; ++group) {
        int value = 0;
        for (int i = 0; i < kDigitsPerGroup; ++i) {
            const int at = group * kDigitsPerGroup + i - lead;
            value = value * 10 + (at >= 0 && at < size ? digits[static_cast<std::size_t>(at)] - '0' : 0);
        }
        add_integer(static_cast<std::int16_t>(value));
    }
}

}  // namespace heliograph::sql
