// Level 1 of chosen formats. The combinations are those of the cuBLAS documentation: all vectors of
// one type, computed in that type, or in single precision when it has 16 bits. What has a typed
// function goes there; 16-bit vectors are computed here, element by element, in double.
#include "entry_points.h"
#include "gemm.h"
#include "host_routine.h"
#include "src/formats.h"

#include <cmath>

namespace npu::blas {
namespace {

constexpr char kReason[] = "no device has vector operations";

bool isNarrow(npuDataType type) { return type == NPU_R_16F || type == NPU_R_16BF; }

// The type that vectors of `type` are computed in; -1 when there is none.
int executionOf(npuDataType type) {
  switch (type) {
  case NPU_R_16F:
  case NPU_R_16BF:
    return NPU_R_32F;
  case NPU_R_32F:
  case NPU_R_64F:
  case NPU_C_32F:
  case NPU_C_64F:
    return type;
  default:
    return -1;
  }
}

npublasStatus_t refuse(const char *caller, npublasHandle_t handle) {
  return blasEntry(caller, handle, [](const Settings &) {
    return unsupported("cuBLAS's table of types has no such combination");
  });
}

// Elements of a 16-bit vector by their number. BLAS: a negative step starts from the far end.
struct Narrow {
  void *data;
  Format format;
  int64_t step, count;

  int64_t at(int64_t index) const { return (step < 0 ? (1 - count) * step : 0) + index * step; }
  double get(int64_t index) const { return core::loadElement(data, format, at(index)).real(); }
  void set(int64_t index, double value) const {
    core::storeElement(data, format, at(index), value);
  }
};

Narrow narrow(const void *data, npuDataType type, int64_t step, int64_t count) {
  return {const_cast<void *>(data), *formatOf(type), step, count};
}

// A scalar of either format: taken now, or read in stream order.
struct AnyScalar {
  double value = 0;
  const void *address = nullptr;
  Format format = Format::F32;
  double get() const { return address ? core::loadElement(address, format, 0).real() : value; }
};

Outcome anyScalar(const Settings &settings, const char *name, const void *address, npuDataType type,
                  AnyScalar &scalar) {
  if (!address)
    return invalid(std::string(name) + " is null");
  scalar.format = *formatOf(type);
  if (settings.pointerMode == NPUBLAS_POINTER_MODE_HOST) {
    scalar.value = core::loadElement(address, scalar.format, 0).real();
    return {};
  }
  scalar.address = address;
  return reachable(name, address, formatBits(scalar.format) / 8);
}

// Puts `compute()` where the pointer mode says, as the typed reductions do.
template <typename F>
Outcome reduce(const Settings &settings, const char *caller, void *result, Format format,
               F compute) {
  return giveResult(settings, caller, kReason, result, formatBits(format) / 8,
                    [=](void *to) { core::storeElement(to, format, 0, compute()); });
}

template <bool kNorm>
npublasStatus_t reduction(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                          npuDataType xType, int64_t incx, void *result, npuDataType resultType,
                          npuDataType executionType) {
  const bool complex = xType == NPU_C_32F || xType == NPU_C_64F;
  const npuDataType real = xType == NPU_C_32F ? NPU_R_32F : xType == NPU_C_64F ? NPU_R_64F : xType;
  if (executionOf(real) < 0 || resultType != real || int(executionType) != executionOf(real))
    return refuse(caller, handle);
  const auto single = static_cast<float *>(result);
  const auto twice = static_cast<double *>(result);
  const auto x32 = static_cast<const float2 *>(x);
  const auto x64 = static_cast<const double2 *>(x);
  if (real == NPU_R_32F && complex)
    return (kNorm ? npublasScnrm2_64 : npublasScasum_64)(handle, n, x32, incx, single);
  if (real == NPU_R_64F && complex)
    return (kNorm ? npublasDznrm2_64 : npublasDzasum_64)(handle, n, x64, incx, twice);
  if (real == NPU_R_32F)
    return (kNorm ? npublasSnrm2_64 : npublasSasum_64)(handle, n, &x32->x, incx, single);
  if (real == NPU_R_64F)
    return (kNorm ? npublasDnrm2_64 : npublasDasum_64)(handle, n, &x64->x, incx, twice);
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    const int64_t count = n <= 0 || incx <= 0 ? 0 : n;
    if (!check.notNull("result", result).vector("x", x, count, incx, 2).ok())
      return check.outcome();
    const Narrow vector = narrow(x, xType, incx, count);
    return reduce(settings, caller, result, *formatOf(resultType), [=] {
      double sum = 0; // squares of 16-bit numbers neither overflow nor vanish in double
      for (int64_t i = 0; i < count; ++i)
        sum += kNorm ? vector.get(i) * vector.get(i) : std::fabs(vector.get(i));
      return kNorm ? std::sqrt(sum) : sum;
    });
  });
}

