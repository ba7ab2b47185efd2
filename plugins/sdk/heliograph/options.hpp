// Options declared once, by member pointer: parsing, defaults, bounds, samples and docs all come from it.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/text.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace heliograph {

/// A number of bytes, written "64MiB".
struct Size {
    std::uint64_t bytes = 0;
    friend constexpr auto operator<=>(const Size&, const Size&) = default;
};

/// Text that is never shown: not in a log, an error, a sample or a dump.
struct Secret {
    std::string value;
    [[nodiscard]] bool empty() const noexcept { return value.empty(); }
};

/// Text to text, in the order of the config file.
using TextMap = std::vector<std::pair<std::string, std::string>>;

namespace detail {

template <class Type>
struct IsOptional : std::false_type {};
template <class Type>
struct IsOptional<std::optional<Type>> : std::true_type {
    using Inner = Type;
};
template <class Type>
struct IsDuration : std::false_type {};
template <class Count, class Period>
struct IsDuration<std::chrono::duration<Count, Period>> : std::true_type {};

template <class Type>
consteval std::int32_t option_type() {
    if constexpr (IsOptional<Type>::value) {
        return option_type<typename IsOptional<Type>::Inner>();
    } else if constexpr (std::same_as<Type, std::string>) {
        return HG_OPTION_TEXT;
    } else if constexpr (std::same_as<Type, bool>) {
        return HG_OPTION_BOOLEAN;
    } else if constexpr (std::integral<Type>) {
        return HG_OPTION_INTEGER;
    } else if constexpr (std::floating_point<Type>) {
        return HG_OPTION_FLOAT;
    } else if constexpr (IsDuration<Type>::value) {
        return HG_OPTION_DURATION;
    } else if constexpr (std::same_as<Type, Size>) {
        return HG_OPTION_SIZE;
    } else if constexpr (std::same_as<Type, std::vector<std::string>>) {
        return HG_OPTION_LIST;
    } else if constexpr (std::same_as<Type, TextMap>) {
        return HG_OPTION_MAP;
    } else if constexpr (std::same_as<Type, Secret>) {
        return HG_OPTION_SECRET;
    } else {
        static_assert(std::is_enum_v<Type>,
                      "an option is text, number, boolean, duration, Size, list, TextMap, Secret or enum");
        return HG_OPTION_CHOICE;
    }
}

/// The type inside of a std::optional, or the type itself.
template <class Type>
struct Bare {
    using type = Type;
};
template <class Type>
struct Bare<std::optional<Type>> {
    using type = Type;
};

template <class Type>
struct MemberOf;
template <class Class, class Type>
struct MemberOf<Type Class::*> {
    using Struct = Class;
    using Member = Type;
};

/// A bound as the door has it: nanoseconds, bytes or the number itself.
template <class Bound>
constexpr double bound_of(Bound bound) {
    if constexpr (IsDuration<Bound>::value) {
        return static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(bound).count());
    } else if constexpr (std::same_as<Bound, Size>) {
        return static_cast<double>(bound.bytes);
    } else {
        return static_cast<double>(bound);
    }
}

}  // namespace detail

/// One option, bound to a member. Made by option<&Struct::member>(name, help) and refined by the calls below.
template <auto member, std::size_t choice_count = 0>
struct Option {
    using Struct = typename detail::MemberOf<decltype(member)>::Struct;
    using Member = typename detail::MemberOf<decltype(member)>::Member;
    static constexpr auto kMember = member;
    static constexpr std::int32_t kType = detail::option_type<Member>();

    std::string_view name;
    std::string_view help;
    std::string_view unit_text;
    std::string_view example_text;
    bool is_required = false;
    bool is_in_sample = false;
    std::optional<double> minimum;
    std::optional<double> maximum;
    std::array<std::pair<std::string_view, std::int64_t>, choice_count> choice_list{};

