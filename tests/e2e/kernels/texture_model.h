// What texture reads must give, written from the CUDA C++ programming guide's "Texture Fetching":
// one texel after the other, in plain code that shares nothing with the device's.
#pragma once

#include <cmath>
#include <vector>

struct Model {
  int width = 1, height = 1, depth = 1;
  std::vector<double> texels; // four components each
  bool isLinear = false, isNormalized = false;
  cudaTextureAddressMode mode = cudaAddressModeClamp;
  double border[4] = {0, 0, 0, 0};

  double texel(int x, int y, int z, int component) const {
    const int at[3] = {x, y, z}, sizes[3] = {width, height, depth};
    int index[3];
    for (int axis = 0; axis < 3; ++axis) {
      const int size = sizes[axis];
      int i = at[axis];
      if (mode == cudaAddressModeBorder && (i < 0 || i >= size))
        return border[component];
      if (mode == cudaAddressModeWrap && isNormalized)
        i = ((i % size) + size) % size;
      index[axis] = i < 0 ? 0 : i >= size ? size - 1 : i;
    }
    return texels[((size_t(index[2]) * height + index[1]) * width + index[0]) * 4 + component];
  }

  // `axes`: how many of the coordinates count.
  double sample(int axes, float x, float y, float z, int component) const {
    const float at[3] = {x, y, z};
    const int sizes[3] = {width, height, depth};
    int first[3] = {0, 0, 0};
    double weight[3] = {0, 0, 0};
    for (int axis = 0; axis < axes; ++axis) {
      double coordinate = at[axis];
      if (mode == cudaAddressModeMirror && isNormalized) {
        const double whole = std::floor(coordinate), part = coordinate - whole;
        coordinate = std::fmod(whole, 2) == 0 ? part : 1 - part;
      }
      const double texel = coordinate * (isNormalized ? sizes[axis] : 1);
      const double begin = isLinear ? texel - 0.5 : texel;
      first[axis] = int(std::floor(begin));
      // 8 bits of fraction.
      weight[axis] = isLinear ? std::nearbyint((begin - std::floor(begin)) * 256) / 256 : 0;
    }
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
      double share = 1;
      for (int axis = 0; axis < 3; ++axis)
        share *= corner >> axis & 1 ? weight[axis] : 1 - weight[axis];
      if (share != 0)
        sum += share * texel(first[0] + (corner & 1), first[1] + (corner >> 1 & 1),
                             first[2] + (corner >> 2 & 1), component);
    }
    return sum;
  }
};
