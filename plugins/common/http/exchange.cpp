#include "plugins/common/http/exchange.hpp"

#include "plugins/common/http/failure.hpp"
#include "plugins/common/http/retry_after.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <stdexcept>

namespace heliograph::http {
namespace {

/// libcurl keeps an idle connection for 118 seconds unless told otherwise; servers commonly do for less.
constexpr std::chrono::seconds kLongestIdle{118};

bool same_name(std::string_view left, std::string_view right) {
    return left.size() == right.size() && ::strncasecmp(left.data(), right.data(), left.size()) == 0;
}

bool begins_with(std::string_view text, std::string_view prefix) {
    return same_name(text.substr(0, prefix.size()), prefix);
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20U && c != '\t') || c == '\x7F';
}

/// What would break the request apart, or let a value slip into another header.
std::optional<Failure> check(const Request& request) {
    const auto invalid = [](std::string reason) {
        return Failure{.kind = Failure::Kind::invalid_request,
                       .cause = Failure::Cause::other,
                       .reason = std::move(reason),
                       .may_have_arrived = false};
    };
    if (!begins_with(request.url, "http://") && !begins_with(request.url, "https://")) {
        return invalid("the URL does not begin with http:// or https://");
    }
    if (const auto host = request.url.find("://") + 3;
        host == request.url.size() ||
        std::string_view("/?#:").find(request.url[host]) != std::string_view::npos) {
        return invalid("the URL names no host");  // libcurl would take the path for one
    }
    if (std::any_of(request.url.begin(), request.url.end(), is_control)) {
        return invalid("the URL holds a control character");
    }
    for (const auto& [name, value] : request.headers) {
        if (name.empty() || name.find_first_of(": ;") != std::string::npos ||
            std::any_of(name.begin(), name.end(), is_control)) {
            return invalid("a header has a name that is none");
        }
        if (std::any_of(value.begin(), value.end(), is_control)) {
            return invalid("the value of the header " + name +
                           " holds a line break or another control character");
        }
    }
    return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

struct FreeUrl {
    void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
struct FreeText {
    void operator()(char* text) const noexcept { curl_free(text); }
};

std::string part(CURLU* url, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
        return {};
    }
    const std::unique_ptr<char, FreeText> owner(text);
    return text;
}

}  // namespace

Exchange::Exchange(const ClientSettings& settings, LastWords& last_words)
    : settings_(settings), last_words_(last_words), easy_(curl_easy_init()) {
    if (easy_ == nullptr) {
        throw std::bad_alloc();
    }
    set_constants();
    set_tls();
}

template <typename Value>
void Exchange::set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (code == CURLE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (code != CURLE_OK) {
        throw std::runtime_error(std::string("libcurl does not take a setting: ") + curl_easy_strerror(code));
    }
}

void Exchange::set_constants() {
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(error_text_));
    set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_CLOSESOCKETFUNCTION, &LastWords::on_close);
    set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(&last_words_));
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // an unanswered look-up of a name would hold up an interrupt
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_CONNECTTIMEOUT_MS, std::max<long>(1, settings_.connect_timeout.count()));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_USERAGENT, settings_.user_agent.c_str());
    const long age = settings_.maximum_connection_age.count();
    set(CURLOPT_FORBID_REUSE, age > 0 ? 0L : 1L);
    set(CURLOPT_DNS_CACHE_TIMEOUT, std::max(age, 0L));
    set(CURLOPT_MAXLIFETIME_CONN, std::max(age, 1L));
    set(CURLOPT_MAXAGE_CONN, std::clamp<long>(age, 1L, kLongestIdle.count()));
    if (!settings_.proxy.empty()) {
        set(CURLOPT_PROXY, settings_.proxy.c_str());
        set(CURLOPT_NOPROXY, "");  // a proxy that was asked for is used, whatever the environment excepts
    }
}

void Exchange::set_tls() {
    const auto& tls = settings_.tls;
    set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    set(CURLOPT_SSLVERSION, static_cast<long>(tls.minimum == TlsVersion::v1_3 ? CURL_SSLVERSION_TLSv1_3
                                                                              : CURL_SSLVERSION_TLSv1_2));
    if (!tls.ca_file.empty()) {
        set(CURLOPT_CAINFO, tls.ca_file.c_str());
        set(CURLOPT_CAPATH, static_cast<char*>(nullptr));  // or the system's authorities would do as well
    }
    if (!tls.certificate_file.empty()) {
        set(CURLOPT_SSLCERT, tls.certificate_file.c_str());
    }
    if (!tls.key_file.empty()) {
        set(CURLOPT_SSLKEY, tls.key_file.c_str());
    }
    if (!tls.key_password.empty()) {
        set(CURLOPT_KEYPASSWD, tls.key_password.c_str());
    }
}

