# Debian ships no CMake packages for SystemC and zstd, hence pkg-config; everything else has one.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
find_package(fmt REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS context program_options)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibLZMA REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(SQLite3 REQUIRED)

add_library(mmulab_systemc INTERFACE)
target_link_libraries(mmulab_systemc INTERFACE PkgConfig::SYSTEMC)
