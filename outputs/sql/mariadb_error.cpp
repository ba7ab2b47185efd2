#include "outputs/sql/mariadb_error.hpp"

#include "outputs/sql/engine.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>
#include <array>

namespace heliograph::sql {
namespace {

constexpr std::string_view kMakeRoom = "make room on the disk of the database server";
constexpr std::string_view kGrant =
    "grant this user SELECT, INSERT, UPDATE and DELETE on the database, and CREATE and ALTER if this output "
    "is to change the schema";
constexpr std::string_view kLogin = "check user and password, and that this user may come from this host";
constexpr std::string_view kReachable =
    "check that the server runs, that host and port are right, and that no firewall is in the way";
constexpr std::string_view kSlow =
    "the server was too slow: if that is usual, raise statement_timeout, or write smaller batches";
constexpr std::string_view kTls = "check the tls options and the server's certificate";

struct Known {
    unsigned number;
    MariadbFailure failure;
    std::string_view advice;
};

// Source of the numbers: MariaDB, "Error Codes"; those from 2000 on: Connector/C, errmsg.h. In order.
constexpr auto kKnown = std::to_array<Known>({
    {3, MariadbFailure::retry, kMakeRoom},     // error while writing a file
    {1005, MariadbFailure::row, ""},           // cannot create table
    {1020, MariadbFailure::retry, ""},         // record has changed since last read
    {1021, MariadbFailure::retry, kMakeRoom},  // disk full
    {1026, MariadbFailure::retry, kMakeRoom},  // error writing file
    {1040, MariadbFailure::retry, "raise max_connections of the server, or close other connections"},
    {1041, MariadbFailure::retry, "the server is out of memory"},
    {1044, MariadbFailure::right, kGrant},  // access to database denied
    {1045, MariadbFailure::fatal, kLogin},  // access denied
    {1048, MariadbFailure::row, ""},        // column cannot be null
    {1049, MariadbFailure::fatal, "create the database, or correct its name in the url"},
    {1050, MariadbFailure::schema, ""},  // table exists
    {1053, MariadbFailure::retry, "the server is shutting down"},
    {1054, MariadbFailure::schema, ""},  // unknown column
    {1059, MariadbFailure::row, ""},     // name too long
    {1060, MariadbFailure::schema, ""},  // duplicate column name
    {1062, MariadbFailure::row, ""},     // duplicate entry
    {1068, MariadbFailure::schema, ""},  // multiple primary keys
    {1070, MariadbFailure::row, "a table can have 31 tags at most"},
    {1071, MariadbFailure::row, "the tags are too many, or too long, for a key"},
    {1091, MariadbFailure::schema, ""},        // cannot drop what is not there
    {1103, MariadbFailure::row, ""},           // incorrect table name
    {1114, MariadbFailure::retry, kMakeRoom},  // table is full
    {1117, MariadbFailure::row, ""},           // too many columns
    {1118, MariadbFailure::row, ""},           // row size too large
    {1129, MariadbFailure::retry, "the server blocks this host: run FLUSH HOSTS there"},
    {1130, MariadbFailure::fatal, kLogin},  // host may not connect
    {1142, MariadbFailure::right, kGrant},  // command denied on table
    {1143, MariadbFailure::right, kGrant},  // command denied on column
    {1146, MariadbFailure::schema, ""},     // table does not exist
    {1153, MariadbFailure::row, "raise max_allowed_packet of the server"},
    {1158, MariadbFailure::retry, ""},  // network errors as the server sees them
    {1159, MariadbFailure::retry, ""},
    {1160, MariadbFailure::retry, ""},
    {1161, MariadbFailure::retry, ""},
    {1166, MariadbFailure::row, ""},  // incorrect column name
    {1203, MariadbFailure::retry, "this user has too many connections"},
    {1205, MariadbFailure::retry, "another session holds a lock on the table"},
    {1213, MariadbFailure::retry, ""},  // deadlock
    {1226, MariadbFailure::retry, "this user has used up what the server allows it"},
    {1227, MariadbFailure::right, kGrant},  // privilege needed
    {1251, MariadbFailure::fatal, kLogin},  // authentication not supported
    {1264, MariadbFailure::row, ""},        // out of range
    {1265, MariadbFailure::row, ""},        // data truncated
    {1290, MariadbFailure::retry,
     "the server takes no writes now: wait, or point the url at the one that does"},
    {1292, MariadbFailure::row, ""},    // incorrect value
    {1300, MariadbFailure::row, ""},    // invalid character string
    {1317, MariadbFailure::retry, ""},  // query was interrupted
    {1364, MariadbFailure::fatal, "the table has a column that this output does not fill: give it a default"},
    {1366, MariadbFailure::row, ""},        // incorrect value
    {1367, MariadbFailure::row, ""},        // illegal value
    {1370, MariadbFailure::right, kGrant},  // routine command denied
    {1406, MariadbFailure::row, ""},        // data too long
    {1412, MariadbFailure::schema, ""},     // table definition has changed
    {1615, MariadbFailure::schema, ""},     // statement needs to be prepared again
    {1644, MariadbFailure::row, ""},        // a trigger refuses
    {1698, MariadbFailure::fatal, kLogin},  // access denied, no password
    {1820, MariadbFailure::fatal, kLogin},  // password must be changed
    {1836, MariadbFailure::retry, "the server takes no writes now"},
    {1862, MariadbFailure::fatal, kLogin},  // password has expired
    {1906, MariadbFailure::row, ""},        // value for a generated column
    {1927, MariadbFailure::retry, "somebody ended the connection"},
    {1969, MariadbFailure::retry, kSlow},  // statement timeout
    {2002, MariadbFailure::retry, kReachable},
    {2003, MariadbFailure::retry, kReachable},
    {2005, MariadbFailure::retry, "there is no such host: check the name in the url, and the name service"},
    {2006, MariadbFailure::retry, ""},      // server has gone away
    {2012, MariadbFailure::retry, ""},      // error in handshake
    {2013, MariadbFailure::retry, ""},      // lost connection
    {2026, MariadbFailure::fatal, kTls},    // TLS failed
    {2049, MariadbFailure::fatal, kLogin},  // old authentication
    {2055, MariadbFailure::retry, ""},      // lost connection
    {2059, MariadbFailure::fatal, kLogin},  // authentication plugin is missing
    {2061, MariadbFailure::fatal, kLogin},  // authentication plugin failed
    {3024, MariadbFailure::retry, kSlow},   // statement timeout of MySQL
    {3140, MariadbFailure::row, ""},        // invalid JSON
    {3819, MariadbFailure::row, ""},        // constraint failed, of MySQL
    {4025, MariadbFailure::row, ""},        // constraint failed
    {4031, MariadbFailure::retry, ""},      // closed for inactivity
});
static_assert(std::is_sorted(kKnown.begin(), kKnown.end(),
                             [](const Known& a, const Known& b) { return a.number < b.number; }));

// Client errors: the library's own, none of which leaves a connection in a known state.
constexpr unsigned kFirstOfClient = 2000;
constexpr unsigned kLastOfClient = 2999;

const Known* find_known(unsigned number) noexcept {
    const auto* const found =
        std::lower_bound(kKnown.begin(), kKnown.end(), number,
                         [](const Known& known, unsigned wanted) { return known.number < wanted; });
    return found != kKnown.end() && found->number == number ? found : nullptr;
}

/// Several errors carry the operating system's error in their text; 28 is ENOSPC on Linux.
bool tells_of_full_disk(std::string_view message) noexcept {
    constexpr auto kSigns = std::to_array<std::string_view>(
        {"errno: 28", "error: 28", "error 28", "No space left on device", "is full"});
    return std::any_of(kSigns.begin(), kSigns.end(),
                       [&](std::string_view sign) { return message.find(sign) != std::string_view::npos; });
}

}  // namespace

MariadbFailure classify(const MariadbError& error) noexcept {
    const Known* const known = find_known(error.number);
    if (known != nullptr && (known->failure != MariadbFailure::row || error.number != 1005)) {
        return known->failure;
    }
    if (tells_of_full_disk(error.message)) {
        return MariadbFailure::retry;
    }
    if (known != nullptr) {
        return known->failure;
    }
    // Classes of SQLSTATE: 22 is about data, 23 about constraints. Anything else says nothing against a row.
    return error.state.starts_with("22") || error.state.starts_with("23") ? MariadbFailure::row
                                                                          : MariadbFailure::retry;
}

bool ends_connection(unsigned number) noexcept {
    constexpr auto kEnds = std::to_array<unsigned>({1053, 1153, 1927, 4031});
    return (number >= kFirstOfClient && number <= kLastOfClient) ||
           std::find(kEnds.begin(), kEnds.end(), number) != kEnds.end();
}

std::string describe(const MariadbError& error, std::string_view doing) {
    std::string text("cannot ");
    text.append(doing).append(": ").append(error.message);
    text += " (error " + std::to_string(error.number) + ")";
    const Known* const known = find_known(error.number);
    std::string_view advice = known == nullptr ? std::string_view() : known->advice;
    if (advice.empty() && tells_of_full_disk(error.message)) {
        advice = kMakeRoom;
    }
    if (!advice.empty()) {
        text.append("; ").append(advice);
    }
    return text;
}

void throw_mariadb_failure(const MariadbError& error, std::string_view doing, MariadbWork work) {
    const std::string text = describe(error, doing);
    switch (classify(error)) {
        case MariadbFailure::fatal:
            throw Fatal(text);
        case MariadbFailure::row:
            throw RowError(text);
        case MariadbFailure::schema:
            throw SchemaChanged(text);
        case MariadbFailure::right:
            if (work == MariadbWork::schema) {
                throw MissingRight(text);
            }
            throw Fatal(text);
        case MariadbFailure::retry:
            break;
    }
    throw Retry(text);
}

}  // namespace heliograph::sql
