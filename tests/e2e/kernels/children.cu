// Kernels that launch kernels: order, depth, arguments, streams of a kernel, copies, errors, and
// waiting for children. What each child must leave is computed on the host.
#include "check.h"

#include <cstring>
#include <vector>

struct Managed {
  explicit Managed(size_t count) {
    CHECK_CUDA(cudaMallocManaged(&words, count * sizeof(int)));
    CHECK_CUDA(cudaMemset(words, 0, count * sizeof(int)));
    CHECK_CUDA(cudaDeviceSynchronize());
  }
  ~Managed() { cudaFree(words); }
  operator int *() const { return words; }
  int *words = nullptr;
};

static void settle() {
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaDeviceSynchronize());
}

// --- Arguments, templates, device functions, macros ---

struct Mixed {
  char letter;
  double number;
  short list[3];
};

template <class T, int kStep> __global__ void add(T *out, int n, T value, Mixed mixed, char last) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    out[i * kStep] += value + T(mixed.number) + mixed.letter + mixed.list[2] + last;
}
template <class T> __global__ void set(T *out, T value) { out[threadIdx.x] = value; }
__global__ void set(int *out) { out[threadIdx.x] = 77; }
namespace inner {
__global__ void increment(int *out) { out[blockIdx.x * blockDim.x + threadIdx.x] += 1; }
} // namespace inner

#define LAUNCH_INCREMENT(out) inner::increment<<<2, 16>>>(out)
#define LAUNCH(kernel, grid, block, ...) kernel<<<grid, block>>>(__VA_ARGS__)

__device__ void launchFrom(int *out) { inner::increment<<<1, 32>>>(out); }

template <class T> __global__ void parent(T *out) {
  Mixed mixed = {1, 20.0, {0, 0, 300}};
  if (threadIdx.x == 0) {
    LAUNCH(set, 1, 32, out, T(5));
    add<T, 1><<<dim3(2), dim3(16), 0, 0>>>(out, 31, T(4000), mixed, 7);
    set<<<1, 8>>>(reinterpret_cast<int *>(out) + 64);
  } else if (threadIdx.x == 33) {
    launchFrom(reinterpret_cast<int *>(out) + 128);
    LAUNCH_INCREMENT(reinterpret_cast<int *>(out) + 128);
  }
}

static void checkArguments() {
  Managed out(256);
  parent<<<1, 64>>>(static_cast<int *>(out));
  settle();
  for (int i = 0; i < 160; ++i) {
    int expected = i < 31 ? 5 + 4000 + 20 + 1 + 300 + 7 : i == 31 ? 5 : 0;
    if (i >= 64 && i < 72)
      expected = 77;
    if (i >= 128)
      expected = 2;
    require(out[i] == expected);
  }
}

// --- Depth and order ---

__global__ void tree(int *counts, int depth, int deepest) {
  atomicAdd(&counts[depth], 1);
  if (depth < deepest && threadIdx.x < 2)
    tree<<<1, 2>>>(counts, depth + 1, deepest);
}

__global__ void append(int *log, int value) { log[1 + log[0]++] = value; }
__global__ void second(int *log) {
  append<<<1, 1>>>(log, 10);
  append<<<1, 1, 0, cudaStreamTailLaunch>>>(log, 12);
  append<<<1, 1>>>(log, 11);
}
__global__ void first(int *log) {
  append<<<1, 1, 0, cudaStreamTailLaunch>>>(log, 3);
  append<<<1, 1, 0, cudaStreamFireAndForget>>>(log, 1);
  second<<<1, 1>>>(log);
  append<<<1, 1>>>(log, 2);
  append<<<1, 1, 0, cudaStreamTailLaunch>>>(log, 4);
}

// Goes on by launching itself: no depth limits that.
__global__ void again(int *count, int until) {
  if (++*count < until)
    again<<<1, 1, 0, cudaStreamTailLaunch>>>(count, until);
}

static void checkOrder() {
  Managed counts(8), log(16), count(1);
  tree<<<1, 2>>>(counts, 0, 6);
  settle();
  for (int depth = 0; depth < 7; ++depth)
    require(counts[depth] == 2 << depth);
  first<<<1, 1>>>(log);
  settle();
  const int expected[] = {8, 1, 10, 11, 12, 2, 3, 4};
  require(log[0] == 7);
  for (int i = 1; i < 8; ++i)
    require(log[i] == expected[i]);
  again<<<1, 1>>>(count, 400);
  settle();
  require(count[0] == 400);
}

// --- Many, shapes, shared memory ---

__global__ void reverse(const int *in, int *out) {
  extern __shared__ int staged[];
  __shared__ int offset;
  int i = threadIdx.x + blockDim.x * threadIdx.y, n = blockDim.x * blockDim.y;
  staged[i] = in[i];
  if (i == 0)
    offset = 1000;
  __syncthreads();
  out[i] = staged[n - 1 - i] + offset;
}
__global__ void many(int *words) {
  inner::increment<<<1, 1>>>(words + blockIdx.x * blockDim.x + threadIdx.x);
}
__global__ void shapes(const int *in, int *out) {
  const dim3 blocks[] = {dim3(32), dim3(16, 6), dim3(8, 4), dim3(100)};
  if (threadIdx.x < 4) {
    dim3 block = blocks[threadIdx.x];
    reverse<<<1, block, block.x * block.y * sizeof(int)>>>(in, out + 128 * threadIdx.x);
  }
}

