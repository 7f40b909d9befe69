// What the tests of bulk and of quasi-random numbers share: checks of cuRAND's results, and memory
// that the host and the device read.
#pragma once

#include "expect.h"

#define RAND(call) EXPECT((call) == CURAND_STATUS_SUCCESS)
#define RAND_GIVES(call, status) EXPECT((call) == (status))

template <class T> struct Memory {
  T *data;
  explicit Memory(size_t count) { OK(cudaMallocManaged(&data, count * sizeof(T))); }
  ~Memory() { OK(cudaFree(data)); }
  T &operator[](size_t i) { return data[i]; }
};
