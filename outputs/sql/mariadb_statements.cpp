// What a connection to MariaDB does with statements once it is open.
#include "outputs/sql/mariadb_connection.hpp"

#include <charconv>

namespace heliograph::sql {
namespace {

// The server's own limit should end a statement first, since it says what happened.
constexpr std::chrono::seconds kGrace{2};

/// The number in "… at row 3", 0 without one. A value quoted in the message may hold such words as well, but
/// not at its end.
std::size_t row_of(std::string_view message) noexcept {
    constexpr std::string_view kSign = " at row ";
    const std::size_t sign = message.rfind(kSign);
    if (sign == std::string_view::npos) {
        return 0;
    }
    const std::string_view digits = message.substr(sign + kSign.size());
    std::size_t row = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), row);
    return error == std::errc() && end == digits.data() + digits.size() ? row : 0;
}

}  // namespace

std::uint32_t engine_type(const MYSQL_FIELD& field) noexcept {
    const std::uint32_t is_unsigned = (field.flags & UNSIGNED_FLAG) != 0 ? 1 : 0;
    return static_cast<std::uint32_t>(field.type) | is_unsigned << 8U | (field.decimals & 0xFFU) << 16U;
}

std::chrono::milliseconds MariadbConnection::statement_limit() const noexcept {
    return settings_.statement_timeout + kGrace;
}

void MariadbConnection::execute(std::string_view sql, std::string_view doing, MariadbWork work) {
    const Call call(*this, statement_limit());
    query(sql, doing, work);
}

void MariadbConnection::execute_long(std::string_view sql, std::string_view doing) {
    const Call call(*this, kLongLimit);
    // The limit of other statements would end the copying of a large table each time anew.
    query((is_mariadb() ? "SET STATEMENT max_statement_time = 0 FOR " : "") + std::string(sql), doing,
          MariadbWork::schema);
}

void MariadbConnection::execute_script(std::string_view sql, std::string_view doing) {
    const Call call(*this, kLongLimit);
    MYSQL* const handle = handle_.get();
    if (mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0) {
        fail(doing, MariadbWork::schema);
    }
    query(sql, doing, MariadbWork::schema);
    for (;;) {
        const int next = mysql_next_result(handle);
        if (next > 0) {
            fail(doing, MariadbWork::schema);
        }
        if (next < 0) {
            break;
        }
        mysql_free_result(mysql_store_result(handle));
    }
    if (mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF) != 0) {
        fail(doing, MariadbWork::schema);
    }
}

void MariadbConnection::query(std::string_view sql, std::string_view doing, MariadbWork work) {
    MYSQL* const handle = handle_.get();
    if (mysql_real_query(handle, sql.data(), sql.size()) != 0) {
        fail(doing, work);
    }
    MYSQL_RES* const result = mysql_store_result(handle);
    if (result == nullptr && mysql_field_count(handle) != 0) {
        fail(doing, work);
    }
    mysql_free_result(result);
}

std::vector<std::pair<std::string, std::uint32_t>> MariadbConnection::describe_columns(
    std::string_view sql, std::string_view doing) {
    const Call call(*this, statement_limit());
    MYSQL* const handle = handle_.get();
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(
        mysql_real_query(handle, sql.data(), sql.size()) == 0 ? mysql_store_result(handle) : nullptr,
        &mysql_free_result);
    if (!result) {
        fail(doing, MariadbWork::data);
    }
    std::vector<std::pair<std::string, std::uint32_t>> columns;
    const MYSQL_FIELD* const fields = mysql_fetch_fields(result.get());
    for (unsigned i = 0; i < mysql_num_fields(result.get()); ++i) {
        columns.emplace_back(std::string(fields[i].name, fields[i].name_length), engine_type(fields[i]));
    }
    return columns;
}

MariadbStatement MariadbConnection::prepare(std::string_view sql, std::string_view doing) {
    const Call call(*this, statement_limit());
    MariadbStatement statement(mysql_stmt_init(handle_.get()));
    if (!statement) {
        throw std::bad_alloc();
    }
    if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0) {
        fail(statement.get(), doing, MariadbWork::data);
    }
    return statement;
}

