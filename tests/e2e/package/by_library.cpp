// A C++ program that uses a library of CUDA sources.
#include "scale.h"

#include <cstdio>

int main() {
  float result = scaled(21, 2);
  std::printf("by library: %g\n", result);
  return result == 42 ? 0 : 1;
}
