// Matrices in arrays of BSR: made from CSR and back, products, and solutions with triangles. A
// solution reads the matrix itself, so that an analysis only looks for a missing diagonal.
#include "arrays.h"
#include "products.h"
#include "solves.h"

#include "npu/api/sparse_blocks_parameters.def"

#include <atomic>
#include <set>

struct bsrsv2Info {
  std::shared_ptr<std::atomic<int>> zeroPivot = std::make_shared<std::atomic<int>>(-1);
};

namespace npu::sparse {
namespace {

SparseMatrix bsr(int64_t blockRows, int64_t blockColumns, int64_t count, int blockDim,
                 npusparseDirection_t direction, npusparseIndexBase_t base, npuDataType type,
                 const void *values, const int *offsets, const int *indices) {
  SparseMatrix matrix = csr(blockRows * blockDim, blockColumns * blockDim,
                            count * blockDim * blockDim, base, type, values, offsets, indices);
  matrix.format = NPUSPARSE_FORMAT_BSR;
  matrix.blockRows = matrix.blockColumns = blockDim;
  matrix.storedIndices = count;
  matrix.storedValues = matrix.nonzeros;
  matrix.blocksByRows = direction == NPUSPARSE_DIRECTION_ROW;
  return matrix;
}

Outcome checkBlocks(Arguments &check, npusparseDirection_t direction, int rows, int columns,
                    int blockDim) {
  check.that(rows >= 0 && columns >= 0, "a size is negative")
      .that(blockDim > 0, "the block's size is not positive")
      .that(direction == NPUSPARSE_DIRECTION_ROW || direction == NPUSPARSE_DIRECTION_COLUMN,
            "no such direction");
  return check.outcome();
}

// The number of elements is what the offsets say when the stream gets there.
int64_t reachOf(const int *offsets, int64_t lines, int64_t base) {
  return lines ? offsets[lines] - base : 0;
}
void demand(const Arguments &check) {
  if (!check.ok())
    failOnIndices("a sparse matrix");
}

// The columns of blocks that hold elements, for each row of blocks.
template <class L>
std::vector<std::set<int64_t>> patternOf(const L &lines, int64_t blockRows, int blockDim) {
  std::vector<std::set<int64_t>> pattern(static_cast<size_t>(blockRows));
  for (int64_t line = 0; line < lines.count; ++line)
    for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
      pattern[size_t(line / blockDim)].insert(lines.index(i) / blockDim);
  return pattern;
}
int64_t putOffsets(const std::vector<std::set<int64_t>> &pattern, int *offsets, int base) {
  int64_t count = 0;
  offsets[0] = base;
  for (size_t row = 0; row < pattern.size(); ++row)
    offsets[row + 1] = int((count += int64_t(pattern[row].size())) + base);
  return count;
}

Outcome countBlocks(const Settings &settings, npusparseDirection_t direction, int m, int n,
                    npusparseMatDescr_t descrA, const int *offsets, const int *indices,
                    int blockDim, npusparseMatDescr_t descrC, int *offsetsC, int *total) {
  if (Outcome bad = general(descrA); !bad.ok())
    return bad;
  if (Outcome bad = general(descrC); !bad.ok())
    return bad;
  Arguments check;
  if (Outcome bad = checkBlocks(check, direction, m, n, blockDim); !bad.ok())
    return bad;
  const int64_t blockRows = (int64_t(m) + blockDim - 1) / blockDim;
  check.that(total, "the number's address is null")
      .memory("the offsets of A", offsets, int64_t(m) + 1, sizeof(int))
      .memory("the offsets of C", offsetsC, blockRows + 1, sizeof(int));
  if (!check.ok())
    return check.outcome();
  const npusparseIndexBase_t base = descrA->base, baseC = descrC->base;
  const auto work = [=] {
    const int64_t nonzeros = reachOf(offsets, m, base);
    Arguments reach;
    demand(reach.memory("the indices of A", indices, nonzeros, sizeof(int)));
    const SparseMatrix A = csr(m, n, nonzeros, base, NPU_R_32F, nullptr, offsets, indices);
    withLines<float>(A, [&](const auto &lines) {
      *total = int(putOffsets(patternOf(lines, blockRows, blockDim), offsetsC, int(baseC)));
    });
  };
  if (settings.pointerMode == NPUSPARSE_POINTER_MODE_HOST)
    return enqueueForHost(settings, work);
  return enqueueChecked(settings, check.memory("the number", total, 1, sizeof(int)), work);
}

template <class T>
Outcome toBlocks(const Settings &settings, npusparseDirection_t direction, int m, int n,
                 npusparseMatDescr_t descrA, const T *values, const int *offsets,
                 const int *indices, int blockDim, npusparseMatDescr_t descrC, T *valuesC,
                 int *offsetsC, int *indicesC) {
  if (Outcome bad = general(descrA); !bad.ok())
    return bad;
  if (Outcome bad = general(descrC); !bad.ok())
    return bad;
  Arguments check;
  if (Outcome bad = checkBlocks(check, direction, m, n, blockDim); !bad.ok())
    return bad;
  const int64_t blockRows = (int64_t(m) + blockDim - 1) / blockDim;
  check.memory("the offsets of A", offsets, int64_t(m) + 1, sizeof(int))
      .memory("the offsets of C", offsetsC, blockRows + 1, sizeof(int));
  const npusparseIndexBase_t base = descrA->base, baseC = descrC->base;
  return enqueueChecked(settings, check, [=] {
    const int64_t nonzeros = reachOf(offsets, m, base);
    const SparseMatrix A = csr(m, n, nonzeros, base, kType<T>, values, offsets, indices);
    Arguments reach;
    demand(memoryOf(reach, A));
    withLines<T>(A, [&](const auto &lines) {
      const auto pattern = patternOf(lines, blockRows, blockDim);
      const int64_t count = putOffsets(pattern, offsetsC, int(baseC)),
                    elements = int64_t(blockDim) * blockDim;
      demand(reach.memory("C's indices", indicesC, count, sizeof(int))
                 .memory("C's values", valuesC, count * elements, sizeof(T)));
      std::fill_n(valuesC, count * elements, T(0));
      int64_t first = 0;
      for (int64_t row = 0; row < blockRows; ++row) {
        int64_t place = first;
        std::vector<std::pair<int64_t, int64_t>> found; // columns of blocks and their places
        for (int64_t column : pattern[size_t(row)]) {
          indicesC[place] = int(column + baseC);
          found.emplace_back(column, place++);
        }
        for (int64_t line = row * blockDim; line < std::min<int64_t>(m, (row + 1) * blockDim);
             ++line)
          for (int64_t i = lines.begin(line); i < lines.end(line); ++i) {
            const int64_t column = lines.index(i), r = line % blockDim, c = column % blockDim;
            const auto block = std::lower_bound(found.begin(), found.end(),
                                                std::pair<int64_t, int64_t>(column / blockDim, 0));
            valuesC[block->second * elements +
                    (direction == NPUSPARSE_DIRECTION_ROW ? r * blockDim + c : c * blockDim + r)] +=
                lines.values[i];
          }
        first = place;
      }
    });
  });
}

template <class T>
Outcome fromBlocks(const Settings &settings, npusparseDirection_t direction, int mb, int nb,
                   npusparseMatDescr_t descrA, const T *values, const int *offsets,
                   const int *indices, int blockDim, npusparseMatDescr_t descrC, T *valuesC,
                   int *offsetsC, int *indicesC) {
  if (Outcome bad = general(descrA); !bad.ok())
    return bad;
  if (Outcome bad = general(descrC); !bad.ok())
    return bad;
  Arguments check;
  if (Outcome bad = checkBlocks(check, direction, mb, nb, blockDim); !bad.ok())
    return bad;
  check.memory("the offsets of A", offsets, int64_t(mb) + 1, sizeof(int))
      .memory("the offsets of C", offsetsC, int64_t(mb) * blockDim + 1, sizeof(int));
  const npusparseIndexBase_t base = descrA->base, baseC = descrC->base;
  return enqueueChecked(settings, check, [=] {
    const SparseMatrix A = bsr(mb, nb, reachOf(offsets, mb, base), blockDim, direction, base,
                               kType<T>, values, offsets, indices);
    Arguments reach;
    demand(memoryOf(reach, A)
               .memory("C's indices", indicesC, A.storedValues, sizeof(int))
               .memory("C's values", valuesC, A.storedValues, sizeof(T)));
    withLines<T>(A, [&](const auto &lines) {
      for (int64_t line = 0; line <= lines.count; ++line)
        offsetsC[line] = int((line ? lines.end(line - 1) : 0) + baseC);
      for (int64_t i = 0; i < A.storedValues; ++i) {
        indicesC[i] = int(lines.index(i) + baseC);
        valuesC[i] = lines.values[i];
      }
    });
  });
}

// op(A) B: a vector is a matrix of one column.
template <class T>
Outcome multiply(const Settings &settings, npusparseOperation_t transA, npusparseOperation_t transB,
                 int n, const void *alpha, const SparseMatrix &A, const T *B, int ldb,
                 const void *beta, T *C, int ldc) {
  const bool plainA = transA == NPUSPARSE_OPERATION_NON_TRANSPOSE,
             plainB = transB == NPUSPARSE_OPERATION_NON_TRANSPOSE;
  const int64_t cRows = plainA ? A.rows : A.columns, depth = plainA ? A.columns : A.rows;
  const int64_t bRows = plainB ? depth : n, bColumns = plainB ? n : depth;
  Arguments check;
  check.that(n >= 0, "n is negative")
      .that(ldb >= std::max<int64_t>(1, bRows), "ldb is too small")
      .that(ldc >= std::max<int64_t>(1, cRows), "ldc is too small");
  memoryOf(check, A)
      .memory("B", B, bRows && bColumns ? (bColumns - 1) * ldb + bRows : 0, sizeof(T))
      .memory("C", C, cRows && n ? int64_t(n - 1) * ldc + cRows : 0, sizeof(T));
  Scalar a, b;
  Outcome bad = a.set(settings, "alpha", alpha, kType<T>);
  if (bad.ok())
    bad = b.set(settings, "beta", beta, kType<T>);
  if (!bad.ok())
    return bad;
  return enqueueChecked(settings, check, [=] {
    const Strided<const T> right =
        plainB ? Strided<const T>{B, 1, ldb} : Strided<const T>{B, ldb, 1};
    withLines<T>(A, [&](const auto &lines) {
      multiplyMatrix(lines, accessOf(A, transA), a.get<T>(), right,
                     transB == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE, b.get<T>(),
                     Strided<T>{C, 1, ldc}, cRows, n);
    });
  });
}

// op(A) x = alpha f for the triangle of elements that the descriptor names. The pivot is the row of
// blocks with the first diagonal element that is missing or, where values count, zero.
template <class T>
Outcome solve(const Settings &settings, npusparseOperation_t operation, const SparseMatrix &A,
              npusparseMatDescr_t descr, const void *alpha, const T *f, T *x,
              std::shared_ptr<std::atomic<int>> pivot, bool run) {
  Arguments check;
  memoryOf(check, A);
  if (run)
    check.memory("f", f, A.rows, sizeof(T)).memory("x", x, A.rows, sizeof(T));
  Scalar a;
  if (run)
    if (Outcome bad = a.set(settings, "alpha", alpha, kType<T>); !bad.ok())
      return bad;
  const Triangle triangle{descr->triangle == NPUSPARSE_FILL_MODE_LOWER,
                          descr->diagonal == NPUSPARSE_DIAG_TYPE_UNIT};
  return enqueueChecked(settings, check, [=] {
    withLines<T>(A, [&](const auto &lines) {
      *pivot = -1;
      for (int64_t line = lines.count - 1; !triangle.unit && line >= 0; --line) {
        bool found = false;
        for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
          found |= lines.index(i) == line && (!run || lines.values[i] != T(0));
        if (!found)
          *pivot = int(line / A.blockRows + A.base);
      }
      if (!run)
        return;
      std::vector<T> right(static_cast<size_t>(A.rows));
      for (int64_t row = 0; row < A.rows; ++row)
        right[size_t(row)] = a.get<T>() * f[row];
      solveTriangle(lines, accessOf(A, operation), triangle, right.data(), 1);
      std::copy(right.begin(), right.end(), x);
    });
  });
}

Outcome checkSolve(npusparseMatDescr_t descr, const bsrsv2Info *info,
                   npusparseDirection_t direction, npusparseOperation_t operation, int mb, int nnzb,
                   int blockDim) {
  Arguments check;
  check.live("the matrix's descriptor is not one", descr).live("the info is not one", info);
  if (Outcome bad = checkBlocks(check, direction, mb, nnzb, blockDim); !bad.ok())
    return bad;
  check.that(operation >= NPUSPARSE_OPERATION_NON_TRANSPOSE &&
                 operation <= NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE,
             "no such operation");
  if (check.ok() && descr->type != NPUSPARSE_MATRIX_TYPE_GENERAL &&
      descr->type != NPUSPARSE_MATRIX_TYPE_TRIANGULAR)
    return {NPUSPARSE_STATUS_MATRIX_TYPE_NOT_SUPPORTED,
            "the matrix's type must be general or triangular"};
  return check.outcome();
}

template <class Size>
npusparseStatus_t solveSize(const char *name, npusparseHandle_t handle, npusparseMatDescr_t descr,
                            const bsrsv2Info *info, npusparseDirection_t direction,
                            npusparseOperation_t operation, int mb, int nnzb, int blockDim,
                            Size *size) {
  return entry(name, handle, [&](const Settings &) -> Outcome {
    if (Outcome bad = checkSolve(descr, info, direction, operation, mb, nnzb, blockDim); !bad.ok())
      return bad;
    if (!size)
      return invalid("the buffer size's address is null");
    *size = Size(kBufferBytes);
    return {};
  });
}

// Products take matrices that store all their elements, in blocks that are there.
Outcome checkProduct(npusparseMatDescr_t descr, npusparseDirection_t direction,
                     npusparseOperation_t operation, int mb, int nb, int nnzb, int blockDim) {
  if (Outcome bad = general(descr); !bad.ok())
    return bad;
  Arguments check;
  check.that(nnzb >= 0, "a size is negative")
      .that(operation >= NPUSPARSE_OPERATION_NON_TRANSPOSE &&
                operation <= NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE,
            "no such operation");
  return check.ok() ? checkBlocks(check, direction, mb, nb, blockDim) : check.outcome();
}

} // namespace
} // namespace npu::sparse

