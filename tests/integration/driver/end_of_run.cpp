#include "tests/integration/driver/end_of_run.hpp"

#include <catch2/catch.hpp>
#include <signal.h>

#include <charconv>

namespace heliograph::testing {
namespace {

constexpr std::string_view kMark = ": ledger: ";

LedgerLine numbers_in(std::string_view text) {
    LedgerLine line;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) {
            continue;
        }
        std::int64_t number = 0;
        std::from_chars(word.data() + equals + 1, word.data() + word.size(), number);
        line.emplace(word.substr(0, equals), number);
    }
    return line;
}

/// How many metrics a node says that it has left on disk for the next run.
std::int64_t left_on_disk(std::string_view log, const std::string& node) {
    const std::size_t end = log.find(" metrics stay on disk for the next run");
    const std::size_t begin = end == std::string_view::npos ? end : log.rfind(": ", end);
    if (begin == std::string_view::npos || log.substr(0, begin).substr(log.rfind(' ', begin) + 1) != node) {
        return 0;
    }
    std::int64_t count = 0;
    std::from_chars(log.data() + begin + 2, log.data() + end, count);
    return count;
}

}  // namespace

Ledger ledger_in(std::string_view log) {
    Ledger ledger;
    while (!log.empty()) {
        const std::string_view line = log.substr(0, log.find('\n'));
        log.remove_prefix(std::min(line.size() + 1, log.size()));
        const std::size_t mark = line.find(kMark);
        if (mark == std::string_view::npos) {
            continue;
        }
        const std::size_t space = line.rfind(' ', mark);
        ledger.insert_or_assign(std::string(line.substr(space + 1, mark - space - 1)),
                                numbers_in(line.substr(mark + kMark.size())));
    }
    return ledger;
}

void check_log(std::string_view log) {
    const Ledger ledger = ledger_in(log);
    CHECK_FALSE(ledger.empty());
    for (const auto& [node, line] : ledger) {
        INFO(node);
        const std::int64_t on_disk = left_on_disk(log, node);
        CHECK(line.at("received") == line.at("delivered") + line.at("rejected") + line.at("dropped") +
                                         line.at("filtered") + on_disk);
        CHECK(line.at("held") == on_disk);
    }
    for (const std::string_view word : {"Sanitizer", "runtime error:", "does not balance"}) {
        CHECK(log.find(word) == std::string_view::npos);
    }
}

Ledger check_end(Program& program, int wanted_exit_code) {
    const auto exit_code = program.wait();
    const std::string log = program.log();
    INFO(log);
    CHECK(exit_code == wanted_exit_code);
    check_log(log);
    return ledger_in(log);
}

Ledger stop_and_check(Program& program, int exit_code) {
    program.signal(SIGTERM);
    return check_end(program, exit_code);
}

}  // namespace heliograph::testing
