// D[b,m,n] = alpha * sum_k A[b,m,k] * B[b,k,n] + beta * C[b,m,n], any strides.
//
// One work-item computes one block of kBlockRows x kBlockColumns of one matrix of the batch. It
// packs a slice of A and of B into local memory in the order of use, after Goto and van de Geijn
// ("Anatomy of High-Performance Matrix Multiplication", 2008), then multiplies register tiles of
// TILE_ROWS x TILE_COLUMNS. Packing hides every stride and every storage format; edges are padded
// with zeros. Complex numbers are packed as separate real and imaginary parts.
//
// Defined by the host: SCALAR (float or double), VECTOR (its widest vector), LANES (its length),
// DEPTH (of a slice), COMPLEX (0 or 1), SOURCE (the type of a stored scalar of A and B),
// LOAD_SOURCE, LOAD_RESULT and STORE_RESULT (names of functions below).

#if COMPLEX
#define PARTS 2
#else
#define PARTS 1
#endif
#define TILE_ROWS 8
#define TILE_COLUMNS (2 * LANES)
#define BLOCK_ROWS 32
#define BLOCK_COLUMNS 128

typedef struct {
  ulong a, b, c, d; // addresses of the elements [0,0,0]
  long rows, columns, depth, batches;
  long aBatch, aRow, aColumn; // strides in elements
  long bBatch, bRow, bColumn;
  long cBatch, cRow, cColumn;
  long dBatch, dRow, dColumn;
  double alpha, alphaImaginary, beta, betaImaginary;
  int conjugateA, conjugateB;
  int readsProduct, readsC; // alpha == 0 reads neither A nor B, beta == 0 never reads C
} Arguments;

SCALAR loadF32(ulong data, long element) { return ((const __global float *)data)[element]; }
SCALAR loadF16(ulong data, long element) {
  return vload_half(element, (const __global half *)data);
}
SCALAR loadBf16(ulong data, long element) {
  return as_float((uint)((const __global ushort *)data)[element] << 16);
}
void storeF32(SCALAR value, ulong data, long element) {
  ((__global float *)data)[element] = (float)value;
}
void storeF16(SCALAR value, ulong data, long element) {
  vstore_half_rte((float)value, element, (__global half *)data);
}
// To nearest even; a NaN stays one.
void storeBf16(SCALAR value, ulong data, long element) {
  uint bits = as_uint((float)value);
  uint rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  ((__global ushort *)data)[element] = isnan((float)value) ? bits >> 16 | 0x40 : rounded;
}
#ifdef cl_khr_fp64
SCALAR loadF64(ulong data, long element) { return ((const __global double *)data)[element]; }
void storeF64(SCALAR value, ulong data, long element) {
  ((__global double *)data)[element] = value;
}
#endif

// Packs depth x count elements into panels of `tile`: to[panel][k][part][i]. `outer` counts the
// rows of A or the columns of B.
void pack(__local SCALAR *to, int tile, ulong from, long outerStride, long depthStride, int outer,
          int outerPadded, int depth, SCALAR imaginarySign) {
  for (int panel = 0; panel < outerPadded; panel += tile)
    for (int k = 0; k < depth; ++k)
      for (int i = 0; i < tile; ++i) {
        const int at = (panel * DEPTH + k * tile) * PARTS + i;
        const bool inside = panel + i < outer;
        const long element = ((panel + i) * outerStride + k * depthStride) * PARTS;
        to[at] = inside ? LOAD_SOURCE(from, element) : (SCALAR)0;
#if COMPLEX
        to[at + tile] = inside ? imaginarySign * LOAD_SOURCE(from, element + 1) : (SCALAR)0;
#endif
      }
}

#define VLOAD(lane, pointer) CONCATENATE(vload, LANES)(lane, pointer)
#define VSTORE(value, lane, pointer) CONCATENATE(vstore, LANES)(value, lane, pointer)
#define CONCATENATE(a, b) CONCATENATE2(a, b)
#define CONCATENATE2(a, b) a##b

// Adds one product of real panels to TILE_ROWS x TILE_COLUMNS sums. Strides are in scalars.
void multiplyTile(const __local SCALAR *a, const __local SCALAR *b, __local SCALAR *sums, int depth,
                  int sign) {
  VECTOR left[TILE_ROWS], right[TILE_ROWS];
#pragma unroll
  for (int i = 0; i < TILE_ROWS; ++i) {
    left[i] = (VECTOR)0;
    right[i] = (VECTOR)0;
  }
  for (int k = 0; k < depth; ++k) {
    const VECTOR b0 = VLOAD(0, b), b1 = VLOAD(1, b);
#pragma unroll
    for (int i = 0; i < TILE_ROWS; ++i) {
      left[i] = fma((VECTOR)a[i], b0, left[i]);
      right[i] = fma((VECTOR)a[i], b1, right[i]);
    }
    a += TILE_ROWS * PARTS;
    b += TILE_COLUMNS * PARTS;
  }
#pragma unroll
  for (int i = 0; i < TILE_ROWS; ++i) {
    __local SCALAR *row = sums + i * BLOCK_COLUMNS;
    VSTORE(VLOAD(0, row) + (SCALAR)sign * left[i], 0, row);
    VSTORE(VLOAD(1, row) + (SCALAR)sign * right[i], 1, row);
  }
}