using namespace npu;
using namespace npu::sparse;
using Infos = core::LiveSet<bsrsv2Info>;

extern "C" {

npusparseStatus_t npusparseXcsr2bsrNnz NPU_SPARSE_CSR_BSR_NNZ {
  return entry("cusparseXcsr2bsrNnz", handle, [&](const Settings &settings) {
    return countBlocks(settings, direction, m, n, descrA, csrRowPtrA, csrColIndA, blockDim, descrC,
                       bsrRowPtrC, nnzTotal);
  });
}
npusparseStatus_t npusparseCreateBsrsv2Info(bsrsv2Info_t *info) {
  return entry("cusparseCreateBsrsv2Info", [&]() -> Outcome {
    if (!info)
      return invalid("the info's address is null");
    *info = Infos::instance().add(std::make_unique<bsrsv2Info>());
    return {};
  });
}
npusparseStatus_t npusparseDestroyBsrsv2Info(bsrsv2Info_t info) {
  return entry("cusparseDestroyBsrsv2Info", [&]() -> Outcome {
    return Infos::instance().remove(info) ? Outcome() : invalid("the info is not one");
  });
}
npusparseStatus_t npusparseXbsrsv2_zeroPivot(npusparseHandle_t handle, bsrsv2Info_t info,
                                             int *position) {
  return entry("cusparseXbsrsv2_zeroPivot", handle, [&](const Settings &settings) -> Outcome {
    if (!Infos::instance().has(info) || !position)
      return invalid("the info is not one, or the output is null");
    Outcome found = runNow(settings, [&] { *position = *info->zeroPivot; });
    if (found.ok() && *position >= 0)
      return {NPUSPARSE_STATUS_ZERO_PIVOT, "row of blocks " + std::to_string(*position)};
    return found;
  });
}

#define A_OF(mb, nb)                                                                               \
  bsr(mb, nb, nnzb, blockDim, direction, descrA->base, kType<E>, bsrValA, bsrRowPtrA, bsrColIndA)
#define SIZE(name, T, Size)                                                                        \
  npusparseStatus_t npusparse##name NPU_SPARSE_BSRSV2(T, Size *bytes) {                            \
    return solveSize("cusparse" #name, handle, descrA, info, direction, transA, mb, nnzb,          \
                     blockDim, bytes);                                                             \
  }
