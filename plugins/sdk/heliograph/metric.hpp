// Reading a metric: zero-cost views over the C records of the door.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/text.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace heliograph {

/// The type of a field's value.
enum class ValueType : std::int32_t {
    floating = HG_FLOAT,
    integer = HG_INTEGER,
    unsigned_integer = HG_UNSIGNED,
    boolean = HG_BOOLEAN,
    text = HG_TEXT,
};

/// A field of a metric. A view: valid as long as the batch that holds it.
class FieldView {
public:
    explicit FieldView(const hg_field& record) noexcept : record_(&record) {}

    [[nodiscard]] std::string_view key() const noexcept { return view(record_->key); }
    [[nodiscard]] ValueType type() const noexcept { return static_cast<ValueType>(record_->type); }

    // Each of these may be called only when type() says so.
    [[nodiscard]] double floating() const noexcept { return record_->value.floating; }
    [[nodiscard]] std::int64_t integer() const noexcept { return record_->value.integer; }
    [[nodiscard]] std::uint64_t unsigned_integer() const noexcept { return record_->value.unsigned_integer; }
    [[nodiscard]] bool boolean() const noexcept { return record_->value.boolean != 0; }
    [[nodiscard]] std::string_view text() const noexcept { return view(record_->value.text); }

    /// The value as a number: of floats, integers and unsigned integers; nothing for the others.
    [[nodiscard]] std::optional<double> as_number() const noexcept {
        switch (type()) {
            case ValueType::floating:
                return floating();
            case ValueType::integer:
                return static_cast<double>(integer());
            case ValueType::unsigned_integer:
                return static_cast<double>(unsigned_integer());
            default:
                return std::nullopt;
        }
    }

    [[nodiscard]] const hg_field& record() const noexcept { return *record_; }

private:
    const hg_field* record_;
};

/// One metric: name, tags sorted by key, typed fields, time. A view: valid as long as the batch that holds
/// it.
class MetricView {
public:
    explicit MetricView(const hg_metric& record) noexcept : record_(&record) {}

    [[nodiscard]] std::string_view name() const noexcept { return view(record_->name); }
    /// Nanoseconds since 1970-01-01 UTC.
    [[nodiscard]] std::int64_t time() const noexcept { return record_->time; }
    /// Sorted by key, bytewise.
    [[nodiscard]] std::span<const hg_tag> tags() const noexcept {
        return {record_->tags, record_->tag_count};
    }
    [[nodiscard]] std::span<const hg_field> fields() const noexcept {
        return {record_->fields, record_->field_count};
    }

    /// The value of a tag; empty when there is none (a tag's value is never empty).
    [[nodiscard]] std::string_view tag(std::string_view key) const noexcept {
        for (const hg_tag& tag : tags()) {
            if (view(tag.key) == key) {
                return view(tag.value);
            }
        }
        return {};
    }

    [[nodiscard]] std::optional<FieldView> field(std::string_view key) const noexcept {
        for (const hg_field& field : fields()) {
            if (view(field.key) == key) {
                return FieldView(field);
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] const hg_metric& record() const noexcept { return *record_; }

private:
    const hg_metric* record_;
};

/// A run of metrics to be read, such as an output is given. Iterates as MetricView.
class MetricSpan {
public:
    class Iterator {
    public:
        using difference_type = std::ptrdiff_t;
        using value_type = MetricView;

        Iterator() noexcept = default;
        explicit Iterator(const hg_metric* at) noexcept : at_(at) {}
        MetricView operator*() const noexcept { return MetricView(*at_); }
        Iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        Iterator operator++(int) noexcept { return Iterator(at_++); }
        bool operator==(const Iterator&) const noexcept = default;

    private:
        const hg_metric* at_ = nullptr;
    };

    MetricSpan(const hg_metric* metrics, std::size_t count) noexcept : metrics_(metrics), count_(count) {}

    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] MetricView operator[](std::size_t index) const noexcept {
        return MetricView(metrics_[index]);
    }
    [[nodiscard]] Iterator begin() const noexcept { return Iterator(metrics_); }
    [[nodiscard]] Iterator end() const noexcept { return Iterator(metrics_ + count_); }
    [[nodiscard]] std::span<const hg_metric> records() const noexcept { return {metrics_, count_}; }

private:
    const hg_metric* metrics_;
    std::size_t count_;
};

}  // namespace heliograph
