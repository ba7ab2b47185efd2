#include "plugins/common/http/failure.hpp"

#include <cerrno>

namespace heliograph::http {
namespace {

using Kind = Failure::Kind;
using Cause = Failure::Cause;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

Failure make(Kind kind, Cause cause, std::string_view reason) {
    return {.kind = kind, .cause = cause, .reason = std::string(reason), .may_have_arrived = false};
}

Failure of_connect(const Symptoms& symptoms) {
    const Kind kind = symptoms.through_proxy ? Kind::proxy : Kind::connect;
    switch (symptoms.system_error) {
        case ECONNREFUSED:
            return make(kind, Cause::refused, "connection refused");
        case EHOSTUNREACH:
            return make(kind, Cause::unreachable, "no route to the host");
        case ENETUNREACH:
            return make(kind, Cause::unreachable, "the network is unreachable");
        case ECONNRESET:
            return make(Kind::broken, Cause::reset, "the connection was reset");
        case ETIMEDOUT:
            return make(Kind::timeout, Cause::connecting, "connecting timed out");
        default:
            return make(kind, Cause::other, "the connection could not be made");
    }
}

Failure of_timeout(const Symptoms& symptoms) {
    if (symptoms.sent) {
        return make(Kind::timeout, Cause::waiting, "no answer in time");
    }
    if (symptoms.connected) {
        return make(Kind::timeout, Cause::sending, "the request could not be sent in time");
    }
    if (!symptoms.resolved) {
        return make(Kind::resolve, Cause::connecting, "the name could not be resolved in time");
    }
    return make(Kind::timeout, Cause::connecting, "connecting timed out");
}

Failure of_certificate(const Symptoms& symptoms) {
    // OpenSSL, x509_vfy.h, X509_V_ERR_*.
    switch (symptoms.verify_result) {
        case 9:
            return make(Kind::tls, Cause::not_yet_valid, "the server's certificate is not valid yet");
        case 10:
            return make(Kind::tls, Cause::expired, "the server's certificate has expired");
        case 18:
            return make(Kind::tls, Cause::self_signed,
                        "the server's certificate is signed by nobody but itself");
        case 19:  // a self-signed authority in the chain
        case 2:
        case 20:
        case 21:
            return make(Kind::tls, Cause::unknown_authority,
                        "the server's certificate is signed by an unknown authority");
        default:
            break;
    }
    if (symptoms.verify_result == 0 || contains(symptoms.text, "subject name")) {
        return make(Kind::tls, Cause::wrong_name, "the server's certificate is for another name");
    }
    return make(Kind::tls, Cause::other, "the server's certificate is not accepted");
}

/// A TLS alert that says what the far side did not like, when there is one.
std::optional<Failure> of_alert(std::string_view text) {
    if (!contains(text, "alert")) {
        return std::nullopt;
    }
    if (contains(text, "certificate") || contains(text, "unknown ca") ||
        contains(text, "handshake failure")) {
        return make(Kind::tls, Cause::certificate_wanted,
                    contains(text, "certificate required")
                        ? "the server asks for a client certificate"
                        : "the server refused the TLS handshake, perhaps for want of a client certificate");
    }
    return make(Kind::tls, Cause::other, "the server refused the TLS handshake");
}

Failure of_handshake(const Symptoms& symptoms) {
    const auto text = symptoms.text;
    if (contains(text, "reset by peer") || contains(text, "SYSCALL") || contains(text, "unexpected eof") ||
        contains(text, "Broken pipe")) {
        return make(Kind::broken, Cause::handshake, "the connection broke off in the TLS handshake");
    }
    if (contains(text, "asn1 encoding routines") || contains(text, "rsa routines") ||
        contains(text, "bad signature") || contains(text, "Provider routines")) {
        // OpenSSL found an authority of the right name, but the certificate was made by another.
        return make(Kind::tls, Cause::unknown_authority,
                    "the server's certificate has a signature that does not fit");
    }
    if (auto alert = of_alert(text)) {
        if (contains(text, "protocol version")) {
            return make(Kind::tls, Cause::other, "client and server have no version of TLS in common");
        }
        return *std::move(alert);
    }
    if (contains(text, "wrong version number") || contains(text, "http request") ||
        contains(text, "packet length too long") || contains(text, "record layer failure")) {
        return make(Kind::tls, Cause::not_tls, "the server does not speak TLS on this port");
    }
    if (contains(text, "unsupported protocol")) {
        return make(Kind::tls, Cause::other, "client and server have no version of TLS in common");
    }
    return make(Kind::tls, Cause::other, "the TLS handshake failed");
}

Failure of_break(const Symptoms& symptoms) {
    if (symptoms.proxy_status >= 300 && !symptoms.connected) {
        const bool login = symptoms.proxy_status == 407;
        return make(Kind::proxy, login ? Cause::proxy_login : Cause::other,
                    "the proxy answered " + std::to_string(symptoms.proxy_status));
    }
    if (auto alert = of_alert(symptoms.text)) {
        return *std::move(alert);
    }
    if (contains(symptoms.text, "reset")) {
        return make(Kind::broken, Cause::reset, "the connection was reset");
    }
    return make(Kind::broken, Cause::other,
                symptoms.sent ? "the connection was closed without an answer"
                              : "the connection was closed while the request was being sent");
}

}  // namespace

Failure diagnose(const Symptoms& symptoms) {
    switch (symptoms.code) {
        case CURLE_URL_MALFORMAT:
            return make(Kind::invalid_request, Cause::other, "the URL is not valid");
        case CURLE_UNSUPPORTED_PROTOCOL:
            // The same code says that an answer is not HTTP.
            return symptoms.connected
                       ? make(Kind::broken, Cause::not_http, "the answer is not HTTP")
                       : make(Kind::invalid_request, Cause::other, "the URL is not http or https");
        case CURLE_COULDNT_RESOLVE_HOST:
            return make(Kind::resolve, Cause::other, "no such host");
        case CURLE_COULDNT_RESOLVE_PROXY:
            return make(Kind::proxy, Cause::other, "the proxy's name could not be resolved");
        case CURLE_COULDNT_CONNECT:
            return of_connect(symptoms);
        case CURLE_PROXY:
            return make(Kind::proxy, Cause::other, "the proxy did not connect");
        case CURLE_OPERATION_TIMEDOUT:
            return of_timeout(symptoms);
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR:
            return of_certificate(symptoms);
        case CURLE_SSL_CONNECT_ERROR:
            return of_handshake(symptoms);
        case CURLE_SSL_CERTPROBLEM:
            return make(Kind::tls, Cause::own_files,
                        "the client certificate, its key or the key's password is not usable");
        case CURLE_SSL_CACERT_BADFILE:
            return make(Kind::tls, Cause::own_files, "the file of authorities is not usable");
        case CURLE_WEIRD_SERVER_REPLY:
            return make(Kind::broken, Cause::not_http, "the answer is not HTTP");
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING:
            return of_break(symptoms);
        default:
            return make(Kind::broken, Cause::other, curl_easy_strerror(symptoms.code));
    }
}

}  // namespace heliograph::http