void MariadbConnection::run(MYSQL_STMT* statement, std::span<const Value> parameters,
                            std::string_view doing) {
    std::vector<MYSQL_BIND> bound(parameters.size(), MYSQL_BIND{});
    std::vector<std::int64_t> numbers(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (parameters[i].kind() == Value::Kind::integer) {
            numbers[i] = parameters[i].integer();
            bound[i].buffer_type = MYSQL_TYPE_LONGLONG;
            bound[i].buffer = &numbers[i];
        } else {
            const std::string_view text = parameters[i].text();
            bound[i].buffer_type = MYSQL_TYPE_STRING;
            bound[i].buffer = const_cast<char*>(text.data());  // only read
            bound[i].buffer_length = text.size();
            bound[i].length_value = text.size();
            bound[i].length = &bound[i].length_value;
        }
    }
    if ((!bound.empty() && mysql_stmt_bind_param(statement, bound.data()) != 0) ||
        mysql_stmt_execute(statement) != 0) {
        fail(statement, doing, MariadbWork::data);
    }
}

std::vector<MariadbConnection::Row> MariadbConnection::select(std::string_view sql,
                                                              std::span<const Value> parameters,
                                                              std::string_view doing) {
    const MariadbStatement statement = prepare(sql, doing);
    const Call call(*this, statement_limit());
    run(statement.get(), parameters, doing);
    const unsigned columns = mysql_stmt_field_count(statement.get());
    // Without a buffer each fetch tells the lengths only; the texts are fetched one by one.
    std::vector<MYSQL_BIND> bound(columns, MYSQL_BIND{});
    for (MYSQL_BIND& column : bound) {
        column.buffer_type = MYSQL_TYPE_STRING;
        column.length = &column.length_value;
        column.is_null = &column.is_null_value;
    }
    if (mysql_stmt_bind_result(statement.get(), bound.data()) != 0 ||
        mysql_stmt_store_result(statement.get()) != 0) {
        fail(statement.get(), doing, MariadbWork::data);
    }
    std::vector<Row> rows;
    for (;;) {
        const int fetched = mysql_stmt_fetch(statement.get());
        if (fetched == MYSQL_NO_DATA) {
            return rows;
        }
        if (fetched != 0 && fetched != MYSQL_DATA_TRUNCATED) {
            fail(statement.get(), doing, MariadbWork::data);
        }
        Row& row = rows.emplace_back();
        for (unsigned i = 0; i < columns; ++i) {
            if (bound[i].is_null_value != 0) {
                row.emplace_back(std::nullopt);
                continue;
            }
            std::string text(bound[i].length_value, '\0');
            MYSQL_BIND whole{};
            whole.buffer_type = MYSQL_TYPE_STRING;
            whole.buffer = text.data();
            whole.buffer_length = text.size();
            whole.length = &whole.length_value;
            whole.is_null = &whole.is_null_value;
            if (!text.empty() && mysql_stmt_fetch_column(statement.get(), &whole, i, 0) != 0) {
                fail(statement.get(), doing, MariadbWork::data);
            }
            row.emplace_back(std::move(text));
        }
    }
}

std::size_t MariadbConnection::change(std::string_view sql, std::span<const Value> parameters,
                                      std::string_view doing) {
    const MariadbStatement statement = prepare(sql, doing);
    const Call call(*this, statement_limit());
    run(statement.get(), parameters, doing);
    return mysql_stmt_affected_rows(statement.get());
}

std::optional<MariadbConnection::RowFailure> MariadbConnection::insert_rows(MYSQL_STMT* statement,
                                                                            std::string_view doing) {
    const Call call(*this, statement_limit());
    if (mysql_stmt_execute(statement) == 0) {
        return std::nullopt;
    }
    const MariadbError error{mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement),
                             mysql_stmt_error(statement)};
    if (classify(error) != MariadbFailure::row || ends_connection(error.number)) {
        fail(error, doing, MariadbWork::data);
    }
    return RowFailure{row_of(error.message), describe(error, doing)};
}

}  // namespace heliograph::sql
