// BLAS and LAPACK routines of OpenBLAS, for what no device has an operation for. Column-major, all
// arguments by address: the Fortran interface is what cuBLAS's parameters mirror.
#pragma once

#include "arguments.h"
#include "src/command_failure.h"
#include "src/openblas.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>

namespace npu::blas {

using C32 = std::complex<float>;
using C64 = std::complex<double>;

template <typename T> struct RealOf {
  using type = T;
};
template <typename T> struct RealOf<std::complex<T>> {
  using type = T;
};
template <typename T> using Real = typename RealOf<T>::type;
template <typename T> constexpr bool kIsComplex = !std::is_same_v<T, Real<T>>;

template <typename T> constexpr char kLetter = 0;
template <> inline constexpr char kLetter<float> = 's';
template <> inline constexpr char kLetter<double> = 'd';
template <> inline constexpr char kLetter<C32> = 'c';
template <> inline constexpr char kLetter<C64> = 'z';

template <typename T> T conjugated(T value) {
  if constexpr (kIsComplex<T>)
    return std::conj(value);
  else
    return value;
}

class Routine {
public:
  // `stem` is the name without its type's letter: "symm", "getrf".
  template <typename T> static Outcome find(const char *stem, Routine &routine) {
    const std::string name = kLetter<T> + std::string(stem) + "_";
    routine.address = core::openblasRoutine(name.c_str());
    if (routine.address)
      return {};
    return unsupported("the host computes this with " + name +
                       " of libopenblas.so.0, which cannot be loaded; install libopenblas0");
  }
  template <typename... P> void operator()(P *...arguments) const {
    reinterpret_cast<void (*)(P * ...)>(address)(arguments...);
  }
  // LAPACK's routines are Fortran: the lengths of text arguments, of which a routine has up to
  // three, follow all others.
  template <typename... P> void withText(P *...arguments) const {
    reinterpret_cast<void (*)(P * ..., size_t, size_t, size_t)>(address)(arguments..., 1, 1, 1);
  }

private:
  void *address = nullptr;
};

// The elements of a work area that a query of LAPACK answered, as a number of T. Singles have 24
// bits and are rounded to nearest: the answer beyond them may be less than what the routine then
// demands.
template <typename T> int workElements(T answer) {
  Real<T> size = std::real(answer);
  if (size >= Real<T>(1 << 24))
    size = std::nextafter(size, std::numeric_limits<Real<T>>::infinity());
  return size >= Real<T>(INT_MAX) ? INT_MAX : std::max(1, int(size));
}

// Sizes of OpenBLAS are 32 bits wide.
inline Outcome fitsInt(std::initializer_list<int64_t> values) {
  for (int64_t value : values)
    if (value > INT_MAX || value < INT_MIN)
      return unsupported("the host's BLAS has 32-bit sizes; " + std::to_string(value) +
                         " is too large");
  return {};
}

inline char letter(npublasOperation_t operation) { return "NTC"[operation]; }
inline char letter(npublasFillMode_t triangle) {
  return triangle == NPUBLAS_FILL_MODE_LOWER ? 'L' : 'U';
}
inline char letter(npublasSideMode_t side) { return side == NPUBLAS_SIDE_LEFT ? 'L' : 'R'; }
inline char letter(npublasDiagType_t diagonal) { return diagonal == NPUBLAS_DIAG_UNIT ? 'U' : 'N'; }

// Puts host work on the handle's stream and says why no device does it.
inline Outcome onHost(const Settings &settings, const char *caller, const char *reason,
                      std::function<void()> work) {
  logDebug(std::string(caller) + ": host: " + reason);
  return fromCore(core::enqueue(settings.stream, HostCall{std::move(work)}));
}
// Work that can fail; its Status is the stream's.
inline Outcome onHostChecked(const Settings &settings, const char *caller, const char *reason,
                             std::function<Status()> work) {
  logDebug(std::string(caller) + ": host: " + reason);
  return fromCore(core::enqueue(settings.stream, HostCall{[work = std::move(work)] {
                                  if (Status failed = work(); !failed.ok())
                                    throw core::CommandFailure{std::move(failed)};
                                }}));
}

// Puts a result of up to 16 bytes, which `write` makes in stream order, where the pointer mode
// says: in device memory then, in host memory before the call returns. A wait that fails leaves the
// work behind, so the memory that it writes to is its own.
inline Outcome giveResult(const Settings &settings, const char *caller, const char *reason,
                          void *result, size_t bytes, std::function<void(void *)> write) {
  if (settings.pointerMode == NPUBLAS_POINTER_MODE_DEVICE) {
    if (Outcome bad = reachable("result", result, bytes); !bad.ok())
      return bad;
    return onHost(settings, caller, reason, [result, write = std::move(write)] { write(result); });
  }
  struct alignas(16) Element {
    unsigned char bytes[16];
  };
  const auto element = std::make_shared<Element>();
  if (Outcome bad = onHost(settings, caller, reason,
                           [element, write = std::move(write)] { write(element->bytes); });
      !bad.ok())
    return bad;
  Outcome waited = fromCore(core::synchronize(settings.stream));
  if (waited.ok())
    std::memcpy(result, element->bytes, bytes);
  return waited;
}

// x = beta * x; with beta = 0 what x holds is not read.
template <typename T> void scaleBy(T &element, T beta) {
  element = beta == T(0) ? T(0) : T(element * beta);
}
template <typename T> void scaleVector(T *x, int64_t count, int64_t step, T beta) {
  if (beta == T(1))
    return;
  T *first = step < 0 ? x + (1 - count) * step : x;
  for (int64_t i = 0; i < count; ++i)
    scaleBy(first[i * step], beta);
}
template <typename T>
void scaleMatrix(T *matrix, int64_t rows, int64_t columns, int64_t leading, T beta) {
  if (beta == T(1))
    return;
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t row = 0; row < rows; ++row)
      scaleBy(matrix[column * leading + row], beta);
}
// The rows of a column that a triangle stores: [first, last).
inline int64_t firstRow(npublasFillMode_t triangle, int64_t column) {
  return triangle == NPUBLAS_FILL_MODE_LOWER ? column : 0;
}
inline int64_t lastRow(npublasFillMode_t triangle, int64_t column, int64_t n) {
  return triangle == NPUBLAS_FILL_MODE_LOWER ? n : column + 1;
}
template <typename T, typename B>
void scaleTriangle(npublasFillMode_t triangle, T *matrix, int64_t n, int64_t leading, B beta) {
  if (beta == B(1))
    return;
  for (int64_t column = 0; column < n; ++column)
    for (int64_t row = firstRow(triangle, column); row < lastRow(triangle, column, n); ++row) {
      T &element = matrix[column * leading + row];
      element = beta == B(0) ? T(0) : T(element * beta);
    }
}

} // namespace npu::blas