template <bool kConjugate>
npublasStatus_t dotEx(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                      npuDataType xType, int64_t incx, const void *y, npuDataType yType,
                      int64_t incy, void *result, npuDataType resultType,
                      npuDataType executionType) {
  if (executionOf(xType) < 0 || yType != xType || resultType != xType ||
      int(executionType) != executionOf(xType))
    return refuse(caller, handle);
  switch (xType) {
  case NPU_R_32F:
    return npublasSdot_64(handle, n, static_cast<const float *>(x), incx,
                          static_cast<const float *>(y), incy, static_cast<float *>(result));
  case NPU_R_64F:
    return npublasDdot_64(handle, n, static_cast<const double *>(x), incx,
                          static_cast<const double *>(y), incy, static_cast<double *>(result));
  case NPU_C_32F:
    return (kConjugate ? npublasCdotc_64 : npublasCdotu_64)(
        handle, n, static_cast<const float2 *>(x), incx, static_cast<const float2 *>(y), incy,
        static_cast<float2 *>(result));
  case NPU_C_64F:
    return (kConjugate ? npublasZdotc_64 : npublasZdotu_64)(
        handle, n, static_cast<const double2 *>(x), incx, static_cast<const double2 *>(y), incy,
        static_cast<double2 *>(result));
  default:
    break;
  }
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    const int64_t count = std::max<int64_t>(n, 0);
    check.notNull("result", result).vector("x", x, count, incx, 2);
    if (!check.vector("y", y, count, incy, 2).ok())
      return check.outcome();
    const Narrow left = narrow(x, xType, incx, count), right = narrow(y, yType, incy, count);
    return reduce(settings, caller, result, *formatOf(resultType), [=] {
      double sum = 0;
      for (int64_t i = 0; i < count; ++i)
        sum += left.get(i) * right.get(i);
      return sum;
    });
  });
}

template <bool kLargest, typename I>
npublasStatus_t extremeEx(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                          npuDataType xType, int64_t incx, I *result) {
  const int64_t count = n <= 0 || incx <= 0 ? 0 : n;
  if (executionOf(xType) < 0)
    return refuse(caller, handle);
  const size_t bytes = formatBits(*formatOf(xType)) / 8;
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    if (!check.notNull("result", result).vector("x", x, count, incx, bytes).ok())
      return check.outcome();
    const Format format = *formatOf(xType);
    return giveResult(settings, caller, kReason, result, sizeof(I), [=](void *to) {
      int64_t found = 0;
      double extreme = 0;
      for (int64_t i = 0; i < count; ++i) {
        const std::complex<double> value = core::loadElement(x, format, i * incx);
        const double size = std::fabs(value.real()) + std::fabs(value.imag());
        if (i == 0 || (kLargest ? size > extreme : size < extreme))
          extreme = size, found = i + 1;
      }
      const I index = I(found);
      std::memcpy(to, &index, sizeof index);
    });
  });
}

