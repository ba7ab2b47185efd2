#include "inputs/hoymiles_dtu/dtu_address.hpp"

#include <algorithm>
#include <charconv>

namespace heliograph::hoymiles {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [position, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && position == end && port != 0 ? std::optional{port} : std::nullopt;
}

char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character | 0x20) : character;
}

bool is_host_character(char character) {
    return (lower(character) >= 'a' && lower(character) <= 'z') || (character >= '0' && character <= '9') ||
           character == '.' || character == '-' || character == '_' || character == ':' || character == '%';
}

}  // namespace

std::optional<DtuAddress> parse_dtu_address(std::string_view text, std::uint16_t default_port) {
    std::string_view host = text;
    std::optional<std::uint16_t> port = default_port;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        host = text.substr(1, end - 1);
        if (const std::string_view rest = text.substr(end + 1); !rest.empty()) {
            port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
        }
    } else if (const std::size_t colon = text.find(':');
               colon != std::string_view::npos && colon == text.rfind(':')) {
        host = text.substr(0, colon);
        port = parse_port(text.substr(colon + 1));
    }
    if (host.empty() || !port || !std::all_of(host.begin(), host.end(), is_host_character)) {
        return std::nullopt;
    }
    DtuAddress address{std::string{host}, *port};
    std::transform(host.begin(), host.end(), address.host.begin(), lower);
    return address;
}

}  // namespace heliograph::hoymiles
