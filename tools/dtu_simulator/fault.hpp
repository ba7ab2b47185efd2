/// The ways in which a simulated DTU can misbehave; each was reported of real ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::dtu_simulator {

/// The number in brackets is what `Fault::value` means, and its default.
enum class FaultKind {
    none,
    silent,             ///< takes connections and requests, never answers
    slow,               ///< answers late [milliseconds, 2000]
    wrong_byte_count,   ///< the byte count field is wrong [what it says, 255]
    not_mapped,         ///< port records are answered by the function code alone
    not_mapped_zero,    ///< port records are answered by a byte count of 0 and no data
    exception,          ///< every request is refused [exception code, 4]
    cut,                ///< sends the first half of each answer, then closes the connection
    night,              ///< no inverter is heard, whatever the hour
    refuse,             ///< closes every connection as soon as it is accepted
    inverter_offline,   ///< one inverter is not heard; may be added once per inverter [which, from 0; 0]
    lifetime_zero,      ///< today's and lifetime counters read 0, as after a restart of the DTU at night
    lifetime_morning,   ///< lifetime falls back to the morning's value while an inverter is not heard
    wrong_transaction,  ///< the transaction identifier of answers is off [by how much, 1]
};

/// One fault with its number; without a number the default above holds.
struct Fault {
    FaultKind kind = FaultKind::none;
    std::optional<std::uint32_t> value = std::nullopt;

    friend bool operator==(const Fault&, const Fault&) = default;
};

/// A fault and which DTU has it; all of them where none is named.
struct FaultAssignment {
    Fault fault;
    std::optional<std::size_t> dtu = std::nullopt;

    friend bool operator==(const FaultAssignment&, const FaultAssignment&) = default;
};

/// Reads `KIND[=NUMBER][@DTU]`, such as "silent", "slow=500" or "exception=6@3"; kinds are written with
/// hyphens. Throws std::invalid_argument with a sentence that lists the kinds.
[[nodiscard]] FaultAssignment parse_fault(std::string_view text);

/// Every kind as it is written on the command line, "none" left out.
[[nodiscard]] std::vector<std::string_view> fault_names();

/// The faults that one DTU has at the moment, with the simulated time at which each began. Not synchronised.
class FaultSet {
public:
    /// `unix_ns` is the simulated time. A kind that is there already is replaced; FaultKind::none adds
    /// nothing.
    void add(const Fault& fault, std::int64_t unix_ns);
    void clear() { active_.clear(); }
    [[nodiscard]] bool has(FaultKind kind) const { return value(kind).has_value(); }
    /// The fault's number, or the kind's default; nothing if the DTU does not have it.
    [[nodiscard]] std::optional<std::uint32_t> value(FaultKind kind) const;
    /// Since when, in simulated unix nanoseconds, this inverter has not been heard because of a fault.
    [[nodiscard]] std::optional<std::int64_t> unheard_since(std::size_t inverter) const;

private:
    struct Active {
        FaultKind kind;
        std::uint32_t value;
        std::int64_t since;
    };
    std::vector<Active> active_;
};

}  // namespace heliograph::dtu_simulator