npublasStatus_t scalEx(const char *caller, npublasHandle_t handle, int64_t n, const void *alpha,
                       npuDataType alphaType, void *x, npuDataType xType, int64_t incx,
                       npuDataType executionType) {
  const bool scalarFits = alphaType == xType || (isNarrow(xType) && alphaType == NPU_R_32F);
  if (executionOf(xType) < 0 || !scalarFits || int(executionType) != executionOf(xType))
    return refuse(caller, handle);
  switch (xType) {
  case NPU_R_32F:
    return npublasSscal_64(handle, n, static_cast<const float *>(alpha), static_cast<float *>(x),
                           incx);
  case NPU_R_64F:
    return npublasDscal_64(handle, n, static_cast<const double *>(alpha), static_cast<double *>(x),
                           incx);
  case NPU_C_32F:
    return npublasCscal_64(handle, n, static_cast<const float2 *>(alpha), static_cast<float2 *>(x),
                           incx);
  case NPU_C_64F:
    return npublasZscal_64(handle, n, static_cast<const double2 *>(alpha),
                           static_cast<double2 *>(x), incx);
  default:
    break;
  }
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    AnyScalar by;
    if (Outcome bad = anyScalar(settings, "alpha", alpha, alphaType, by); !bad.ok())
      return bad;
    if (n <= 0 || incx <= 0)
      return {};
    Arguments check;
    if (!check.vector("x", x, n, incx, 2).ok())
      return check.outcome();
    const Narrow vector = narrow(x, xType, incx, n);
    return onHost(settings, caller, kReason, [=] {
      const double factor = by.get();
      for (int64_t i = 0; i < n; ++i)
        vector.set(i, factor * vector.get(i));
    });
  });
}

npublasStatus_t axpyEx(const char *caller, npublasHandle_t handle, int64_t n, const void *alpha,
                       npuDataType alphaType, const void *x, npuDataType xType, int64_t incx,
                       void *y, npuDataType yType, int64_t incy, npuDataType executionType) {
  const bool scalarFits = alphaType == xType || (isNarrow(xType) && alphaType == NPU_R_32F);
  if (executionOf(xType) < 0 || yType != xType || !scalarFits ||
      int(executionType) != executionOf(xType))
    return refuse(caller, handle);
#define TYPED(type, function, T)                                                                   \
  case type:                                                                                       \
    return function(handle, n, static_cast<const T *>(alpha), static_cast<const T *>(x), incx,     \
                    static_cast<T *>(y), incy);
  switch (xType) {
    TYPED(NPU_R_32F, npublasSaxpy_64, float)
    TYPED(NPU_R_64F, npublasDaxpy_64, double)
    TYPED(NPU_C_32F, npublasCaxpy_64, float2)
    TYPED(NPU_C_64F, npublasZaxpy_64, double2)
  default:
    break;
  }
#undef TYPED
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    AnyScalar by;
    if (Outcome bad = anyScalar(settings, "alpha", alpha, alphaType, by); !bad.ok() || n <= 0)
      return bad;
    Arguments check;
    if (!check.vector("x", x, n, incx, 2).vector("y", y, n, incy, 2).ok())
      return check.outcome();
    const Narrow left = narrow(x, xType, incx, n), right = narrow(y, yType, incy, n);
    return onHost(settings, caller, kReason, [=] {
      const double factor = by.get();
      for (int64_t i = 0; factor != 0 && i < n; ++i)
        right.set(i, factor * left.get(i) + right.get(i));
    });
  });
}

