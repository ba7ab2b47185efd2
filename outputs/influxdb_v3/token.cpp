#include "outputs/influxdb_v3/token.hpp"

#include <heliograph/errors.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace heliograph::influxdb_v3 {
namespace {

constexpr std::size_t kLongestToken = 8'192;

/// The whole file, as far as a token may be long. Throws Retry.
std::string read_file(const std::string& path) {
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
    if (!file) {
        throw Retry("the token file " + path + " cannot be read: " + std::strerror(errno) +
                    "; check token_file and the rights of the file");
    }
    std::array<char, kLongestToken> buffer{};
    const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (std::ferror(file.get()) != 0) {
        throw Retry("the token file " + path + " cannot be read; is it a file?");
    }
    return {buffer.data(), size};
}

std::string_view trim(std::string_view text) noexcept {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kBlank);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

Token::Token(std::string token, std::string file)
    : value_(file.empty() ? std::move(token) : std::string()), file_(std::move(file)) {}

Token::Stamp Token::stamp() const {
    struct stat found {};
    if (stat(file_.c_str(), &found) != 0) {
        return {};
    }
    return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size, found.st_ino};
}

bool Token::refresh() {
    if (file_.empty() || (stamp() == stamp_ && !value_.empty())) {
        return false;
    }
    return read_again();
}

bool Token::read_again() {
    if (file_.empty()) {
        return false;
    }
    // The stamp first: should the file change in between, it is read once more.
    const Stamp now = stamp();
    const std::string content = read_file(file_);
    const std::string_view token = trim(content);
    if (!is_token(token)) {
        throw Retry("the token file " + file_ +
                    (token.empty() ? " is empty" : " holds something else than one token") +
                    "; write the token alone into it");
    }
    stamp_ = now;
    if (token == value_) {
        return false;
    }
    value_ = token;
    return true;
}

}  // namespace heliograph::influxdb_v3
