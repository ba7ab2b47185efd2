// Texts as exec and posix_spawn take them.
#pragma once

#include <string>
#include <vector>

namespace heliograph::testing {

/// Pointers into the texts, with a null pointer at the end; valid as long as the texts stay as they are.
inline std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace heliograph::testing
