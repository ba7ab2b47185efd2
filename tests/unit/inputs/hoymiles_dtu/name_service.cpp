#include "tests/unit/inputs/hoymiles_dtu/name_service.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace heliograph::hoymiles::name_service {
namespace {

std::mutex guard;
std::map<std::string, Answer> answers;

std::optional<Answer> find(const char* name) {
    const std::lock_guard lock{guard};
    const auto found = name == nullptr ? answers.end() : answers.find(name);
    return found == answers.end() ? std::nullopt : std::optional{found->second};
}

using Resolve = int(const char*, const char*, const addrinfo*, addrinfo**);

Resolve* system_resolve() {
    static auto* const function = reinterpret_cast<Resolve*>(dlsym(RTLD_NEXT, "getaddrinfo"));
    return function;
}

}  // namespace

void answer(const std::string& name, Answer answer) {
    const std::lock_guard lock{guard};
    answers[name] = std::move(answer);
}

}  // namespace heliograph::hoymiles::name_service

/// Stands before the function of the C library, to which it hands on what no test has spoken about.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
    namespace name_service = heliograph::hoymiles::name_service;
    const auto answer = name_service::find(node);
    if (!answer) {
        return name_service::system_resolve()(node, service, hints, result);
    }
    std::this_thread::sleep_for(answer->delay);
    *result = nullptr;
    addrinfo** end = result;
    for (const std::string& address : answer->addresses) {
        const int error = name_service::system_resolve()(address.c_str(), service, hints, end);
        if (error != 0) {
            return error;
        }
        while (*end != nullptr) {
            end = &(*end)->ai_next;
        }
    }
    return answer->addresses.empty() ? EAI_NONAME : 0;
}
