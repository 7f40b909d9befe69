// Reading and writing surfaces. Horizontal coordinates are bytes, the others rows, slices and
// layers. An access outside of the surface does what its boundary mode says; Trap, the default,
// fails the kernel at its end.
#ifndef NPU_DEVICE_SURFACES_H
#define NPU_DEVICE_SURFACES_H

#include "npu/api/hold_macros.def"

#include "npu/device/texture_sample.h"
#include "npu/types.h"

namespace npu {
namespace detail {

// Where an element is; not `inside`: nowhere.
struct SurfacePlace {
  char *address;
  bool inside;
};

// 0 Zero, 1 Clamp, 2 Trap: both spellings' enumerators.
NPU_SAMPLING int boundary(int index, int last, int mode, bool &inside) {
  int held = index < last ? index : last;
  held = held > 0 ? held : 0;
  if (mode != 1)
    inside = inside && held == index && last >= 0;
  return held;
}

template <int kAxes>
NPU_SAMPLING SurfacePlace placeOnSurface(npuSurfaceObject_t surface, int bytes, int xBytes, int y,
                                         int z, int slice, bool isLayered, int mode) {
  const TextureDescriptor *s = (const TextureDescriptor *)surface;
  bool inside = true;
  int rowBytes = fixed(s->first.size[0]) * fixed(s->texelBytes);
  int x = boundary(xBytes, rowBytes - bytes, mode, inside);
  y = kAxes > 1 ? boundary(y, fixed(s->first.size[1]) - 1, mode, inside) : 0;
  z = kAxes > 2 ? boundary(z, fixed(s->first.size[2]) - 1, mode, inside) : 0;
  if (isLayered)
    slice = boundary(slice, fixed(s->layers) - 1, mode, inside);
  // The hardware takes whole elements.
  inside = inside && xBytes % bytes == 0;
  if (mode == 2 && !inside)
    *(volatile int *)fixed(s->levels) = 1;
  SurfacePlace place;
  place.address =
      (char *)(fixed(s->first.base) + (unsigned long long)(z + slice) * fixed(s->first.slicePitch) +
               (unsigned long long)y * fixed(s->first.pitch) + (unsigned int)x);
  place.inside = inside;
  return place;
}

// Elements travel as words where they have whole ones: those can be moved for a whole warp at once.
template <class T> NPU_SAMPLING T loadElement(const char *address) {
  T value;
  if (sizeof(T) % 4 == 0) {
    unsigned int words[(sizeof(T) + 3) / 4];
    for (unsigned int i = 0; i < sizeof(T) / 4; ++i)
      words[i] = ((const unsigned int *)address)[i];
    __builtin_memcpy(&value, words, sizeof(T));
  } else {
    unsigned int part = loadPart((unsigned long long)address);
    __builtin_memcpy(&value, &part, sizeof(T));
  }
  return value;
}
template <class T> NPU_SAMPLING void storeElement(char *address, const T &value) {
  if (sizeof(T) % 4 == 0) {
    unsigned int words[(sizeof(T) + 3) / 4];
    __builtin_memcpy(words, &value, sizeof(T));
    for (unsigned int i = 0; i < sizeof(T) / 4; ++i)
      ((unsigned int *)address)[i] = words[i];
  } else if (sizeof(T) == 2) {
    unsigned short part;
    __builtin_memcpy(&part, &value, sizeof(T));
    *(unsigned short *)address = part;
  } else {
    __builtin_memcpy(address, &value, sizeof(T));
  }
}

template <class T> NPU_SAMPLING T loadFrom(const SurfacePlace &place) {
  static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8 ||
                    sizeof(T) == 16,
                "a surface element has 1, 2, 4, 8 or 16 bytes");
  T value;
  __builtin_memset(&value, 0, sizeof(T));
  if (place.inside)
    value = loadElement<T>(place.address);
  return value;
}
template <class T> NPU_SAMPLING void storeTo(const SurfacePlace &place, const T &value) {
  static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8 ||
                    sizeof(T) == 16,
                "a surface element has 1, 2, 4, 8 or 16 bytes");
  if (place.inside)
    storeElement(place.address, value);
}

} // namespace detail

#define NPU_SURFACE_BODY(...) __VA_ARGS__
#define NPU_SURFACE(kind, parameters, arguments, axes, x, y, z, slice, isLayered)                  \
  template <class T, class Mode = npuSurfaceBoundaryMode>                                          \
  NPU_SAMPLING T kind##read(npuSurfaceObject_t surface, NPU_SURFACE_BODY parameters,               \
                            Mode mode = (Mode)2) {                                                 \
    return detail::loadFrom<T>(                                                                    \
        detail::placeOnSurface<axes>(surface, sizeof(T), x, y, z, slice, isLayered, (int)mode));   \
  }                                                                                                \
  template <class T, class Mode = npuSurfaceBoundaryMode>                                          \
  NPU_SAMPLING void kind##read(T *result, npuSurfaceObject_t surface, NPU_SURFACE_BODY parameters, \
                               Mode mode = (Mode)2) {                                              \
    *result = kind##read<T>(surface, NPU_SURFACE_BODY arguments, mode);                            \
  }                                                                                                \
  template <class T, class Mode = npuSurfaceBoundaryMode>                                          \
  NPU_SAMPLING void kind##write(T value, npuSurfaceObject_t surface, NPU_SURFACE_BODY parameters,  \
                                Mode mode = (Mode)2) {                                             \
    detail::storeTo<T>(                                                                            \
        detail::placeOnSurface<axes>(surface, sizeof(T), x, y, z, slice, isLayered, (int)mode),    \
        value);                                                                                    \
  }
#include "npu/device/surface_functions.def"
#undef NPU_SURFACE

} // namespace npu

#include "npu/api/release_macros.def"

#endif
