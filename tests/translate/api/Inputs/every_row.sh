# every_row.sh LIST SOURCE EXPECTED: a CUDA source with one use of each row, and those lines translated.
# The use stands in a macro body, so that overloads need no choice.
tr '\n' ' ' < "$1" | sed 's/END/\n/g' | sed -n 's/^ *USE \([A-Za-z0-9_]*\) \([A-Za-z0-9_]*\) *$/\1 \2/p' > "$2.rows"
{
  echo '#include <cublas_v2.h>'
  echo '#include <cublasLt.h>'
  echo '#include <cublasXt.h>'
  echo '#include <cuda.h>'
  echo '#include <curand.h>'
  echo '#include <cufft.h>'
  echo '#include <nccl.h>'
  echo '#include <cusparse.h>'
  echo '#include <cusolverDn.h>'
  echo '#include <nvrtc.h>'
  echo '#include <cudnn.h>'
  sed 's/^\([^ ]*\) .*/#define ROW_\1 \1/' "$2.rows"
} > "$2"
sed 's/^\([^ ]*\) \(.*\)/#define ROW_\1 \2/' "$2.rows" > "$3"
