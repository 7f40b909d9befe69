// __managed__ variables: one copy, which host code and kernels read and write by name; before any
// call of the API, too.
#include "expect.h"

#include <cstring>

struct Pair {
  int first;
  double second;
};

__managed__ int counter = 41;
__device__ __managed__ float table[4] = {1.5f, 2.5f, -3.0f};
__managed__ Pair pair = {7, 0.25};
static __managed__ unsigned long long hidden = 1ull << 40;
__managed__ int zero;
__managed__ int cells[3] = {1, 2, 3};
__managed__ int *cursor = cells + 1;
__device__ int plain = 5;
__managed__ char odd[3] = {'a', 'b', 'c'};
namespace inner {
__managed__ int counter = -1;
namespace {
__managed__ short local = 9;
}
} // namespace inner
template <class T> __managed__ T slot = T(3);
struct Owner {
  static __managed__ int shared;
};
__managed__ int Owner::shared = 12;

template <class T> __global__ void addToSlot() { slot<T> += T(1); }

__global__ void touch() {
  if (threadIdx.x || blockIdx.x)
    return;
  ++counter;
  table[3] = table[0] + table[1] + table[2];
  pair.second *= pair.first;
  hidden += 1;
  zero = 100;
  *cursor = 20;
  ++cursor;
  odd[2] = 'z';
  inner::counter -= plain;
  inner::local += 1;
  Owner::shared *= 2;
}

__global__ void count() { atomicAdd(&counter, 1); }

int main() {
  // No call precedes these.
  EXPECT(counter == 41 && table[1] == 2.5f && table[3] == 0 && pair.first == 7 &&
         hidden >> 40 == 1);
  EXPECT(zero == 0 && cursor == cells + 1 && *cursor == 2 && inner::counter == -1);
  EXPECT(inner::local == 9 && slot<int> == 3 && slot<double> == 3.0 && Owner::shared == 12);
  counter = 50;
  pair.first = 8;
  cells[2] = 30;
  touch<<<2, 32>>>();
  addToSlot<int><<<1, 1>>>();
  addToSlot<double><<<1, 1>>>();
  OK(cudaDeviceSynchronize());
  // Variables are not the program's to free.
  void *notAllocated = nullptr;
  OK(cudaGetSymbolAddress(&notAllocated, plain));
  GIVES(cudaFree(notAllocated), cudaErrorInvalidValue);
  GIVES(cudaFreeAsync(notAllocated, nullptr), cudaErrorInvalidValue);
  cudaGetLastError();
  EXPECT(counter == 51 && table[3] == 1.0f && pair.second == 2.0 && hidden == (1ull << 40) + 1);
  EXPECT(zero == 100 && cells[1] == 20 && cursor == cells + 2 && *cursor == 30);
  EXPECT(odd[1] == 'b' && odd[2] == 'z' && inner::counter == -6 && inner::local == 10);
  EXPECT(slot<int> == 4 && slot<double> == 4.0 && Owner::shared == 24);
  count<<<4, 64>>>();
  OK(cudaDeviceSynchronize());
  EXPECT(counter == 51 + 256);

  // The API knows it as managed memory, by address and by symbol.
  cudaPointerAttributes attributes;
  OK(cudaPointerGetAttributes(&attributes, &table[2]));
  EXPECT(attributes.type == cudaMemoryTypeManaged && attributes.devicePointer == &table[2]);
  float copy[4];
  OK(cudaMemcpy(copy, table, sizeof table, cudaMemcpyDeviceToHost));
  EXPECT(std::memcmp(copy, table, sizeof copy) == 0);
  const int next = 77;
  OK(cudaMemcpyToSymbol(counter, &next, sizeof next));
  EXPECT(counter == 77);
  void *address = nullptr;
  OK(cudaGetSymbolAddress(&address, counter));
  EXPECT(address == &counter);
  OK(cudaMemPrefetchAsync(table, sizeof table, 0));
  GIVES(cudaFree(&counter), cudaErrorInvalidValue);
  GIVES(cudaHostUnregister(&counter), cudaErrorHostMemoryNotRegistered);
  return finish();
}
