# embed_files(<target> NAMESPACE <namespace> [BASE <folder>] FILES <files…>)
#
# Puts the bytes of files into a target. The target's own sources get the header "embedded/<target>.hpp" with
#   namespace <namespace> {
#   struct embedded_file { std::string_view name, bytes, sha256; };
#   std::span<const embedded_file> embedded_files();
#   }
# Names are relative to BASE (by default the file's own name); files are sorted by path; bytes are followed by a
# NUL that is not counted. Files may be made by the build. One call a target.
#
# The source is written at build time and names each file's hash: ccache does not see what #embed reads, so
# the text itself must change whenever a file does.

set(EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_generate.cmake)

function(embed_files target)
  cmake_parse_arguments(arg "" "NAMESPACE;BASE" "FILES" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/generated)
  set(header ${root}/embedded/${target}.hpp)
  set(source ${root}/embedded/${target}.cpp)

  set(paths)
  foreach(file IN LISTS arg_FILES)
    get_filename_component(path ${file} ABSOLUTE)
    list(APPEND paths ${path})
  endforeach()
  list(SORT paths)

  add_custom_command(OUTPUT ${header} ${source}
    COMMAND ${CMAKE_COMMAND} "-DFILES=${paths}" "-DBASE=${arg_BASE}" -DNAMESPACE=${arg_NAMESPACE}
      -DTARGET=${target} -DHEADER=${header} -DSOURCE=${source} -P ${EMBED_SCRIPT}
    DEPENDS ${paths} ${EMBED_SCRIPT}
    COMMENT "Embedding files in ${target}"
    VERBATIM)
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -Wno-c23-extensions)
  target_sources(${target} PRIVATE ${source} ${header})
  target_include_directories(${target} PRIVATE ${root})

  # All that is generated and nothing else, for tools that only read sources.
  if(NOT TARGET generated)
    add_custom_target(generated)
  endif()
  add_custom_target(${target}_embedded DEPENDS ${header} ${source})
  add_dependencies(generated ${target}_embedded)
endfunction()
