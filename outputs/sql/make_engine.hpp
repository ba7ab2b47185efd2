// Chooses the engine for the database that the options name.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/options.hpp"

#include <heliograph/host.hpp>

#include <memory>

namespace heliograph::sql {

/// An engine, not yet open. What the URL does not say of user and password comes from the options. Throws
/// Fatal when the URL is not understood.
[[nodiscard]] std::unique_ptr<Engine> make_engine(const Options& options, const Host& host);

/// The time_format of the options, where `automatic` stands for what suits the database: `timestamp` on a
/// server, nanoseconds in SQLite, which has no type for a moment.
[[nodiscard]] TimeFormat time_format_of(const Options& options);

}  // namespace heliograph::sql
