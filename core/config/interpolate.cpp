#include "core/config/interpolate.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

namespace heliograph::config {
namespace {

constexpr std::size_t kDeepestSubstitution = 16;

bool is_name(std::string_view text) {
    constexpr std::string_view kCharacters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return !text.empty() && !(text.front() >= '0' && text.front() <= '9') &&
           text.find_first_not_of(kCharacters) == std::string_view::npos;
}

std::string without_line_end(std::string text) {
    if (text.ends_with('\n')) {
        text.pop_back();
        if (text.ends_with('\r')) {
            text.pop_back();
        }
    }
    return text;
}

/// Reads one text value from left to right. Errors are kept rather than thrown, so that one text reports all
/// of them.
class Template {
public:
    Template(std::string_view text, const Environment& environment)
        : text_(text), environment_(environment) {}

    struct Outcome {
        std::string text;
        bool substituted = false;
        std::vector<std::string> errors;
    };

    [[nodiscard]] Outcome resolve() {
        Outcome outcome;
        outcome.text = read(Until::end, Mode::resolve, 0);
        outcome.substituted = substituted_;
        outcome.errors = std::move(errors_);
        return outcome;
    }

private:
    enum class Until : std::uint8_t { end, brace };
    enum class Mode : std::uint8_t {
        resolve,
        skip
    };  // skip finds where a part ends without looking anything up

    /// Reads up to the end of the text, or up to and including the closing brace.
    std::string read(Until until, Mode mode, std::size_t depth) {
        std::string result;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '}' && until == Until::brace) {
                ++at_;
                return result;
            }
            if (c == '$' && next_is('$')) {
                at_ += 2;
                result += '$';
            } else if (c == '$' && next_is('{')) {
                at_ += 2;
                result += substitution(mode, depth + 1);
            } else {
                ++at_;
                result += c;
            }
        }
        if (until == Until::brace) {
            give_up("a `${` has no closing `}`; for a plain `$` write `$$`");
        }
        return result;
    }

    /// Reads what follows `${`, up to and including its `}`.
    std::string substitution(Mode mode, std::size_t depth) {
        substituted_ = true;
        if (depth > kDeepestSubstitution) {
            give_up("`${` is nested too deeply");
            return {};
        }
        const std::string_view rest = text_.substr(at_);
        if (constexpr std::string_view kFile = "file:"; rest.starts_with(kFile)) {
            at_ += kFile.size();
            return file(mode, depth);
        }
        const std::size_t name_end = rest.find_first_of(":}");
        if (name_end == std::string_view::npos) {
            give_up("a `${` has no closing `}`; for a plain `$` write `$$`");
            return {};
        }
        // What is no name is not shown: it may be part of a secret that happens to hold `${`.
        const std::string_view name = rest.substr(0, name_end);
        const std::string_view form = rest.substr(name_end, 2);
        if (!is_name(name) || (form.front() == ':' && form != ":-" && form != ":?")) {
            give_up(
                "what follows a `${` is not a variable's name, or is not followed by `}`, `:-` or `:?`; for "
                "a plain "
                "`$` write `$$`");
            return {};
        }
        if (form.front() == '}') {
            at_ += name_end + 1;
            return mode == Mode::skip ? std::string() : required(std::string(name));
        }
        at_ += name_end + 2;
        return form == ":-" ? with_default(std::string(name), mode, depth)
                            : with_message(std::string(name), mode);
    }

    std::string file(Mode mode, std::size_t depth) {
        const std::size_t start = at_;
        const std::size_t errors_before = errors_.size();
        const std::string path = read(Until::brace, mode, depth);
        if (mode == Mode::skip || errors_.size() != errors_before) {
            return {};
        }
        FileText content = environment_.file(path);
        if (!content.text) {
            // The path is shown as it was written, so without what a variable in it holds.
            fail("cannot read the file `" + std::string(text_.substr(start, at_ - start - 1)) +
                 "`: " + content.error);
            return {};
        }
        return without_line_end(std::move(*content.text));
    }

    std::string required(const std::string& name) {
        if (std::optional<std::string> value = look_up(name)) {
            return std::move(*value);
        }
        if (!lookup_failed_) {
            fail("environment variable " + name + " is not set (nor " + name + "_FILE); set it, or write ${" +
                 name + ":-default}");
        }
        return {};
    }

    std::string with_default(const std::string& name, Mode mode, std::size_t depth) {
        std::optional<std::string> value = mode == Mode::skip ? std::nullopt : look_up(name);
        const bool use_default = mode == Mode::resolve && !lookup_failed_ && (!value || value->empty());
        std::string replacement = read(Until::brace, use_default ? Mode::resolve : Mode::skip, depth);
        return use_default ? replacement : std::move(value).value_or("");
    }

