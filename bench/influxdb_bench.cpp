// What a metric costs on its way to InfluxDB, beside a loop over libcurl that posts bodies which are ready.
// Only this process is measured: the server is another one, which reads and answers.
#include "bench/harness.hpp"
#include "outputs/influxdb_v3/influxdb_v3.hpp"
#include "plugins/common/http/gzip.hpp"
#include "plugins/common/line_protocol/encoder.hpp"
#include "plugins/testkit/plugin_under_test.hpp"
#include "plugins/testkit/recording_host.hpp"

#include <heliograph/owned_batch.hpp>
#include <heliograph/plugin.hpp>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace heliograph;

constexpr std::size_t kMetrics = 200'000;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'782'036'000 * kSecond;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(EXIT_FAILURE);
}

/// Reads requests off a connection and answers each by 204.
void serve(int connection) {
    constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";
    constexpr std::string_view kLength = "content-length: ";
    std::vector<char> buffer(std::size_t{1} << 20U);
    std::string head;
    for (;;) {
        const auto got = read(connection, buffer.data(), buffer.size());
        if (got <= 0) {
            break;
        }
        head.append(buffer.data(), static_cast<std::size_t>(got));
        const std::size_t end = head.find("\r\n\r\n");
        if (end == std::string::npos) {
            continue;
        }
        std::string lower = head.substr(0, end);
        for (char& c : lower) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        }
        std::size_t body = 0;
        if (const std::size_t at = lower.find(kLength); at != std::string::npos) {
            std::from_chars(lower.data() + at + kLength.size(), lower.data() + lower.size(), body);
        }
        std::size_t have = head.size() - end - 4;
        while (have < body) {
            const auto more = read(connection, buffer.data(), buffer.size());
            if (more <= 0) {
                break;
            }
            have += static_cast<std::size_t>(more);
        }
        head.clear();
        if (write(connection, kAnswer.data(), kAnswer.size()) < 0) {
            break;
        }
    }
    close(connection);
}

/// A server in a process of its own, on a free port of loopback, that ends with this one.
class Sink {
public:
    Sink() {
        const int listener = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            listen(listener, 16) != 0 ||
            getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            fail("cannot listen");
        }
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        child_ = fork();
        if (child_ < 0) {
            fail("cannot fork");
        }
        if (child_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) {
                const int connection = accept(listener, nullptr, nullptr);
                if (connection >= 0) {
                    std::thread(serve, connection).detach();
                }
            }
        }
        close(listener);
    }
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    ~Sink() {
        kill(child_, SIGKILL);
        waitpid(child_, nullptr, 0);
    }
    [[nodiscard]] const std::string& url() const { return url_; }

private:
    std::string url_;
    pid_t child_ = -1;
};

/// The least that a program can do: one easy handle, bodies that are ready.
class BarePost {
public:
    BarePost(const std::string& url, bool is_gzip) : handle_(curl_easy_init()) {
        headers_ = curl_slist_append(headers_, "Content-Type: text/plain; charset=utf-8");
        headers_ = curl_slist_append(headers_, "Expect:");
        if (is_gzip) {
            headers_ = curl_slist_append(headers_, "Content-Encoding: gzip");
        }
        const std::string target = url + "/api/v3/write_lp?db=bench&precision=nanosecond&accept_partial=true";
        curl_easy_setopt(handle_, CURLOPT_URL, target.c_str());
        curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_);
        curl_easy_setopt(handle_, CURLOPT_POST, 1L);
    }
    BarePost(const BarePost&) = delete;
    BarePost& operator=(const BarePost&) = delete;
    ~BarePost() {
        curl_easy_cleanup(handle_);
        curl_slist_free_all(headers_);
    }
    void post(std::string_view body) {
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, body.data());
        curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        long status = 0;
        if (curl_easy_perform(handle_) != CURLE_OK ||
            curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 204) {
            fail("the post failed");
        }
    }

private:
    CURL* handle_;
    curl_slist* headers_ = nullptr;
};

