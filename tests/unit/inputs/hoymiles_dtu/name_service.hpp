// Answers names as a test wants it, since no test can rely on a slow name server.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace heliograph::hoymiles::name_service {

struct Answer {
    std::chrono::nanoseconds delay{0};
    std::vector<std::string> addresses = {};  ///< in this order; none: the name does not exist
};

/// From now on getaddrinfo() of this program answers a name like this. Other names go to the system. [any
/// thread]
void answer(const std::string& name, Answer answer);

}  // namespace heliograph::hoymiles::name_service
