// Products of two matrices in arrays of CSR as CUDA 11 and older spelt them: csrgemm, and csrgemm2,
// which adds a third matrix. The pattern of C is counted first (…Nnz), then its rows are filled,
// sorted. Row by row with a dense accumulator, as cusparseSpGEMM does.
#include "arrays.h"

#include <algorithm>

struct csrgemm2Info {
  char unused = 0;
};

namespace npu::sparse {
namespace {

// A row of C as it is summed up.
template <class T> class Row {
public:
  explicit Row(int64_t columns) : sums(size_t(columns)), seen(size_t(columns), false) {}
  void add(int64_t column, T value) {
    if (!seen[size_t(column)]) {
      seen[size_t(column)] = true;
      sums[size_t(column)] = T(0);
      found.push_back(column);
    }
    sums[size_t(column)] += value;
  }
  // Calls `body` with the columns in order and their sums, and begins the next row.
  template <class Body> void finish(Body body) {
    std::sort(found.begin(), found.end());
    for (int64_t column : found) {
      body(column, sums[size_t(column)]);
      seen[size_t(column)] = false;
    }
    found.clear();
  }

private:
  std::vector<T> sums;
  std::vector<bool> seen;
  std::vector<int64_t> found;
};

// op(A) as lines of its own where op transposes. Without values where there are none.
template <class T> struct Transposed {
  std::vector<int64_t> offsets, indices;
  std::vector<T> values;
  template <class L> Transposed(const L &lines, int64_t across, bool conjugate) {
    offsets.resize(size_t(across) + 1);
    const int64_t last = lines.count ? lines.end(lines.count - 1) : 0;
    for (int64_t i = 0; i < last; ++i)
      ++offsets[size_t(lines.index(i)) + 1];
    std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
    std::vector<int64_t> next = offsets;
    indices.resize(size_t(last));
    values.resize(lines.values ? size_t(last) : 0);
    for (int64_t line = 0; line < lines.count; ++line)
      for (int64_t i = lines.begin(line); i < lines.end(line); ++i) {
        const size_t place = size_t(next[size_t(lines.index(i))]++);
        indices[place] = line;
        if (lines.values)
          values[place] = conjugatedIf(conjugate, lines.values[i]);
      }
  }
  Lines<int64_t, int64_t, T> lines() const {
    return {int64_t(offsets.size()) - 1,
            offsets.data(),
            indices.data(),
            values.empty() ? nullptr : values.data(),
            0,
            0};
  }
};
template <class T, class Body>
void withOperand(const SparseMatrix &A, npusparseOperation_t operation, Body body) {
  withLines<T>(A, [&](const auto &lines) {
    if (operation == NPUSPARSE_OPERATION_NON_TRANSPOSE)
      return body(lines);
    const Transposed<T> other(lines, A.columns,
                              operation == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE);
    body(other.lines());
  });
}

// C = alpha op(A) op(B) + beta D; either summand may be absent.
struct Product {
  int rows, columns;
  SparseMatrix A, B, D;
  npusparseOperation_t transA = NPUSPARSE_OPERATION_NON_TRANSPOSE,
                       transB = NPUSPARSE_OPERATION_NON_TRANSPOSE;
  bool multiplies = true, adds = false;
};

// Calls `body` with each row's number and the row.
template <class T, class Body> void eachRow(const Product &p, T alpha, T beta, Body body) {
  Row<T> row(p.columns);
  const auto rows = [&](const auto *a, const auto *b, const auto *d) {
    for (int64_t line = 0; line < p.rows; ++line) {
      if (p.multiplies)
        for (int64_t i = a->begin(line); i < a->end(line); ++i)
          for (int64_t k = a->index(i), j = b->begin(k); j < b->end(k); ++j)
            row.add(b->index(j),
                    a->values && b->values ? alpha * a->values[i] * b->values[j] : T(0));
      if (p.adds)
        for (int64_t i = d->begin(line); i < d->end(line); ++i)
          row.add(d->index(i), d->values ? beta * d->values[i] : T(0));
      body(line, row);
    }
  };
  using None = const Lines<int, int, T> *;
  const auto withProduct = [&](const auto *d) {
    if (!p.multiplies)
      return rows(None(nullptr), None(nullptr), d);
    withOperand<T>(p.A, p.transA, [&](const auto &a) {
      withOperand<T>(p.B, p.transB, [&](const auto &b) { rows(&a, &b, d); });
    });
  };
  if (!p.adds)
    return withProduct(None(nullptr));
  withLines<T>(p.D, [&](const auto &d) { withProduct(&d); });
}

SparseMatrix pattern(int64_t rows, int64_t columns, int nnz, npusparseMatDescr_t descr,
                     const int *offsets, const int *indices) {
  return csr(rows, columns, nnz, descr->base, NPU_R_32F, nullptr, offsets, indices);
}

Outcome check(const Product &p, bool values) {
  Arguments arguments;
  const auto matrix = [&](const SparseMatrix &m) {
    arguments.that(m.rows >= 0 && m.columns >= 0 && m.nonzeros >= 0, "a size is negative");
    if (values)
      memoryOf(arguments, m);
    else
      arguments.memory("a matrix's offsets", m.offsets, m.rows + 1, sizeof(int))
          .memory("a matrix's indices", m.indices, m.nonzeros, sizeof(int));
  };
  if (p.multiplies)
    matrix(p.A), matrix(p.B);
  if (p.adds)
    matrix(p.D);
  return arguments.outcome();
}

Outcome count(const Settings &settings, const Product &p, npusparseMatDescr_t descrC, int *offsets,
              int *total) {
  Outcome bad = check(p, false);
  const bool device = settings.pointerMode == NPUSPARSE_POINTER_MODE_DEVICE;
  Arguments arguments;
  arguments.memory("C's offsets", offsets, int64_t(p.rows) + 1, sizeof(int))
      .that(total, "the total's address is null");
  if (device)
    arguments.memory("the total", total, 1, sizeof(int));
  if (!bad.ok() || !arguments.ok())
    return bad.ok() ? arguments.outcome() : bad;
  const auto work = [=, base = int(descrC->base)] {
    int sum = 0;
    eachRow<float>(p, 0, 0, [&](int64_t line, Row<float> &row) {
      offsets[line] = sum + base;
      row.finish([&](int64_t, float) { ++sum; });
    });
    offsets[p.rows] = sum + base;
    *total = sum;
  };
  return device ? enqueue(settings, work) : enqueueForHost(settings, work);
}

template <class T>
Outcome multiply(const Settings &settings, const Product &p, const T *alpha, const T *beta,
                 npusparseMatDescr_t descrC, T *values, const int *offsets, int *indices) {
  Outcome bad = check(p, true);
  Scalar a, b;
  const T one = T(1);
  if (bad.ok() && p.multiplies)
    bad = alpha ? a.set(settings, "alpha", alpha, kType<T>) : a.set({}, "alpha", &one, kType<T>);
  if (bad.ok() && p.adds)
    bad = b.set(settings, "beta", beta, kType<T>);
  Arguments arguments;
  arguments.memory("C's offsets", offsets, int64_t(p.rows) + 1, sizeof(int));
  if (!bad.ok())
    return bad;
  return enqueueChecked(settings, arguments, [=, base = int(descrC->base)] {
    const int64_t nonzeros = offsets[p.rows] - base;
    if (nonzeros < 0 || !core::deviceCanReach(values, size_t(nonzeros) * sizeof(T)) ||
        !core::deviceCanReach(indices, size_t(nonzeros) * sizeof(int)))
      failOnIndices("C");
    eachRow<T>(p, a.get<T>(), b.get<T>(), [&](int64_t line, Row<T> &row) {
      int64_t at = offsets[line] - base;
      row.finish([&](int64_t column, T value) {
        if (at < 0 || at >= offsets[line + 1] - base)
          failOnIndices("C has not the pattern that was counted: it");
        indices[at] = int(column + base);
        values[at++] = value;
      });
    });
  });
}

Outcome generalOnes(std::initializer_list<npusparseMatDescr_t> descrs) {
  for (npusparseMatDescr_t descr : descrs)
    if (Outcome bad = general(descr); !bad.ok())
      return bad;
  return {};
}
bool plain(npusparseOperation_t operation) {
  return operation == NPUSPARSE_OPERATION_NON_TRANSPOSE;
}
using LiveInfo = core::LiveSet<csrgemm2Info>;

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

extern "C" {

npusparseStatus_t npusparseCreateCsrgemm2Info(csrgemm2Info_t *info) {
  return entry("cusparseCreateCsrgemm2Info", [&]() -> Outcome {
    if (!info)
      return invalid("the info's address is null");
    *info = LiveInfo::instance().add(std::make_unique<csrgemm2Info>());
    return {};
  });
}
npusparseStatus_t npusparseDestroyCsrgemm2Info(csrgemm2Info_t info) {
  return entry("cusparseDestroyCsrgemm2Info", [&]() -> Outcome {
    return LiveInfo::instance().remove(info) ? Outcome() : invalid("the info is not one");
  });
}

npusparseStatus_t npusparseXcsrgemmNnz NPU_SPARSE_GEMM_NNZ {
  return entry("cusparseXcsrgemmNnz", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = generalOnes({descrA, descrB, descrC}); !bad.ok())
      return bad;
    Product p{m, n, {}, {}, {}, transA, transB};
    p.A = pattern(plain(transA) ? m : k, plain(transA) ? k : m, nnzA, descrA, csrSortedRowPtrA,
                  csrSortedColIndA);
    p.B = pattern(plain(transB) ? k : n, plain(transB) ? n : k, nnzB, descrB, csrSortedRowPtrB,
                  csrSortedColIndB);
    return count(settings, p, descrC, csrSortedRowPtrC, nnzTotal);
  });
}

// Which summands there are is said by alpha and beta; the pattern's counting has only the arrays.
npusparseStatus_t npusparseXcsrgemm2Nnz NPU_SPARSE_GEMM2_NNZ {
  return entry("cusparseXcsrgemm2Nnz", handle, [&](const Settings &settings) -> Outcome {
    Product p{m, n, {}, {}, {}};
    p.multiplies = csrSortedRowPtrA && csrSortedRowPtrB;
    p.adds = csrSortedRowPtrD;
    Outcome bad = general(descrC);
    if (bad.ok() && p.multiplies)
      bad = generalOnes({descrA, descrB});
    if (bad.ok() && p.adds)
      bad = general(descrD);
    if (!bad.ok())
      return bad;
    if (p.multiplies) {
      p.A = pattern(m, k, nnzA, descrA, csrSortedRowPtrA, csrSortedColIndA);
      p.B = pattern(k, n, nnzB, descrB, csrSortedRowPtrB, csrSortedColIndB);
    }
    if (p.adds)
      p.D = pattern(m, n, nnzD, descrD, csrSortedRowPtrD, csrSortedColIndD);
    return count(settings, p, descrC, csrSortedRowPtrC, nnzTotal);
  });
}

#define MATRIX(X, rows, columns)                                                                   \
  csr(rows, columns, nnz##X, descr##X->base, type, csrSortedVal##X, csrSortedRowPtr##X,            \
      csrSortedColInd##X)
#define FUNCTIONS(letter, T)                                                                       \
  npusparseStatus_t npusparse##letter##csrgemm NPU_SPARSE_GEMM(T) {                                \
    return entry("cusparse" #letter "csrgemm", handle, [&](const Settings &settings) -> Outcome {  \
      if (Outcome bad = generalOnes({descrA, descrB, descrC}); !bad.ok())                          \
        return bad;                                                                                \
      const npuDataType type = kType<Element<T>>;                                                  \
      Product p{m, n, {}, {}, {}, transA, transB};                                                 \
      p.A = MATRIX(A, plain(transA) ? m : k, plain(transA) ? k : m);                               \
      p.B = MATRIX(B, plain(transB) ? k : n, plain(transB) ? n : k);                               \
      return multiply<Element<T>>(settings, p, nullptr, nullptr, descrC, elements(csrSortedValC),  \
                                  csrSortedRowPtrC, csrSortedColIndC);                             \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrgemm2_bufferSizeExt NPU_SPARSE_GEMM2_SIZE(T) {           \
    return entry("cusparse" #letter "csrgemm2_bufferSizeExt", handle,                              \
                 [&](const Settings &) -> Outcome {                                                \
                   if (!alpha && !beta)                                                            \
                     return invalid("alpha and beta are null");                                    \
                   return giveBufferSize(bufferSize);                                              \
                 });                                                                               \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrgemm2 NPU_SPARSE_GEMM2(T) {                              \
    return entry("cusparse" #letter "csrgemm2", handle, [&](const Settings &settings) -> Outcome { \
      const npuDataType type = kType<Element<T>>;                                                  \
      Product p{m, n, {}, {}, {}};                                                                 \
      p.multiplies = alpha;                                                                        \
      p.adds = beta;                                                                               \
      Outcome bad = general(descrC);                                                               \
      if (bad.ok() && !alpha && !beta)                                                             \
        bad = invalid("alpha and beta are null");                                                  \
      if (bad.ok() && p.multiplies)                                                                \
        bad = generalOnes({descrA, descrB});                                                       \
      if (bad.ok() && p.adds)                                                                      \
        bad = general(descrD);                                                                     \
      if (!bad.ok())                                                                               \
        return bad;                                                                                \
      if (p.multiplies) {                                                                          \
        p.A = MATRIX(A, m, k);                                                                     \
        p.B = MATRIX(B, k, n);                                                                     \
      }                                                                                            \
      if (p.adds)                                                                                  \
        p.D = MATRIX(D, m, n);                                                                     \
      return multiply<Element<T>>(settings, p, elements(alpha), elements(beta), descrC,            \
                                  elements(csrSortedValC), csrSortedRowPtrC, csrSortedColIndC);    \
    });                                                                                            \
  }
FOR_EACH_TYPE(FUNCTIONS)

} // extern "C"
