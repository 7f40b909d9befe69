# The folder cuda/ of the build tree and of an installation; make_toolkit.sh says what it is for.
file(GLOB_RECURSE NPU_HEADERS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/runtime/include/*)
set(NPU_TOOLKIT_ROWS ${PROJECT_SOURCE_DIR}/translator/lib/driver/libraries.def)
set(NPU_TOOLKIT_STAMP ${PROJECT_BINARY_DIR}/cuda.stamp)
add_custom_command(OUTPUT ${NPU_TOOLKIT_STAMP}
  COMMAND ${CMAKE_COMMAND} -E env NPU_INCLUDE=${PROJECT_SOURCE_DIR}/runtime/include
    NPU_LIBRARY=$<TARGET_FILE:npurt> NPU_ROWS=${NPU_TOOLKIT_ROWS}
    NPU_IFS=${LLVM_TOOLS_BINARY_DIR}/llvm-ifs
    bash ${PROJECT_SOURCE_DIR}/cmake/make_toolkit.sh ${PROJECT_BINARY_DIR}
  COMMAND ${CMAKE_COMMAND} -E touch ${NPU_TOOLKIT_STAMP}
  DEPENDS npurt ${NPU_HEADERS} ${NPU_TOOLKIT_ROWS} ${PROJECT_SOURCE_DIR}/cmake/make_toolkit.sh
  COMMENT "Making cuda/, a folder in the shape of a CUDA toolkit" VERBATIM)
add_custom_target(cuda_toolkit ALL DEPENDS ${NPU_TOOLKIT_STAMP})

install(PROGRAMS cmake/make_toolkit.sh DESTINATION share/cu2npu)
install(FILES ${NPU_TOOLKIT_ROWS} DESTINATION share/cu2npu)
install(CODE "
  execute_process(COMMAND \${CMAKE_COMMAND} -E env NPU_IFS=${LLVM_TOOLS_BINARY_DIR}/llvm-ifs
    bash \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/cu2npu/make_toolkit.sh\"
    \"\${CMAKE_INSTALL_PREFIX}\" \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\"
    COMMAND_ERROR_IS_FATAL ANY)")
