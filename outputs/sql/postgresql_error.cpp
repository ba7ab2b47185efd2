#include "outputs/sql/postgresql_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace heliograph::sql {
namespace {

constexpr std::size_t kCodeSize = 5;
constexpr std::string_view kNotSupported = "0A";
constexpr std::size_t kMostOfMessage = 2'000;  // the library tries many addresses, and says so for each

struct Meaning {
    std::string_view code;  // an SQLSTATE, or the two characters of its class
    PostgresqlFailure failure;
    std::string_view advice;
};

using enum PostgresqlFailure;

// The first that matches is taken, so that a code stands before its class.
constexpr auto kMeanings = std::to_array<Meaning>({
    {"08", retry, "check the server and the network"},
    {"21000", row, ""},
    {"22", row, ""},
    {"23", row, ""},
    {"25006", retry,
     "the server takes no changes at present, such as a standby: wait for it, or name the primary in the "
     "url"},
    {"25", retry, ""},
    {"28P01", fatal, "check the options user and password"},
    {"28000", fatal, "check the option user, and that pg_hba.conf on the server lets it in from here"},
    {"28", fatal, "check the options user and password"},
    {"3D000", fatal, "create the database, or name another one in the url"},
    {"3F000", schema, ""},
    {"40", retry, ""},
    {"42501", right, "let the owner of the database grant it"},
    {"42P01", schema, ""},
    {"42P07", schema, ""},
    {"42P10", schema, ""},
    {"42701", schema, ""},
    {"42703", schema, ""},
    {"42704", schema, ""},
    {"42710", schema, ""},
    {"42804", schema, ""},
    {"42622", row, ""},
    {"42", fatal, ""},
    {"44", row, ""},
    {"53100", retry, "make room on the server's disk"},
    {"53200", retry, "the server is short of memory"},
    {"53300", retry, "close other connections, or raise max_connections on the server"},
    {"53", retry, ""},
    {"54", row, ""},
    {"55P03", retry, "another session holds the lock: wait for it, or end it"},
    {"55", retry, ""},
    {"57014", retry, "raise statement_timeout if the server needs more time than that"},
    {"57P03", retry, "the server is starting or stopping: wait for it"},
    {"57P04", fatal, "the database was dropped: create it, or name another one in the url"},
    {"57", retry, ""},
    {"58", retry, "check the server's disk and log"},
    {"P0", row, ""},
    {"38", row, ""},
    {"39", row, ""},
    {kNotSupported, fatal, ""},
    {"2B", fatal, ""},
    {"F0", fatal, "check the server's configuration"},
    {"XX001", fatal, "the server found its data damaged: check its log, and restore the table"},
    {"XX002", fatal, "the server found an index damaged: check its log, and rebuild it with REINDEX"},
});

struct ConnectAdvice {
    std::string_view sign;
    PostgresqlFailure failure;
    std::string_view advice;
};

// What the client library says where there is no code. Source: libpq's messages, untranslated.
constexpr auto kConnectAdvice = std::to_array<ConnectAdvice>({
    {"certificate", fatal, "check tls_ca_file, the server's certificate and the host of the url"},
    {"private key", fatal, "check tls_key_file"},
    {"does not support SSL", fatal, "set tls = \"off\", or enable TLS on the server"},
    {"no password supplied", fatal, "set the option password"},
    {"Connection refused", retry, "check the host and port of the url, and that the server runs"},
    {"could not translate host name", retry, "check the host of the url and the name servers"},
    {"No such file or directory", retry, "check that the server runs and keeps its socket there"},
    {"timeout expired", retry, "check the host and port of the url, and what firewalls lie between"},
    {"server closed the connection", retry, "check that a PostgreSQL server listens there, and its log"},
});

const Meaning* meaning_of(std::string_view code) noexcept {
    const auto found = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& meaning) {
        return code.substr(0, meaning.code.size()) == meaning.code;
    });
    return code.size() != kCodeSize || found == kMeanings.end() ? nullptr : &*found;
}

bool is_catalog_race(const PostgresqlReport& report) noexcept {
    return report.code == "23505" && report.schema == "pg_catalog";
}

bool is_missing_partition(const PostgresqlReport& report) noexcept {
    return report.code == "23514" && report.constraint.empty();
}

