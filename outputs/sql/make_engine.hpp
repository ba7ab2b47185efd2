// Chooses the engine for the database that the options name.
#pragma once

#include "outputs/sql/engine.hpp"
#include "outputs/sql/options.hpp"

#include <heliograph/host.hpp>

#include <memory>

namespace heliograph::sql {

/// An engine, not yet open. Throws Fatal when the URL is not understood.
[[nodiscard]] std::unique_ptr<Engine> make_engine(const Options& options, const Host& host);

}  // namespace heliograph::sql
