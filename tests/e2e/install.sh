#!/usr/bin/env bash
# Installs to a prefix of its own, moves the prefix, and builds the project package/ against it.
# usage: install.sh <cmake> <build folder> <package project> <a sample> <output folder>
set -euo pipefail
cmake=$1 build=$2 project=$3 sample=$4 out=$5
rm -rf "$out"
"$cmake" --install "$build" --prefix "$out/first" >"$out.log" || { cat "$out.log"; exit 1; }
mv "$out/first" "$out/prefix"
for file in bin/cu2npu bin/npucc lib/libnpurt.so lib/libcu2npu.so lib/cu2npu/device_library.bc \
  include/cu2npu/npu/runtime.h include/cu2npu/cuda/cuda_runtime.h lib/cmake/cu2npu/cu2npuConfig.cmake \
  include/cu2npu/npu/translate.h share/man/man1/npucc.1 cuda/include/cccl/nv/target; do
  [ -e "$out/prefix/$file" ] || { echo "not installed: $file" >&2; exit 1; }
done
# The moved toolkit folder is made again, and a C++ compiler links with it without an rpath.
bash "$out/prefix/share/cu2npu/make_toolkit.sh" "$out/prefix"
"$out/prefix/cuda/bin/nvcc" --version | grep -q "nvcc: NVIDIA"
c++ "$(dirname "$0")/package/plain.cpp" -I"$out/prefix/cuda/include" -L"$out/prefix/cuda/lib64" \
  -lcuda -lcudart -o "$out/by_cxx"
"$out/by_cxx"
"$cmake" -S "$project" -B "$out/build" -G Ninja -DCMAKE_PREFIX_PATH="$out/prefix" -DSAMPLE="$sample"
"$cmake" --build "$out/build"
"$out/build/program"
"$out/build/plain"
"$out/build/by_library_STATIC"
"$out/build/by_library_SHARED"
(cd "$out/build" && ./translate "$sample")
# Nothing of the translator's inside is visible.
nm -DC --defined-only "$out/prefix/lib/libcu2npu.so" | grep -vE ' npu::translat(e\(|orVersion)' && exit 1

# Completion offers the options that --help has.
(source "$out/prefix/share/bash-completion/completions/cu2npu"
  COMP_WORDS=(cu2npu --rep) COMP_CWORD=1
  _cu2npu
  [ "${COMPREPLY[*]}" = --report ])
grep -q 'in\\-root' "$out/prefix/share/man/man1/cu2npu.1"
