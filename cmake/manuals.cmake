# Man pages and bash completion, made from what the programs' --help says, in share/ of the build tree and of an
# installation.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(programs cu2npu npucc npu-info npu-explain npuprof)
list(TRANSFORM programs REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE files)
list(TRANSFORM programs REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/docs/man/\\1.1.in" OUTPUT_VARIABLE pages)
set(share ${PROJECT_BINARY_DIR}/share)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/manuals.stamp
  COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/cmake/make_manuals.py ${PROJECT_SOURCE_DIR}/docs/man
    ${PROJECT_VERSION} ${share} ${files}
  COMMAND ${CMAKE_COMMAND} -E touch ${PROJECT_BINARY_DIR}/manuals.stamp
  DEPENDS ${programs} ${pages} ${PROJECT_SOURCE_DIR}/cmake/make_manuals.py
  COMMENT "Writing man pages and completion" VERBATIM)
add_custom_target(manuals ALL DEPENDS ${PROJECT_BINARY_DIR}/manuals.stamp)
install(DIRECTORY ${share}/man ${share}/bash-completion DESTINATION share)
