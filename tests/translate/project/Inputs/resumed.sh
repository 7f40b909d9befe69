# Kills runs once they have kept a parse, and compares what the next run makes with a run in one go.
set -eu
options=(-q -I in/lib/include -DFACTOR=3 --exclude unused.cuh)

interrupt() {
  cu2npu "${options[@]}" -j1 --in-root in -o out &
  for ((i = 0; i < 1000; ++i)); do
    [ -z "$(find out/.cu2npu-parses -type f -regex '.*/[0-9a-f]*' 2> /dev/null)" ] || break
    sleep 0.01
  done
  kill -KILL $!
  wait $! || true
  test -e out/.cu2npu-parses
}

interrupt
cu2npu "${options[@]}" --in-root in -o out 2> resumed
grep 'going on with an interrupted run: [1-9]' resumed
diff -r out whole

# With other options, a changed header or a header that now is found first, nothing is taken.
interrupt
cu2npu "${options[@]}" -DOTHER --in-root in -o out 2> resumed
! grep 'going on' resumed
diff -r out whole

interrupt
cp -r in/lib/include kept
for header in in/lib/include/*; do echo '// changed' >> "$header"; done
cu2npu "${options[@]}" --in-root in -o out 2> resumed
cu2npu "${options[@]}" --in-root in -o changed 2> log
diff -r out changed
! diff -r out whole > /dev/null
rm -r in/lib/include && mv kept in/lib/include

# Bytes that are not whole are not taken.
rm -rf out
interrupt
for file in out/.cu2npu-parses/*; do truncate -s -1 "$file"; done
cu2npu "${options[@]}" --in-root in -o out 2> resumed
! grep 'going on' resumed
diff -r out whole