std::optional<Failure> Exchange::prepare(const Request& request, ConnectionChoice connection,
                                         Clock::time_point deadline) {
    if (auto wrong = check(request)) {
        return wrong;
    }
    response_ = {};
    date_.reset();
    retry_after_.clear();
    headers_complete_ = false;
    error_text_[0] = '\0';
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    set(CURLOPT_TIMEOUT_MS, std::max<long>(1, left));
    set(CURLOPT_FRESH_CONNECT, connection == ConnectionChoice::fresh ? 1L : 0L);
    set_method(request);
    set_url(request.url);
    set_headers(request);
    return std::nullopt;
}

void Exchange::set_method(const Request& request) {
    body_size_ = request.body.size();
    sends_body_ =
        body_size_ != 0 || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    set(CURLOPT_CUSTOMREQUEST, static_cast<char*>(nullptr));
    set(CURLOPT_NOBODY, 0L);
    if (sends_body_) {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_size_));
        set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    } else {
        set(CURLOPT_HTTPGET, 1L);
    }
    if (request.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else if (request.method != (sends_body_ ? "POST" : "GET")) {
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
}

void Exchange::set_url(const std::string& url) {
    if (url == url_) {
        return;
    }
    url_ = url;
    connect_to_.reset();
    std::string wanted = url;
    if (!settings_.tls.server_name.empty() && begins_with(url, "https://")) {
        // The name goes into the URL, and so into SNI, verification and Host; the connection to where the URL
        // pointed. A URL that cannot be read is left for libcurl to complain about.
        const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
        if (parsed != nullptr && curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {
            const auto host = part(parsed.get(), CURLUPART_HOST);
            const auto port = part(parsed.get(), CURLUPART_PORT);
            const auto& name = settings_.tls.server_name;
            if (curl_url_set(parsed.get(), CURLUPART_HOST, name.c_str(), 0) == CURLUE_OK) {
                wanted = part(parsed.get(), CURLUPART_URL);
                append(connect_to_, name + ":" + port + ":" + host + ":" + port);
            }
        }
    }
    set(CURLOPT_CONNECT_TO, connect_to_.get());
    set(CURLOPT_URL, wanted.c_str());
}

void Exchange::set_headers(const Request& request) {
    // Only the text of the list depends on whether there is a body.
    if (header_list_ != nullptr && headers_ == request.headers && gzip_ == request.body_is_gzip) {
        set(CURLOPT_HTTPHEADER, header_list_.get());
        return;
    }
    headers_ = request.headers;
    gzip_ = request.body_is_gzip;
    header_list_.reset();
    bool has_type = false;
    for (const auto& [name, value] : headers_) {
        has_type = has_type || same_name(name, "Content-Type");
        append(header_list_, value.empty() ? name + ";" : name + ": " + value);
    }
    if (gzip_) {
        append(header_list_, "Content-Encoding: gzip");
    }
    if (!has_type) {
        append(header_list_, "Content-Type:");  // none, rather than that of a form
    }
    // libcurl would ask for leave before it sends a large body, and wait a second for servers that do not
    // understand the question.
    append(header_list_, "Expect:");
    set(CURLOPT_HTTPHEADER, header_list_.get());
}

void Exchange::append(List& list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) {
        throw std::bad_alloc();
    }
    static_cast<void>(list.release());
    list.reset(longer);
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    try {
        static_cast<Exchange*>(self)->take_header({data, size * count});
        return size * count;
    } catch (...) {
        return 0;  // ends the transfer
    }
}

void Exchange::take_header(std::string_view line) {
    line = trimmed(line);
    if (begins_with(line, "HTTP/")) {
        // The first line of an answer, perhaps after one that said 100 Continue.
        response_.content_type.clear();
        response_.location.clear();
        retry_after_.clear();
        date_.reset();
        return;
    }
    if (line.empty()) {
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        response_.status = status;
        headers_complete_ = status >= 200;
        return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        return;
    }
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (same_name(name, "Content-Type")) {
        response_.content_type = value;
    } else if (same_name(name, "Location")) {
        response_.location = value;
    } else if (same_name(name, "Retry-After")) {
        retry_after_ = value;
    } else if (same_name(name, "Date")) {
        date_ = parse_http_date(value);
    }
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    auto& response = static_cast<Exchange*>(self)->response_;
    const std::size_t room =
        static_cast<Exchange*>(self)->settings_.maximum_response_bytes - response.body.size();
    const std::size_t taken = std::min(room, size * count);
    try {
        response.body.append(data, taken);
    } catch (...) {
        return 0;  // ends the transfer
    }
    response.body_cut = response.body_cut || taken < size * count;
    return size * count;
}

long long Exchange::number(CURLINFO info) const {
    curl_off_t value = 0;
    curl_easy_getinfo(easy_.get(), info, &value);
    return value;
}

bool Exchange::was_sent() const {
    long head = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &head);
    return head > 0 && static_cast<std::size_t>(number(CURLINFO_SIZE_UPLOAD_T)) >= body_size_;
}

