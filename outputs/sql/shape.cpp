#include "outputs/sql/shape.hpp"

#include <cstring>
#include <functional>
#include <string_view>

namespace heliograph::sql {

Shape::Shape(const MetricView& metric) : tag_count_(metric.tags().size()) {
    const auto add = [this](std::string_view text) {
        texts_ += text;
        sizes_.push_back(text.size());
    };
    add(metric.name());
    for (const hg_tag& tag : metric.tags()) {
        add(view(tag.key));
    }
    for (const hg_field& field : metric.fields()) {
        add(view(field.key));
        types_.push_back(field.type);
    }
}

bool Shape::matches(const MetricView& metric) const noexcept {
    if (metric.tags().size() != tag_count_ || metric.fields().size() != types_.size()) {
        return false;
    }
    const char* at = texts_.data();
    const std::size_t* size = sizes_.data();
    const auto same = [&](std::string_view text) {
        if (text.size() != *size || std::memcmp(text.data(), at, text.size()) != 0) {
            return false;
        }
        at += *size++;
        return true;
    };
    // An empty name may come without a pointer, which memcmp must not see.
    if (metric.name().empty() ? *size++ != 0 : !same(metric.name())) {
        return false;
    }
    for (const hg_tag& tag : metric.tags()) {
        if (!same(view(tag.key))) {
            return false;
        }
    }
    const std::int32_t* type = types_.data();
    for (const hg_field& field : metric.fields()) {
        if (field.type != *type++ || !same(view(field.key))) {
            return false;
        }
    }
    return true;
}

std::size_t Shape::hash(const MetricView& metric) noexcept {
    constexpr std::size_t kSpread = 0x9E3779B97F4A7C15;
    const std::hash<std::string_view> text_hash;
    std::size_t state = text_hash(metric.name());
    const auto mix = [&state](std::size_t value) { state = (state ^ value) * kSpread + (state >> 32); };
    for (const hg_tag& tag : metric.tags()) {
        mix(text_hash(view(tag.key)));
    }
    mix(metric.tags().size());
    for (const hg_field& field : metric.fields()) {
        mix(text_hash(view(field.key)) + static_cast<std::size_t>(field.type));
    }
    return state;
}

}  // namespace heliograph::sql
