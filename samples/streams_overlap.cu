// Shows streams and events: the work is cut into chunks that go through several streams (copy in,
// kernel, copy out), one stream waits for another by an event, and event times say how long it
// took. The time goes to stderr, so that the output stays the same from run to run.
#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    cudaError_t error = (call);                                                                    \
    if (error != cudaSuccess) {                                                                    \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(error));    \
      exit(EXIT_FAILURE);                                                                          \
    }                                                                                              \
  } while (0)

__global__ void scaleAndShift(float *values, int count, float scale, float shift) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    values[i] = values[i] * scale + shift;
}

__global__ void accumulate(const float *values, float *sums, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    sums[i] += values[i];
}

int main() {
  const int streams = 4, chunk = 25000, count = streams * chunk, threads = 128;
  const size_t bytes = count * sizeof(float), chunkBytes = chunk * sizeof(float);
  float *host, *device, *sums, *hostSums;
  CHECK(cudaMallocHost((void **)&host, bytes));
  CHECK(cudaMallocHost((void **)&hostSums, chunkBytes));
  CHECK(cudaMalloc((void **)&device, bytes));
  CHECK(cudaMalloc((void **)&sums, chunkBytes));
  for (int i = 0; i < count; ++i)
    host[i] = static_cast<float>(i % 1000);

  cudaStream_t stream[streams];
  cudaEvent_t chunkDone[streams], start, stop;
  for (int i = 0; i < streams; ++i) {
    CHECK(cudaStreamCreate(&stream[i]));
    CHECK(cudaEventCreateWithFlags(&chunkDone[i], cudaEventDisableTiming));
  }
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventCreate(&stop));

  CHECK(cudaEventRecord(start, 0));
  CHECK(cudaMemsetAsync(sums, 0, chunkBytes, stream[0]));
  for (int i = 0; i < streams; ++i) {
    float *part = device + i * chunk;
    CHECK(cudaMemcpyAsync(part, host + i * chunk, chunkBytes, cudaMemcpyHostToDevice, stream[i]));
    scaleAndShift<<<32, threads, 0, stream[i]>>>(part, chunk, 2.0f, i + 1.0f);
    CHECK(cudaGetLastError());
    CHECK(cudaMemcpyAsync(host + i * chunk, part, chunkBytes, cudaMemcpyDeviceToHost, stream[i]));
    CHECK(cudaEventRecord(chunkDone[i], stream[i]));
  }
  // The first stream adds up all chunks: it may start on a chunk once its event is reached.
  for (int i = 0; i < streams; ++i) {
    CHECK(cudaStreamWaitEvent(stream[0], chunkDone[i], 0));
    accumulate<<<(chunk + threads - 1) / threads, threads, 0, stream[0]>>>(device + i * chunk, sums,
                                                                           chunk);
    CHECK(cudaGetLastError());
  }
  CHECK(cudaMemcpyAsync(hostSums, sums, chunkBytes, cudaMemcpyDeviceToHost, stream[0]));
  CHECK(cudaEventRecord(stop, 0));
  CHECK(cudaEventSynchronize(stop));
  CHECK(cudaDeviceSynchronize());
  float milliseconds = -1.0f;
  CHECK(cudaEventElapsedTime(&milliseconds, start, stop));
  fprintf(stderr, "streams_overlap: %.3f ms\n", milliseconds);

  int wrong = milliseconds < 0.0f;
  for (int i = 0; i < count; ++i)
    wrong += host[i] != 2.0f * (i % 1000) + (i / chunk + 1.0f);
  for (int i = 0; i < chunk; ++i) {
    float expected = 0.0f;
    for (int part = 0; part < streams; ++part)
      expected += 2.0f * ((part * chunk + i) % 1000) + (part + 1.0f);
    wrong += hostSums[i] != expected;
  }

  for (int i = 0; i < streams; ++i) {
    CHECK(cudaStreamDestroy(stream[i]));
    CHECK(cudaEventDestroy(chunkDone[i]));
  }
  CHECK(cudaEventDestroy(start));
  CHECK(cudaEventDestroy(stop));
  CHECK(cudaFreeHost(host));
  CHECK(cudaFreeHost(hostSums));
  CHECK(cudaFree(device));
  CHECK(cudaFree(sums));
  printf("streams_overlap: %d streams, %d elements, %d wrong: %s\n", streams, count, wrong,
         wrong ? "FAILED" : "passed");
  return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
