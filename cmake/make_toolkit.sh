#!/usr/bin/env bash
# Makes <prefix>/cuda, a folder in the shape of a CUDA toolkit, for build files that look for one:
# $(CUDA_PATH)/bin/nvcc, -I$(CUDA_PATH)/include, -L$(CUDA_PATH)/lib64 -lcudart, CMake's CUDA language.
#   bin/nvcc   npucc
#   include/   our headers; those of libcu++ in cccl/, too
#   lib64/     the names of the libraries that libnpurt stands for. Each is an interface (symbols without
#              code) whose SONAME is libnpurt's absolute path, so that programs find it without an rpath,
#              as they find a static libcudart. A prefix that was moved needs this script again.
# usage: make_toolkit.sh <prefix> [<prefix while it is being staged>]
# A build tree gives its folders by NPU_INCLUDE, NPU_LIBRARY and NPU_ROWS.
set -euo pipefail
prefix=$1 staged=${2:-$1}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
include=${NPU_INCLUDE:-$staged/include/cu2npu}
library=${NPU_LIBRARY:-$(find "$staged"/lib* -name libnpurt.so -print -quit)}
rows=${NPU_ROWS:-$here/libraries.def}
ifs=${NPU_IFS:-/usr/lib/llvm-15/bin/llvm-ifs}
toolkit=$staged/cuda

rm -rf "$toolkit"
mkdir -p "$toolkit"/{bin,include,lib64/stubs,nvvm/libdevice}
ln -s ../../bin/npucc "$toolkit/bin/nvcc"
for header in "$include"/cuda/* "$include/npu"; do
  if [ "${NPU_INCLUDE:-}" ]; then
    ln -s "$header" "$toolkit/include/"
  else
    ln -s "../..${header#"$staged"}" "$toolkit/include/"
  fi
done
mkdir "$toolkit/include/cccl" # where CUDA 13 has libcu++
ln -s ../cuda ../nv "$toolkit/include/cccl/"

"$ifs" --input-format=ELF --output-elf="$toolkit/lib64/libnpurt_interface.so" \
  --soname="$prefix${library#"$staged"}" "$library"
for name in $(sed -n 's/^COVERED(\(.*\))$/\1/p' "$rows"); do
  case $name in
    cuda) # no driver puts it into a system folder here, where linkers look by themselves: into both
      ln -s ../libnpurt_interface.so "$toolkit/lib64/stubs/libcuda.so"
      ln -s libnpurt_interface.so "$toolkit/lib64/libcuda.so"
      ;;
    *_static | cudadevrt | culibos) ln -s libnpurt_interface.so "$toolkit/lib64/lib$name.a" ;;
    *) ln -s libnpurt_interface.so "$toolkit/lib64/lib$name.so" ;;
  esac
done
