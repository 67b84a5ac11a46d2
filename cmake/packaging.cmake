# What is installed, and the packages that cpack makes of it: a .deb for Debian 12, and a tarball that runs from any folder
# and brings its libraries along. ./dev package makes both.

include(GNUInstallDirs)
set(deploy ${CMAKE_SOURCE_DIR}/deploy)

set(private_libraries ${CMAKE_INSTALL_LIBDIR}/delivery)
# RPATH, not RUNPATH, for the libraries' own libraries are to be found there too.
set_target_properties(delivery PROPERTIES INSTALL_RPATH "$ORIGIN/../${private_libraries}")
target_link_options(delivery PRIVATE -Wl,--disable-new-dtags)

install(TARGETS delivery RUNTIME_DEPENDENCY_SET delivery_libraries COMPONENT program)
install(FILES ${deploy}/man/delivery.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES ${deploy}/completions/delivery.bash RENAME delivery
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
install(FILES ${deploy}/completions/_delivery
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
install(FILES ${deploy}/completions/delivery.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT program)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

# The C library is the system's own, and so is what belongs to it.
install(RUNTIME_DEPENDENCY_SET delivery_libraries DESTINATION ${private_libraries} COMPONENT libraries
  PRE_EXCLUDE_REGEXES "^lib(c|m|dl|rt|pthread|resolv)\\.so" "^ld-linux" POST_EXCLUDE_REGEXES "/ld-linux[^/]*$")

# Whoever passes on the work of others passes on their licences; for Swagger UI's, see docs_assets.cmake.
set(licenses ${CMAKE_INSTALL_DOCDIR}/licenses)
install(FILES /usr/share/doc/libcli11-dev/copyright DESTINATION ${licenses}/libcli11-dev COMPONENT program)
set(installed "\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}")
install(CODE "execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND \"${CMAKE_SOURCE_DIR}/scripts/licenses\"
  \"$<TARGET_FILE:delivery>\" \"${installed}/${private_libraries}\" \"${installed}/${licenses}\")" COMPONENT libraries)

# The units carry what they share, so that each can be read on its own.
file(READ ${deploy}/systemd/hardening.conf hardening)
file(READ ${deploy}/systemd/supervision.conf supervision)
set(units ${CMAKE_BINARY_DIR}/systemd)
foreach(unit delivery delivery-migrate)
  configure_file(${deploy}/systemd/${unit}.service.in ${units}/${unit}.service @ONLY)
endforeach()
set(description_api "the HTTP API")
set(description_relay "the relay from outbox to broker")
set(description_worker "the worker")
foreach(role api relay worker)
  set(description ${description_${role}})
  configure_file(${deploy}/systemd/role.service.in ${units}/delivery-${role}.service @ONLY)
endforeach()
install(DIRECTORY ${units}/ DESTINATION lib/systemd/system COMPONENT system)
install(FILES ${deploy}/debian/delivery.env DESTINATION /etc/delivery PERMISSIONS OWNER_READ OWNER_WRITE COMPONENT system)

set(CPACK_PACKAGE_NAME delivery)
set(CPACK_PACKAGE_VENDOR "Delivery")
set(CPACK_PACKAGE_CONTACT "The Delivery maintainers <maintainers@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "event-driven delivery orders")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_DELIVERY_PROCESSOR ${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/cpack_generators.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql, rabbitmq-server")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${CMAKE_BINARY_DIR}/debian/conffiles "/etc/delivery/delivery.env\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${deploy}/debian/postinst ${deploy}/debian/prerm ${deploy}/debian/postrm
  ${CMAKE_BINARY_DIR}/debian/conffiles)
include(CPack)