    std::string with_message(const std::string& name, Mode mode) {
        const std::size_t end = text_.find('}', at_);
        if (end == std::string_view::npos) {
            give_up("a `${` has no closing `}`; for a plain `$` write `$$`");
            return {};
        }
        const std::string_view message = text_.substr(at_, end - at_);
        at_ = end + 1;
        if (mode == Mode::skip) {
            return {};
        }
        std::optional<std::string> value = look_up(name);
        if (value && !value->empty()) {
            return std::move(*value);
        }
        if (!lookup_failed_) {
            const std::string state = value ? " is empty" : " is not set (nor " + name + "_FILE)";
            fail("environment variable " + name + state + (message.empty() ? "" : ": ") +
                 std::string(message));
        }
        return {};
    }

    /// Sets lookup_failed_ when the variable's file was named but cannot be read, which is reported at once.
    std::optional<std::string> look_up(const std::string& name) {
        lookup_failed_ = false;
        if (std::optional<std::string> value = environment_.variable(name)) {
            return value;
        }
        const std::optional<std::string> path = environment_.variable(name + "_FILE");
        if (!path) {
            return std::nullopt;
        }
        FileText content = environment_.file(*path);
        if (!content.text) {
            lookup_failed_ = true;
            fail("cannot read the file that environment variable " + name + "_FILE names: " + content.error);
            return std::nullopt;
        }
        return without_line_end(std::move(*content.text));
    }

    [[nodiscard]] bool next_is(char c) const { return at_ + 1 < text_.size() && text_[at_ + 1] == c; }

    void fail(std::string error) { errors_.push_back(std::move(error)); }

    /// Notes that the text is malformed, which makes no sense of what follows. Only the first such error
    /// counts.
    void give_up(std::string error) {
        if (!malformed_) {
            malformed_ = true;
            fail(std::move(error));
        }
        at_ = text_.size();
    }

    std::string_view text_;
    const Environment& environment_;
    std::size_t at_ = 0;
    bool substituted_ = false;
    bool malformed_ = false;
    bool lookup_failed_ = false;
    std::vector<std::string> errors_;
};

class Walker {
public:
    Walker(const Environment& environment, Problems& problems, std::string_view subject)
        : environment_(environment), problems_(problems), subject_(subject) {}

    /// `path` is the dotted key of the value below the subject; it is restored before returning.
    void walk(Value& value, std::string& path) {
        switch (value.kind()) {
            case Kind::text:
                resolve(value, path);
                break;
            case Kind::list: {
                std::size_t index = 0;
                for (Value& item : value.as_list()) {
                    const std::size_t length = path.size();
                    path += '[' + std::to_string(index++) + ']';
                    walk(item, path);
                    path.resize(length);
                }
                break;
            }
            case Kind::table:
                for (Entry& entry : value.as_table()) {
                    const std::size_t length = path.size();
                    path += (path.empty() ? "" : ".") + entry.key;
                    walk(entry.value, path);
                    path.resize(length);
                }
                break;
            default:
                break;
        }
    }

private:
    void resolve(Value& value, const std::string& path) {
        if (value.interpolation() != Interpolation::pending) {
            return;
        }
        if (value.as_text().find('$') == std::string::npos) {
            value.set_text(value.as_text(), Interpolation::unchanged);
            return;
        }
        Template::Outcome outcome = Template(value.as_text(), environment_).resolve();
        if (outcome.errors.empty()) {
            value.set_text(std::move(outcome.text),
                           outcome.substituted ? Interpolation::substituted : Interpolation::unchanged);
            return;
        }
        value.set_text(value.as_text(), Interpolation::failed);
        for (std::string& error : outcome.errors) {
            problems_.add({.position = value.position(),
                           .subject = subject_of(path),
                           .message = std::move(error),
                           .hint = {}});
        }
    }

    [[nodiscard]] std::string subject_of(const std::string& path) const {
        if (path.empty()) {
            return std::string(subject_);
        }
        return std::string(subject_) + (subject_.empty() ? "option `" : ": option `") + path + '`';
    }

    const Environment& environment_;
    Problems& problems_;
    std::string_view subject_;
};

FileText read_file(const std::string& path) {
    constexpr std::size_t kLargest = 1024 * 1024;
    const auto close = [](std::FILE* file) { std::fclose(file); };
    errno = 0;
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
    if (!file) {
        return {.text = std::nullopt, .error = std::generic_category().message(errno)};
    }
    std::string text;
    std::array<char, 4096> chunk{};
    while (const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
        text.append(chunk.data(), count);
        if (text.size() > kLargest) {
            return {.text = std::nullopt, .error = "it is larger than 1 MiB"};
        }
    }
    if (std::ferror(file.get()) != 0) {
        return {.text = std::nullopt, .error = std::generic_category().message(errno)};
    }
    return {.text = std::move(text), .error = {}};
}

}  // namespace

Environment process_environment() {
    return {.variable = [](const std::string& name) -> std::optional<std::string> {
                const char* value = std::getenv(name.c_str());
                return value == nullptr ? std::nullopt : std::optional<std::string>(value);
            },
            .file = read_file};
}

void interpolate(Value& value, const Environment& environment, Problems& problems, std::string_view subject) {
    std::string path;
    Walker(environment, problems, subject).walk(value, path);
}

void interpolate(Document& document, const Environment& environment, Problems& problems) {
    interpolate(document.root, environment, problems, "");
}

}  // namespace heliograph::config
