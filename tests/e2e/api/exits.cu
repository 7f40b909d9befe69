// The runtime after main(): static destructors may still free and wait, and a host function may end
// the process. Each way is a run of its own: `exits destructor`, `exits callback`.
#include "expect.h"

#include <cstring>

struct AtEnd {
  cudaStream_t stream = nullptr;
  int *memory = nullptr;
  ~AtEnd() {
    if (!stream)
      return;
    bool called = false;
    OK(cudaLaunchHostFunc(
        stream, [](void *data) { *static_cast<bool *>(data) = true; }, &called));
    OK(cudaFreeAsync(memory, stream)); // as it came from cudaMalloc: a host call in the stream
    OK(cudaStreamSynchronize(stream));
    EXPECT(called);
    OK(cudaStreamDestroy(stream));
    if (finish())
      _Exit(1);
  }
} atEnd;

__global__ void nothing() {}

int main(int count, char **arguments) {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  nothing<<<1, 1, 0, stream>>>();
  OK(cudaStreamSynchronize(stream));
  if (count > 1 && !std::strcmp(arguments[1], "callback")) {
    OK(cudaLaunchHostFunc(
        stream, [](void *) { std::exit(finish()); }, nullptr));
    (void)cudaStreamSynchronize(stream);
    return 1; // not reached
  }
  OK(cudaMalloc(&atEnd.memory, sizeof(int)));
  atEnd.stream = stream;
  return finish();
}
