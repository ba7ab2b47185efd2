// The way from a C++ class to the door: the descriptor of a plugin class and the one macro that exports it.
#pragma once

#include <heliograph/abi.h>
#include <heliograph/errors.hpp>
#include <heliograph/input.hpp>
#include <heliograph/output.hpp>
#include <heliograph/processor.hpp>

#include <array>
#include <memory>
#include <string_view>
#include <type_traits>

namespace heliograph {
namespace detail {

template <class Plugin>
concept AnInput = std::is_base_of_v<Input<typename Plugin::Options>, Plugin>;
template <class Plugin>
concept AProcessor = std::is_base_of_v<Processor<typename Plugin::Options>, Plugin>;
template <class Plugin>
concept AnOutput = std::is_base_of_v<Output<typename Plugin::Options>, Plugin>;

template <class Plugin>
concept Declares = requires(Plugin& plugin, const std::function<void(const Declaration&)>& receive) {
    plugin.each_declaration(receive);
};

/// One instance behind the door: the C struct and the C++ object, made and freed together.
template <class Plugin>
class Instance {
public:
    static std::int32_t create(const hg_host* host, hg_plugin** made, hg_error* error) noexcept {
        return guarded(error, [&] {
            auto instance = std::make_unique<Instance>();
            instance->plugin_.attach(Host(*host));
            *made = &instance.release()->door_;
        });
    }

    Instance() {
        door_.size = sizeof(hg_plugin);
        door_.self = this;
        door_.configure = [](hg_plugin* door, const hg_option_value* values, std::size_t count,
                             hg_error* error) {
            return guarded(error, [&] { of(door).configure({values, count}); });
        };
        door_.check = [](hg_plugin* door, hg_problems* problems, hg_error* error) {
            return guarded(error, [&] {
                Problems list(*problems);
                of(door).check(list);
            });
        };
        door_.open = [](hg_plugin* door, hg_error* error) {
            return guarded(error, [&] { of(door).open(); });
        };
        door_.interrupt = [](hg_plugin* door) { of(door).interrupt(); };
        door_.close = [](hg_plugin* door) { of(door).close(); };
        door_.destroy = [](hg_plugin* door) { delete static_cast<Instance*>(door->self); };
        door_.get_extension = [](hg_plugin*, hg_text id) -> const void* { return extension(view(id)); };
        if constexpr (AnInput<Plugin>) {
            door_.gather = [](hg_plugin* door, hg_accumulator* to, hg_error* error) {
                return guarded(error, [&] {
                    Accumulator accumulator(*to);
                    of(door).gather(accumulator);
                });
            };
        } else if constexpr (AProcessor<Plugin>) {
            door_.process = [](hg_plugin* door, hg_batch* records, hg_error* error) {
                return guarded(error, [&] {
                    Batch batch(*records);
                    of(door).process(batch);
                });
            };
            door_.flush = [](hg_plugin* door, hg_batch* records, std::int32_t final, hg_error* error) {
                return guarded(error, [&] {
                    Batch batch(*records);
                    of(door).flush(batch, final != 0);
                });
            };
        } else {
            door_.write = [](hg_plugin* door, const hg_metric* metrics, std::size_t count,
                             hg_verdict* outcome, hg_error* error) {
                return guarded(error, [&] {
                    Verdict verdict(*outcome);
                    of(door).write(MetricSpan(metrics, count), verdict);
                });
            };
        }
    }

private:
    static Plugin& of(hg_plugin* door) noexcept { return static_cast<Instance*>(door->self)->plugin_; }

    static const void* extension(std::string_view id) noexcept {
        if constexpr (Declares<Plugin>) {
            static constexpr hg_declare kDeclare{sizeof(hg_declare), &each_declaration};
            if (id == HG_EXTENSION_DECLARE) {
                return &kDeclare;
            }
        }
        return nullptr;
    }

