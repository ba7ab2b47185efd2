// An output of one page: appends each metric to a file, as one line of text.
#include <heliograph/plugin.hpp>

#include <fstream>
#include <string>

namespace {

struct Options {
    std::string path = "metrics.txt";

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::path>("path", "File that the lines are appended to."));
};

class Lines final : public heliograph::Output<Options> {
public:
    void check(heliograph::Problems& problems) override {
        if (options().path.empty()) {
            problems.report("path", "is empty", "name a file");
        }
    }

    void open() override {
        file_.open(options().path, std::ios::app);
        if (!file_) {
            throw heliograph::Retry("cannot open " + options().path + " for writing");
        }
    }

    void write(const heliograph::MetricSpan& metrics, heliograph::Verdict& verdict) override {
        for (std::size_t i = 0; i < metrics.size(); ++i) {
            const heliograph::MetricView metric = metrics[i];
            if (metric.name().find('\n') != std::string_view::npos) {
                verdict.reject(i, "its name holds a line break");
                continue;
            }
            file_ << metric.time() << ' ' << metric.name();
            for (const hg_field& field : metric.fields()) {
                if (const auto number = heliograph::FieldView(field).as_number()) {
                    file_ << ' ' << heliograph::view(field.key) << '=' << *number;
                }
            }
            file_ << '\n';
        }
        if (!file_.flush()) {
            file_.clear();
            throw heliograph::Retry("cannot write to " + options().path);  // the host offers all of it again
        }
    }

    void close() noexcept override { file_.close(); }

private:
    std::ofstream file_;
};

}  // namespace

HELIOGRAPH_PLUGIN(Lines, "lines", "Appends each metric to a file, as one line of text.")
