#include "plugins/common/http/client.hpp"

#include "plugins/common/http/exchange.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <new>
#include <stdexcept>

namespace heliograph::http {
namespace {

/// Poll returns by then at the latest; libcurl's own timers, an event or an interrupt end it sooner.
constexpr int kLongestPollMilliseconds = 1'000;

void ensure_curl() {
    // Never undone: others in this process may use the library as well.
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        throw std::runtime_error(std::string("libcurl does not start: ") + curl_easy_strerror(code));
    }
}

void ensure_readable(const char* setting, const std::string& path) {
    if (path.empty()) {
        return;
    }
    errno = 0;
    std::ifstream file(path);
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
        const int error = errno;
        throw std::runtime_error(std::string(setting) + ": cannot read " + path + ": " +
                                 (error == 0 ? "it is empty" : std::strerror(error)));
    }
}

void check(const ClientSettings& settings) {
    ensure_readable("tls_ca_file", settings.tls.ca_file);
    ensure_readable("tls_certificate_file", settings.tls.certificate_file);
    ensure_readable("tls_key_file", settings.tls.key_file);
    if (!settings.tls.key_file.empty() && settings.tls.certificate_file.empty()) {
        throw std::runtime_error(
            "tls_key_file: a key needs its certificate; set tls_certificate_file as well");
    }
    if (settings.proxy.empty()) {
        return;
    }
    CURLU* url = curl_url();
    const bool ok =
        url != nullptr && curl_url_set(url, CURLUPART_URL, settings.proxy.c_str(),
                                       CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    curl_url_cleanup(url);
    if (!ok) {
        // Without its text, which may hold a password.
        throw std::runtime_error("proxy: not a URL; it looks like http://proxy.local:3128");
    }
}

void ensure(CURLMcode code) {
    if (code != CURLM_OK) {
        throw std::runtime_error(std::string("libcurl: ") + curl_multi_strerror(code));
    }
}

}  // namespace

class Client::Implementation {
public:
    explicit Implementation(ClientSettings settings);

    /// Outcomes has as many places as there are requests.
    void run(std::span<const Request> requests, std::span<Outcome> outcomes);
    void interrupt() noexcept;

private:
    struct FreeMulti {
        void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
    };
    /// An exchange, and what it works on.
    struct Slot {
        Slot(const ClientSettings& settings, LastWords& last_words) : exchange(settings, last_words) {}

        Exchange exchange;
        const Request* request = nullptr;
        Outcome* outcome = nullptr;
        Exchange::Clock::time_point deadline;
        bool is_second_try = false;
        bool is_active = false;
    };

    void renew();
    Slot& free_slot();
    void start(const Request& request, Outcome& outcome);
    void launch(Slot& slot, ConnectionChoice connection);
    void take_finished();
    void finish(Slot& slot, CURLcode code);
    void take_off(Slot& slot) noexcept;

    const ClientSettings settings_;
    std::atomic<bool> interrupted_{false};
    std::mutex multi_mutex_;  // an interrupt and a renewal; all else is on one thread
    LastWords last_words_;    // before multi_, which holds the connections
    std::unique_ptr<CURLM, FreeMulti> multi_;
    std::vector<std::unique_ptr<Slot>> slots_;  // after multi_, since they leave it first
    std::size_t active_ = 0;
    bool is_stale_ = true;
};

Client::Implementation::Implementation(ClientSettings settings) : settings_(std::move(settings)) {
    ensure_curl();
    check(settings_);
    renew();
    slots_.push_back(std::make_unique<Slot>(settings_, last_words_));  // complains about settings at once
}

/// Forgets all connections, resolved names and authorities read.
void Client::Implementation::renew() {
    std::unique_ptr<CURLM, FreeMulti> fresh(curl_multi_init());
    if (fresh == nullptr) {
        throw std::bad_alloc();
    }
    ensure(curl_multi_setopt(fresh.get(), CURLMOPT_MAXCONNECTS,
                             static_cast<long>(std::max<std::size_t>(1, settings_.maximum_connections))));
    {
        const std::lock_guard lock(multi_mutex_);
        multi_.swap(fresh);
    }
    is_stale_ = false;
}

void Client::Implementation::interrupt() noexcept {
    interrupted_ = true;
    const std::lock_guard lock(multi_mutex_);
    curl_multi_wakeup(multi_.get());
}

