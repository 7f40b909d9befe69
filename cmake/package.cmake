# `cpack -G DEB` in the build tree: one package for Debian 12. Everything lies in /usr/lib/cu2npu, as LLVM's packages lie
# in theirs, with links to it from where the system looks (package_links.cmake).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cu2npu)
set(CPACK_PACKAGE_VENDOR cu2npu)
set(CPACK_PACKAGE_CONTACT "the cu2npu developers <cu2npu@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "CUDA portability layer and translator for NPUs")
set(CPACK_PACKAGE_DESCRIPTION "Translates CUDA sources into vendor-neutral C++ (cu2npu), compiles both (npucc), and runs them
on an emulated NPU and OpenCL (libnpurt). No GPU and no CUDA toolkit is needed.")
set(CPACK_SET_DESTDIR ON) # cuda/ names libnpurt by its absolute path
set(CPACK_INSTALL_PREFIX /usr/lib/cu2npu)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_links.cmake)
set(CPACK_NPU_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_NPU_DOCUMENTATION ${PROJECT_SOURCE_DIR}/docs)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
# What no ELF file names: npucc runs clang++; libnpurt opens OpenCL's driver, OpenBLAS and FFTW when it needs them.
set(CPACK_DEBIAN_PACKAGE_DEPENDS
  "clang-15, pocl-opencl-icd, libopenblas0, libfftw3-double3, libfftw3-single3")
# Programs that include Thrust or CUB, that use OpenMP, and projects that are built by CMake.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libthrust-dev, libcub-dev, libomp-15-dev, cmake")
include(CPack)
