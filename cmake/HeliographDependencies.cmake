# Every outside library is found here and nowhere else.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS program_options)
find_package(SQLite3 REQUIRED)
find_package(CURL REQUIRED)
find_package(simdjson REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(libmariadb REQUIRED IMPORTED_TARGET libmariadb)

find_path(UDUNITS2_INCLUDE_DIR udunits2.h REQUIRED)
find_library(UDUNITS2_LIBRARY udunits2 REQUIRED)
add_library(heliograph_udunits2 INTERFACE)
target_include_directories(heliograph_udunits2 SYSTEM INTERFACE "${UDUNITS2_INCLUDE_DIR}")
target_link_libraries(heliograph_udunits2 INTERFACE "${UDUNITS2_LIBRARY}")

# Boost.Asio, compiled once for whoever does network I/O (see plugins/common/asio).
add_library(heliograph_boost_headers INTERFACE)
target_include_directories(heliograph_boost_headers SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_compile_definitions(heliograph_boost_headers INTERFACE BOOST_DLL_USE_STD_FS)

if(HELIOGRAPH_BUILD_TESTS)
    find_package(Catch2 2 REQUIRED)
    find_package(OpenSSL REQUIRED) # the test server's side of TLS
endif()
