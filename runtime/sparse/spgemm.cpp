// The product of two sparse matrices in CSR, row by row with a dense accumulator (Gustavson 1978).
// Its size is what the host asks for after cusparseSpGEMM_compute: so that function waits for the
// stream, computes, and keeps the result in the descriptor until cusparseSpGEMM_copy.
#include "lines.h"

#include <algorithm>

struct npusparseSpGEMMDescr {
  std::vector<int64_t> offsets, indices;
  std::vector<unsigned char> values; // alpha * A B, in the compute type
  npuDataType type = NPU_R_32F;
  int64_t products = 0;
};

namespace npu::sparse {
namespace {

struct Product {
  std::vector<int64_t> offsets{0}, indices;
  std::vector<unsigned char> values;
};

template <class T, class LinesA, class LinesB>
Product multiply(const LinesA &a, const LinesB &b, int64_t columns, T alpha) {
  Product product;
  std::vector<T> sums(static_cast<size_t>(columns)), values;
  std::vector<int64_t> lastRow(size_t(columns), -1), found;
  for (int64_t row = 0; row < a.count; ++row) {
    found.clear();
    for (int64_t i = a.begin(row); i < a.end(row); ++i)
      for (int64_t k = a.index(i), j = b.begin(k); j < b.end(k); ++j) {
        const size_t column = size_t(b.index(j));
        if (lastRow[column] != row) {
          lastRow[column] = row;
          sums[column] = T(0);
          found.push_back(int64_t(column));
        }
        sums[column] += a.values[i] * b.values[j];
      }
    std::sort(found.begin(), found.end());
    for (int64_t column : found) {
      product.indices.push_back(column);
      values.push_back(alpha * sums[size_t(column)]);
    }
    product.offsets.push_back(int64_t(product.indices.size()));
  }
  product.values.resize(values.size() * sizeof(T));
  std::memcpy(product.values.data(), values.data(), product.values.size());
  return product;
}

template <class LinesA, class LinesB> int64_t countProducts(const LinesA &a, const LinesB &b) {
  int64_t products = 0;
  for (int64_t row = 0; row < a.count; ++row)
    for (int64_t i = a.begin(row); i < a.end(row); ++i)
      products += b.end(a.index(i)) - b.begin(a.index(i));
  return products;
}

// The checks that do not ask for the type that products are computed in.
Outcome checkOperands(npusparseOperation_t opA, npusparseOperation_t opB,
                      npusparseConstSpMatDescr_t A, npusparseConstSpMatDescr_t B,
                      npusparseConstSpMatDescr_t C, npusparseSpGEMMDescr_t descr) {
  Arguments arguments;
  arguments.live("A is no matrix", A).live("B is no matrix", B).live("C is no matrix", C);
  if (!arguments.live("the descriptor of the product is not one", descr).ok())
    return arguments.outcome();
  if (opA != NPUSPARSE_OPERATION_NON_TRANSPOSE || opB != NPUSPARSE_OPERATION_NON_TRANSPOSE)
    return unsupported("A and B cannot be transposed");
  for (auto *matrix : {A, B, C})
    if (matrix->format != NPUSPARSE_FORMAT_CSR || matrix->batchCount != 1)
      return unsupported("A, B and C must be single matrices in CSR");
  arguments.that(A->columns == B->rows && C->rows == A->rows && C->columns == B->columns,
                 "the sizes of A, B and C do not fit");
  return memoryOf(memoryOf(arguments, *A), *B).outcome();
}
Outcome check(npusparseOperation_t opA, npusparseOperation_t opB, npusparseConstSpMatDescr_t A,
              npusparseConstSpMatDescr_t B, npusparseConstSpMatDescr_t C, npuDataType type,
              npusparseSpGEMMDescr_t descr) {
  Outcome bad = checkOperands(opA, opB, A, B, C, descr);
  return bad.ok() ? computable(type, {A->type, B->type, C->type}) : bad;
}

template <class Body>
void withBoth(const SparseMatrix &A, const SparseMatrix &B, npuDataType type, Body body) {
  byType(type, [&](auto zero) {
    using T = decltype(zero);
    withLines<T>(A,
                 [&](const auto &a) { withLines<T>(B, [&](const auto &b) { body(zero, a, b); }); });
  });
}

// The product's offsets and indices to C.
void storePattern(const npusparseSpGEMMDescr &product, const SparseMatrix &C) {
  const auto indices = [&](void *to, npusparseIndexType_t type, const std::vector<int64_t> &from) {
    for (size_t i = 0; i < from.size(); ++i)
      if (type == NPUSPARSE_INDEX_64I)
        static_cast<int64_t *>(to)[i] = from[i] + C.base;
      else
        static_cast<int32_t *>(to)[i] = int32_t(from[i] + C.base);
  };
  indices(C.offsets, C.offsetType, product.offsets);
  indices(C.indices, C.indexType, product.indices);
}
// And its values, which beta scales before.
template <class T> void store(const npusparseSpGEMMDescr &product, const SparseMatrix &C, T beta) {
  storePattern(product, C);
  const Target<T> values(C.values, C.type, C.nonzeros);
  const T *from = reinterpret_cast<const T *>(product.values.data());
  for (int64_t i = 0; i < C.nonzeros; ++i)
    values.data()[i] = from[i] + scaled(beta, values.data()[i]);
}

} // namespace
} // namespace npu::sparse

