// What both config fuzzers do with what a parser made of their bytes: it must end in a document or in
// problems.
#pragma once

#include "core/config/interpolate.hpp"
#include "core/config/parse.hpp"

#include <cstdlib>
#include <optional>
#include <string>

namespace heliograph::config {

inline void exercise(std::optional<Document> document, Problems& problems) {
    if (!document) {
        if (problems.empty()) {
            std::abort();
        }
    } else {
        const Environment environment{.variable =
                                          [](const std::string& name) {
                                              return name == "A" ? std::optional<std::string>("${B}")
                                                                 : std::nullopt;
                                          },
                                      .file =
                                          [](const std::string& path) {
                                              return FileText{path, {}};
                                          }};
        interpolate(*document, environment, problems);
    }
    problems.sort();
    static_cast<void>(problems.to_text());
}

}  // namespace heliograph::config
