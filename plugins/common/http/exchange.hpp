// One HTTP exchange on a libcurl handle: what is set up before it, gathered during it, and made of it after.
#pragma once

#include "plugins/common/http/client.hpp"
#include "plugins/common/http/last_words.hpp"

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::http {

enum class ConnectionChoice { any, fresh };

/// Used again and again, for one exchange after the other. [own strand]
class Exchange {
public:
    using Clock = std::chrono::steady_clock;

    /// `settings` must outlive it, and `last_words` the connections that it opens. Throws std::bad_alloc.
    Exchange(const ClientSettings& settings, LastWords& last_words);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() = default;

    [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }

    /// Makes the handle ready. The request must live until the exchange has ended. A failure when it cannot
    /// be sent at all.
    [[nodiscard]] std::optional<Failure> prepare(const Request& request, ConnectionChoice connection,
                                                 Clock::time_point deadline);
    /// Takes the answer that was left unread when sending failed, if there is one. Comes before the next two.
    void hear_last_words(CURLcode code);
    /// Whether a fresh connection may do better, and nothing came back that would be lost.
    [[nodiscard]] bool deserves_another_try(CURLcode code) const;
    /// What it came to.
    [[nodiscard]] Outcome finish(CURLcode code);
    /// What it came to, having been taken off before its end.
    [[nodiscard]] Outcome finish_interrupted() const;

private:
    struct FreeHandle {
        void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
    };
    struct FreeList {
        void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
    };
    using List = std::unique_ptr<curl_slist, FreeList>;

    template <typename Value>
    void set(CURLoption option, Value value);
    void set_constants();
    void set_tls();
    void set_method(const Request& request);
    void set_url(const std::string& url);
    void set_headers(const Request& request);
    void take_header(std::string_view line);
    [[nodiscard]] long long number(CURLINFO info) const;
    [[nodiscard]] bool was_sent() const;
    [[nodiscard]] bool body_is_whole() const;
    [[nodiscard]] Failure failure(CURLcode code) const;

    static void append(List& list, const std::string& line);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;

    const ClientSettings& settings_;
    LastWords& last_words_;
    List header_list_;  // before the handle, which points to both lists
    List connect_to_;
    std::unique_ptr<CURL, FreeHandle> easy_;
    std::string url_;                                           // that the handle has
    std::vector<std::pair<std::string, std::string>> headers_;  // that header_list_ was made of
    bool gzip_ = false;
    bool sends_body_ = false;
    std::size_t body_size_ = 0;

    Response response_;
    std::optional<std::chrono::system_clock::time_point> date_;
    std::string retry_after_;
    bool headers_complete_ = false;
    char error_text_[CURL_ERROR_SIZE] = {};
};

}  // namespace heliograph::http
