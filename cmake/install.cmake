# What `cmake --install` puts where, and the package that find_package(cu2npu) finds.
#   bin/{cu2npu,npucc,npu-info,npu-explain,npuprof}  lib/{libnpurt.so,libcu2npu.so}  lib/cu2npu/{device_library.bc,host_plugin.so,libcuda.so.1}
#   lib/cmake/cu2npu  include/cu2npu/{npu,cuda}  share/cu2npu/presets  cuda/ (toolkit.cmake)  share/{man,bash-completion}
# npucc looks for the rest relative to its own place, so a prefix can be moved. `lib` is what CMake
# takes as the library folder for the prefix.
include(CMakePackageConfigHelpers)

install(TARGETS npurt cu2npu_library EXPORT cu2npu LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS cu2npu npucc npu-info npu-explain npuprof EXPORT cu2npu RUNTIME DESTINATION bin)
install(DIRECTORY runtime/include/ DESTINATION include/cu2npu)
install(FILES translator/include/npu/translate.h DESTINATION include/cu2npu/npu)
install(DIRECTORY npu_backend/presets DESTINATION share/cu2npu
  FILES_MATCHING PATTERN *.json)
install(FILES ${PROJECT_BINARY_DIR}/lib/cu2npu/device_library.bc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cu2npu)

set(NPU_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/cu2npu)
install(EXPORT cu2npu NAMESPACE cu2npu:: FILE cu2npuTargets.cmake DESTINATION ${NPU_PACKAGE_DIR})
configure_package_config_file(cmake/cu2npuConfig.cmake.in ${PROJECT_BINARY_DIR}/cu2npuConfig.cmake
  INSTALL_DESTINATION ${NPU_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cu2npuConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cu2npuConfig.cmake
  ${PROJECT_BINARY_DIR}/cu2npuConfigVersion.cmake cmake/npu_add_executable.cmake
  DESTINATION ${NPU_PACKAGE_DIR})
