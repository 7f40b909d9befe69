// Handles of sparse solvers, and the orders of sparse matrices.
#include "orderings.h"
#include "sparse_context.h"

namespace npu::solver {

npusolverStatus_t entrySp(const char *name, SpHandle handle,
                          const std::function<Outcome(npuStream_t)> &body) noexcept {
  return entry(name, [&]() -> Outcome {
    if (!core::LiveSet<npusolverSpContext>::instance().has(handle))
      return {NPUBLAS_STATUS_NOT_INITIALIZED, "the handle is null, destroyed or foreign"};
    return body(handle->stream);
  });
}

Outcome baseOf(npusparseMatDescr_t descr, int &base) {
  if (!core::LiveSet<npusparseMatDescr>::instance().has(descr))
    return invalid("the matrix's descriptor is not one");
  base = int(descr->base);
  return {};
}

namespace {

Outcome readPattern(int m, int n, int nnz, npusparseMatDescr_t descr, const int *offsets,
                    const int *indices, SparseRows<float> &matrix) {
  return readMatrix<float>(Side(false, nullptr), m, n, nnz, descr, nullptr, offsets, indices, false,
                           matrix);
}

npusolverStatus_t order(const char *name, SpHandle handle, int n, int nnz,
                        npusparseMatDescr_t descr, const int *offsets, const int *indices, int *p,
                        Permutation (*method)(const Graph &)) {
  return entrySp(name, handle, [&](npuStream_t) -> Outcome {
    SparseRows<float> A;
    if (Outcome bad = readPattern(n, n, nnz, descr, offsets, indices, A); !bad.ok())
      return bad;
    if (n > 0 && !p)
      return invalid("p is null");
    const Permutation found = method(graphOf(n, A.offsets, A.indices));
    std::copy(found.begin(), found.end(), p);
    return {};
  });
}

bool isPermutation(const int *p, int n) {
  std::vector<char> seen(size_t(n), 0);
  for (int i = 0; i < n; ++i) {
    if (p[i] < 0 || p[i] >= n || seen[size_t(p[i])])
      return false;
    seen[size_t(p[i])] = 1;
  }
  return true;
}

} // namespace
} // namespace npu::solver

using namespace npu;
using namespace npu::solver;

#pragma GCC diagnostic ignored "-Wunused-parameter"

