// The program. All it does is in program.cpp, which tests can link.
#include "core/app/program.hpp"

#include <string>
#include <vector>

int main(int count, char** arguments) {
    return heliograph::app::run_program(std::vector<std::string>(arguments + 1, arguments + count));
}
