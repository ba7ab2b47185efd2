#include "outputs/influxdb_v3/checks.hpp"

#include "outputs/influxdb_v3/database_name.hpp"
#include "outputs/influxdb_v3/token.hpp"
#include "outputs/influxdb_v3/url.hpp"
#include "plugins/common/line_protocol/encoder.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

namespace heliograph::influxdb_v3 {
namespace {

bool is_header_text(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

void check_token(const Options& options, Problems& problems) {
    if (options.token.empty()) {
        return;
    }
    if (!is_token(options.token.value)) {
        problems.report("token", "the token contains a space or another character that no token has",
                        "copy it again, without quotes and line ends");
    }
}

void check_api(const Options& options, Problems& problems) {
    if (options.no_sync && options.api != Api::v3) {
        problems.report("no_sync", "no_sync is known to api = \"v3\" only",
                        "leave it out, or set api = \"v3\"");
    }
    if (!options.organization.empty() && options.api == Api::v1) {
        problems.report("organization", "api = \"v1\" knows no organization", "leave it out");
    }
    if (!options.retention_policy.empty() && options.api != Api::v1) {
        problems.report("retention_policy", "retention policies belong to api = \"v1\"",
                        "leave it out; databases of InfluxDB 3 have a retention of their own");
    }
    if (!options.tag_order.empty() && options.api != Api::v3) {
        problems.report("tag_order", "the order of tags matters to api = \"v3\" only", "leave it out");
    }
}

void check_names(const Options& options, Problems& problems) {
    if (const auto wrong = wrong_database_name(options.database, options.api); !wrong.empty()) {
        problems.report("database", "the database name " + std::string(wrong),
                        "begin it with a letter or digit; then letters, digits, _ and -");
    }
    if (!options.database_tag_keep && options.database_tag.empty()) {
        problems.report("database_tag_keep", "database_tag_keep is set without database_tag",
                        "set database_tag, or leave it out");
    }
    for (std::size_t i = 0; i < options.tag_order.size(); ++i) {
        const std::string& tag = options.tag_order[i];
        const std::string place = std::to_string(i);
        if (tag.empty()) {
            problems.report_at("tag_order", place, "the name of a tag is empty", "leave it out");
        } else if (std::find(options.tag_order.begin(),
                             options.tag_order.begin() + static_cast<std::ptrdiff_t>(i),
                             tag) != options.tag_order.begin() + static_cast<std::ptrdiff_t>(i)) {
            problems.report_at("tag_order", place, "the tag is named twice", "name it once");
        }
    }
}

void check_tls(const Options& options, const Server& server, Problems& problems) {
    if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
        problems.report(options.tls_key_file.empty() ? "tls_certificate_file" : "tls_key_file",
                        "a certificate and its key belong together",
                        "set both tls_certificate_file and tls_key_file, or neither");
    }
    const bool has_tls_options = !options.tls_ca_file.empty() || !options.tls_certificate_file.empty() ||
                                 !options.tls_server_name.empty();
    if (has_tls_options && server.base.starts_with("http://")) {
        problems.report("url", "the URL begins with http://, so the tls_ options would have no effect",
                        "write https://, or leave them out");
    }
}

}  // namespace

void check_options(const Options& options, Problems& problems) {
    const auto url = parse_url(options.url);
    if (const auto* problem = std::get_if<UrlProblem>(&url)) {
        problems.report("url", problem->message, problem->hint);
    } else {
        check_tls(options, std::get<Server>(url), problems);
    }
    check_token(options, problems);
    check_api(options, problems);
    check_names(options, problems);
    if (!is_header_text(options.user_agent)) {
        problems.report("user_agent", "the name contains a control character or one that is not ASCII",
                        "write plain text");
    }
    if (options.connect_timeout > options.timeout) {
        problems.report("connect_timeout",
                        "the wait for a connection is longer than that for a whole request",
                        "make it shorter than timeout");
    }
}

}  // namespace heliograph::influxdb_v3
