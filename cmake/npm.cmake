# Packages from npm: what a lock file names, and nothing else.

find_program(npm_program npm REQUIRED)

# npm_install(<folder> FROM <source folder> [FILES <files…>])
#
# Makes <folder>/node_modules, and the files in it, of the source's package.json and lock. npm works in a copy, so that
# the source tree stays clean. Scripts are off: a package's own (swagger-ui-dist carries an analytics post-install) never
# run here. <folder>/installed is written last, so that an interrupted install is done again.
function(npm_install folder)
  cmake_parse_arguments(arg "" "FROM" "FILES" ${ARGN})
  set(lists ${arg_FROM}/package.json ${arg_FROM}/package-lock.json ${arg_FROM}/.npmrc)
  file(MAKE_DIRECTORY ${folder})
  file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${arg_FROM})
  add_custom_command(OUTPUT ${folder}/installed
    COMMAND ${CMAKE_COMMAND} -E copy ${lists} ${folder}
    COMMAND ${CMAKE_COMMAND} -E chdir ${folder} ${npm_program} ci --ignore-scripts --no-audit --no-fund
    COMMAND ${CMAKE_COMMAND} -E touch ${folder}/installed
    BYPRODUCTS ${arg_FILES}
    DEPENDS ${lists}
    COMMENT "Installing ${name}/package.json (npm ci, scripts disabled)"
    VERBATIM)
endfunction()