void Client::Implementation::run(std::span<const Request> requests, std::span<Outcome> outcomes) {
    struct TakeOff {
        Implementation* self;
        ~TakeOff() {  // when something is thrown
            for (auto& slot : self->slots_) {
                self->take_off(*slot);
            }
        }
    } take_off_all{this};

    if (is_stale_) {
        renew();
    }
    const std::size_t most = std::max<std::size_t>(1, settings_.maximum_connections);
    std::size_t next = 0;
    for (;;) {
        while (!interrupted_ && active_ < most && next < requests.size()) {
            start(requests[next], outcomes[next]);
            ++next;
        }
        if (active_ == 0) {
            break;
        }
        const std::size_t before = active_;
        int running = 0;
        last_words_.forget();
        ensure(curl_multi_perform(multi_.get(), &running));
        take_finished();
        if (interrupted_) {
            for (auto& slot : slots_) {
                if (slot->is_active) {
                    // Taken off first: the figures of an exchange hold until the next one.
                    take_off(*slot);
                    *slot->outcome = slot->exchange.finish_interrupted();
                }
            }
        } else if (active_ == before) {
            ensure(curl_multi_poll(multi_.get(), nullptr, 0, kLongestPollMilliseconds, nullptr));
        }
    }
    for (; next < requests.size(); ++next) {
        outcomes[next].failure.kind = Failure::Kind::interrupted;
        outcomes[next].failure.reason = "interrupted";
    }
}

Client::Implementation::Slot& Client::Implementation::free_slot() {
    for (auto& slot : slots_) {
        if (!slot->is_active) {
            return *slot;
        }
    }
    slots_.push_back(std::make_unique<Slot>(settings_, last_words_));
    return *slots_.back();
}

void Client::Implementation::start(const Request& request, Outcome& outcome) {
    Slot& slot = free_slot();
    slot.request = &request;
    slot.outcome = &outcome;
    slot.deadline = Exchange::Clock::now() + settings_.timeout;
    slot.is_second_try = false;
    launch(slot, ConnectionChoice::any);
}

void Client::Implementation::launch(Slot& slot, ConnectionChoice connection) {
    if (auto wrong = slot.exchange.prepare(*slot.request, connection, slot.deadline)) {
        slot.outcome->failure = *std::move(wrong);
        return;
    }
    curl_easy_setopt(slot.exchange.handle(), CURLOPT_PRIVATE, static_cast<void*>(&slot));
    ensure(curl_multi_add_handle(multi_.get(), slot.exchange.handle()));
    slot.is_active = true;
    ++active_;
}

void Client::Implementation::take_off(Slot& slot) noexcept {
    if (slot.is_active) {
        curl_multi_remove_handle(multi_.get(), slot.exchange.handle());
        slot.is_active = false;
        --active_;
    }
}

void Client::Implementation::take_finished() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg == CURLMSG_DONE) {
            Slot* slot = nullptr;
            const CURLcode code = message->data.result;  // gone with the handle
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
            finish(*slot, code);
        }
    }
}

void Client::Implementation::finish(Slot& slot, CURLcode code) {
    take_off(slot);
    slot.exchange.hear_last_words(code);
    if (!interrupted_ && !slot.is_second_try && Exchange::Clock::now() < slot.deadline &&
        slot.exchange.deserves_another_try(code)) {
        slot.is_second_try = true;
        launch(slot, ConnectionChoice::fresh);
        return;
    }
    *slot.outcome = slot.exchange.finish(code);
    // What could not be reached may have moved; the names are asked for again next time.
    is_stale_ = is_stale_ || !slot.outcome->response;
}

Client::Client(ClientSettings settings)
    : implementation_(std::make_unique<Implementation>(std::move(settings))) {}

Client::~Client() = default;

Outcome Client::send(const Request& request) {
    Outcome outcome;
    implementation_->run({&request, 1}, {&outcome, 1});
    return outcome;
}

std::vector<Outcome> Client::send_all(std::span<const Request> requests) {
    std::vector<Outcome> outcomes(requests.size());
    implementation_->run(requests, outcomes);
    return outcomes;
}

void Client::interrupt() noexcept {
    implementation_->interrupt();
}

}  // namespace heliograph::http
