// Whatever a server says while a connection is made, or of the place of an error, becomes one line that says
// what to do; it is thrown as Retry or Fatal, never as anything else.
#include "outputs/sql/postgresql_error.hpp"

#include <heliograph/errors.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace heliograph;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::string thrown(std::string_view message) {
    try {
        sql::throw_connect_failure("postgresql://user@host/database", message);
    } catch (const Retry& error) {
        return error.what();
    } catch (const Fatal& error) {
        return error.what();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const sql::PostgresqlReport report = sql::read_connect_message(text);
    require(report.code.empty() || report.code.size() == 5);
    require(report.message.find('\n') == std::string::npos);
    require(report.message.size() <= 2 * text.size());
    require(thrown(text).starts_with("cannot connect to postgresql://user@host/database: "));

    static_cast<void>(sql::copy_line(text));
    sql::PostgresqlReport answer;
    answer.code = text.substr(0, 5);
    answer.constraint = text.substr(answer.code.size());
    static_cast<void>(sql::classify(answer));
    return 0;
}
