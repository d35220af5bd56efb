# Installs the library, the executable, the headers and the configurations, so that another project can say
# find_package(mmulab) and link mmulab::mmulab.
include(CMakePackageConfigHelpers)
set(mmulab_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mmulab)

# The warnings are linked privately, but a static library's export names them all the same.
install(TARGETS mmulab mmulab_cli mmulab_plugin mmulab_systemc mmulab_warnings EXPORT mmulab_targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT mmulab_targets NAMESPACE mmulab:: DESTINATION ${mmulab_package_dir})

foreach(folder sim models workloads)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mmulab
    FILES_MATCHING PATTERN "*.h")
endforeach()
if(EXISTS ${PROJECT_SOURCE_DIR}/configs)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/mmulab
    FILES_MATCHING PATTERN "*.toml" PATTERN "*.mmt")
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/mmulabConfig.cmake.in
  ${PROJECT_BINARY_DIR}/mmulabConfig.cmake INSTALL_DESTINATION ${mmulab_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mmulabConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/mmulab_add_plugin.cmake ${PROJECT_BINARY_DIR}/mmulabConfig.cmake ${PROJECT_BINARY_DIR}/mmulabConfigVersion.cmake
  DESTINATION ${mmulab_package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/docs/results.schema.json ${PROJECT_SOURCE_DIR}/docs/check.schema.json
  ${PROJECT_SOURCE_DIR}/docs/point.schema.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/mmulab)

# Completions and manual pages come from the executable's own declarations.
set(mmulab_habits ${PROJECT_BINARY_DIR}/share)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/share.written
  COMMAND ${CMAKE_COMMAND} -DMMULAB=$<TARGET_FILE:mmulab_cli> -DFOLDER=${mmulab_habits}
    -P ${PROJECT_SOURCE_DIR}/cmake/manual.cmake
  COMMAND ${CMAKE_COMMAND} -E touch ${PROJECT_BINARY_DIR}/share.written
  DEPENDS mmulab_cli ${PROJECT_SOURCE_DIR}/cmake/manual.cmake VERBATIM)
add_custom_target(mmulab_habits ALL DEPENDS ${PROJECT_BINARY_DIR}/share.written)
install(DIRECTORY ${mmulab_habits}/bash-completion ${mmulab_habits}/zsh ${mmulab_habits}/fish
  DESTINATION ${CMAKE_INSTALL_DATADIR})
install(DIRECTORY ${mmulab_habits}/man/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