    static void each_declaration(hg_plugin* door, void* context,
                                 void (*receive)(void*, const hg_declaration*)) noexcept {
        if constexpr (Declares<Plugin>) {
            guarded(nullptr, [&] {
                of(door).each_declaration([&](const Declaration& declaration) {
                    const hg_declaration record = declaration.record();
                    receive(context, &record);
                });
            });
        }
    }

    hg_plugin door_{};
    Plugin plugin_;
};

template <class Plugin>
consteval std::uint64_t abilities() {
    std::uint64_t bits = 0;
    if constexpr (requires { Plugin::kPure; }) {
        bits |= Plugin::kPure ? HG_ABILITY_PURE : 0;
    }
    if constexpr (requires { Plugin::kIdempotent; }) {
        bits |= Plugin::kIdempotent ? HG_ABILITY_IDEMPOTENT : 0;
    }
    if constexpr (requires { Plugin::kPartial; }) {
        bits |= Plugin::kPartial ? HG_ABILITY_PARTIAL : 0;
    }
    if constexpr (requires { Plugin::kTick; }) {
        bits |= Plugin::kTick ? HG_ABILITY_TICK : 0;
    }
    if constexpr (requires { Plugin::kRuns; }) {
        bits |= Plugin::kRuns ? HG_ABILITY_RUNS : 0;
    }
    return bits;
}

}  // namespace detail

/// The declaration of one field, for kDeclarations of an input.
[[nodiscard]] constexpr hg_declaration declare_field(std::string_view measurement, std::string_view name,
                                                     ValueType type, std::string_view unit,
                                                     std::string_view help) {
    return {to_text(measurement), to_text(name), HG_ROLE_FIELD, static_cast<std::int32_t>(type),
            to_text(unit),        to_text(help)};
}
/// The declaration of one tag, for kDeclarations of an input.
[[nodiscard]] constexpr hg_declaration declare_tag(std::string_view measurement, std::string_view name,
                                                   std::string_view help) {
    return {to_text(measurement), to_text(name), HG_ROLE_TAG, HG_TEXT, {}, to_text(help)};
}

/// The descriptor of a plugin class, as the door shows it; static.
template <class Plugin>
[[nodiscard]] const hg_descriptor& descriptor(std::string_view type, std::string_view summary,
                                              std::string_view version = "1.0.0") {
    using Options = typename Plugin::Options;
    static const hg_descriptor made = [&] {
        hg_descriptor it{};
        it.size = sizeof(hg_descriptor);
        it.abi_major = HG_ABI_MAJOR;
        it.abi_minor = HG_ABI_MINOR;
        it.kind = detail::AnInput<Plugin> ? HG_KIND_INPUT
                                          : (detail::AProcessor<Plugin> ? HG_KIND_PROCESSOR : HG_KIND_OUTPUT);
        it.abilities = detail::abilities<Plugin>();
        it.type = to_text(type);
        it.version = to_text(version);
        it.summary = to_text(summary);
        const auto options = OptionTable<Options>::instance().options();
        it.options = options.data();
        it.option_count = options.size();
        it.declaration_stride = sizeof(hg_declaration);
        if constexpr (requires { Plugin::kDeclarations; }) {
            it.declarations = Plugin::kDeclarations.data();
            it.declaration_count = Plugin::kDeclarations.size();
        }
        it.create = &detail::Instance<Plugin>::create;
        return it;
    }();
    return made;
}

}  // namespace heliograph

/// Exports a plugin class from its module: HELIOGRAPH_PLUGIN(Class, "type", "One sentence on what it does.")
#define HELIOGRAPH_PLUGIN(Class, type, summary)                                                     \
    extern "C" __attribute__((visibility("default"))) const hg_descriptor* heliograph_plugin(void); \
    extern "C" const hg_descriptor* heliograph_plugin(void) {                                       \
        return &::heliograph::descriptor<Class>(type, summary);                                     \
    }
