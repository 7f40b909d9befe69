// What every dense solver shares: handles, the boundary of the library, LAPACK's routines and their
// work areas. The work is the host's, in stream order: no device factorises matrices.
#pragma once

#include "npu/solver.h"

#include "blas/host_routine.h"
#include "src/live_set.h"

struct npusolverDnContext {
  npuStream_t stream = nullptr;
  npusolverDeterministicMode_t determinism = NPUSOLVER_DETERMINISTIC_RESULTS;
  npusolverMathMode_t mathMode = NPUSOLVER_DEFAULT_MATH;
};

namespace npu::solver {

using blas::Arguments;
using blas::C32;
using blas::C64;
using blas::invalid;
using blas::kIsComplex;
using blas::letter;
using blas::Outcome;
using blas::Real;
using blas::Routine;
using blas::unsupported;
using blas::workElements;
using Settings = npusolverDnContext;

// Runs `body` as the function `name`; a failure is logged (NPU_LOG=debug).
npusolverStatus_t entry(const char *name, const std::function<Outcome()> &body) noexcept;
// The same for functions of a handle: `body` gets a copy of its settings.
npusolverStatus_t entry(const char *name, npusolverDnHandle_t handle,
                        const std::function<Outcome(const Settings &)> &body) noexcept;
// Puts work on the handle's stream when all arguments are good.
Outcome enqueue(const Settings &settings, const Arguments &check, std::function<void()> work);
// Does work now, after everything that the stream holds.
Outcome runNow(const Settings &settings, const Arguments &check, const std::function<void()> &work);
// Ends a stream's work: device memory that is not what the arguments say.
[[noreturn]] void failOnMemory(const char *what);

inline Outcome fits(std::initializer_list<int64_t> sizes) { return blas::fitsInt(sizes); }

// Elements of the interface as numbers.
template <class T> struct NumberOf {
  using type = T;
};
template <> struct NumberOf<npuComplex> {
  using type = C32;
};
template <> struct NumberOf<npuDoubleComplex> {
  using type = C64;
};
template <class T> using Number = typename NumberOf<std::remove_const_t<T>>::type;
template <class T> Number<T> *numbers(T *data) {
  return reinterpret_cast<Number<T> *>(const_cast<std::remove_const_t<T> *>(data));
}

// The routine `real` of LAPACK ("syevd"), or `complex` ("heevd") where that has another name.
template <class T> Outcome findRoutine(const char *real, const char *complex, Routine &routine) {
  return Routine::find<T>(kIsComplex<T> ? complex : real, routine);
}

// A routine's work area, as large as its query says. `call` gets the area and its size, which is
// -1 for the query.
template <class T, class Call> void withWork(Call call) {
  T wanted = T(0);
  int size = -1;
  call(&wanted, &size);
  size = workElements(wanted);
  std::vector<T> area((size_t(size)));
  call(area.data(), &size);
}

// Programs allocate the area that they are asked for and take a null pointer for a failure.
constexpr int kWorkElements = 1;
inline Outcome giveSize(int *elements) {
  if (!elements)
    return invalid("the size's address is null");
  *elements = kWorkElements;
  return {};
}

} // namespace npu::solver

#define NPU_T(name) npu##name
#define NPU_BLAS_T(name) npublas##name
#define NPU_SOLVER(name) npusolver##name
#include "npu/api/solver_parameters.def"

// FOR_EACH_TYPE(FUNCTION): FUNCTION(letter, T, R, the names of orgqr, ormqr and the stem of syevd)
#define FOR_EACH_TYPE(FUNCTION)                                                                    \
  FUNCTION(S, float, float, orgqr, ormqr, sy)                                                      \
  FUNCTION(D, double, double, orgqr, ormqr, sy)                                                    \
  FUNCTION(C, npuComplex, float, ungqr, unmqr, he)                                                 \
  FUNCTION(Z, npuDoubleComplex, double, ungqr, unmqr, he)
