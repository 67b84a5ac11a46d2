# The compiler, its warnings and sanitizers, for every target of the project.

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR
    "Delivery is built with Clang (clang++-19), not ${CMAKE_CXX_COMPILER_ID}: GCC 12 silently miscompiles common "
    "coroutine code (temporaries inside co_await expressions are destroyed twice, GCC bug 107288). "
    "Configure with: cmake --preset release")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
# With sanitizers, optimising takes longer than all the rest of the compilation.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

set(DELIVERY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
option(DELIVERY_COVERAGE "Instrument for source coverage" OFF)

find_program(ccache_program ccache)
if(ccache_program)
  # Precompiled headers are cached only when their own time stamps are left out of them.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${ccache_program})
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

add_compile_options(-fno-omit-frame-pointer -pthread -fdiagnostics-color=auto)
add_link_options(-fuse-ld=lld -pthread)

if(DELIVERY_SANITIZE)
  add_compile_options(-fsanitize=${DELIVERY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DELIVERY_SANITIZE})
endif()
if(DELIVERY_COVERAGE)
  # Counters that live in the profile itself (%c in LLVM_PROFILE_FILE) outlast a kill -9.
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping -fprofile-update=atomic
    "SHELL:-mllvm -runtime-counter-relocation")
  add_link_options(-fprofile-instr-generate)
endif()

# For our own code; libraries are included as system headers.
add_library(delivery_warnings INTERFACE)
target_compile_options(delivery_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
