# Kills runs at moments that spread over a whole one, into a folder of earlier outputs and in place.
set -eu
options=(-q -I in/lib/include -DFACTOR=3 --exclude unused.cuh)
cp -r whole out
cp -r in place
for moment in 0.05 0.2 0.4 0.6 0.8 1.0 1.3; do
  timeout -s KILL $moment cu2npu "${options[@]}" --in-root in -o out || true
  diff -r -x '.cu2npu-*' out whole
  diff -r in place -x '*.orig' -x '.cu2npu-*' > /dev/null ||
    test -e place/app/main.cu || cmp in/app/main.cu place/app/main.cu.orig
  timeout -s KILL $moment cu2npu "${options[@]}" --in-place --in-root place || true
done
cu2npu "${options[@]}" --in-place --in-root place
for file in app/main.cpp app/kernels.cpp lib/allocate.cpp lib/include/device_part.cuh; do
  cmp place/$file whole/$file
done
cmp in/app/main.cu place/app/main.cu.orig
cmp in/lib/allocate.cpp place/lib/allocate.cpp.orig
