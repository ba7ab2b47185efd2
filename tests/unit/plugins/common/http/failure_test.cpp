#include "plugins/common/http/failure.hpp"

#include <catch2/catch.hpp>

#include <cerrno>

using namespace heliograph::http;
using Kind = Failure::Kind;
using Cause = Failure::Cause;

TEST_CASE("what libcurl says becomes a kind and a cause", "[unit][http]") {
    struct Case {
        Symptoms symptoms;
        Kind kind;
        Cause cause;
    };
    const auto c = GENERATE(values<Case>({
        {{.code = CURLE_COULDNT_CONNECT, .system_error = EHOSTUNREACH}, Kind::connect, Cause::unreachable},
        {{.code = CURLE_COULDNT_CONNECT, .system_error = ENETUNREACH}, Kind::connect, Cause::unreachable},
        {{.code = CURLE_COULDNT_CONNECT, .system_error = ECONNREFUSED, .through_proxy = true},
         Kind::proxy,
         Cause::refused},
        {{.code = CURLE_COULDNT_CONNECT, .system_error = ETIMEDOUT}, Kind::timeout, Cause::connecting},
        {{.code = CURLE_COULDNT_CONNECT, .system_error = ECONNRESET}, Kind::broken, Cause::reset},
        {{.code = CURLE_COULDNT_CONNECT}, Kind::connect, Cause::other},
        {{.code = CURLE_OPERATION_TIMEDOUT}, Kind::resolve, Cause::connecting},
        {{.code = CURLE_OPERATION_TIMEDOUT, .resolved = true}, Kind::timeout, Cause::connecting},
        {{.code = CURLE_OPERATION_TIMEDOUT, .resolved = true, .connected = true},
         Kind::timeout,
         Cause::sending},
        {{.code = CURLE_OPERATION_TIMEDOUT, .resolved = true, .connected = true, .sent = true},
         Kind::timeout,
         Cause::waiting},
        {{.code = CURLE_PEER_FAILED_VERIFICATION, .verify_result = 9}, Kind::tls, Cause::not_yet_valid},
        {{.code = CURLE_PEER_FAILED_VERIFICATION, .verify_result = 19}, Kind::tls, Cause::unknown_authority},
        {{.code = CURLE_PEER_FAILED_VERIFICATION, .verify_result = 23}, Kind::tls, Cause::other},
        {{.code = CURLE_SSL_CONNECT_ERROR, .text = "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection"},
         Kind::broken,
         Cause::handshake},
        {{.code = CURLE_SSL_CONNECT_ERROR, .text = "routines::tlsv1 alert protocol version"},
         Kind::tls,
         Cause::other},
        {{.code = CURLE_SSL_CONNECT_ERROR, .text = "routines::sslv3 alert handshake failure"},
         Kind::tls,
         Cause::certificate_wanted},
        {{.code = CURLE_SSL_CONNECT_ERROR, .text = "something new"}, Kind::tls, Cause::other},
        {{.code = CURLE_SSL_CACERT_BADFILE}, Kind::tls, Cause::own_files},
        {{.code = CURLE_RECV_ERROR, .text = "routines::tlsv13 alert certificate required"},
         Kind::tls,
         Cause::certificate_wanted},
        {{.code = CURLE_RECV_ERROR, .proxy_status = 407}, Kind::proxy, Cause::proxy_login},
        {{.code = CURLE_RECV_ERROR, .text = "Recv failure: Connection reset by peer"},
         Kind::broken,
         Cause::reset},
        {{.code = CURLE_GOT_NOTHING}, Kind::broken, Cause::other},
        {{.code = CURLE_UNSUPPORTED_PROTOCOL, .connected = true}, Kind::broken, Cause::not_http},
        {{.code = CURLE_UNSUPPORTED_PROTOCOL}, Kind::invalid_request, Cause::other},
        {{.code = CURLE_WEIRD_SERVER_REPLY, .connected = true}, Kind::broken, Cause::not_http},
        {{.code = CURLE_INTERFACE_FAILED}, Kind::broken, Cause::other},
    }));
    CAPTURE(c.symptoms.code, c.symptoms.text, c.symptoms.system_error, c.symptoms.verify_result);
    const auto failure = diagnose(c.symptoms);
    CHECK(failure.kind == c.kind);
    CHECK(failure.cause == c.cause);
    CHECK_FALSE(failure.reason.empty());
}