/// Three tags and five fields, as most agents send.
void fill_typical(Batch batch, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto wave = static_cast<double>(i);
        batch.add("cpu", 3, 5)
            .tag("cpu", "cpu" + std::to_string(i % 16))
            .tag("host", "server-" + std::to_string(i % 40))
            .tag("region", "eu-central-1")
            .field("usage_idle", 90 + wave / 10'000)
            .field("usage_system", wave / 1'000)
            .field("usage_user", static_cast<double>(i % 100) / 10.0)
            .field("processes", static_cast<std::int64_t>(200 + i % 50))
            .field("throttled", i % 7 == 0)
            .time(kStart + static_cast<std::int64_t>(i) * kSecond);
    }
}

/// Ports of a solar site.
void fill_solar(Batch batch, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto wave = static_cast<double>(i % 1'000);
        batch.add("port", 3, 5)
            .tag("dtu_serial", "10F7A1B2C3D4")
            .tag("inverter", "1164a00" + std::to_string(100 + i % 20))
            .tag("port", std::to_string(i % 4))
            .field("pv_voltage", (300 + wave) / 10)
            .field("pv_current", wave / 100)
            .field("pv_power", (1'000 + wave) / 10)
            .field("today_production", static_cast<std::int64_t>(i % 4'000))
            .field("total_production", static_cast<std::int64_t>(4'000'000 + i))
            .time(kStart + static_cast<std::int64_t>(i / 80) * 60 * kSecond);
    }
}

/// All measurements over one kind of metric in batches of one size.
class Runs {
public:
    Runs(const Sink& sink, std::string name, std::size_t batch, void (*fill)(Batch, std::size_t),
         std::vector<bench::Measurement>& measurements)
        : sink_(sink), name_(std::move(name)), batch_size_(batch), measurements_(measurements) {
        fill(batch_.batch(), batch);
        line_protocol::Encoder encoder({});
        for (const MetricView metric : batch_.metrics()) {
            encoder.append(metric, body_);
        }
        http::Gzip(1).compress(body_.view(), packed_);
    }

    void measure_all() {
        measure_bare("curl, bodies ready", body_.view(), false);
        measure_bare("curl, bodies ready, gzip", packed_, true);
        measure_output("none");
        measure_output("gzip");
    }

private:
    void measure_bare(const std::string& name, std::string_view body, bool is_gzip) {
        BarePost post(sink_.url(), is_gzip);
        measurements_.push_back(
            bench::measure(title(name), kMetrics, body.size() * (kMetrics / batch_size_), [&] {
                for (std::size_t i = 0; i < kMetrics; i += batch_size_) {
                    post.post(body);
                }
            }));
    }
    void measure_output(const std::string& compression) {
        using influxdb_v3::InfluxDb;
        testkit::RecordingHost host;
        testkit::PluginUnderTest output(
            descriptor<InfluxDb>(InfluxDb::kType, InfluxDb::kSummary), host,
            testkit::Settings{
                {"url", sink_.url()}, {"database", std::string("bench")}, {"compression", compression}});
        if (const auto opened = output.open(); !opened.ok()) {
            std::fprintf(stderr, "%s\n", opened.error.c_str());
            std::exit(EXIT_FAILURE);
        }
        measurements_.push_back(bench::measure(title("output, compression " + compression), kMetrics,
                                               body_.size() * (kMetrics / batch_size_), [&] {
                                                   for (std::size_t i = 0; i < kMetrics; i += batch_size_) {
                                                       const auto outcome = output.write(batch_.metrics());
                                                       if (!outcome.ok() || !outcome.rejected.empty()) {
                                                           std::fprintf(stderr, "%s\n",
                                                                        outcome.error.c_str());
                                                           std::exit(EXIT_FAILURE);
                                                       }
                                                   }
                                               }));
    }
    [[nodiscard]] std::string title(const std::string& what) const {
        return name_ + " by " + std::to_string(batch_size_) + ": " + what;
    }

    const Sink& sink_;
    std::string name_;
    std::size_t batch_size_;
    std::vector<bench::Measurement>& measurements_;
    OwnedBatch batch_;
    line_protocol::Buffer body_;
    std::string packed_;
};

}  // namespace

int main(int argument_count, char** arguments) {
    const Sink sink;
    std::vector<bench::Measurement> measurements;
    for (const std::size_t batch : {std::size_t{1'000}, std::size_t{10'000}}) {
        Runs(sink, "typical", batch, fill_typical, measurements).measure_all();
        Runs(sink, "solar", batch, fill_solar, measurements).measure_all();
    }
    return bench::report(argument_count, arguments, "metric", measurements);
}
