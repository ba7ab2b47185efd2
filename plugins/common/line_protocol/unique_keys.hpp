// Brings tags and fields as they were read into the form that records have: every key once, tags sorted.
#pragma once

#include <heliograph/abi.h>

#include <cstddef>
#include <span>

namespace heliograph::line_protocol {

/// Sorts tags by key, bytewise; of equal keys the one that came last is kept. Returns how many are left.
std::size_t sort_tags(std::span<hg_tag> tags);

/// Of fields with one key keeps the place of the first and the value of the last. Returns how many are left.
std::size_t merge_repeated_fields(std::span<hg_field> fields);

}  // namespace heliograph::line_protocol
