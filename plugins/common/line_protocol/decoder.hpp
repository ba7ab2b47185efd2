// Line protocol to metrics: reads the disk buffer back, and whatever a device or a script hands in.
#pragma once

#include "plugins/common/line_protocol/dialect.hpp"

#include <heliograph/batch.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heliograph::line_protocol {

/// What is wrong with one entry of the text; the entry is skipped, its neighbours are not.
struct DecodeError {
    std::size_t entry = 0;   ///< which one, from 0; blank lines and comments are not counted
    std::size_t line = 0;    ///< the entry's first line, from 1
    std::size_t offset = 0;  ///< bytes from the start of the text to where it goes wrong
    std::string message;     ///< for people: what is wrong and what stands there
};

using ErrorSink = std::function<void(const DecodeError&)>;

struct DecodeResult {
    std::size_t decoded = 0;  ///< metrics added to the batch
    std::size_t failed = 0;   ///< entries that went to the error sink
};

/// Reads line protocol into batches. Keeps scratch memory between calls, so one that lives on allocates
/// nothing but arena memory. Not thread-safe.
///
/// Nothing is copied that need not be unescaped: names, tag values and strings point into the text, which
/// must therefore live as long as the batch. The caller keeps it alive, or ties it to the batch: see
/// decode_owned.
///
/// Dialect v3 reads what InfluxDB 3 reads, dialect v1 what InfluxDB 1.x does. Records need more than that:
///  - tags are sorted, and of a tag that is repeated the last value holds (v3; an error in v1);
///  - of a field that is repeated the last value holds, at the place of the first;
///  - a metric without a timestamp has HG_TIME_UNSET, and so has one with the least 64-bit integer;
///  - text that is not UTF-8 fails its entry in v3 and is taken as it is in v1;
///  - a backslash at the very end of a line is an error, where InfluxDB 3 would join the lines.
/// Dialect v1 also reads unsigned integers and every 64-bit time, keeps the backslash of `\=` in a
/// measurement, and refuses a string followed by anything but a comma, a space or the end, all unlike
/// InfluxDB 1.x.
///
/// After an error, reading goes on behind the next newline that is not in a string; a string that is never
/// closed takes only its own line along.
class Decoder {
public:
    explicit Decoder(Dialect dialect = Dialect::v3, Precision precision = Precision::nanosecond) noexcept
        : dialect_(dialect), unit_(nanoseconds_per(precision)) {}

    /// Appends the metrics of `text` to the batch. `on_error` may be empty.
    DecodeResult decode(std::string_view text, Batch& batch, const ErrorSink& on_error = {});
    /// As above, and gives the text to the batch, which frees it at its own end.
    DecodeResult decode_owned(std::unique_ptr<std::string> text, Batch& batch,
                              const ErrorSink& on_error = {});

private:
    class Entry;

    Dialect dialect_;
    std::int64_t unit_;  // nanoseconds of one step of a timestamp
    std::vector<hg_tag> tags_;
    std::vector<hg_field> fields_;
};

/// Reads `text` with a decoder of its own; what is said of Decoder holds.
DecodeResult decode(std::string_view text, Dialect dialect, Precision precision, Batch& batch,
                    const ErrorSink& on_error = {});

}  // namespace heliograph::line_protocol