void writeBlock(const Arguments *g, const __local SCALAR *sums, long batch, long firstRow,
                long firstColumn, int rows, int columns) {
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      const long row = firstRow + i, column = firstColumn + j;
      const int at = i * BLOCK_COLUMNS + j;
      const long target = (batch * g->dBatch + row * g->dRow + column * g->dColumn) * PARTS;
      const long source = (batch * g->cBatch + row * g->cRow + column * g->cColumn) * PARTS;
#if COMPLEX
      const SCALAR re = sums[at], im = sums[at + BLOCK_ROWS * BLOCK_COLUMNS];
      const SCALAR alphaRe = g->alpha, alphaIm = g->alphaImaginary;
      SCALAR outRe = g->readsProduct ? alphaRe * re - alphaIm * im : 0;
      SCALAR outIm = g->readsProduct ? alphaRe * im + alphaIm * re : 0;
      if (g->readsC) {
        const SCALAR cRe = LOAD_RESULT(g->c, source), cIm = LOAD_RESULT(g->c, source + 1);
        const SCALAR betaRe = g->beta, betaIm = g->betaImaginary;
        outRe += betaRe * cRe - betaIm * cIm;
        outIm += betaRe * cIm + betaIm * cRe;
      }
      STORE_RESULT(outRe, g->d, target);
      STORE_RESULT(outIm, g->d, target + 1);
#else
      SCALAR out = g->readsProduct ? (SCALAR)g->alpha * sums[at] : (SCALAR)0;
      if (g->readsC)
        out += (SCALAR)g->beta * LOAD_RESULT(g->c, source);
      STORE_RESULT(out, g->d, target);
#endif
    }
}

__kernel void gemm(Arguments g) {
  __local SCALAR packedA[BLOCK_ROWS * DEPTH * PARTS];
  __local SCALAR packedB[BLOCK_COLUMNS * DEPTH * PARTS];
  __local SCALAR sums[BLOCK_ROWS * BLOCK_COLUMNS * PARTS];
  const long firstColumn = (long)get_group_id(0) * BLOCK_COLUMNS;
  const long firstRow = (long)get_group_id(1) * BLOCK_ROWS;
  const long batch = get_group_id(2);
  const int rows = (int)min((long)BLOCK_ROWS, g.rows - firstRow);
  const int columns = (int)min((long)BLOCK_COLUMNS, g.columns - firstColumn);
  const int paddedRows = (rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
  const int paddedColumns = (columns + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS;
  const SCALAR signA = g.conjugateA ? -1 : 1, signB = g.conjugateB ? -1 : 1;
  const ulong sourceBytes = sizeof(SOURCE) * PARTS;

  for (int i = 0; i < BLOCK_ROWS * BLOCK_COLUMNS * PARTS; ++i)
    sums[i] = 0;
  for (long k = 0; g.readsProduct && k < g.depth; k += DEPTH) {
    const int depth = (int)min((long)DEPTH, g.depth - k);
    const long fromA = batch * g.aBatch + firstRow * g.aRow + k * g.aColumn;
    const long fromB = batch * g.bBatch + k * g.bRow + firstColumn * g.bColumn;
    pack(packedA, TILE_ROWS, g.a + fromA * (long)sourceBytes, g.aRow, g.aColumn, rows, paddedRows,
         depth, signA);
    pack(packedB, TILE_COLUMNS, g.b + fromB * (long)sourceBytes, g.bColumn, g.bRow, columns,
         paddedColumns, depth, signB);
    for (int j = 0; j < paddedColumns; j += TILE_COLUMNS)
      for (int i = 0; i < paddedRows; i += TILE_ROWS) {
        const __local SCALAR *a = packedA + i * DEPTH * PARTS;
        const __local SCALAR *b = packedB + j * DEPTH * PARTS;
        __local SCALAR *real = sums + i * BLOCK_COLUMNS + j;
        multiplyTile(a, b, real, depth, 1);
#if COMPLEX
        __local SCALAR *imaginary = real + BLOCK_ROWS * BLOCK_COLUMNS;
        multiplyTile(a + TILE_ROWS, b + TILE_COLUMNS, real, depth, -1);
        multiplyTile(a, b + TILE_COLUMNS, imaginary, depth, 1);
        multiplyTile(a + TILE_ROWS, b, imaginary, depth, 1);
#endif
      }
  }
  writeBlock(&g, sums, batch, firstRow, firstColumn, rows, columns);
}