using namespace npu::core;
using namespace npu::sparse;
using Live = LiveSet<npusparseSpGEMMDescr>;

#define NPU_T(name) npu##name
#define NPU_SPARSE(name) npusparse##name
#include "npu/api/sparse_parameters.def"

extern "C" {

npusparseStatus_t npusparseSpGEMM_createDescr(npusparseSpGEMMDescr_t *descr) {
  return entry("cusparseSpGEMM_createDescr", [&]() -> Outcome {
    if (!descr)
      return invalid("the descriptor's address is null");
    *descr = Live::instance().add(std::make_unique<npusparseSpGEMMDescr>());
    return {};
  });
}
npusparseStatus_t npusparseSpGEMM_destroyDescr(npusparseSpGEMMDescr_t descr) {
  return entry("cusparseSpGEMM_destroyDescr", [&]() -> Outcome {
    return Live::instance().remove(descr) ? Outcome() : invalid("the descriptor is not one");
  });
}

// Without a buffer the functions ask for its size; with one they work.
npusparseStatus_t npusparseSpGEMM_workEstimation NPU_SPARSE_SPGEMM(, size_t *bufferSize,
                                                                   void *buffer) {
  return entry("cusparseSpGEMM_workEstimation", handle, [&](const Settings &settings) -> Outcome {
    (void)alpha, (void)beta;
    if (Outcome bad = check(opA, opB, A, B, C, computeType, descr); !bad.ok())
      return bad;
    if (!buffer)
      return giveBufferSize(bufferSize);
    return runNow(settings, [&] {
      withBoth(*A, *B, computeType,
               [&](auto, const auto &a, const auto &b) { descr->products = countProducts(a, b); });
    });
  });
}
npusparseStatus_t npusparseSpGEMM_getNumProducts(npusparseSpGEMMDescr_t descr, int64_t *products) {
  return entry("cusparseSpGEMM_getNumProducts", [&]() -> Outcome {
    if (!Live::instance().has(descr) || !products)
      return invalid("the descriptor is not one, or the output's address is null");
    *products = descr->products;
    return {};
  });
}
npusparseStatus_t npusparseSpGEMM_estimateMemory NPU_SPARSE_SPGEMM(, float chunkFraction,
                                                                   size_t *bufferSize3,
                                                                   void *buffer3,
                                                                   size_t *bufferSize2) {
  return entry("cusparseSpGEMM_estimateMemory", handle, [&](const Settings &) -> Outcome {
    (void)alpha, (void)beta;
    if (Outcome bad = check(opA, opB, A, B, C, computeType, descr); !bad.ok())
      return bad;
    if (!(chunkFraction > 0 && chunkFraction <= 1))
      return invalid("the fraction of a chunk is not in (0, 1]");
    return giveBufferSize(buffer3 ? bufferSize2 : bufferSize3);
  });
}
npusparseStatus_t npusparseSpGEMM_compute NPU_SPARSE_SPGEMM(, size_t *bufferSize, void *buffer) {
  return entry("cusparseSpGEMM_compute", handle, [&](const Settings &settings) -> Outcome {
    (void)beta;
    if (Outcome bad = check(opA, opB, A, B, C, computeType, descr); !bad.ok())
      return bad;
    if (!buffer)
      return giveBufferSize(bufferSize);
    Scalar factor;
    if (Outcome bad = factor.set(settings, "alpha", alpha, computeType); !bad.ok())
      return bad;
    return runNow(settings, [&] {
      withBoth(*A, *B, computeType, [&](auto zero, const auto &a, const auto &b) {
        using T = decltype(zero);
        Product product = multiply<T>(a, b, B->columns, factor.get<T>());
        descr->offsets = std::move(product.offsets);
        descr->indices = std::move(product.indices);
        descr->values = std::move(product.values);
        descr->type = computeType;
        C->nonzeros = int64_t(descr->indices.size());
      });
    });
  });
}
npusparseStatus_t npusparseSpGEMM_copy NPU_SPARSE_SPGEMM() {
  return entry("cusparseSpGEMM_copy", handle, [&](const Settings &settings) -> Outcome {
    (void)alpha;
    if (Outcome bad = check(opA, opB, A, B, C, computeType, descr); !bad.ok())
      return bad;
    if (int64_t(descr->offsets.size()) != C->rows + 1 || descr->type != computeType ||
        C->nonzeros != int64_t(descr->indices.size()))
      return invalid("cusparseSpGEMM_compute has not computed this product");
    Arguments arguments;
    memoryOf(arguments, *C);
    Scalar factor;
    if (Outcome bad = factor.set(settings, "beta", beta, computeType); !arguments.ok() || !bad.ok())
      return arguments.ok() ? bad : arguments.outcome();
    return enqueue(settings, [=, product = *descr, C = SparseMatrix(*C)] {
      byType(computeType,
             [&](auto zero) { store<decltype(zero)>(product, C, factor.get<decltype(zero)>()); });
    });
  });
}

// The product in parts: its pattern once, its values as often as those of A and B change.
npusparseStatus_t npusparseSpGEMMreuse_workEstimation NPU_SPARSE_SPGEMM_REUSE(size_t *bufferSize,
                                                                              void *) {
  return entry("cusparseSpGEMMreuse_workEstimation", handle, [&](const Settings &) -> Outcome {
    Outcome bad = checkOperands(opA, opB, A, B, C, descr);
    return bad.ok() ? giveBufferSize(bufferSize) : bad;
  });
}
npusparseStatus_t npusparseSpGEMMreuse_nnz NPU_SPARSE_SPGEMM_REUSE(size_t *bufferSize2,
                                                                   void *buffer2,
                                                                   size_t *bufferSize3, void *,
                                                                   size_t *bufferSize4, void *) {
  return entry("cusparseSpGEMMreuse_nnz", handle, [&](const Settings &settings) -> Outcome {
    Outcome bad = checkOperands(opA, opB, A, B, C, descr);
    for (size_t *size : {bufferSize2, bufferSize3, bufferSize4})
      if (bad.ok())
        bad = giveBufferSize(size);
    if (!bad.ok() || !buffer2)
      return bad;
    return runNow(settings, [&] {
      // Complex double holds the values of every format; only the pattern is kept.
      withBoth(*A, *B, NPU_C_64F, [&](auto zero, const auto &a, const auto &b) {
        Product product = multiply<decltype(zero)>(a, b, B->columns, decltype(zero)(1));
        descr->offsets = std::move(product.offsets);
        descr->indices = std::move(product.indices);
        descr->values.clear();
        C->nonzeros = int64_t(descr->indices.size());
      });
    });
  });
}
npusparseStatus_t npusparseSpGEMMreuse_copy NPU_SPARSE_SPGEMM_REUSE(size_t *bufferSize,
                                                                    void *buffer) {
  return entry("cusparseSpGEMMreuse_copy", handle, [&](const Settings &settings) -> Outcome {
    Outcome bad = checkOperands(opA, opB, A, B, C, descr);
    if (bad.ok() && (int64_t(descr->offsets.size()) != C->rows + 1 ||
                     C->nonzeros != int64_t(descr->indices.size())))
      bad = invalid("cusparseSpGEMMreuse_nnz has not computed this product");
    if (bad.ok())
      bad = giveBufferSize(bufferSize);
    if (!bad.ok() || !buffer)
      return bad;
    Arguments arguments;
    if (!memoryOf(arguments, *C).ok())
      return arguments.outcome();
    return enqueue(settings,
                   [product = *descr, C = SparseMatrix(*C)] { storePattern(product, C); });
  });
}
npusparseStatus_t npusparseSpGEMMreuse_compute NPU_SPARSE_SPGEMM() {
  return entry("cusparseSpGEMMreuse_compute", handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = check(opA, opB, A, B, C, computeType, descr); !bad.ok())
      return bad;
    if (int64_t(descr->offsets.size()) != C->rows + 1 ||
        C->nonzeros != int64_t(descr->indices.size()))
      return invalid("cusparseSpGEMMreuse_copy has not written this product's pattern");
    Arguments arguments;
    memoryOf(arguments, *C);
    Scalar factor, old;
    Outcome bad = factor.set(settings, "alpha", alpha, computeType);
    if (bad.ok())
      bad = old.set(settings, "beta", beta, computeType);
    if (!arguments.ok() || !bad.ok())
      return arguments.ok() ? bad : arguments.outcome();
    return enqueue(settings, [=, pattern = descr->indices, A = SparseMatrix(*A),
                              B = SparseMatrix(*B), C = SparseMatrix(*C)] {
      withBoth(A, B, computeType, [&](auto zero, const auto &a, const auto &b) {
        using T = decltype(zero);
        Product product = multiply<T>(a, b, B.columns, factor.get<T>());
        if (product.indices != pattern)
          failOnIndices(
              "A or B changed its pattern after cusparseSpGEMMreuse_nnz: a sparse matrix");
        npusparseSpGEMMDescr made;
        made.offsets = std::move(product.offsets);
        made.indices = std::move(product.indices);
        made.values = std::move(product.values);
        store<T>(made, C, old.get<T>());
      });
    });
  });
}

} // extern "C"
