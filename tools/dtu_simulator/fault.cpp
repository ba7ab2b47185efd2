#include "tools/dtu_simulator/fault.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace heliograph::dtu_simulator {
namespace {

struct Kind {
    FaultKind kind;
    std::string_view name;
    std::uint32_t default_value;
};

constexpr std::array kKinds{
    Kind{FaultKind::silent, "silent", 0},
    Kind{FaultKind::slow, "slow", 2000},
    Kind{FaultKind::wrong_byte_count, "wrong-byte-count", 0xFF},
    Kind{FaultKind::not_mapped, "not-mapped", 0},
    Kind{FaultKind::not_mapped_zero, "not-mapped-zero", 0},
    Kind{FaultKind::exception, "exception", 4},
    Kind{FaultKind::cut, "cut", 0},
    Kind{FaultKind::night, "night", 0},
    Kind{FaultKind::refuse, "refuse", 0},
    Kind{FaultKind::inverter_offline, "inverter-offline", 0},
    Kind{FaultKind::lifetime_zero, "lifetime-zero", 0},
    Kind{FaultKind::lifetime_morning, "lifetime-morning", 0},
    Kind{FaultKind::wrong_transaction, "wrong-transaction", 1},
};

std::uint32_t default_value(FaultKind kind) {
    const auto found =
        std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.kind == kind; });
    return found == kKinds.end() ? 0 : found->default_value;
}

[[noreturn]] void refuse_text(std::string_view text) {
    std::string message = "cannot read the fault \"" + std::string(text) +
                          "\": write KIND, KIND=NUMBER or KIND@DTU, where KIND is one of";
    for (const Kind& kind : kKinds) {
        message += ' ';
        message += kind.name;
    }
    throw std::invalid_argument(message);
}

template <class Number>
Number parse_number(std::string_view digits, std::string_view whole) {
    Number number{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        refuse_text(whole);
    }
    return number;
}

}  // namespace

FaultAssignment parse_fault(std::string_view text) {
    FaultAssignment result;
    std::string_view name = text;
    if (const std::size_t at = name.rfind('@'); at != std::string_view::npos) {
        result.dtu = parse_number<std::size_t>(name.substr(at + 1), text);
        name = name.substr(0, at);
    }
    if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
        result.fault.value = parse_number<std::uint32_t>(name.substr(equals + 1), text);
        name = name.substr(0, equals);
    }
    const auto found =
        std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
    if (found == kKinds.end()) {
        refuse_text(text);
    }
    result.fault.kind = found->kind;
    return result;
}

std::vector<std::string_view> fault_names() {
    std::vector<std::string_view> names;
    for (const Kind& kind : kKinds) {
        names.push_back(kind.name);
    }
    return names;
}

void FaultSet::add(const Fault& fault, std::int64_t unix_ns) {
    if (fault.kind == FaultKind::none) {
        return;
    }
    const Active added{fault.kind, fault.value.value_or(default_value(fault.kind)), unix_ns};
    const bool one_per_value = fault.kind == FaultKind::inverter_offline;
    std::erase_if(active_, [&](const Active& active) {
        return active.kind == added.kind && (!one_per_value || active.value == added.value);
    });
    active_.push_back(added);
}

std::optional<std::uint32_t> FaultSet::value(FaultKind kind) const {
    for (const Active& active : active_) {
        if (active.kind == kind) {
            return active.value;
        }
    }
    return std::nullopt;
}

std::optional<std::int64_t> FaultSet::unheard_since(std::size_t inverter) const {
    std::optional<std::int64_t> since;
    for (const Active& active : active_) {
        const bool concerns = active.kind == FaultKind::night ||
                              (active.kind == FaultKind::inverter_offline && active.value == inverter);
        if (concerns) {
            since = std::min(since.value_or(active.since), active.since);
        }
    }
    return since;
}

}  // namespace heliograph::dtu_simulator
