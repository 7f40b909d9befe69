// Kernels that fail: what the next synchronisation tells, what is printed, and that a failed thread
// does no more. Each case is a process of its own, since a failure stays.
#include "check.h"

#include <cassert>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

constexpr int kThreads = 64;

__global__ void assertIndex(int *data, int limit) {
  int i = threadIdx.x + blockIdx.x * blockDim.x;
  assert(i < limit);
  data[i] = 1;
}

// Barriers follow the assertion: every thread must come to them, failed or not.
__global__ void assertBeforeBarriers(int *data, int limit, int rounds) {
  __shared__ int slots[kThreads];
  int i = threadIdx.x + blockIdx.x * blockDim.x;
  for (int round = 0; round < rounds; ++round) {
    assert(i < limit || round < 2);
    slots[threadIdx.x] = i;
    __syncthreads();
    data[i] += slots[blockDim.x - 1 - threadIdx.x] - slots[threadIdx.x] + 1;
    __syncthreads();
    if (i >= limit && round >= 2)
      data[1 << 28] = 1; // far outside
  }
}

__global__ void trapInLoop(int *data, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    if (i == int(threadIdx.x) + 100)
      __trap();
    data[threadIdx.x] = i;
  }
}

__global__ void trapAlways(int *data) {
  data[0] = 1;
  __trap();
}

__device__ int checked(int value, int limit) {
  if (value >= limit) {
    printf("value %d\n", value);
    __trap();
  }
  return value;
}
__global__ void trapInFunction(int *data, int limit) {
  data[threadIdx.x] = checked(threadIdx.x, limit) + checked(threadIdx.x * 2, 2 * limit);
}

__global__ void writeFar(int *data) { data[threadIdx.x] = 1; }

// What a case's process wrote to stderr (and stdout), and its exit status.
struct Outcome {
  int status;
  std::string text;
};
template <class Case> Outcome inProcess(Case run) {
  int ends[2];
  if (pipe(ends))
    std::exit(2);
  std::fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[0]);
    int status = run();
    std::fflush(stdout);
    std::exit(status);
  }
  close(ends[1]);
  Outcome outcome;
  char buffer[4096];
  for (ssize_t count; (count = read(ends[0], buffer, sizeof buffer)) > 0;)
    outcome.text.append(buffer, size_t(count));
  close(ends[0]);
  waitpid(child, &outcome.status, 0);
  return outcome;
}

int *managed(size_t words) {
  int *data = nullptr;
  CHECK_CUDA(cudaMallocManaged(&data, words * sizeof(int)));
  std::memset(data, 0, words * sizeof(int));
  return data;
}

unsigned occurrences(const std::string &text, const std::string &part) {
  unsigned count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

void expect(const char *name, const Outcome &outcome, bool holds) {
  bool good = WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 0 && holds;
  require(good);
  if (!good)
    std::printf("FAIL %s: status %d, text:\n%s\n", name, outcome.status, outcome.text.c_str());
}

// The error comes at the synchronisation, and at every call from then on, until a reset.
bool failsWith(cudaError_t wanted) {
  void *pointer = nullptr;
  bool stays = cudaDeviceSynchronize() == wanted && cudaGetLastError() == wanted &&
               cudaMalloc(&pointer, 4) == wanted && cudaDeviceSynchronize() == wanted;
  bool resets = cudaDeviceReset() == cudaSuccess && cudaMalloc(&pointer, 4) == cudaSuccess;
  return stays && resets;
}

int main() {
  Outcome outcome = inProcess([] {
    int *data = managed(128);
    assertIndex<<<2, kThreads>>>(data, 124);
    bool good = failsWith(cudaErrorAssert);
    for (int i = 124; i < 128; ++i)
      good &= data[i] == 0;
    for (int i = 0; i < 64; ++i)
      good &= data[i] == 1;
    return !good;
  });
  bool complete = occurrences(outcome.text, "Assertion `i < limit` failed.\n") == 4;
  for (int thread = 60; thread < 64; ++thread)
    complete &=
        occurrences(outcome.text, ": void assertIndex(int *, int): block: [1,0,0], thread: [" +
                                      std::to_string(thread) + ",0,0] Assertion") == 1;
  expect("assert", outcome, complete);

  outcome = inProcess([] {
    int *data = managed(128);
    assertBeforeBarriers<<<2, kThreads>>>(data, 120, 5);
    bool good = failsWith(cudaErrorAssert);
    // The first block and the healthy warp of the second one did all rounds.
    for (int i = 0; i < 64; ++i)
      good &= data[i] == 5 * (1 + 63 - 2 * i);
    return !good;
  });
  expect("assert before barriers", outcome,
         occurrences(outcome.text, "Assertion `i < limit || round < 2` failed.\n") == 8);

  outcome = inProcess([] {
    int *data = managed(128);
    assertBeforeBarriers<<<2, kThreads>>>(data, 128, 5);
    bool good = cudaDeviceSynchronize() == cudaSuccess;
    for (int i = 0; i < 128; ++i)
      good &= data[i] == 5 * (1 + 63 - 2 * (i % 64));
    return !good;
  });
  expect("no failure before barriers", outcome, outcome.text.empty());

  outcome = inProcess([] {
    int *data = managed(64);
    trapInLoop<<<1, 40>>>(data, 90);
    bool good = cudaDeviceSynchronize() == cudaSuccess && data[39] == 89;
    trapInLoop<<<1, 40>>>(data, 1000);
    good &= failsWith(cudaErrorLaunchFailure);
    for (int i = 0; i < 40; ++i)
      good &= data[i] < 140;
    return !good;
  });
  expect("trap in a loop", outcome, true);

  outcome = inProcess([] {
    int *data = managed(1);
    trapAlways<<<3, 50>>>(data);
    return !(failsWith(cudaErrorLaunchFailure) && data[0] == 1);
  });
  expect("trap always", outcome, true);

  outcome = inProcess([] {
    int *data = managed(64);
    trapInFunction<<<1, 32>>>(data, 30);
    return !failsWith(cudaErrorLaunchFailure);
  });
  expect("trap in a function", outcome,
         occurrences(outcome.text, "value 30\n") == 1 &&
             occurrences(outcome.text, "value 31\n") == 1);
  // Every block faults; the error is said once, and stays until the device is reset.
  outcome = inProcess([] {
    std::printf("kept\n");
    writeFar<<<500, 96>>>(reinterpret_cast<int *>(0x1000));
    bool good = failsWith(cudaErrorIllegalAddress);
    int *data = managed(64);
    writeFar<<<1, 64>>>(data);
    good &= cudaDeviceSynchronize() == cudaSuccess && data[63] == 1;
    return !good;
  });
  const bool isSaid = occurrences(outcome.text, "kept\n") == 1 &&
                      occurrences(outcome.text, "kernel writeFar(int*) used memory that it must "
                                                "not use, at address 0x10") == 1;
#ifdef LOWERING_thread
  // Threads that are work-items cannot be ended alone.
  require(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 1 && isSaid);
#else
  expect("illegal address", outcome, isSaid);
#endif

  require(std::strcmp(cudaGetErrorName(cudaErrorInvalidValue), "cudaErrorInvalidValue") == 0);
  require(std::strcmp(cudaGetErrorString(cudaErrorInvalidValue), "invalid argument") == 0);
  require(std::strcmp(cudaGetErrorString(cudaErrorAssert), "device-side assert triggered") == 0);
  require(std::strcmp(cudaGetErrorString(cudaError_t(54321)), "unrecognized error code") == 0);
  return finish();
}
