// Functions on arrays of CSR: their elements as std::complex where they are complex, and their
// definition for the four types.
#pragma once

#include "lines.h"

#define NPU_T(name) npu##name
#define NPU_SPARSE(name) npusparse##name
#include "npu/api/sparse_parameters.def"

// FOR_EACH_TYPE(FUNCTION): FUNCTION(letter, T of the interface)
#define FOR_EACH_TYPE(FUNCTION)                                                                    \
  FUNCTION(S, float) FUNCTION(D, double) FUNCTION(C, npuComplex) FUNCTION(Z, npuDoubleComplex)

namespace npu::sparse {

template <class T> struct ElementOf {
  using type = T;
};
template <> struct ElementOf<npuComplex> {
  using type = C32;
};
template <> struct ElementOf<npuDoubleComplex> {
  using type = C64;
};
template <class T> using Element = typename ElementOf<std::remove_const_t<T>>::type;

template <class T> const Element<T> *elements(const T *data) {
  return reinterpret_cast<const Element<T> *>(data);
}
template <class T> Element<T> *elements(T *data) { return reinterpret_cast<Element<T> *>(data); }

// Only a matrix that stores all its elements: symmetric ones store a triangle.
inline Outcome general(npusparseMatDescr_t descr) {
  Arguments check;
  if (!check.live("the matrix's descriptor is not one", descr).ok())
    return check.outcome();
  if (descr->type != NPUSPARSE_MATRIX_TYPE_GENERAL)
    return {NPUSPARSE_STATUS_MATRIX_TYPE_NOT_SUPPORTED, "the matrix's type must be general"};
  return {};
}

// Puts `work` on the stream unless an argument is bad.
inline Outcome enqueueChecked(const Settings &settings, const Arguments &check,
                              std::function<void()> work) {
  return check.ok() ? enqueue(settings, std::move(work)) : check.outcome();
}

} // namespace npu::sparse
