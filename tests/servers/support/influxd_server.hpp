// A real InfluxDB 1 server for a test.
#pragma once

#include "tests/servers/support/server.hpp"

#include <string>
#include <string_view>

namespace heliograph::testing {

/// What an HTTP server answered.
struct HttpAnswer {
    int status = 0;
    std::string body;
};

/// Has the database `heliograph`. With `Access::restricted` whoever comes must log in: there are an
/// administrator and a user who may read and write that database.
class InfluxdServer final : public Server {
public:
    enum class Access { open, restricted };

    static constexpr const char* kAdministrator = "administrator";
    static constexpr const char* kUser = "heliograph";
    static constexpr const char* kPassword = "sun & moon";
    static constexpr const char* kDatabase = "heliograph";

    explicit InfluxdServer(Access access = Access::open);
    ~InfluxdServer() override;

    [[nodiscard]] std::string url() const;

    /// Runs InfluxQL as the administrator. The rows are those of the CSV form, the first of every result
    /// being its header. Throws std::runtime_error with the body of any answer but 200.
    Rows query(const std::string& influxql, std::string_view database = kDatabase);
    /// One request, as whoever its target or headers say. Throws std::runtime_error when there is no answer.
    [[nodiscard]] HttpAnswer request(std::string_view method, std::string_view target,
                                     std::string_view body = "", std::string_view headers = "") const;

private:
    [[nodiscard]] std::vector<std::string> command() const override;
    [[nodiscard]] bool is_ready() override;
    [[nodiscard]] int stop_signal() const override;
    [[nodiscard]] int quick_stop_signal() const override;
    [[nodiscard]] std::string configuration() const;

    Access access_;
    std::filesystem::path program_;
};

}  // namespace heliograph::testing
