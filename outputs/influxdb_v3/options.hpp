// What a user may set on the InfluxDB output.
#pragma once

#include "plugins/common/http/client.hpp"
#include "plugins/common/line_protocol/dialect.hpp"

#include <heliograph/options.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace heliograph::influxdb_v3 {

using line_protocol::Precision;

/// Which of InfluxDB's write endpoints is spoken to.
enum class Api { v3, v2, v1 };

/// The word before the token in the Authorization header.
enum class TokenScheme { automatic, bearer, token };

/// How a backslash in a name is written.
enum class Escaping { automatic, v1, v3 };

enum class Compression { gzip, none };

struct Options {
    std::string url;
    Secret token;
    std::string token_file;
    TokenScheme token_scheme = TokenScheme::automatic;
    std::string database = "hoymiles";
    std::string database_tag;
    bool database_tag_keep = true;
    std::string organization;
    std::string retention_policy;
    Api api = Api::v3;
    Escaping escaping = Escaping::automatic;
    bool no_sync = false;
    Precision precision = Precision::nanosecond;
    std::vector<std::string> tag_order;
    std::int64_t max_lines = 10'000;
    Size max_bytes{std::uint64_t{8} << 20U};
    Compression compression = Compression::gzip;
    std::int64_t compression_level = 1;
    Size compression_minimum{std::uint64_t{1} << 10U};
    std::int64_t concurrency = 4;
    std::chrono::milliseconds timeout{10'000};
    std::chrono::milliseconds connect_timeout{5'000};
    std::string tls_ca_file;
    std::string tls_certificate_file;
    std::string tls_key_file;
    Secret tls_key_password;
    std::string tls_server_name;
    http::TlsVersion tls_minimum_version = http::TlsVersion::v1_2;
    bool tls_verify = true;
    Secret proxy;
    std::string user_agent = "Heliograph";

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::url>(
            "url",
            "Where the server is: `http://host:8181`, `https://host`, with a path before the API's if a "
            "proxy "
            "wants one. A bare host name without a port means https.")
            .required()
            .example("\"http://localhost:8181\""),
        heliograph::option<&Options::token>("token", "Token with the right to write; none unless set."),
        heliograph::option<&Options::token_file>(
            "token_file",
            "File that holds the token, used rather than `token`; read again when it changes and when the "
            "server refuses the token.")
            .example("\"/run/secrets/influxdb_token\""),
        heliograph::option<&Options::token_scheme>(
            "token_scheme",
            "The word before the token in the header: `bearer`, `token`, or by `api`: bearer for v3, token "
            "for the others.")
            .choices({{"auto", TokenScheme::automatic},
                      {"bearer", TokenScheme::bearer},
                      {"token", TokenScheme::token}}),
        heliograph::option<&Options::database>(
            "database", "Database to write to (v2: the bucket); InfluxDB 3 makes it with the first write."),
        heliograph::option<&Options::database_tag>(
            "database_tag",
            "Tag whose value is the database of a metric; a metric without it goes to `database`.")
            .example("\"site\""),
        heliograph::option<&Options::database_tag_keep>("database_tag_keep",
                                                        "Whether that tag is written as well."),
        heliograph::option<&Options::organization>("organization",
                                                   "Organization (v2); InfluxDB 3 does not look at it."),
        heliograph::option<&Options::retention_policy>(
            "retention_policy", "Retention policy (v1); the database's default unless set."),
        heliograph::option<&Options::api>(
            "api",
            "Which endpoint to write to: `v3` for InfluxDB 3 Core and Enterprise; `v2` for Cloud Serverless, "
            "Cloud Dedicated and Clustered; `v1` for InfluxDB 1.x.")
            .choices({{"v3", Api::v3}, {"v2", Api::v2}, {"v1", Api::v1}}),
        heliograph::option<&Options::escaping>(
            "escaping",
            "How a backslash in a name is written: doubled for every InfluxDB 3 (`v3`), as it is for 1.x and "
            "2.x (`v1`), or by `api`: v1 for v1, v3 for the others.")
            .choices({{"auto", Escaping::automatic}, {"v1", Escaping::v1}, {"v3", Escaping::v3}}),
        heliograph::option<&Options::no_sync>(
            "no_sync",
            "Answer before the data is in the write-ahead log (v3): faster, but a crash of the server may "
            "lose the last second."),
        heliograph::option<&Options::precision>("precision", "Unit of the times that are sent.")
            .choices({{"nanosecond", Precision::nanosecond},
                      {"microsecond", Precision::microsecond},
                      {"millisecond", Precision::millisecond},
                      {"second", Precision::second}}),
        heliograph::option<&Options::tag_order>(
            "tag_order",
            "Tags that come first in a line, the others follow bytewise (v3). A new table keeps its tags in "
            "this order: begin with those that queries filter by.")
            .example("[\"site\", \"dtu_serial\"]"),
        heliograph::option<&Options::max_lines>("max_lines", "Most metrics in one request.")
            .at_least(std::int64_t{1})
            .at_most(std::int64_t{1'000'000}),
        heliograph::option<&Options::max_bytes>(
            "max_bytes", "Most bytes in one request, before compression; the server's limit is 10 MiB.")
            .at_least(Size{std::uint64_t{1} << 10U})
            .at_most(Size{std::uint64_t{256} << 20U}),
        heliograph::option<&Options::compression>("compression", "How requests are compressed.")
            .choices({{"gzip", Compression::gzip}, {"none", Compression::none}}),
        heliograph::option<&Options::compression_level>("compression_level", "From 1 (fast) to 12 (small).")
            .at_least(std::int64_t{1})
            .at_most(std::int64_t{12}),
        heliograph::option<&Options::compression_minimum>("compression_minimum",
                                                          "Smaller requests are not compressed."),
        heliograph::option<&Options::concurrency>(
            "concurrency",
            "Most requests in flight, when a write needs several; metrics of one series never overtake each "
            "other.")
            .at_least(std::int64_t{1})
            .at_most(std::int64_t{64}),
        heliograph::option<&Options::timeout>(
            "timeout",
            "Longest time that one request may take; the server itself answers up to a second late.")
            .at_least(std::chrono::milliseconds{100})
            .at_most(std::chrono::minutes{10}),
        heliograph::option<&Options::connect_timeout>("connect_timeout", "Longest wait for a connection.")
            .at_least(std::chrono::milliseconds{10})
            .at_most(std::chrono::minutes{5}),
        heliograph::option<&Options::tls_ca_file>(
            "tls_ca_file", "Authorities to trust, a PEM file; the system's unless set."),
        heliograph::option<&Options::tls_certificate_file>("tls_certificate_file",
                                                           "Certificate to show, a PEM file."),
        heliograph::option<&Options::tls_key_file>("tls_key_file",
                                                   "Private key of that certificate, a PEM file."),
        heliograph::option<&Options::tls_key_password>("tls_key_password", "Password of the private key."),
        heliograph::option<&Options::tls_server_name>(
            "tls_server_name", "Name that the server's certificate must have, if not the URL's."),
        heliograph::option<&Options::tls_minimum_version>("tls_minimum_version",
                                                          "Oldest version of TLS to speak.")
            .choices({{"1.2", http::TlsVersion::v1_2}, {"1.3", http::TlsVersion::v1_3}}),
        heliograph::option<&Options::tls_verify>(
            "tls_verify", "Whether the server's certificate is verified; without, anyone may listen."),
        heliograph::option<&Options::proxy>(
            "proxy",
            "URL of a proxy; unless set, what the environment says (`https_proxy`, `no_proxy`). It may hold "
            "a password."),
        heliograph::option<&Options::user_agent>("user_agent", "How this client names itself."));
};

}  // namespace heliograph::influxdb_v3
