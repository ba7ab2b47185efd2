// Says which calendar day it is where the inverters stand: energy_today starts anew with it.
#pragma once

#include "inputs/hoymiles_dtu/counters.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heliograph::hoymiles {

/// Reads "Z", "+02:00" or "-05:30", up to 18 hours. Nothing if it is none of these.
[[nodiscard]] std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text);

/// The moment of a UTC time. Without an offset the local day is that of the system's time zone.
Moment site_moment(std::int64_t unix_nanoseconds, std::optional<std::chrono::minutes> utc_offset);

}  // namespace heliograph::hoymiles
