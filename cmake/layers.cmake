# One static library a folder of src/. A layer is linked only with the layers that it may know, so that a
# dependency in the wrong direction does not link.

function(delivery_layer name)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(sources)
    add_library(delivery_${name} STATIC ${sources})
    target_include_directories(delivery_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(delivery_${name} PRIVATE delivery_warnings PUBLIC ${arg_DEPENDS})
  endif()
endfunction()

# delivery_tests(<target> <folder> LINK <libraries…>): one GoogleTest program of all files of a folder.
function(delivery_tests target folder)
  cmake_parse_arguments(arg "" "LABEL" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE delivery_warnings ${arg_LINK} GTest::gmock_main)
  gtest_discover_tests(${target} TEST_PREFIX "${target}." DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${arg_LABEL}" TIMEOUT 300)
endfunction()
