# The headers that cost most to read and that nearly every file reads: the standard library's and Asio's. Compiled once
# instead of two hundred times, which halves the build. Every file still includes what it uses.

set(delivery_precompiled_headers
  <algorithm> <array> <atomic> <chrono> <deque> <expected> <functional> <future> <map> <memory> <mutex> <optional>
  <random> <span> <stdexcept> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>
  <fmt/format.h>
  <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
  <boost/asio/post.hpp> <boost/asio/steady_timer.hpp> <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp>
  <boost/asio/use_future.hpp>)

function(delivery_precompiled name)
  cmake_parse_arguments(arg "" "" "HEADERS;LINK;OPTIONS" ${ARGN})
  set(source ${CMAKE_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Holds the precompiled headers.\n")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE delivery_warnings delivery_boost fmt::fmt ${arg_LINK})
  target_compile_options(${name} PRIVATE ${arg_OPTIONS})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

delivery_precompiled(delivery_precompiled HEADERS ${delivery_precompiled_headers})
