// Directions to faces of a cube (CUDA C++ programming guide, "Cubemap Textures").
#ifndef NPU_DEVICE_CUBEMAP_H
#define NPU_DEVICE_CUBEMAP_H

#include "npu/device/attributes.h"

namespace npu {
namespace detail {

struct CubePlace {
  int face;   // +x, -x, +y, -y, +z, -z
  float s, t; // from 0 to 1
};

// The face is that of the component of largest magnitude; of equal ones z goes before y before x.
static NPU_DEVICE NPU_FORCEINLINE CubePlace placeOnCube(float x, float y, float z) {
  float sizeX = __builtin_fabsf(x), sizeY = __builtin_fabsf(y), sizeZ = __builtin_fabsf(z);
  bool isX = sizeX > sizeY && sizeX > sizeZ, isY = !isX && sizeY > sizeZ;
  float major = isX ? x : isY ? y : z;
  bool negative = major < 0.0f;
  float length = isX ? sizeX : isY ? sizeY : sizeZ;
  float s = isX ? (negative ? z : -z) : isY ? x : (negative ? -x : x);
  float t = isY ? (negative ? -z : z) : -y;
  CubePlace place;
  place.face = (isX ? 0 : isY ? 2 : 4) + (negative ? 1 : 0);
  place.s = (s / length + 1.0f) * 0.5f;
  place.t = (t / length + 1.0f) * 0.5f;
  return place;
}

} // namespace detail
} // namespace npu

#endif