    /// The config must give it.
    [[nodiscard]] constexpr Option required() const {
        Option copy = *this;
        copy.is_required = true;
        return copy;
    }
    /// Inclusive bounds of a number, duration or size.
    template <class Bound>
    [[nodiscard]] constexpr Option at_least(Bound bound) const {
        Option copy = *this;
        copy.minimum = detail::bound_of(bound);
        return copy;
    }
    template <class Bound>
    [[nodiscard]] constexpr Option at_most(Bound bound) const {
        Option copy = *this;
        copy.maximum = detail::bound_of(bound);
        return copy;
    }
    /// The unit of a number, for people.
    [[nodiscard]] constexpr Option unit(std::string_view text) const {
        Option copy = *this;
        copy.unit_text = text;
        return copy;
    }
    /// What a sample config shows when there is no default, as TOML: `"192.168.1.20"` with its quotes.
    [[nodiscard]] constexpr Option example(std::string_view toml) const {
        Option copy = *this;
        copy.example_text = toml;
        return copy;
    }
    /// A sample config sets it to its example, though it is not required: for one of several ways to say a
    /// thing.
    [[nodiscard]] constexpr Option in_sample() const {
        Option copy = *this;
        copy.is_in_sample = true;
        return copy;
    }
    /// The words for an enum member, each with its enumerator.
    template <std::size_t count>
    [[nodiscard]] constexpr auto choices(
        const std::pair<std::string_view, typename detail::Bare<Member>::type> (&list)[count]) const {
        Option<member, count> copy{name,    help,    unit_text, example_text, is_required, is_in_sample,
                                   minimum, maximum, {}};
        for (std::size_t i = 0; i < count; ++i) {
            copy.choice_list[i] = {list[i].first, static_cast<std::int64_t>(list[i].second)};
        }
        return copy;
    }
};

template <auto member>
[[nodiscard]] constexpr auto option(std::string_view name, std::string_view help) {
    Option<member> made{};
    made.name = name;
    made.help = help;
    return made;
}

/// The whole declaration; keep it as `static constexpr auto describe` in the struct of options.
template <class... Options>
[[nodiscard]] constexpr auto options(Options... list) {
    return std::tuple<Options...>{list...};
}

/// For plugins without options of their own.
struct NoOptions {
    static constexpr auto describe = options();
};

/// The C form of a declaration, built once, and the way from values back to the struct.
template <class Struct>
class OptionTable {
public:
    /// The one table of a struct of options. Thread-safe.
    static const OptionTable& instance() {
        static const OptionTable table;
        return table;
    }
    OptionTable(const OptionTable&) = delete;
    OptionTable& operator=(const OptionTable&) = delete;

    [[nodiscard]] std::span<const hg_option* const> options() const noexcept { return pointers_; }

    /// Sets the members from values as the host hands them over: one per option, in order, checked.
    static void apply(Struct& target, std::span<const hg_option_value> values) {
        std::size_t index = 0;
        std::apply(
            [&](const auto&... option) {
                (..., (index < values.size() ? assign(target, option, values[index]) : void(), ++index));
            },
            Struct::describe);
    }

private:
    OptionTable() {
        const Struct defaults{};
        std::apply([&](const auto&... option) { (..., add(option, defaults)); }, Struct::describe);
        for (const hg_option& option : options_) {
            pointers_.push_back(&option);
        }
    }
    ~OptionTable() = default;

    template <class Declared>
    void add(const Declared& declared, const Struct& defaults) {
        hg_option& option = options_.emplace_back();
        option.size = sizeof(hg_option);
        option.type = Declared::kType;
        option.name = to_text(declared.name);
        option.help = to_text(declared.help);
        option.unit = to_text(declared.unit_text);
        option.example = to_text(declared.example_text);
        set_flag(option, HG_OPTION_REQUIRED, declared.is_required);
        const auto minimum = declared.minimum
                                 ? declared.minimum
                                 : smallest<typename detail::Bare<typename Declared::Member>::type>();
        const auto maximum = declared.maximum
                                 ? declared.maximum
                                 : largest<typename detail::Bare<typename Declared::Member>::type>();
        set_flag(option, HG_OPTION_IN_SAMPLE, declared.is_in_sample);
        set_flag(option, HG_OPTION_HAS_MINIMUM, minimum.has_value());
        set_flag(option, HG_OPTION_HAS_MAXIMUM, maximum.has_value());
        option.minimum = minimum.value_or(0);
        option.maximum = maximum.value_or(0);
        if (!declared.choice_list.empty()) {
            auto& names = lists_.emplace_back();
            for (const auto& choice : declared.choice_list) {
                names.push_back(to_text(choice.first));
            }
            option.choices = {names.data(), names.size()};
        }
        if (!declared.is_required && set_default(option, declared, defaults.*Declared::kMember)) {
            set_flag(option, HG_OPTION_HAS_DEFAULT, true);
            option.default_value.type = Declared::kType;
        }
    }

    // An integer that holds less than the door's is bounded by its type, so that no value is ever wrapped.
    template <class Value>
    static std::optional<double> smallest() noexcept {
        if constexpr (std::integral<Value> && !std::same_as<Value, bool>) {
            if constexpr (std::unsigned_integral<Value> || sizeof(Value) < sizeof(std::int64_t)) {
                return static_cast<double>(std::numeric_limits<Value>::min());
            }
        }
        return std::nullopt;
    }
    template <class Value>
    static std::optional<double> largest() noexcept {
        if constexpr (std::integral<Value> && !std::same_as<Value, bool> &&
                      sizeof(Value) < sizeof(std::int64_t)) {
            return static_cast<double>(std::numeric_limits<Value>::max());
        }
        return std::nullopt;
    }

