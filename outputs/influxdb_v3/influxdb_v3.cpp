#include "outputs/influxdb_v3/influxdb_v3.hpp"

#include "outputs/influxdb_v3/advice.hpp"
#include "outputs/influxdb_v3/checks.hpp"

#include <heliograph/errors.hpp>

#include <algorithm>
#include <utility>

namespace heliograph::influxdb_v3 {
namespace {

http::ClientSettings client_settings(const Options& options) {
    http::ClientSettings settings;
    settings.tls.ca_file = options.tls_ca_file;
    settings.tls.certificate_file = options.tls_certificate_file;
    settings.tls.key_file = options.tls_key_file;
    settings.tls.key_password = options.tls_key_password.value;
    settings.tls.server_name = options.tls_server_name;
    settings.tls.minimum = options.tls_minimum_version;
    settings.tls.verify = options.tls_verify;
    settings.proxy = options.proxy.value;
    settings.user_agent = options.user_agent;
    settings.connect_timeout = options.connect_timeout;
    settings.timeout = options.timeout;
    settings.maximum_connections = static_cast<std::size_t>(options.concurrency);
    // InfluxDB 3 names every line that it refuses, in some 200 bytes each.
    constexpr std::size_t kBytesPerLine = 400;
    settings.maximum_response_bytes = std::max(settings.maximum_response_bytes,
                                               static_cast<std::size_t>(options.max_lines) * kBytesPerLine);
    return settings;
}

}  // namespace

void InfluxDb::check(Problems& problems) {
    check_options(options(), problems);
}

void InfluxDb::open() {
    close();
    token_ = Token(options().token.value, options().token_file);
    static_cast<void>(token_.refresh());
    transfer_.emplace(options(), host());
    connect();
    ping();
    host().info("InfluxDB writer initialized: " + transfer_->endpoint().server().host + "/" +
                options().database);
}

void InfluxDb::connect() {
    auto client = std::make_unique<http::Client>(client_settings(options()));
    const std::lock_guard lock(client_mutex_);
    client_ = std::move(client);
}

/// Whether anything that speaks HTTP is there; what it thinks of the token, the first write will tell.
void InfluxDb::ping() {
    http::Request request;
    request.method = "GET";
    request.url = transfer_->endpoint().ping_url();
    request.headers = Transfer::headers(transfer_->endpoint(), token_);
    const http::Outcome outcome = client_->send(request);
    if (!outcome.response && outcome.failure.kind == http::Failure::Kind::interrupted) {
        drop_client();
        throw Stopped();
    }
    const bool is_there = outcome.response && outcome.response->status >= 200 &&
                          outcome.response->status < 500 && outcome.response->status / 100 != 3 &&
                          parse_reply(outcome.response->body).form != Reply::Form::markup;
    if (!is_there) {
        const auto after = outcome.response ? outcome.response->retry_after : std::nullopt;
        throw Retry(advise_unreachable(outcome, transfer_->endpoint()),
                    after.value_or(std::chrono::nanoseconds{}));
    }
}

void InfluxDb::interrupt() noexcept {
    const std::lock_guard lock(client_mutex_);
    if (client_) {
        client_->interrupt();
    }
}

void InfluxDb::drop_client() noexcept {
    const std::lock_guard lock(client_mutex_);
    client_.reset();
}

void InfluxDb::close() noexcept {
    drop_client();
    transfer_.reset();
}

void InfluxDb::write(const MetricSpan& metrics, Verdict& verdict) {
    if (!transfer_) {
        open();
    }
    if (!client_) {
        connect();  // an interrupted client stays so
    }
    try {
        static_cast<void>(token_.refresh());
        token_file_complained_ = false;
    } catch (const Retry& unreadable) {
        // The token at hand may still be good.
        if (!std::exchange(token_file_complained_, true)) {
            host().warning(unreadable.what());
        }
    }
    try {
        transfer_->write(metrics, verdict, *client_, token_);
    } catch (const Stopped&) {
        drop_client();
        throw;
    }
}

}  // namespace heliograph::influxdb_v3
