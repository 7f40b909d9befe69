#!/usr/bin/env bash
# Makes the Debian package and looks into it; with `fresh`, installs it on a Debian 12 that debootstrap makes, where
# a sample is translated, compiled and run.
# usage: debian_package.sh <cpack> <build folder> <a sample> <output folder> [fresh]
set -euo pipefail
cpack=$1 build=$2 sample=$3 out=$4 fresh=${5:-}
skip() { echo "skipped: $*"; exit 77; }
if [ "$fresh" ]; then
  [ "$(id -u)" = 0 ] || skip "a new Debian is made by root only"
  command -v debootstrap >/dev/null || skip "there is no debootstrap"
fi
command -v dpkg-shlibdeps >/dev/null || skip "there is no dpkg-shlibdeps (Debian's package dpkg-dev)"

rm -rf "$out"
mkdir -p "$out"
"$cpack" -G DEB --config "$build/CPackConfig.cmake" -B "$out" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
package=$(echo "$out"/cu2npu_*.deb)
depends=$(dpkg-deb -f "$package" Depends)
for needed in clang-15 pocl-opencl-icd libopenblas0 libfftw3-double3 libllvm15 libclang-cpp15 ocl-icd-libopencl1; do
  [[ $depends == *$needed* ]] || { echo "does not depend on $needed" >&2; exit 1; }
done
dpkg-deb -x "$package" "$out/root"
[ -z "$(find "$out/root" -xtype l -print)" ] || { find "$out/root" -xtype l; echo "links to nothing" >&2; exit 1; }
for file in bin/{cu2npu,npucc,npu-info,npu-explain,npuprof} share/man/man1/{cu2npu,npucc,npuprof}.1 \
  share/bash-completion/completions/cu2npu share/doc/cu2npu/copyright lib/cmake/cu2npu/cu2npuConfig.cmake; do
  [ -e "$out/root/usr/$file" ] || { echo "not in the package: $file" >&2; exit 1; }
done
# The folder in a toolkit's shape names the place where the package will be.
grep -qa /usr/lib/cu2npu/lib/libnpurt.so "$out/root/usr/lib/cu2npu/cuda/lib64/libcudart.so"
[ "$fresh" ] || exit 0

debootstrap --variant=minbase bookworm "$out/debian" http://deb.debian.org/debian >>"$out/log" 2>&1 ||
  skip "debootstrap did not reach Debian; $out/log"
trap 'umount "$out/debian/proc" "$out/debian/sys"' EXIT
mount -t proc proc "$out/debian/proc"
mount -t sysfs -o ro sysfs "$out/debian/sys" # PoCL asks it for the machine's memory
cp "$package" "$out/debian/package.deb"
cp "$sample" "$out/debian/sample.cu"
chroot "$out/debian" sh -ec '
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends install /package.deb' \
  >>"$out/log" 2>&1 || { tail "$out/log"; exit 1; }
chroot "$out/debian" sh -exc '
  npucc /sample.cu -o /untouched && /untouched
  cu2npu -q /sample.cu -o /out && npucc /out/sample.cpp -o /translated && /translated
  npu-info >/dev/null
  npuprof /translated >/dev/null'