    static void set_flag(hg_option& option, hg_option_flag flag, bool on) noexcept {
        option.flags |= on ? static_cast<std::uint32_t>(flag) : 0u;
    }

    template <class Declared, class Value>
    bool set_default(hg_option& option, const Declared& declared, const Value& value) {
        auto& slot = option.default_value.value;
        if constexpr (detail::IsOptional<Value>::value) {
            return value.has_value() && set_default(option, declared, *value);
        } else if constexpr (std::same_as<Value, std::string>) {
            slot.text = keep(value);
        } else if constexpr (std::same_as<Value, Secret>) {
            slot.text = keep(value.value);
        } else if constexpr (std::same_as<Value, bool>) {
            slot.boolean = std::uint8_t{value};
        } else if constexpr (std::integral<Value>) {
            slot.integer = static_cast<std::int64_t>(value);
        } else if constexpr (std::floating_point<Value>) {
            slot.floating = static_cast<double>(value);
        } else if constexpr (detail::IsDuration<Value>::value) {
            slot.integer = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
        } else if constexpr (std::same_as<Value, Size>) {
            slot.integer = static_cast<std::int64_t>(value.bytes);
        } else if constexpr (std::same_as<Value, std::vector<std::string>>) {
            auto& items = lists_.emplace_back();
            for (const std::string& item : value) {
                items.push_back(keep(item));
            }
            slot.list = {items.data(), items.size()};
        } else if constexpr (std::same_as<Value, TextMap>) {
            auto& items = maps_.emplace_back();
            for (const auto& [key, text] : value) {
                items.push_back({keep(key), keep(text)});
            }
            slot.map = {items.data(), items.size()};
        } else {
            for (std::size_t i = 0; i < declared.choice_list.size(); ++i) {
                if (declared.choice_list[i].second == static_cast<std::int64_t>(value)) {
                    slot.integer = static_cast<std::int64_t>(i);
                    return true;
                }
            }
            return false;
        }
        return true;
    }

    hg_text keep(const std::string& text) { return to_text(texts_.emplace_back(text)); }

    template <class Declared>
    static void assign(Struct& target, const Declared& declared, const hg_option_value& value) {
        if (value.type != Declared::kType) {
            return;  // not set and no default: the member keeps what the struct gave it
        }
        auto& member = target.*Declared::kMember;
        using Member = std::remove_reference_t<decltype(member)>;
        if constexpr (detail::IsOptional<Member>::value) {
            member.emplace(read<typename detail::IsOptional<Member>::Inner>(declared, value));
        } else {
            member = read<Member>(declared, value);
        }
    }

    template <class Value, class Declared>
    static Value read(const Declared& declared, const hg_option_value& from) {
        const auto& slot = from.value;
        if constexpr (std::same_as<Value, std::string>) {
            return std::string(view(slot.text));
        } else if constexpr (std::same_as<Value, Secret>) {
            return Secret{std::string(view(slot.text))};
        } else if constexpr (std::same_as<Value, bool>) {
            return slot.boolean != 0;
        } else if constexpr (std::integral<Value>) {
            return static_cast<Value>(slot.integer);
        } else if constexpr (std::floating_point<Value>) {
            return static_cast<Value>(slot.floating);
        } else if constexpr (detail::IsDuration<Value>::value) {
            return std::chrono::duration_cast<Value>(std::chrono::nanoseconds(slot.integer));
        } else if constexpr (std::same_as<Value, Size>) {
            return Size{static_cast<std::uint64_t>(slot.integer)};
        } else if constexpr (std::same_as<Value, std::vector<std::string>>) {
            Value items;
            for (const hg_text& item : std::span(slot.list.items, slot.list.count)) {
                items.emplace_back(view(item));
            }
            return items;
        } else if constexpr (std::same_as<Value, TextMap>) {
            Value items;
            for (const hg_tag& item : std::span(slot.map.items, slot.map.count)) {
                items.emplace_back(std::string(view(item.key)), std::string(view(item.value)));
            }
            return items;
        } else {
            return static_cast<Value>(declared.choice_list[static_cast<std::size_t>(slot.integer)].second);
        }
    }

    // Deques, so that nothing moves once the C structs point to it.
    std::deque<hg_option> options_;
    std::deque<std::string> texts_;
    std::deque<std::vector<hg_text>> lists_;
    std::deque<std::vector<hg_tag>> maps_;
    std::vector<const hg_option*> pointers_;
};

}  // namespace heliograph