extern "C" {

npusolverStatus_t npusolverSpCreate(npusolverSpHandle_t *handle) {
  return createObject("cusolverSpCreate", handle);
}
npusolverStatus_t npusolverSpDestroy(npusolverSpHandle_t handle) {
  return destroyObject("cusolverSpDestroy", handle);
}
npusolverStatus_t npusolverSpSetStream(npusolverSpHandle_t handle, npuStream_t stream) {
  return entrySp("cusolverSpSetStream", handle, [&](npuStream_t) -> Outcome {
    handle->stream = stream;
    return {};
  });
}
npusolverStatus_t npusolverSpGetStream(npusolverSpHandle_t handle, npuStream_t *stream) {
  return entrySp("cusolverSpGetStream", handle, [&](npuStream_t own) -> Outcome {
    if (!stream)
      return invalid("the stream's address is null");
    *stream = own;
    return {};
  });
}

npusolverStatus_t npusolverSpXcsrissymHost(npusolverSpHandle_t handle, int m, int nnz,
                                           npusparseMatDescr_t descrA, const int *offsets,
                                           const int *ends, const int *indices, int *symmetric) {
  return entrySp("cusolverSpXcsrissymHost", handle, [&](npuStream_t) -> Outcome {
    Arguments check;
    check.size("m", m).size("nnz", nnz).notNull("the output", symmetric);
    if (m > 0)
      check.notNull("the offsets", offsets).notNull("the ends", ends);
    int base = 0;
    if (Outcome bad = baseOf(descrA, base); !bad.ok() || !check.ok())
      return bad.ok() ? check.outcome() : bad;
    // Rows end where they are said to, which need not be where the next begins.
    std::vector<int> own{base}, columns;
    for (int row = 0; row < m; ++row) {
      if (offsets[row] < base || ends[row] < offsets[row] || ends[row] - base > nnz)
        return invalid("the offsets are not those of a matrix of this size");
      columns.insert(columns.end(), indices + offsets[row] - base, indices + ends[row] - base);
      own.push_back(int(columns.size()) + base);
    }
    SparseRows<float> A;
    if (Outcome bad = readPattern(m, m, int(columns.size()), descrA, own.data(), columns.data(), A);
        !bad.ok())
      return bad;
    const SparseRows<float> B = transposed(A);
    *symmetric = A.offsets == B.offsets && A.indices == B.indices;
    return {};
  });
}
npusolverStatus_t npusolverSpXcsrsymrcmHost NPU_SOLVER_ORDER {
  return order("cusolverSpXcsrsymrcmHost", handle, n, nnz, descrA, offsets, indices, p,
               reverseCuthillMcKee);
}
npusolverStatus_t npusolverSpXcsrsymmdqHost NPU_SOLVER_ORDER {
  return order("cusolverSpXcsrsymmdqHost", handle, n, nnz, descrA, offsets, indices, p,
               minimumDegree);
}
npusolverStatus_t npusolverSpXcsrsymamdHost NPU_SOLVER_ORDER {
  return order("cusolverSpXcsrsymamdHost", handle, n, nnz, descrA, offsets, indices, p,
               minimumDegree);
}
npusolverStatus_t npusolverSpXcsrmetisndHost(npusolverSpHandle_t handle, int n, int nnz,
                                             npusparseMatDescr_t descrA, const int *offsets,
                                             const int *indices, const int64_t *options, int *p) {
  return order("cusolverSpXcsrmetisndHost", handle, n, nnz, descrA, offsets, indices, p,
               nestedDissection);
}
npusolverStatus_t npusolverSpXcsrperm_bufferSizeHost(npusolverSpHandle_t handle, int m, int n,
                                                     int nnz, npusparseMatDescr_t descrA,
                                                     const int *offsets, const int *indices,
                                                     const int *p, const int *q, size_t *bytes) {
  return entrySp("cusolverSpXcsrperm_bufferSizeHost", handle, [&](npuStream_t) -> Outcome {
    if (!bytes)
      return invalid("the size's address is null");
    *bytes = sizeof(C64);
    return {};
  });
}
npusolverStatus_t npusolverSpXcsrpermHost(npusolverSpHandle_t handle, int m, int n, int nnz,
                                          npusparseMatDescr_t descrA, int *offsets, int *indices,
                                          const int *p, const int *q, int *map, void *buffer) {
  return entrySp("cusolverSpXcsrpermHost", handle, [&](npuStream_t) -> Outcome {
    int base = 0;
    SparseRows<float> A;
    if (Outcome bad = baseOf(descrA, base); !bad.ok())
      return bad;
    // The order of a row's own elements is what the map follows: it is read before they are sorted.
    if (Outcome bad = readPattern(m, n, nnz, descrA, offsets, indices, A); !bad.ok())
      return bad;
    if ((m > 0 && !p) || (n > 0 && !q) || (nnz > 0 && !map) || !isPermutation(p, m) ||
        !isPermutation(q, n))
      return invalid("p or q is no permutation, or the map is null");
    for (size_t i = 0; i < A.indices.size(); ++i)
      A.indices[i] = indices[i] - base;
    std::vector<int> places(map, map + A.indices.size());
    const SparseRows<float> B = permuted(A, Permutation(p, p + m), Permutation(q, q + n), &places);
    for (int row = 0; row <= m; ++row)
      offsets[row] = B.offsets[size_t(row)] + base;
    for (size_t i = 0; i < B.indices.size(); ++i)
      indices[i] = B.indices[i] + base;
    std::copy(places.begin(), places.end(), map);
    return {};
  });
}

} // extern "C"
