# One static library a folder of src/. A layer is linked only with the layers that it may know, so that a
# dependency in the wrong direction does not link.

function(delivery_layer name)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(sources)
    add_library(delivery_${name} STATIC ${sources})
    target_include_directories(delivery_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(delivery_${name} PRIVATE delivery_warnings PUBLIC ${arg_DEPENDS})
    if(NOT name STREQUAL "domain")  # It knows no Asio.
      target_precompile_headers(delivery_${name} REUSE_FROM delivery_precompiled)
    endif()
  endif()
endfunction()

# Code of tests is not optimised in any preset, for most of it runs once.
set(delivery_test_options -O0)

# delivery_tests(<target> <folder> LINK <libraries…> [LABEL <label>] [SERVERS] [SHARDS <n>] [OPTIMISED])
#
# One GoogleTest program of all files of a folder, and one entry in ctest for the whole of it: starting a process for
# each TEST costs more than most tests do, and what a program sets up once (servers of its own, above all) serves all
# its tests. SHARDS splits a long program into entries that run side by side. With SERVERS its tests find one
# PostgreSQL and one RabbitMQ running, shared by the whole run of ctest (see tests/CMakeLists.txt). OPTIMISED is for what
# computes much by itself.
function(delivery_tests target folder)
  cmake_parse_arguments(arg "SERVERS;OPTIMISED" "LABEL;SHARDS" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE delivery_warnings ${arg_LINK} GTest::gmock_main)
  if(arg_OPTIMISED)
    target_precompile_headers(${target} REUSE_FROM delivery_precompiled)
  else()
    target_compile_options(${target} PRIVATE ${delivery_test_options})
    target_precompile_headers(${target} REUSE_FROM delivery_test_precompiled)
  endif()
  if(NOT arg_SHARDS)
    set(arg_SHARDS 1)
  endif()
  math(EXPR last "${arg_SHARDS} - 1")
  foreach(index RANGE ${last})
    set(name ${target})
    set(environment GTEST_COLOR=no)
    if(arg_SHARDS GREATER 1)
      set(name ${target}.${index})
      list(APPEND environment GTEST_TOTAL_SHARDS=${arg_SHARDS} GTEST_SHARD_INDEX=${index})
    endif()
    add_test(NAME ${name} COMMAND ${target})
    if(arg_SERVERS)
      list(APPEND environment DELIVERY_TEST_SERVERS=${DELIVERY_TEST_SERVERS})
      set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED servers)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT 600 ENVIRONMENT "${environment}")
  endforeach()
endfunction()
