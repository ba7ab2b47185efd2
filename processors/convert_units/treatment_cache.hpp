// Remembers what happens to each field, so that a metric costs one comparison per field.
#pragma once

#include "processors/convert_units/conversion_rules.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace heliograph::convert_units {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>()(text);
    }
};

/// The treatments of one measurement's fields, in the order in which they were first seen. Metrics of a
/// measurement mostly bear their fields in one order, so the next field is sought right behind the last one.
/// Not thread-safe.
class MeasurementCache {
public:
    struct Field {
        std::string_view name;  // the key in by_name_, which nothing moves
        Treatment treatment;
    };

    /// Starts a metric.
    void rewind() noexcept { next_ = 0; }

    /// The field as it is known, or nullptr.
    [[nodiscard]] const Field* find(std::string_view name) {
        if (next_ < fields_.size() && fields_[next_].name == name) {
            return &fields_[next_++];
        }
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) {
            return nullptr;
        }
        next_ = found->second + 1;
        return &fields_[found->second];
    }

    const Field& add(std::string_view name, Treatment treatment) {
        const auto place = by_name_.emplace(std::string(name), fields_.size()).first;
        fields_.push_back({place->first, std::move(treatment)});
        next_ = fields_.size();
        return fields_.back();
    }

private:
    std::deque<Field> fields_;
    std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> by_name_;
    std::size_t next_ = 0;
};

/// All measurements. Bounded: field names that never end make it start anew rather than grow. Not
/// thread-safe.
class TreatmentCache {
public:
    static constexpr std::size_t kMostFields = 65'536;

    /// The part for a measurement; valid until the next call.
    [[nodiscard]] MeasurementCache& measurement(std::string_view name) {
        if (field_count_ >= kMostFields || measurements_.size() >= kMostFields) {
            clear();
        }
        if (last_ == nullptr || last_name_ != name) {
            auto found = measurements_.find(name);
            if (found == measurements_.end()) {
                found = measurements_.emplace(std::string(name), MeasurementCache()).first;
            }
            last_name_ = found->first;
            last_ = &found->second;
        }
        last_->rewind();
        return *last_;
    }

    /// Tells that a field was added somewhere.
    void note_field() noexcept { ++field_count_; }

    void clear() noexcept {
        last_ = nullptr;
        last_name_ = {};
        measurements_.clear();
        field_count_ = 0;
    }

private:
    std::unordered_map<std::string, MeasurementCache, TextHash, std::equal_to<>> measurements_;
    std::string_view last_name_;        // the key in measurements_
    MeasurementCache* last_ = nullptr;  // the value in measurements_
    std::size_t field_count_ = 0;
};

}  // namespace heliograph::convert_units