#define FUNCTIONS(letter, T)                                                                       \
  npusparseStatus_t npusparse##letter##csr2bsr NPU_SPARSE_CSR_BSR(T) {                             \
    return entry("cusparse" #letter "csr2bsr", handle, [&](const Settings &settings) {             \
      return toBlocks<Element<T>>(settings, direction, m, n, descrA, elements(csrSortedValA),      \
                                  csrSortedRowPtrA, csrSortedColIndA, blockDim, descrC,            \
                                  elements(bsrValC), bsrRowPtrC, bsrColIndC);                      \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##bsr2csr NPU_SPARSE_BSR_CSR(T) {                             \
    return entry("cusparse" #letter "bsr2csr", handle, [&](const Settings &settings) {             \
      return fromBlocks<Element<T>>(settings, direction, mb, nb, descrA, elements(bsrValA),        \
                                    bsrRowPtrA, bsrColIndA, blockDim, descrC, elements(csrValC),   \
                                    csrRowPtrC, csrColIndC);                                       \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##bsrmv NPU_SPARSE_BSRMV(T) {                                 \
    return entry("cusparse" #letter "bsrmv", handle, [&](const Settings &settings) -> Outcome {    \
      using E = Element<T>;                                                                        \
      if (Outcome bad = checkProduct(descrA, direction, transA, mb, nb, nnzb, blockDim);           \
          !bad.ok())                                                                               \
        return bad;                                                                                \
      const SparseMatrix A = A_OF(mb, nb);                                                         \
      const int rows = int(std::max<int64_t>({1, A.rows, A.columns}));                             \
      return multiply<E>(settings, transA, NPUSPARSE_OPERATION_NON_TRANSPOSE, 1, alpha, A,         \
                         elements(x), rows, beta, elements(y), rows);                              \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##bsrmm NPU_SPARSE_BSRMM(T) {                                 \
    return entry("cusparse" #letter "bsrmm", handle, [&](const Settings &settings) -> Outcome {    \
      using E = Element<T>;                                                                        \
      if (Outcome bad = checkProduct(descrA, direction, transA, mb, kb, nnzb, blockDim);           \
          !bad.ok())                                                                               \
        return bad;                                                                                \
      return multiply<E>(settings, transA, transB, n, alpha, A_OF(mb, kb), elements(B), ldb, beta, \
                         elements(C), ldc);                                                        \
    });                                                                                            \
  }                                                                                                \
  SIZE(letter##bsrsv2_bufferSize, T, int)                                                          \
  SIZE(letter##bsrsv2_bufferSizeExt, T, size_t)                                                    \
  npusparseStatus_t npusparse##letter##bsrsv2_analysis NPU_SPARSE_BSRSV2(                          \
      const T, npusparseSolvePolicy_t, void *) {                                                   \
    return entry(                                                                                  \
        "cusparse" #letter "bsrsv2_analysis", handle, [&](const Settings &settings) -> Outcome {   \
          using E = Element<T>;                                                                    \
          if (Outcome bad = checkSolve(descrA, info, direction, transA, mb, nnzb, blockDim);       \
              !bad.ok())                                                                           \
            return bad;                                                                            \
          return solve<E>(settings, transA, A_OF(mb, mb), descrA, nullptr, nullptr, nullptr,       \
                          info->zeroPivot, false);                                                 \
        });                                                                                        \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##bsrsv2_solve NPU_SPARSE_BSRSV2_SOLVE(T) {                   \
    return entry(                                                                                  \
        "cusparse" #letter "bsrsv2_solve", handle, [&](const Settings &settings) -> Outcome {      \
          using E = Element<T>;                                                                    \
          if (Outcome bad = checkSolve(descrA, info, direction, transA, mb, nnzb, blockDim);       \
              !bad.ok())                                                                           \
            return bad;                                                                            \
          return solve<E>(settings, transA, A_OF(mb, mb), descrA, alpha, elements(f), elements(x), \
                          info->zeroPivot, true);                                                  \
        });                                                                                        \
  }
#pragma GCC diagnostic ignored "-Wunused-parameter"
FOR_EACH_TYPE(FUNCTIONS)

} // extern "C"
