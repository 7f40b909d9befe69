#!/usr/bin/env bash
# Builds and runs one sample one way; see CMakeLists.txt. Output is kept beside the program, so that the
# second way can be compared with the first.
# usage: run_sample.sh compatible|translated <sample.cu> <folder of the tools> <output folder>
set -euo pipefail
way=$1 source=$2 tools=$3 out=$4/$1
name=$(basename "$source" .cu)
mkdir -p "$out"
rm -rf "${out:?}/$name" "$out/$name.cpp" "$out/$name.txt"

if [ "$way" = translated ]; then
  "$tools/cu2npu" "$source" -o "$out/"
  [ -s "$out/$name.cpp" ] || { echo "cu2npu succeeded without writing $out/$name.cpp" >&2; exit 1; }
  # The product's promise: no CUDA name survives. Text of messages and comments may.
  if sed 's|//.*||; s/"[^"]*"//g' "$out/$name.cpp" |
    grep -nE '\b(cuda|cublas|cudnn)[A-Z]\w*|\b(CUDA|CUBLAS|CUDNN)_\w+|<<<|__(global|device|shared|constant)__'; then
    echo "CUDA names are left in $out/$name.cpp" >&2
    exit 1
  fi
  source=$out/$name.cpp
fi
"$tools/npucc" -O3 "$source" -o "$out/$name"
status=0
LD_PRELOAD="${NPU_E2E_PRELOAD-}" "$out/$name" >"$out/$name.txt" || status=$?
cat "$out/$name.txt"
[ "$status" = 0 ] || { echo "$name exited with status $status" >&2; exit 1; }
[ "$way" = compatible ] || diff "$4/compatible/$name.txt" "$out/$name.txt"
