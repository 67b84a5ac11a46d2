# The build step of embed_files(): writes the header and the source. See embed.cmake.

set(arrays)
set(table)
set(count 0)
foreach(file IN LISTS FILES)
  if(BASE)
    file(RELATIVE_PATH name ${BASE} ${file})
  else()
    get_filename_component(name ${file} NAME)
  endif()
  file(SHA256 ${file} hash)
  string(APPEND arrays "\nconstexpr char file_${count}[] = {\n#embed \"${file}\" suffix(, )\n    0};\n")
  string(APPEND table
    "    {.name = \"${name}\",\n     .bytes = {file_${count}, sizeof(file_${count}) - 1},\n"
    "     .sha256 = \"${hash}\"},\n")
  math(EXPR count "${count} + 1")
endforeach()

file(CONFIGURE OUTPUT ${HEADER} @ONLY CONTENT [[
// Made by cmake/embed_generate.cmake.
#pragma once

#include <span>
#include <string_view>

namespace @NAMESPACE@ {

struct embedded_file {
    std::string_view name;
    std::string_view bytes;
    std::string_view sha256;
};

std::span<const embedded_file> embedded_files();

}  // namespace @NAMESPACE@
]])

file(CONFIGURE OUTPUT ${SOURCE} @ONLY CONTENT [[
// Made by cmake/embed_generate.cmake.
#include "embedded/@TARGET@.hpp"

namespace @NAMESPACE@ {
namespace {
@arrays@
constexpr embedded_file table[] = {
@table@};

}  // namespace

std::span<const embedded_file> embedded_files() { return table; }

}  // namespace @NAMESPACE@
]])
