// What sparse direct solvers share: handles, and matrices read from arrays of the host or of a
// device. The work is the host's and done when a function returns, as results that the host reads
// demand of cuSOLVER too.
#pragma once

#include "sparse_rows.h"

#include "sparse/descriptors.h"

struct npusolverSpContext {
  npuStream_t stream = nullptr;
};

#define NPU_SPARSE(name) npusparse##name
#include "npu/api/solver_sparse_parameters.def"

namespace npu::solver {

using SpHandle = npusolverSpHandle_t;

// Runs `body` with a live handle; a failure is logged (NPU_LOG=debug).
npusolverStatus_t entrySp(const char *name, SpHandle handle,
                          const std::function<Outcome(npuStream_t)> &body) noexcept;

// Where a function's arrays lie. For a device the stream's work is awaited first.
class Side {
public:
  Side(bool device, npuStream_t stream) : device(device), stream(stream) {}
  Outcome ready() const { return device ? blas::fromCore(core::synchronize(stream)) : Outcome(); }
  // Memory of one of the arguments.
  void check(Arguments &arguments, const char *name, const void *data, int64_t elements,
             size_t bytes) const {
    if (device)
      arguments.memory(name, data, elements, bytes);
    else if (elements > 0)
      arguments.notNull(name, data);
  }

private:
  bool device;
  npuStream_t stream;
};

Outcome baseOf(npusparseMatDescr_t descr, int &base);

// The matrix of the caller's arrays in CSR, once the side is ready.
template <class T>
Outcome readMatrix(const Side &side, int m, int n, int nnz, npusparseMatDescr_t descr,
                   const T *values, const int *offsets, const int *indices, bool withValues,
                   SparseRows<T> &matrix) {
  int base = 0;
  if (Outcome bad = baseOf(descr, base); !bad.ok())
    return bad;
  Arguments check;
  check.size("m", m).size("n", n).size("nnz", nnz);
  side.check(check, "the offsets", offsets, int64_t(m) + 1, sizeof(int));
  side.check(check, "the indices", indices, nnz, sizeof(int));
  if (withValues)
    side.check(check, "the values", values, nnz, sizeof(T));
  if (!check.ok())
    return check.outcome();
  if (Outcome bad = side.ready(); !bad.ok())
    return bad;
  return readRows(m, n, nnz, base, withValues ? values : nullptr, offsets, indices, matrix)
             ? Outcome()
             : invalid("the offsets or the indices are not those of a matrix of this size");
}

template <class Object> npusolverStatus_t createObject(const char *name, Object **object) noexcept {
  return entry(name, [&]() -> Outcome {
    if (!object)
      return invalid("the object's address is null");
    *object = core::LiveSet<Object>::instance().add(std::make_unique<Object>());
    return {};
  });
}
template <class Object> npusolverStatus_t destroyObject(const char *name, Object *object) noexcept {
  return entry(name, [&]() -> Outcome {
    return core::LiveSet<Object>::instance().remove(object)
               ? Outcome()
               : Outcome(NPUBLAS_STATUS_NOT_INITIALIZED, "the object is null or destroyed");
  });
}

} // namespace npu::solver

// FOR_EACH_SPARSE(FUNCTION): FUNCTION(letter, T of the interface, its real type, its complex type)
#define FOR_EACH_SPARSE(FUNCTION)                                                                  \
  FUNCTION(S, float, float, npuComplex)                                                            \
  FUNCTION(D, double, double, npuDoubleComplex)                                                    \
  FUNCTION(C, npuComplex, float, npuComplex)                                                       \
  FUNCTION(Z, npuDoubleComplex, double, npuDoubleComplex)
