// Sparse vectors in arrays: elements of a dense vector gathered, scattered and added to, products.
#include "arrays.h"

namespace npu::sparse {
namespace {

// Ends the work when an index lies outside of the dense vector's memory.
void checkReach(int nnz, const int *indices, const void *y, size_t bytes,
                npusparseIndexBase_t base) {
  int last = 0;
  for (int i = 0; i < nnz; ++i) {
    if (indices[i] < base)
      failOnIndices("a sparse vector");
    last = std::max(last, indices[i] - base);
  }
  if (nnz > 0 && !core::deviceCanReach(y, (size_t(last) + 1) * bytes))
    failOnIndices("a sparse vector");
}

// Elements of a dense vector by their indices: `body` gets the element's number and its index.
template <class Body>
npusparseStatus_t byIndices(const char *name, npusparseHandle_t handle, int nnz, const void *values,
                            size_t bytes, const int *indices, const void *y,
                            npusparseIndexBase_t base, Body body) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.that(nnz >= 0, "nnz is negative").that(nnz == 0 || y, "y is null");
    check.memory("the values", values, nnz, bytes).memory("the indices", indices, nnz, sizeof(int));
    return enqueueChecked(settings, check, [=] {
      checkReach(nnz, indices, y, bytes, base);
      for (int i = 0; i < nnz; ++i)
        body(i, indices[i] - base);
    });
  });
}

template <class T>
npusparseStatus_t addSparse(const char *name, npusparseHandle_t handle, int nnz, const void *alpha,
                            const T *values, const int *indices, T *y, npusparseIndexBase_t base) {
  Scalar factor;
  const npusparseStatus_t set = entry(name, handle, [&](const Settings &settings) {
    return factor.set(settings, "alpha", alpha, kType<T>);
  });
  if (set != NPUSPARSE_STATUS_SUCCESS)
    return set;
  return byIndices(name, handle, nnz, values, sizeof(T), indices, y, base,
                   [=](int i, int index) { y[index] += factor.get<T>() * values[i]; });
}

// result = the sum of x's elements, conjugated where said, times those of y.
template <class T>
npusparseStatus_t dot(const char *name, npusparseHandle_t handle, int nnz, const T *values,
                      const int *indices, const T *y, T *result, npusparseIndexBase_t base,
                      bool conjugates) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    const bool device = settings.pointerMode == NPUSPARSE_POINTER_MODE_DEVICE;
    Arguments check;
    check.that(nnz >= 0, "nnz is negative")
        .that(result, "the result's address is null")
        .memory("the values", values, nnz, sizeof(T))
        .memory("the indices", indices, nnz, sizeof(int));
    if (device)
      check.memory("the result", result, 1, sizeof(T));
    if (!check.ok())
      return check.outcome();
    const auto work = [=] {
      checkReach(nnz, indices, y, sizeof(T), base);
      T sum = T(0);
      for (int i = 0; i < nnz; ++i)
        sum += conjugatedIf(conjugates, values[i]) * y[indices[i] - base];
      *result = sum;
    };
    return device ? enqueue(settings, work) : enqueueForHost(settings, work);
  });
}

template <class T>
npusparseStatus_t rotate(const char *name, npusparseHandle_t handle, int nnz, T *values,
                         const int *indices, T *y, const T *c, const T *s,
                         npusparseIndexBase_t base) {
  Scalar cosine, sine;
  const npusparseStatus_t set = entry(name, handle, [&](const Settings &settings) {
    Outcome bad = cosine.set(settings, "c", c, kType<T>);
    return bad.ok() ? sine.set(settings, "s", s, kType<T>) : bad;
  });
  if (set != NPUSPARSE_STATUS_SUCCESS)
    return set;
  return byIndices(name, handle, nnz, values, sizeof(T), indices, y, base, [=](int i, int index) {
    const T before = values[i];
    values[i] = cosine.get<T>() * before + sine.get<T>() * y[index];
    y[index] = cosine.get<T>() * y[index] - sine.get<T>() * before;
  });
}

