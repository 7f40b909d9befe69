// The checks that BLAS functions have in common, one call each; the first that fails is the
// outcome.
#pragma once

#include "blas_context.h"

#include <algorithm>
#include <climits>
#include <cstdlib>

namespace npu::blas {

class Arguments {
public:
  Arguments &that(bool condition, const std::string &message) {
    if (result.ok() && !condition)
      result = invalid(message);
    return *this;
  }
  Arguments &size(const char *name, int64_t value) {
    return that(value >= 0, std::string(name) + " is negative");
  }
  Arguments &leading(const char *name, int64_t value, int64_t rows) {
    return that(value >= std::max<int64_t>(1, rows),
                std::string(name) + " is " + std::to_string(value) + ", less than the " +
                    std::to_string(std::max<int64_t>(1, rows)) + " rows of the matrix");
  }
  Arguments &step(const char *name, int64_t value) {
    return that(value != 0, std::string(name) + " is 0");
  }
  Arguments &operation(npublasOperation_t value) {
    return that(value == NPUBLAS_OP_N || value == NPUBLAS_OP_T || value == NPUBLAS_OP_C,
                "an operation must be one of N, T and C");
  }
  Arguments &triangle(npublasFillMode_t value) {
    return that(value == NPUBLAS_FILL_MODE_LOWER || value == NPUBLAS_FILL_MODE_UPPER,
                "uplo must be lower or upper");
  }
  Arguments &side(npublasSideMode_t value) {
    return that(value == NPUBLAS_SIDE_LEFT || value == NPUBLAS_SIDE_RIGHT,
                "the side must be left or right");
  }
  Arguments &diagonal(npublasDiagType_t value) {
    return that(value == NPUBLAS_DIAG_UNIT || value == NPUBLAS_DIAG_NON_UNIT,
                "diag must be unit or non-unit");
  }
  Arguments &notNull(const char *name, const void *address) {
    return that(address, std::string(name) + " is null");
  }
  // Device memory; nothing is asked of arguments that have no elements.
  Arguments &memory(const char *name, const void *data, int64_t elements, size_t elementBytes) {
    if (elements > 0 && notNull(name, data).ok())
      result = reachable(name, data, size_t(elements) * elementBytes);
    return *this;
  }
  Arguments &vector(const char *name, const void *data, int64_t count, int64_t step,
                    size_t elementBytes) {
    return memory(name, data, count > 0 ? (count - 1) * std::abs(step) + 1 : 0, elementBytes);
  }
  Arguments &matrix(const char *name, const void *data, int64_t rows, int64_t columns,
                    int64_t leading, size_t elementBytes) {
    return memory(name, data, rows > 0 && columns > 0 ? (columns - 1) * leading + rows : 0,
                  elementBytes);
  }
  Arguments &packed(const char *name, const void *data, int64_t n, size_t elementBytes) {
    return memory(name, data, n * (n + 1) / 2, elementBytes);
  }
  bool ok() const { return result.ok(); }
  const Outcome &outcome() const { return result; }

private:
  Outcome result;
};

// A scalar argument: a value taken now, or an address read when the stream gets there.
template <typename A> struct Scalar {
  A value{};
  const A *address = nullptr;
  A get() const { return address ? *address : value; }
  // Known to be zero at the call, so that the operands it multiplies need not be there.
  bool zero() const { return !address && value == A(0); }
};

template <typename A>
Outcome scalarOf(const Settings &settings, const char *name, const void *argument,
                 Scalar<A> &scalar) {
  const auto *typed = static_cast<const A *>(argument);
  if (!typed)
    return invalid(std::string(name) + " is null");
  if (settings.pointerMode == NPUBLAS_POINTER_MODE_HOST) {
    scalar.value = *typed;
    return {};
  }
  scalar.address = typed;
  return reachable(name, typed, sizeof(A));
}

} // namespace npu::blas
