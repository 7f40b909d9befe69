// malloc, free, new and delete in kernels: alignment, distinct blocks, what is left over, use from
// several kernels, blocks of many threads at a time.
#include "check.h"

#include <new>

struct Node {
  int value;
  Node *next;
};

__device__ int corrupt = 0;

// Each thread's blocks hold its own pattern until it frees them.
__global__ void churn(int rounds) {
  const unsigned id = threadIdx.x + blockIdx.x * blockDim.x;
  unsigned *blocks[4] = {};
  unsigned sizes[4] = {};
  unsigned state = id * 2654435761u + 1;
  for (int round = 0; round < rounds; ++round) {
    const int slot = round % 4;
    if (blocks[slot]) {
      for (unsigned i = 0; i < sizes[slot]; ++i)
        if (blocks[slot][i] != id * 1000 + slot)
          atomicAdd(&corrupt, 1);
      free(blocks[slot]);
    }
    state = state * 1664525u + 1013904223u;
    sizes[slot] = 1 + (state >> 16) % 40;
    blocks[slot] = static_cast<unsigned *>(malloc(sizes[slot] * sizeof(unsigned)));
    if (!blocks[slot] || reinterpret_cast<size_t>(blocks[slot]) % 16) {
      atomicAdd(&corrupt, 1);
      continue;
    }
    for (unsigned i = 0; i < sizes[slot]; ++i)
      blocks[slot][i] = id * 1000 + slot;
  }
  for (int slot = 0; slot < 4; ++slot)
    free(blocks[slot]);
}

__global__ void buildLists(Node **heads, int length) {
  Node *head = nullptr;
  for (int i = 0; i < length; ++i)
    head = new Node{i, head};
  heads[threadIdx.x] = head;
}
__global__ void sumLists(Node *const *heads, int *sums) {
  int sum = 0;
  for (const Node *node = heads[threadIdx.x]; node; node = node->next)
    sum += node->value;
  sums[threadIdx.x] = sum;
}
__global__ void deleteLists(Node **heads) {
  for (Node *node = heads[threadIdx.x]; node;) {
    Node *next = node->next;
    delete node;
    node = next;
  }
}

__global__ void tooMuch(int *got, void **blocks) {
  int count = 0;
  for (int i = 0; i < 64; ++i) {
    blocks[i] = malloc(1 << 20);
    count += blocks[i] != nullptr;
  }
  got[0] = count;
  got[1] = malloc(size_t(1) << 40) == nullptr;
  for (int i = 0; i < 64; ++i)
    free(blocks[i]);
  void *again = malloc(4 << 20);
  got[2] = again != nullptr;
  free(again);
  free(nullptr);
}

struct alignas(64) Wide {
  float values[16];
};
__global__ void everyNew(int *got) {
  int *array = new int[10];
  for (int i = 0; i < 10; ++i)
    array[i] = i;
  Wide *wide = new Wide;
  Wide *wides = new Wide[2];
  alignas(Node) char place[sizeof(Node)];
  Node *node = new (place) Node{7, nullptr};
  Node *quiet = new Node{8, nullptr};
  got[threadIdx.x] = array[9] + node->value + quiet->value +
                     (reinterpret_cast<size_t>(wide) % 64 == 0) +
                     (reinterpret_cast<size_t>(wides) % 64 == 0);
  delete quiet;
  delete[] wides;
  delete wide;
  delete[] array;
}

__global__ void shareBlock(int *out) {
  __shared__ int *block;
  if (threadIdx.x == 0)
    block = static_cast<int *>(malloc(blockDim.x * sizeof(int)));
  __syncthreads();
  block[threadIdx.x] = threadIdx.x * 3;
  __syncthreads();
  out[blockIdx.x * blockDim.x + threadIdx.x] = block[blockDim.x - 1 - threadIdx.x];
  __syncthreads();
  if (threadIdx.x == 0)
    free(block);
}

__global__ void freeTwice() {
  void *block = malloc(64);
  free(block);
  free(block);
}

int main() {
  size_t limit = 0;
  CHECK_CUDA(cudaDeviceGetLimit(&limit, cudaLimitMallocHeapSize));
  require(limit == 8 << 20);
  int *numbers = nullptr;
  void **pointers = nullptr;
  CHECK_CUDA(cudaMallocManaged(&numbers, 4096 * sizeof(int)));
  CHECK_CUDA(cudaMallocManaged(&pointers, 128 * sizeof(void *)));

  churn<<<8, 96>>>(50);
  CHECK_CUDA(cudaDeviceSynchronize());
  int bad = -1;
  CHECK_CUDA(cudaMemcpyFromSymbol(&bad, corrupt, sizeof bad));
  require(bad == 0);
  require(cudaDeviceSetLimit(cudaLimitMallocHeapSize, 1 << 20) == cudaErrorInvalidValue);
  (void)cudaGetLastError();

  Node **heads = reinterpret_cast<Node **>(pointers);
  for (int round = 0; round < 3; ++round) {
    buildLists<<<1, 100>>>(heads, 200);
    sumLists<<<1, 100>>>(heads, numbers);
    deleteLists<<<1, 100>>>(heads);
    CHECK_CUDA(cudaDeviceSynchronize());
    for (int i = 0; i < 100; ++i)
      require(numbers[i] == 199 * 200 / 2);
  }

  // Nothing is left of what was freed before: each time the same amount fits.
  for (int round = 0; round < 3; ++round) {
    tooMuch<<<1, 1>>>(numbers, pointers);
    CHECK_CUDA(cudaDeviceSynchronize());
    require(numbers[0] == 7 && numbers[1] == 1 && numbers[2] == 1);
  }

  everyNew<<<1, 40>>>(numbers);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < 40; ++i)
    require(numbers[i] == 9 + 7 + 8 + 2);

  shareBlock<<<10, 64>>>(numbers);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < 640; ++i)
    require(numbers[i] == (63 - i % 64) * 3);

  freeTwice<<<1, 1>>>();
  require(cudaDeviceSynchronize() == cudaErrorLaunchFailure);
  return finish();
}
