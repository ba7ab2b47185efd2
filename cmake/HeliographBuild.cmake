# How every target of the project is built: one place for flags, plugins and tests.
include(GNUInstallDirs)
include(CheckCXXCompilerFlag)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(HELIOGRAPH_PLUGIN_OUTPUT_DIR "${CMAKE_BINARY_DIR}/plugins-out")
set(HELIOGRAPH_PLUGIN_INSTALL_DIR "${CMAKE_INSTALL_LIBDIR}/heliograph/plugins")

find_program(HELIOGRAPH_CCACHE ccache)
if(HELIOGRAPH_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${HELIOGRAPH_CCACHE}")
    set(CMAKE_C_COMPILER_LAUNCHER "${HELIOGRAPH_CCACHE}")
endif()

# Flags that every target of ours gets; never global, so that dependencies keep their own.
add_library(heliograph_flags INTERFACE)
target_compile_options(heliograph_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
    $<$<BOOL:${HELIOGRAPH_WARNINGS_AS_ERRORS}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    find_program(HELIOGRAPH_MOLD mold)
    if(HELIOGRAPH_MOLD)
        target_link_options(heliograph_flags INTERFACE -fuse-ld=mold)
    endif()
endif()
if(HELIOGRAPH_SANITIZE)
    target_compile_options(heliograph_flags INTERFACE
        -fsanitize=${HELIOGRAPH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(heliograph_flags INTERFACE -fsanitize=${HELIOGRAPH_SANITIZE})
    if(HELIOGRAPH_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(heliograph_flags INTERFACE -Wno-error=tsan -Wno-tsan)
    endif()
endif()

# heliograph_add_library(<name> SOURCES ... [DEPENDS ...] [PRIVATE_DEPENDS ...])
# A static library heliograph_<name> with the alias heliograph::<name>. Headers are included from the project's root.
function(heliograph_add_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
    add_library(heliograph_${name} STATIC ${arg_SOURCES})
    add_library(heliograph::${name} ALIAS heliograph_${name})
    target_include_directories(heliograph_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
    target_link_libraries(heliograph_${name} PUBLIC ${arg_DEPENDS} PRIVATE heliograph_flags ${arg_PRIVATE_DEPENDS})
endfunction()

# heliograph_add_plugin(<kind> <type> SOURCES ... [DEPENDS ...])
# The logic as a library heliograph::<kind>_<type>, which tests link, and the module <kind>_<type>.so, which adds
# plugin.cpp and exports one symbol.
function(heliograph_add_plugin kind type)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
    set(name ${kind}_${type})
    heliograph_add_library(${name} SOURCES ${arg_SOURCES} DEPENDS heliograph::sdk ${arg_DEPENDS})
    add_library(${name} MODULE plugin.cpp)
    target_link_libraries(${name} PRIVATE heliograph::${name} heliograph_flags)
    set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${HELIOGRAPH_PLUGIN_OUTPUT_DIR}")
    if(NOT HELIOGRAPH_SANITIZE)
        # Sanitizer run times resolve their symbols from the host, so only plain builds can ask for completeness.
        target_link_options(${name} PRIVATE -Wl,--no-undefined)
    endif()
    install(TARGETS ${name} LIBRARY DESTINATION "${HELIOGRAPH_PLUGIN_INSTALL_DIR}")
    set_property(GLOBAL APPEND PROPERTY HELIOGRAPH_PLUGINS ${name})
endfunction()

# heliograph_label(<target> [label ...])
# Makes `cmake --build ... --target label_unit` build what `ctest --label-regex unit` runs.
function(heliograph_label target)
    foreach(label IN LISTS ARGN)
        if(NOT TARGET label_${label})
            add_custom_target(label_${label})
        endif()
        add_dependencies(label_${label} ${target})
    endforeach()
endfunction()

# heliograph_add_test(<name> SOURCES ... [DEPENDS ...] [LABELS ...] [NEEDS targets that must be built first ...])
# A Catch2 executable named test_<name>, each of its test cases a test of ctest.
function(heliograph_add_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;LABELS;NEEDS" ${ARGN})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_executable(test_${name} ${arg_SOURCES})
    target_link_libraries(test_${name} PRIVATE ${arg_DEPENDS} heliograph_catch_main heliograph_flags)
    target_include_directories(test_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_compile_definitions(test_${name} PRIVATE
        HELIOGRAPH_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
        HELIOGRAPH_BINARY_DIR="${CMAKE_BINARY_DIR}"
        HELIOGRAPH_TEST_PLUGIN_DIR="${HELIOGRAPH_PLUGIN_OUTPUT_DIR}")
    if(arg_NEEDS)
        add_dependencies(test_${name} ${arg_NEEDS})
    endif()
    heliograph_label(test_${name} ${arg_LABELS})
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()

# heliograph_add_fuzzer(<name> SOURCE file CORPUS dir [DEPENDS ...])
# Under Clang with HELIOGRAPH_LIBFUZZER a libFuzzer program fuzz_<name>; otherwise the same file with a plain main that
# replays the corpus, run as an ordinary test so that no target rots.
function(heliograph_add_fuzzer name)
    cmake_parse_arguments(arg "" "SOURCE;CORPUS" "DEPENDS" ${ARGN})
    add_executable(fuzz_${name} ${arg_SOURCE})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_DEPENDS} heliograph_flags)
    target_include_directories(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    if(HELIOGRAPH_LIBFUZZER)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
        target_sources(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp")
        add_test(NAME fuzz_${name}_replay COMMAND fuzz_${name} "${CMAKE_CURRENT_SOURCE_DIR}/${arg_CORPUS}")
        set_tests_properties(fuzz_${name}_replay PROPERTIES LABELS "unit;fuzz" TIMEOUT 120)
        heliograph_label(fuzz_${name} unit fuzz)
    endif()
endfunction()
