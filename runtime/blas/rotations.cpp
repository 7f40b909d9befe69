// Plane rotations: applied and made by the host in stream order.
#include "entry_points.h"
#include "host_routine.h"

#include <array>

namespace npu::blas {
namespace {

constexpr char kReason[] = "no device has plane rotations";

template <typename T> T *firstOf(T *data, int64_t count, int64_t step) {
  return step < 0 ? data + (1 - count) * step : data;
}

Outcome checkVectors(int64_t n, const void *x, int64_t incx, const void *y, int64_t incy,
                     size_t elementBytes) {
  Arguments check;
  return check.vector("x", x, n, incx, elementBytes)
      .vector("y", y, n, incy, elementBytes)
      .outcome();
}

// x' = c x + s y, y' = c y - conj(s) x
template <typename T, typename C, typename S>
npublasStatus_t rotate(const char *caller, npublasHandle_t handle, int64_t n, void *x, int64_t incx,
                       void *y, int64_t incy, const void *c, const void *s) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Scalar<C> cosine;
    Scalar<S> sine;
    if (Outcome bad = scalarOf(settings, "c", c, cosine); !bad.ok())
      return bad;
    if (Outcome bad = scalarOf(settings, "s", s, sine); !bad.ok() || n <= 0)
      return bad;
    if (Outcome bad = checkVectors(n, x, incx, y, incy, sizeof(T)); !bad.ok())
      return bad;
    return onHost(settings, caller, kReason, [=] {
      const C by = cosine.get();
      const S with = sine.get(), back = conjugated(with);
      T *left = firstOf(static_cast<T *>(x), n, incx),
        *right = firstOf(static_cast<T *>(y), n, incy);
      for (int64_t i = 0; i < n; ++i) {
        T &a = left[i * incx], &b = right[i * incy];
        const T first = by * a + with * b;
        b = by * b - back * a;
        a = first;
      }
    });
  });
}

// The modified rotation's matrix from its five parameters, as the reference BLAS defines them.
template <typename T> struct Modified {
  T h11 = 1, h12 = 0, h21 = 0, h22 = 1;
  explicit Modified(const T *param) {
    if (param[0] == T(-1))
      h11 = param[1], h21 = param[2], h12 = param[3], h22 = param[4];
    else if (param[0] == T(0))
      h21 = param[2], h12 = param[3];
    else if (param[0] == T(1))
      h11 = param[1], h21 = T(-1), h12 = T(1), h22 = param[4];
  }
};

template <typename T>
npublasStatus_t rotateModified(const char *caller, npublasHandle_t handle, int64_t n, void *x,
                               int64_t incx, void *y, int64_t incy, const T *param) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    if (!param)
      return invalid("param is null");
    const bool onDevice = settings.pointerMode == NPUBLAS_POINTER_MODE_DEVICE;
    if (onDevice)
      if (Outcome bad = reachable("param", param, 5 * sizeof(T)); !bad.ok())
        return bad;
    if (n <= 0)
      return {};
    if (Outcome bad = checkVectors(n, x, incx, y, incy, sizeof(T)); !bad.ok())
      return bad;
    const Modified<T> now =
        onDevice ? Modified<T>(std::array<T, 5>{T(-2)}.data()) : Modified<T>(param);
    return onHost(settings, caller, kReason, [=] {
      const Modified<T> h = onDevice ? Modified<T>(param) : now;
      T *left = firstOf(static_cast<T *>(x), n, incx);
      T *right = firstOf(static_cast<T *>(y), n, incy);
      for (int64_t i = 0; i < n; ++i) {
        T &a = left[i * incx], &b = right[i * incy];
        const T first = h.h11 * a + h.h12 * b;
        b = h.h21 * a + h.h22 * b;
        a = first;
      }
    });
  });
}

struct Span {
  const char *name;
  const void *data;
  size_t bytes;
};

// Runs `make` at once on scalars of the host, in stream order on those of the device.
Outcome onScalars(const Settings &settings, const char *caller, std::initializer_list<Span> spans,
                  std::function<void()> make) {
  for (const Span &span : spans) {
    if (!span.data)
      return invalid(std::string(span.name) + " is null");
    if (settings.pointerMode == NPUBLAS_POINTER_MODE_DEVICE)
      if (Outcome bad = reachable(span.name, span.data, span.bytes); !bad.ok())
        return bad;
  }
  if (settings.pointerMode == NPUBLAS_POINTER_MODE_DEVICE)
    return onHost(settings, caller, kReason, std::move(make));
  make();
  return {};
}

template <typename T, typename R>
npublasStatus_t makeRotation(const char *caller, npublasHandle_t handle, void *a, void *b, void *c,
                             void *s) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Routine routine;
    if (Outcome bad = Routine::find<T>("rotg", routine); !bad.ok())
      return bad;
    return onScalars(
        settings, caller,
        {{"a", a, sizeof(T)}, {"b", b, sizeof(T)}, {"c", c, sizeof(R)}, {"s", s, sizeof(T)}},
        [=] { routine(a, b, c, s); });
  });
}

template <typename T>
npublasStatus_t makeModified(const char *caller, npublasHandle_t handle, T *d1, T *d2, T *x1,
                             const T *y1, T *param) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Routine routine;
    if (Outcome bad = Routine::find<T>("rotmg", routine); !bad.ok())
      return bad;
    return onScalars(settings, caller,
                     {{"d1", d1, sizeof(T)},
                      {"d2", d2, sizeof(T)},
                      {"x1", x1, sizeof(T)},
                      {"y1", y1, sizeof(T)},
                      {"param", param, 5 * sizeof(T)}},
                     [=] { routine(d1, d2, x1, y1, param); });
  });
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

#define ROTATE(name, T, C, S, Value, Cosine, Sine)                                                 \
  BLAS_SIZED(name, ROT, (rotate<Value, Cosine, Sine>), (handle, n, x, incx, y, incy, c, s), T, C, S)
ROTATE(Srot, float, float, float, float, float, float)
ROTATE(Drot, double, double, double, double, double, double)
ROTATE(Crot, float2, float, float2, C32, float, C32)
ROTATE(Csrot, float2, float, float, C32, float, float)
ROTATE(Zrot, double2, double, double2, C64, double, C64)
ROTATE(Zdrot, double2, double, double, C64, double, double)
BLAS_SIZED(Srotm, ROTM, rotateModified<float>, (handle, n, x, incx, y, incy, param), float)
BLAS_SIZED(Drotm, ROTM, rotateModified<double>, (handle, n, x, incx, y, incy, param), double)

BLAS_PLAIN(Srotg, ROTG, (makeRotation<float, float>), (handle, a, b, c, s), float, float)
BLAS_PLAIN(Drotg, ROTG, (makeRotation<double, double>), (handle, a, b, c, s), double, double)
BLAS_PLAIN(Crotg, ROTG, (makeRotation<C32, float>), (handle, a, b, c, s), float2, float)
BLAS_PLAIN(Zrotg, ROTG, (makeRotation<C64, double>), (handle, a, b, c, s), double2, double)
BLAS_PLAIN(Srotmg, ROTMG, makeModified<float>, (handle, d1, d2, x1, y1, param), float)
BLAS_PLAIN(Drotmg, ROTMG, makeModified<double>, (handle, d1, d2, x1, y1, param), double)