bool Exchange::body_is_whole() const {
    const auto length = number(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
    return response_.status == 204 || response_.status == 304 ||
           (length >= 0 && number(CURLINFO_SIZE_DOWNLOAD_T) >= length);
}

void Exchange::hear_last_words(CURLcode code) {
    if (code != CURLE_SEND_ERROR || headers_complete_) {
        return;
    }
    long port = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_LOCAL_PORT, &port);
    const std::string text = last_words_.take(port);
    std::string_view rest = text;
    const auto space = rest.find(' ');
    const auto end = rest.find("\r\n\r\n");
    long status = 0;
    if (end == std::string_view::npos || space > end ||
        std::from_chars(rest.data() + space + 1, rest.data() + end, status).ec != std::errc{} ||
        status < 200) {
        return;
    }
    for (auto head = rest.substr(0, end + 2); !head.empty(); head.remove_prefix(head.find('\n') + 1)) {
        take_header(head.substr(0, head.find('\n')));
    }
    response_.status = status;
    headers_complete_ = true;
    rest.remove_prefix(end + 4);
    // Chunks and lengths are not looked into: this is for people, and may be short of its end.
    response_.body = rest.substr(0, settings_.maximum_response_bytes);
    response_.body_cut = true;
}

bool Exchange::deserves_another_try(CURLcode code) const {
    if (headers_complete_ ||
        (code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR && code != CURLE_GOT_NOTHING)) {
        return false;
    }
    long connects = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &connects);
    const bool was_kept = connects == 0;
    // Over TLS the answer of a server that refuses a body without reading it may be lost. The second time it
    // is most likely seen; and nothing can be stored twice, since the body never was complete.
    return was_kept || (code == CURLE_SEND_ERROR && sends_body_ && !was_sent());
}

Failure Exchange::failure(CURLcode code) const {
    Symptoms symptoms{.code = code, .text = error_text_};
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &symptoms.system_error);
    if (settings_.tls.verify) {
        curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &symptoms.verify_result);
    }
    curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &symptoms.proxy_status);
    symptoms.through_proxy = !settings_.proxy.empty();
    symptoms.resolved = number(CURLINFO_NAMELOOKUP_TIME_T) > 0;
    symptoms.connected = number(CURLINFO_PRETRANSFER_TIME_T) > 0;
    symptoms.sent = was_sent();
    auto made = diagnose(symptoms);
    made.may_have_arrived =
        symptoms.sent && (made.kind == Failure::Kind::broken || made.kind == Failure::Kind::timeout);
    return made;
}

Outcome Exchange::finish(CURLcode code) {
    Outcome outcome;
    if (!headers_complete_) {
        outcome.failure = failure(code == CURLE_OK ? CURLE_GOT_NOTHING : code);
        return outcome;
    }
    if (code != CURLE_OK && response_.status / 100 == 2 && sends_body_ && !was_sent()) {
        // It cannot have stored what it has not read; something in between says so.
        outcome.failure = failure(code);
        return outcome;
    }
    // An answer counts even if the connection broke under it: the server has decided.
    response_.body_cut = response_.body_cut || (code != CURLE_OK && !body_is_whole());
    if (!retry_after_.empty()) {
        // By the server's own clock where it tells it, since the date is its.
        response_.retry_after =
            parse_retry_after(retry_after_, date_.value_or(std::chrono::system_clock::now()));
    }
    outcome.response = std::move(response_);
    return outcome;
}

Outcome Exchange::finish_interrupted() const {
    Outcome outcome;
    outcome.failure = {.kind = Failure::Kind::interrupted,
                       .cause = Failure::Cause::other,
                       .reason = "interrupted",
                       .may_have_arrived = was_sent()};
    return outcome;
}

}  // namespace heliograph::http