std::string sentence(const PostgresqlReport& report, std::string_view advice) {
    std::string text = report.message.empty() ? "no reason was given" : report.message;
    if (!report.detail.empty()) {
        text += " (" + report.detail + ")";
    }
    if (!report.code.empty()) {
        text += " [" + report.code + "]";
    }
    return advice.empty() ? text : text.append("; ").append(advice);
}

std::string_view advice_for(const PostgresqlReport& report) noexcept {
    if (report.connection_lost && report.code.empty()) {
        return "check the server and the network";
    }
    if (is_missing_partition(report)) {
        return "add the partition";
    }
    const Meaning* meaning = meaning_of(report.code);
    return meaning == nullptr ? std::string_view() : meaning->advice;
}

bool is_code(std::string_view text) noexcept {
    return text.size() == kCodeSize && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

/// Takes the code out of "…FATAL:  28P01: words" and returns it; the words before it stay.
std::string take_code(std::string& line) {
    for (std::size_t at = line.find(":  "); at != std::string::npos; at = line.find(":  ", at + 1)) {
        const std::size_t begin = at + 3;
        if (line.size() >= begin + kCodeSize + 2 && line[begin + kCodeSize] == ':' &&
            is_code(std::string_view(line).substr(begin, kCodeSize))) {
            std::string code = line.substr(begin, kCodeSize);
            line.erase(begin, kCodeSize + 2);
            return code;
        }
    }
    return {};
}

}  // namespace

PostgresqlFailure classify(const PostgresqlReport& report) noexcept {
    const Meaning* meaning = meaning_of(report.code);
    if (report.connection_lost || meaning == nullptr) {
        return retry;
    }
    if (is_catalog_race(report)) {
        return schema;
    }
    return is_missing_partition(report) ? fatal : meaning->failure;
}

void throw_postgresql_failure(const PostgresqlReport& report, std::string_view doing) {
    const std::string text =
        std::string("cannot ").append(doing).append(": ") + sentence(report, advice_for(report));
    switch (classify(report)) {
        case fatal:
            if (report.code.starts_with(kNotSupported)) {
                throw NotSupported(text);
            }
            throw Fatal(text);
        case row:
            throw RefusedByServer(text, copy_line(report.context));
        case schema:
            throw SchemaChanged(text);
        case right:
            throw MissingRight(text);
        case retry:
            break;
    }
    throw Retry(text);
}

void throw_connect_failure(std::string_view target, std::string_view message) {
    const PostgresqlReport report = read_connect_message(message);
    const std::string doing = std::string("cannot connect to ").append(target).append(": ");
    if (const Meaning* meaning = meaning_of(report.code); meaning != nullptr) {
        const std::string text = doing + sentence(report, meaning->advice);
        if (meaning->failure == retry) {
            throw Retry(text);
        }
        throw Fatal(text);
    }
    for (const ConnectAdvice& known : kConnectAdvice) {
        if (report.message.find(known.sign) != std::string::npos) {
            const std::string text = doing + sentence(report, known.advice);
            if (known.failure == retry) {
                throw Retry(text);
            }
            throw Fatal(text);
        }
    }
    throw Retry(doing + sentence(report, "check the host and port of the url, and that the server runs"));
}

PostgresqlReport read_connect_message(std::string_view message) {
    PostgresqlReport report;
    message = message.substr(0, kMostOfMessage);
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\n'), message.size());
        std::string line(message.substr(0, end));
        message.remove_prefix(std::min(end + 1, message.size()));
        if (line.starts_with("LOCATION:") || line.find_first_not_of("\t ") == std::string::npos) {
            continue;
        }
        if (std::string code = take_code(line); !code.empty()) {
            report.code = std::move(code);
        }
        line.erase(0, line.find_first_not_of("\t "));
        if (report.message.find(line) == std::string::npos) {
            report.message += (report.message.empty() ? "" : ", ") + line;
        }
    }
    if (report.message.ends_with('.')) {
        report.message.pop_back();  // the sentence goes on
    }
    return report;
}

std::size_t copy_line(std::string_view context) noexcept {
    constexpr std::string_view kSign = ", line ";
    const std::size_t at = context.find(kSign);
    if (!context.starts_with("COPY ") || at == std::string_view::npos) {
        return 0;
    }
    std::size_t line = 0;
    const char* begin = context.data() + at + kSign.size();
    const auto parsed = std::from_chars(begin, context.data() + context.size(), line);
    return parsed.ec == std::errc() ? line : 0;
}

}  // namespace heliograph::sql