// Copies and exchanges are of bits: every type whose elements have whole bytes.
template <bool kSwap>
npublasStatus_t moveEx(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                       npuDataType xType, int64_t incx, void *y, npuDataType yType, int64_t incy) {
  const auto format = formatOf(xType);
  if (!format || yType != xType)
    return refuse(caller, handle);
  const size_t bytes = formatBits(*format) / 8;
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    const int64_t count = std::max<int64_t>(n, 0);
    check.vector("x", x, count, incx, bytes);
    if (!check.vector("y", y, count, incy, bytes).ok() || n <= 0)
      return check.outcome();
    return onHost(settings, caller, kReason, [=] {
      auto at = [&](const void *data, int64_t step, int64_t index) {
        return static_cast<char *>(const_cast<void *>(data)) +
               ((step < 0 ? (1 - n) * step : 0) + index * step) * int64_t(bytes);
      };
      for (int64_t i = 0; i < n; ++i) {
        char *left = at(x, incx, i), *right = at(y, incy, i);
        if (kSwap)
          std::swap_ranges(left, left + bytes, right);
        else
          std::copy_n(left, bytes, right);
      }
    });
  });
}

npublasStatus_t rotEx(const char *caller, npublasHandle_t handle, int64_t n, void *x,
                      npuDataType xType, int64_t incx, void *y, npuDataType yType, int64_t incy,
                      const void *c, const void *s, npuDataType csType, npuDataType executionType) {
  if (executionOf(xType) < 0 || yType != xType || int(executionType) != executionOf(xType))
    return refuse(caller, handle);
#define TYPED(type, scalarType, function, T, C, S)                                                 \
  if (xType == type && csType == scalarType)                                                       \
    return function(handle, n, static_cast<T *>(x), incx, static_cast<T *>(y), incy,               \
                    static_cast<const C *>(c), static_cast<const S *>(s));
  TYPED(NPU_R_32F, NPU_R_32F, npublasSrot_64, float, float, float)
  TYPED(NPU_R_64F, NPU_R_64F, npublasDrot_64, double, double, double)
  TYPED(NPU_C_32F, NPU_R_32F, npublasCsrot_64, float2, float, float)
  TYPED(NPU_C_32F, NPU_C_32F, npublasCrot_64, float2, float, float2)
  TYPED(NPU_C_64F, NPU_R_64F, npublasZdrot_64, double2, double, double)
  TYPED(NPU_C_64F, NPU_C_64F, npublasZrot_64, double2, double, double2)
#undef TYPED
  if (!isNarrow(xType) || (csType != xType && csType != NPU_R_32F))
    return refuse(caller, handle);
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    AnyScalar cosine, sine;
    if (Outcome bad = anyScalar(settings, "c", c, csType, cosine); !bad.ok())
      return bad;
    if (Outcome bad = anyScalar(settings, "s", s, csType, sine); !bad.ok() || n <= 0)
      return bad;
    Arguments check;
    if (!check.vector("x", x, n, incx, 2).vector("y", y, n, incy, 2).ok())
      return check.outcome();
    const Narrow left = narrow(x, xType, incx, n), right = narrow(y, yType, incy, n);
    return onHost(settings, caller, kReason, [=] {
      const double by = cosine.get(), with = sine.get();
      for (int64_t i = 0; i < n; ++i) {
        const double a = left.get(i), b = right.get(i);
        left.set(i, by * a + with * b);
        right.set(i, by * b - with * a);
      }
    });
  });
}

npublasStatus_t rotgEx(const char *caller, npublasHandle_t handle, void *a, void *b,
                       npuDataType abType, void *c, void *s, npuDataType csType,
                       npuDataType executionType) {
  if (executionType != abType || csType != abType)
    return refuse(caller, handle);
#define TYPED(type, function, T, R)                                                                \
  case type:                                                                                       \
    return function(handle, static_cast<T *>(a), static_cast<T *>(b), static_cast<R *>(c),         \
                    static_cast<T *>(s));
  switch (abType) {
    TYPED(NPU_R_32F, npublasSrotg, float, float)
    TYPED(NPU_R_64F, npublasDrotg, double, double)
    TYPED(NPU_C_32F, npublasCrotg, float2, float)
    TYPED(NPU_C_64F, npublasZrotg, double2, double)
  default:
    return refuse(caller, handle);
  }
#undef TYPED
}

