// What is checked at the end of every run: it ended well, and its ledger balances.
#pragma once

#include "tests/integration/driver/program.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace heliograph::testing {

/// One node's line of the ledger: received, delivered, rejected, dropped, filtered, held, and counters of its
/// own.
using LedgerLine = std::map<std::string, std::int64_t, std::less<>>;
/// By node: "outputs.archive".
using Ledger = std::map<std::string, LedgerLine, std::less<>>;

/// The last line of the ledger that a log in text holds for each node.
[[nodiscard]] Ledger ledger_in(std::string_view log);

/// Fails the test unless every node has received = delivered + rejected + dropped + filtered, with nothing
/// held but what it has left on disk, and no sanitizer has spoken.
void check_log(std::string_view log);

/// Sends SIGTERM, waits, and fails the test unless the program exits with that code and the log is in order.
/// Returns the ledger.
Ledger stop_and_check(Program& program, int exit_code = 0);

/// The same for a program that was told to stop already.
Ledger check_end(Program& program, int exit_code = 0);

}  // namespace heliograph::testing