static void checkShapes() {
  Managed words(2000), in(128), out(512);
  many<<<20, 100>>>(words);
  settle();
  for (int i = 0; i < 2000; ++i)
    require(words[i] == 1);
  for (int i = 0; i < 128; ++i)
    in[i] = i;
  shapes<<<1, 32>>>(in, out);
  settle();
  const int sizes[] = {32, 96, 32, 100};
  for (int shape = 0; shape < 4; ++shape)
    for (int i = 0; i < sizes[shape]; ++i)
      require(out[128 * shape + i] == 1000 + sizes[shape] - 1 - i);
}

// --- Streams, copies, memory and errors of a kernel ---

__global__ void fill(int *memory, int value) { memory[threadIdx.x] = value; }
__global__ void take(int *memory, int *out) {
  out[threadIdx.x] = memory[threadIdx.x];
  __syncthreads();
  if (threadIdx.x == 0)
    cudaFree(memory);
}
__global__ void calls(int *out) {
  cudaStream_t stream;
  cudaEvent_t event;
  out[0] = cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  out[1] = cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
  cudaMemsetAsync(out + 32, 1, 32 * sizeof(int), stream);
  cudaMemcpyAsync(out + 64, out + 32, 32 * sizeof(int), cudaMemcpyDeviceToDevice, stream);
  inner::increment<<<1, 16, 0, stream>>>(out + 64);
  cudaEventRecord(event, stream);
  cudaStreamWaitEvent(0, event, 0);
  int *memory = nullptr;
  out[2] = cudaMalloc(&memory, 32 * sizeof(int));
  fill<<<1, 32>>>(memory, 9);
  take<<<1, 32>>>(memory, out + 96);
  cudaEventDestroy(event);
  cudaStreamDestroy(stream);
  out[3] = cudaPeekAtLastError();
  fill<<<1, 2000>>>(out, -1); // too many threads: an error that the kernel may ask for
  fill<<<0, 32>>>(out, -1);
  out[4] = cudaPeekAtLastError();
  const char *text = cudaGetErrorString(cudaGetLastError());
  out[5] = text[0];
  out[6] = cudaGetLastError();
}

static void checkCalls() {
  Managed out(128);
  calls<<<1, 1>>>(out);
  settle();
  const int expected[] = {0, 0, 0, 0, cudaErrorInvalidConfiguration, 'i', 0};
  for (int i = 0; i < 7; ++i)
    require(out[i] == expected[i]);
  for (int i = 0; i < 32; ++i) {
    require(out[32 + i] == 0x01010101);
    require(out[64 + i] == 0x01010101 + (i < 16));
    require(out[96 + i] == 9);
  }
}

// --- A kernel that waits for its children ---

__global__ void sum(const int *in, int *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    out[i] = in[2 * i] + in[2 * i + 1];
}
__global__ void reduce(int *a, int *b, int n, int *result) {
  if (threadIdx.x == 0 && blockIdx.x == 0) {
    while (n > 1) {
      n /= 2;
      sum<<<(n + 31) / 32, 32>>>(a, b, n);
      cudaDeviceSynchronize();
      int *swapped = a;
      a = b, b = swapped;
    }
    result[1] = a[0];
  }
  __syncthreads();
  result[2 + blockIdx.x * blockDim.x + threadIdx.x] = result[1] + 1;
}
__global__ void nested(int *out, int depth) {
  if (threadIdx.x == 0 && depth) {
    nested<<<1, blockDim.x>>>(out, depth - 1);
    cudaDeviceSynchronize();
  }
  __syncthreads();
  out[threadIdx.x] = out[threadIdx.x] * 2 + depth;
}

static void checkWaiting() {
  Managed a(256), b(256), result(66), out(64);
  for (int i = 0; i < 256; ++i)
    a[i] = i;
  reduce<<<1, 64>>>(a, b, 256, result);
  settle();
  require(result[1] == 255 * 128);
  for (int i = 0; i < 64; ++i)
    require(result[2 + i] == 255 * 128 + 1);
  nested<<<1, 64>>>(out, 5);
  settle();
  int expected = 0;
  for (int depth = 0; depth <= 5; ++depth)
    expected = expected * 2 + depth;
  for (int i = 0; i < 64; ++i)
    require(out[i] == expected);
}

// --- Graphs repeat a parent with its children ---

static void checkGraphs() {
  Managed words(64);
  cudaStream_t stream;
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  CHECK_CUDA(cudaStreamCreate(&stream));
  CHECK_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  many<<<2, 32, 0, stream>>>(words);
  CHECK_CUDA(cudaStreamEndCapture(stream, &graph));
  CHECK_CUDA(cudaGraphInstantiate(&executable, graph, 0));
  for (int i = 0; i < 3; ++i)
    CHECK_CUDA(cudaGraphLaunch(executable, stream));
  CHECK_CUDA(cudaStreamSynchronize(stream));
  for (int i = 0; i < 64; ++i)
    require(words[i] == 3);
}

int main() {
  checkArguments();
  checkOrder();
  checkShapes();
  checkCalls();
  checkWaiting();
  checkGraphs();
  return finish();
}
