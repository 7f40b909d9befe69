// Blocks of device memory: sizes around those where they lie otherwise, threads, and pages that
// become shared while others write to them.
#include "expect.h"

#include <cuda.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

constexpr size_t kMiB = 1 << 20;

void sizes() {
  void *nothing = &nothing;
  OK(cudaMalloc(&nothing, 0));
  EXPECT(nothing == nullptr);
  for (size_t bytes : {~size_t(0), ~size_t(0) - 4095, ~size_t(0) / 2})
    GIVES(cudaMalloc(&nothing, bytes), cudaErrorMemoryAllocation);
  for (size_t bytes : {size_t(1), size_t(512), size_t(513), kMiB - 512, kMiB - 1, kMiB, kMiB + 1,
                       2 * kMiB, 2 * kMiB + 1}) {
    size_t before = 0, within = 0, after = 0, total = 0;
    char *one, *other;
    OK(cudaMemGetInfo(&before, &total));
    OK(cudaMalloc(&one, bytes));
    OK(cudaMalloc(&other, bytes));
    OK(cudaMemGetInfo(&within, &total));
    EXPECT(before - within >= 2 * bytes);
    EXPECT(size_t(one) % 512 == 0 && size_t(other) % 512 == 0);
    EXPECT(one + bytes <= other || other + bytes <= one);
    CUdeviceptr start = 0;
    size_t range = 0;
    EXPECT(cuMemGetAddressRange(&start, &range, CUdeviceptr(one + bytes - 1)) == CUDA_SUCCESS);
    EXPECT(start == CUdeviceptr(one) && range == bytes);
    OK(cudaMemset(one, 1, bytes));
    OK(cudaMemset(other, 2, bytes));
    GIVES(cudaMemset(one, 2, bytes + 1), cudaErrorInvalidValue);
    char last = 0;
    OK(cudaMemcpy(&last, one + bytes - 1, 1, cudaMemcpyDeviceToHost));
    EXPECT(last == 1);
    GIVES(cudaFree(one + 1), cudaErrorInvalidValue);
    OK(cudaFree(one));
    GIVES(cudaFree(one), cudaErrorInvalidValue);
    OK(cudaFree(other));
    OK(cudaMemGetInfo(&after, &total));
    EXPECT(before == after);
  }
}

// Blocks of all kinds that threads have at the same time do not overlap.
void threads() {
  std::mutex mutex;
  std::map<char *, size_t> live; // under mutex
  std::atomic<int> wrong{0};
  const auto work = [&](unsigned random) {
    std::vector<char *> own;
    for (int i = 0; i < 2000; ++i) {
      random = random * 1664525 + 1013904223;
      const unsigned choice = random >> 20;
      if (own.size() < 50 && choice % 2) {
        const size_t bytes = choice % 97 == 0 ? 3 * kMiB : 1 + (random >> 8) % 20000;
        char *block = nullptr;
        wrong += (choice % 3 == 0   ? cudaMallocManaged(&block, bytes)
                  : choice % 5 == 0 ? cudaMallocAsync(&block, bytes, cudaStreamPerThread)
                                    : cudaMalloc(&block, bytes)) != cudaSuccess;
        std::lock_guard<std::mutex> lock(mutex);
        const auto next = live.upper_bound(block);
        wrong += next != live.end() && next->first < block + bytes;
        wrong += next != live.begin() && std::prev(next)->first + std::prev(next)->second > block;
        live[block] = bytes;
        own.push_back(block);
      } else if (!own.empty()) {
        std::swap(own[choice % own.size()], own.back());
        {
          std::lock_guard<std::mutex> lock(mutex);
          live.erase(own.back());
        }
        wrong += cudaFree(own.back()) != cudaSuccess;
        own.pop_back();
      }
    }
    for (char *block : own) {
      {
        std::lock_guard<std::mutex> lock(mutex);
        live.erase(block);
      }
      wrong += cudaFree(block) != cudaSuccess;
    }
  };
  std::vector<std::thread> all;
  for (unsigned seed = 1; seed <= 4; ++seed)
    all.emplace_back(work, seed);
  for (std::thread &thread : all)
    thread.join();
  EXPECT(wrong == 0);
}

// A thread that writes to pages just as they become shared is none the wiser.
void sharing() {
  std::atomic<int *> block{nullptr};
  std::atomic<bool> stop{false}, idle{true};
  std::atomic<int> wrong{0};
  std::vector<int> values(4096, 7);
  const size_t bytes = values.size() * sizeof(int);
  std::thread writer([&] {
    cudaStream_t stream;
    wrong += cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) != cudaSuccess;
    while (!stop) {
      int *at = block;
      idle = !at;
      if (at)
        wrong += cudaMemcpyAsync(at, values.data(), bytes, cudaMemcpyHostToDevice, stream) !=
                 cudaSuccess;
      else
        std::this_thread::yield();
    }
    wrong += cudaStreamDestroy(stream) != cudaSuccess;
  });
  for (int i = 0; i < 300; ++i) {
    int *written, *shared;
    cudaIpcMemHandle_t handle;
    OK(cudaMalloc(&written, bytes));
    OK(cudaMalloc(&shared, kMiB - 512));
    block = written;
    while (idle)
      std::this_thread::yield();
    OK(cudaIpcGetMemHandle(&handle, shared));
    block = nullptr;
    while (!idle)
      std::this_thread::yield();
    OK(cudaFree(written));
    OK(cudaFree(shared));
  }
  stop = true;
  writer.join();
  EXPECT(wrong == 0);
}

int main() {
  sizes();
  threads();
  sharing();
  return finish();
}
