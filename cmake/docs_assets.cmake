# What /docs and /openapi.* serve, made at build time and embedded in delivery_http: the contract as YAML and
# JSON, our own page, and Swagger UI from npm. Large files are embedded compressed as well.

find_package(yaml-cpp REQUIRED)
find_program(gzip_program gzip REQUIRED)

set(api_folder ${CMAKE_SOURCE_DIR}/api)
set(docs_folder ${CMAKE_BINARY_DIR}/docs_assets)
set(DELIVERY_OPENAPI_JSON ${docs_folder}/openapi.json)

add_executable(yaml_to_json ${CMAKE_SOURCE_DIR}/tools/yaml_to_json.cpp)
target_link_libraries(yaml_to_json PRIVATE delivery_warnings Boost::json yaml-cpp)

add_custom_command(OUTPUT ${DELIVERY_OPENAPI_JSON}
  COMMAND yaml_to_json ${api_folder}/openapi.yaml ${DELIVERY_OPENAPI_JSON}
  DEPENDS yaml_to_json ${api_folder}/openapi.yaml
  COMMENT "Converting the contract to JSON"
  VERBATIM)
add_custom_target(openapi_json DEPENDS ${DELIVERY_OPENAPI_JSON})

set(npm_folder ${docs_folder}/npm)
set(swagger_folder ${npm_folder}/node_modules/swagger-ui-dist)
set(swagger_files ${swagger_folder}/swagger-ui.css ${swagger_folder}/swagger-ui-bundle.js)
npm_install(${npm_folder} FROM ${api_folder}/ui FILES ${swagger_files})

set(docs_files ${api_folder}/ui/index.html ${api_folder}/ui/init.js ${api_folder}/openapi.yaml
  ${DELIVERY_OPENAPI_JSON} ${swagger_files})
foreach(file ${api_folder}/openapi.yaml ${DELIVERY_OPENAPI_JSON} ${swagger_files})
  get_filename_component(name ${file} NAME)
  set(compressed ${docs_folder}/${name}.gz)
  add_custom_command(OUTPUT ${compressed}
    COMMAND ${CMAKE_COMMAND} -DGZIP=${gzip_program} -DIN=${file} -DOUT=${compressed}
      -P ${CMAKE_CURRENT_LIST_DIR}/gzip.cmake
    DEPENDS ${file} ${npm_folder}/installed
    VERBATIM)
  list(APPEND docs_files ${compressed})
endforeach()

embed_files(delivery_http NAMESPACE delivery::http::docs FILES ${docs_files})

include(GNUInstallDirs)
install(FILES ${swagger_folder}/LICENSE ${swagger_folder}/NOTICE ${swagger_folder}/swagger-ui-bundle.js.LICENSE.txt
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/licenses/swagger-ui COMPONENT program)
