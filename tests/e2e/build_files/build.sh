#!/usr/bin/env bash
# Builds and runs this folder's project with CMake's CUDA language and with make. The machine's own CUDA
# toolkit, if it has one, must not be found.
# usage: build.sh <cmake> <prefix or build tree> <C++ compiler> <output folder>
set -euo pipefail
cmake=$1 prefix=$2 cxx=$3 out=$4
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rm -rf "$out"
mkdir -p "$out/make"
unset CUDACXX CUDA_HOME CUDAToolkit_ROOT
env CUDA_PATH=/nonexistent "$cmake" -S "$source" -B "$out/cmake" -G Ninja \
  -DCMAKE_CUDA_COMPILER="$prefix/bin/npucc" -DCMAKE_CXX_COMPILER="$cxx"
"$cmake" --build "$out/cmake"
"$out/cmake/linked_by_cxx"
"$out/cmake/linked_by_cuda"
make -C "$out/make" -f "$source/Makefile" SRC="$source" CUDA_PATH="$prefix/cuda" CXX="$cxx"
"$out/make/by_nvcc"
"$out/make/by_cxx"