npublasStatus_t rotmEx(const char *caller, npublasHandle_t handle, int64_t n, void *x,
                       npuDataType xType, int64_t incx, void *y, npuDataType yType, int64_t incy,
                       const void *param, npuDataType paramType, npuDataType executionType) {
  if (yType != xType || paramType != xType || executionType != xType)
    return refuse(caller, handle);
  if (xType == NPU_R_32F)
    return npublasSrotm_64(handle, n, static_cast<float *>(x), incx, static_cast<float *>(y), incy,
                           static_cast<const float *>(param));
  if (xType == NPU_R_64F)
    return npublasDrotm_64(handle, n, static_cast<double *>(x), incx, static_cast<double *>(y),
                           incy, static_cast<const double *>(param));
  return refuse(caller, handle);
}

npublasStatus_t rotmgEx(const char *caller, npublasHandle_t handle, void *d1, npuDataType d1Type,
                        void *d2, npuDataType d2Type, void *x1, npuDataType x1Type, const void *y1,
                        npuDataType y1Type, void *param, npuDataType paramType,
                        npuDataType executionType) {
  for (npuDataType type : {d2Type, x1Type, y1Type, paramType, executionType})
    if (type != d1Type)
      return refuse(caller, handle);
  if (d1Type == NPU_R_32F)
    return npublasSrotmg(handle, static_cast<float *>(d1), static_cast<float *>(d2),
                         static_cast<float *>(x1), static_cast<const float *>(y1),
                         static_cast<float *>(param));
  if (d1Type == NPU_R_64F)
    return npublasDrotmg(handle, static_cast<double *>(d1), static_cast<double *>(d2),
                         static_cast<double *>(x1), static_cast<const double *>(y1),
                         static_cast<double *>(param));
  return refuse(caller, handle);
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

#define REDUCTION (handle, n, x, xType, incx, result, resultType, executionType)
BLAS_SIZED(Nrm2Ex, REDUCTION_EX, reduction<true>, REDUCTION, void)
BLAS_SIZED(AsumEx, REDUCTION_EX, reduction<false>, REDUCTION, void)
#define DOT (handle, n, x, xType, incx, y, yType, incy, result, resultType, executionType)
BLAS_SIZED(DotEx, DOT_EX, dotEx<false>, DOT, void)
BLAS_SIZED(DotcEx, DOT_EX, dotEx<true>, DOT, void)
BLAS_SIZED(IamaxEx, EXTREME_EX, extremeEx<true>, (handle, n, x, xType, incx, result), void)
BLAS_SIZED(IaminEx, EXTREME_EX, extremeEx<false>, (handle, n, x, xType, incx, result), void)
BLAS_SIZED(ScalEx, SCAL_EX, scalEx, (handle, n, alpha, alphaType, x, xType, incx, executionType),
           void)
BLAS_SIZED(AxpyEx, AXPY_EX, axpyEx,
           (handle, n, alpha, alphaType, x, xType, incx, y, yType, incy, executionType), void)
BLAS_SIZED(CopyEx, COPY_EX, moveEx<false>, (handle, n, x, xType, incx, y, yType, incy), void)
BLAS_SIZED(SwapEx, SWAP_EX, moveEx<true>, (handle, n, x, xType, incx, y, yType, incy), void)
BLAS_SIZED(RotEx, ROT_EX, rotEx,
           (handle, n, x, xType, incx, y, yType, incy, c, s, csType, executionType), void)
BLAS_SIZED(RotmEx, ROTM_EX, rotmEx,
           (handle, n, x, xType, incx, y, yType, incy, param, paramType, executionType), void)
BLAS_PLAIN(RotgEx, ROTG_EX, rotgEx, (handle, a, b, abType, c, s, csType, executionType), void)
BLAS_PLAIN(RotmgEx, ROTMG_EX, rotmgEx,
           (handle, d1, d1Type, d2, d2Type, x1, x1Type, y1, y1Type, param, paramType,
            executionType),
           void)
