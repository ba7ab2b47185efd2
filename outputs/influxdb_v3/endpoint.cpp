#include "outputs/influxdb_v3/endpoint.hpp"

#include <variant>

namespace heliograph::influxdb_v3 {
namespace {

/// Each API has its own words; these are the ones that every version of its servers knows.
std::string_view precision_word(Api api, Precision precision) noexcept {
    struct Words {
        std::string_view v3, v2, v1;
    };
    const auto words = [precision]() -> Words {
        switch (precision) {
            case Precision::nanosecond:
                return {"nanosecond", "ns", "n"};
            case Precision::microsecond:
                return {"microsecond", "us", "u"};
            case Precision::millisecond:
                return {"millisecond", "ms", "ms"};
            case Precision::second:
                break;
        }
        return {"second", "s", "s"};
    }();
    return api == Api::v3 ? words.v3 : (api == Api::v2 ? words.v2 : words.v1);
}

}  // namespace

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += kHex[byte >> 4U];
            encoded += kHex[byte & 0x0FU];
        }
    }
    return encoded;
}

Endpoint::Endpoint(const Options& options) : api_(options.api), scheme_(options.token_scheme) {
    if (auto parsed = parse_url(options.url); auto* server = std::get_if<Server>(&parsed)) {
        server_ = std::move(*server);
    }
    parameters_ = "&precision=";
    parameters_ += precision_word(api_, options.precision);
    switch (api_) {
        case Api::v3:
            // Said although it is the default: that bad lines are named depends on it.
            parameters_ += "&accept_partial=true";
            parameters_ += options.no_sync ? "&no_sync=true" : "";
            break;
        case Api::v2:
            if (!options.organization.empty()) {
                parameters_ += "&org=" + percent_encode(options.organization);
            }
            break;
        case Api::v1:
            if (!options.retention_policy.empty()) {
                parameters_ += "&rp=" + percent_encode(options.retention_policy);
            }
            break;
    }
}

std::string Endpoint::write_url(std::string_view database) const {
    std::string url = server_.base;
    url += write_path();
    url += api_ == Api::v2 ? "?bucket=" : "?db=";
    url += percent_encode(database);
    url += parameters_;
    return url;
}

std::string_view Endpoint::write_path() const noexcept {
    switch (api_) {
        case Api::v3:
            return "/api/v3/write_lp";
        case Api::v2:
            return "/api/v2/write";
        case Api::v1:
            break;
    }
    return "/write";
}

std::string_view Endpoint::token_scheme() const noexcept {
    const bool bearer =
        scheme_ == TokenScheme::bearer || (scheme_ == TokenScheme::automatic && api_ == Api::v3);
    return bearer ? "Bearer" : "Token";
}

}  // namespace heliograph::influxdb_v3
