// A strict InfluxDB 3 for tests: it checks all that the real one checks on a write, keeps the rows, and errs
// on request.
#pragma once

#include "plugins/testkit/http_server.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliograph::testkit {

/// How `data` of a partial write's answer is shaped. Clients must take all of them.
enum class DataForm { array, object, null, absent };

struct InfluxDb3Settings {
    std::vector<std::string> tokens;  ///< who may write; empty: anyone
    std::size_t max_request_bytes = 10'485'760;
    std::size_t max_databases = 5;
    std::size_t max_tables = 2'000;  ///< over all databases
    std::size_t max_columns = 500;   ///< of a table, its time not counted
    DataForm data_form = DataForm::array;
    bool early_answers = true;  ///< 413 by the length header alone, while the client still sends
};

/// What stands in for an answer of the server's own.
struct InfluxDb3Fault {
    Reply reply;
    bool stores = false;  ///< the write is carried out all the same
};

/// One stored row, as the last write left it.
struct StoredRow {
    std::map<std::string, std::string> tags;
    std::int64_t time = 0;  ///< nanoseconds
    std::map<std::string, std::string>
        fields;              ///< as line protocol has them: `1.5`, `1i`, `1u`, `true`, `"a"`
    std::size_t writes = 0;  ///< how often it was written
};

/// Speaks /api/v3/write_lp, /api/v2/write, /write and /ping as InfluxDB 3 Core 3.10 does (its sources:
/// influxdb3_server/src/http.rs and influxdb3_write). Listens on 127.0.0.1. [any thread]
class InfluxDb3Server {
public:
    explicit InfluxDb3Server(InfluxDb3Settings settings = {});
    InfluxDb3Server(const InfluxDb3Server&) = delete;
    InfluxDb3Server& operator=(const InfluxDb3Server&) = delete;
    ~InfluxDb3Server();

    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// The next writes, before anything is checked, are answered so, one fault each.
    void add_faults(std::vector<InfluxDb3Fault> faults);
    /// Replaces who may write.
    void set_tokens(std::vector<std::string> tokens);
    void set_max_request_bytes(std::size_t bytes);

    /// Rows of a table, by tags and time.
    [[nodiscard]] std::vector<StoredRow> rows(std::string_view database, std::string_view table) const;
    [[nodiscard]] std::size_t row_count(std::string_view database) const;
    [[nodiscard]] std::vector<std::string> tables(std::string_view database) const;
    /// Lines that came without a time and so would be stored twice when they are sent twice.
    [[nodiscard]] std::size_t lines_without_time() const;

    /// The writes that came, /ping left out.
    [[nodiscard]] std::vector<ReceivedRequest> writes() const;
    /// Ends it; what was recorded stays.
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace heliograph::testkit
