#include "square.h"
#include <cuda_runtime_api.h>

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices < 1)
    return 2;
  return countWrongSquares(1000) != 0;
}