// y = alpha op(A) x + beta y of a dense matrix by columns and a sparse vector.
template <class T>
npusparseStatus_t denseProduct(const char *name, npusparseHandle_t handle,
                               npusparseOperation_t transA, int m, int n, const T *alpha,
                               const T *A, int lda, int nnz, const T *values, const int *indices,
                               const T *beta, T *y, npusparseIndexBase_t base) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    const bool plain = transA == NPUSPARSE_OPERATION_NON_TRANSPOSE;
    const int rows = plain ? m : n, depth = plain ? n : m;
    Arguments check;
    check
        .that(m >= 0 && n >= 0 && nnz >= 0 && lda >= std::max(1, m),
              "a size is negative or lda is too small")
        .memory("A", A, m && n ? int64_t(n - 1) * lda + m : 0, sizeof(T))
        .memory("x's values", values, nnz, sizeof(T))
        .memory("x's indices", indices, nnz, sizeof(int))
        .memory("y", y, rows, sizeof(T));
    Scalar a, b;
    Outcome bad = a.set(settings, "alpha", alpha, kType<T>);
    if (bad.ok())
      bad = b.set(settings, "beta", beta, kType<T>);
    if (!bad.ok())
      return bad;
    return enqueueChecked(settings, check, [=] {
      for (int i = 0; i < nnz; ++i)
        if (indices[i] < base || indices[i] - base >= depth)
          failOnIndices("a sparse vector");
      for (int row = 0; row < rows; ++row) {
        T sum = T(0);
        for (int i = 0; i < nnz; ++i) {
          const int64_t at = indices[i] - base;
          const T element = plain ? A[at * lda + row] : A[int64_t(row) * lda + at];
          sum +=
              conjugatedIf(transA == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE, element) * values[i];
        }
        y[row] = a.get<T>() * sum + scaled(b.get<T>(), y[row]);
      }
    });
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

#define FUNCTIONS(letter, T)                                                                       \
  npusparseStatus_t npusparse##letter##gthr(npusparseHandle_t handle, int nnz, const T *y,         \
                                            T *xVal, const int *xInd, npusparseIndexBase_t base) { \
    return byIndices("cusparse" #letter "gthr", handle, nnz, xVal, sizeof(T), xInd, y, base,       \
                     [=](int i, int index) { xVal[i] = y[index]; });                               \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##sctr(npusparseHandle_t handle, int nnz, const T *xVal,      \
                                            const int *xInd, T *y, npusparseIndexBase_t base) {    \
    return byIndices("cusparse" #letter "sctr", handle, nnz, xVal, sizeof(T), xInd, y, base,       \
                     [=](int i, int index) { y[index] = xVal[i]; });                               \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##axpyi(npusparseHandle_t handle, int nnz, const T *alpha,    \
                                             const T *xVal, const int *xInd, T *y,                 \
                                             npusparseIndexBase_t base) {                          \
    return addSparse("cusparse" #letter "axpyi", handle, nnz, alpha, elements(xVal), xInd,         \
                     elements(y), base);                                                           \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gthrz(npusparseHandle_t handle, int nnz, T *y, T *xVal,     \
                                             const int *xInd, npusparseIndexBase_t base) {         \
    return byIndices("cusparse" #letter "gthrz", handle, nnz, xVal, sizeof(T), xInd, y, base,      \
                     [=](int i, int index) {                                                       \
                       xVal[i] = y[index];                                                         \
                       y[index] = T();                                                             \
                     });                                                                           \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##doti NPU_SPARSE_DOT(T) {                                    \
    return dot("cusparse" #letter "doti", handle, nnz, elements(xVal), xInd, elements(y),          \
               elements(result), base, false);                                                     \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gemvi_bufferSize(                                           \
      npusparseHandle_t handle, npusparseOperation_t, int m, int n, int nnz, int *bufferSize) {    \
    return entry("cusparse" #letter "gemvi_bufferSize", handle, [&](const Settings &) -> Outcome { \
      if (!bufferSize || m < 0 || n < 0 || nnz < 0)                                                \
        return invalid("a size is negative, or the buffer size's address is null");                \
      *bufferSize = int(kBufferBytes);                                                             \
      return {};                                                                                   \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##gemvi NPU_SPARSE_GEMVI(T) {                                 \
    return denseProduct("cusparse" #letter "gemvi", handle, transA, m, n, elements(alpha),         \
                        elements(A), lda, nnz, elements(xVal), xInd, elements(beta), elements(y),  \
                        base);                                                                     \
  }

extern "C" {
FOR_EACH_TYPE(FUNCTIONS)

#define CONJUGATED(letter, T)                                                                      \
  npusparseStatus_t npusparse##letter##dotci NPU_SPARSE_DOT(T) {                                   \
    return dot("cusparse" #letter "dotci", handle, nnz, elements(xVal), xInd, elements(y),         \
               elements(result), base, true);                                                      \
  }
CONJUGATED(C, npuComplex)
CONJUGATED(Z, npuDoubleComplex)

npusparseStatus_t npusparseSroti(npusparseHandle_t handle, int nnz, float *xVal, const int *xInd,
                                 float *y, const float *c, const float *s,
                                 npusparseIndexBase_t base) {
  return rotate("cusparseSroti", handle, nnz, xVal, xInd, y, c, s, base);
}
npusparseStatus_t npusparseDroti(npusparseHandle_t handle, int nnz, double *xVal, const int *xInd,
                                 double *y, const double *c, const double *s,
                                 npusparseIndexBase_t base) {
  return rotate("cusparseDroti", handle, nnz, xVal, xInd, y, c, s, base);
}

} // extern "C"
