// Barriers under control flow: in loops that threads or warps leave at different times, after early
// returns, under conditions, in functions. The host runs the same body thread by thread, each
// up to its next barrier; those that have returned take no part in barriers.
#include "check.h"

#include <functional>
#include <ucontext.h>

// The threads of one block, each with its own stack, one after the other from barrier to barrier.
class HostBlock {
public:
  void run(unsigned count, const std::function<void(unsigned)> &body) {
    threads.assign(count, {});
    for (unsigned i = 0; i < count; ++i) {
      getcontext(&threads[i].context);
      threads[i].stack.resize(64 << 10);
      threads[i].context.uc_stack.ss_sp = threads[i].stack.data();
      threads[i].context.uc_stack.ss_size = threads[i].stack.size();
      threads[i].context.uc_link = &scheduler;
      makecontext(&threads[i].context, reinterpret_cast<void (*)()>(start), 0);
    }
    program = &body;
    self = this;
    for (bool any = true; any;) {
      any = false;
      total = next;
      next = 0;
      for (current = 0; current < count; ++current)
        if (!threads[current].finished) {
          any = true;
          swapcontext(&scheduler, &threads[current].context);
        }
    }
  }
  void arrive() { swapcontext(&threads[current].context, &scheduler); }
  int sum(int value) {
    next += value;
    arrive();
    return total;
  }

private:
  static void start() {
    (*self->program)(self->current);
    self->threads[self->current].finished = true;
  }
  struct HostThread {
    ucontext_t context;
    std::vector<char> stack;
    bool finished = false;
  };
  static inline HostBlock *self = nullptr;
  ucontext_t scheduler;
  std::vector<HostThread> threads;
  const std::function<void(unsigned)> *program = nullptr;
  unsigned current = 0;
  int total = 0, next = 0;
};

constexpr unsigned kShared = 1024;

struct Group {
  int *shared;
  HostBlock *block;
  __host__ __device__ void sync() const {
#ifdef __CUDA_ARCH__
    __syncthreads();
#else
    block->arrive();
#endif
  }
  __host__ __device__ int count(int predicate) const {
#ifdef __CUDA_ARCH__
    return __syncthreads_count(predicate);
#else
    return block->sum(predicate != 0);
#endif
  }
  __host__ __device__ bool any(int predicate) const {
#ifdef __CUDA_ARCH__
    return __syncthreads_or(predicate);
#else
    return block->sum(predicate != 0) != 0;
#endif
  }
};

#define GROUP_BODY(Name)                                                                           \
  struct Name {                                                                                    \
    static const char *name() { return #Name; }                                                    \
    __host__ __device__ static void run(const Thread &t, const Group &group, const int *in,        \
                                        int *out);                                                 \
  };                                                                                               \
  __host__ __device__ void Name::run([[maybe_unused]] const Thread &t, const Group &group,         \
                                     [[maybe_unused]] const int *in, int *out)

// What neighbours exchange: between the barriers nobody writes.
__host__ __device__ inline int exchange(const Thread &t, const Group &group, int value) {
  unsigned n = t.columns * t.rows * t.layers, i = t.inBlock();
  group.shared[i] = value;
  group.sync();
  int other = group.shared[(i + 1) % n] ^ group.shared[(i + n / 2) % n];
  group.sync();
  return other;
}

GROUP_BODY(ThreadsLeaveLoop) {
  int value = t.inBlock() * 7 + 1;
  int turns = in[t.id() % kInputs] & 15;
  for (int i = 0; i < turns; ++i)
    value = value * 3 + exchange(t, group, value + i);
  out[0] = value, out[1] = turns;
}

GROUP_BODY(WarpsLeaveLoop) {
  int value = t.inBlock() * 5 + 2, last = -1;
  for (unsigned i = t.inBlock() / 32; i < 9; i += 2) {
    value = value * 3 + exchange(t, group, value + i);
    last = i;
  }
  out[0] = value, out[1] = last;
}

// The induction variable and sums outlive the loop in warps that leave before others.
GROUP_BODY(RowsLeaveLoop) {
  int sum = 0, i = t.y;
  while (i < 20) {
    sum += exchange(t, group, sum + i);
    i += int(t.rows) + 1;
  }
  out[0] = sum, out[1] = i;
}

GROUP_BODY(TestInTheMiddle) {
  int value = t.inBlock(), turns = 0;
  while (true) {
    value += exchange(t, group, value) & 3;
    if (value > (in[t.inBlock() % 64] & 31) + 30)
      break;
    ++turns;
    value += 1 + (exchange(t, group, turns) & 1);
  }
  out[0] = value, out[1] = turns;
}

GROUP_BODY(NestedLoops) {
  int value = t.inBlock() + 1;
  for (int i = 0; i < int(t.inBlock() % 5); ++i) {
    for (int j = 0; j < 3; ++j)
      value = value * 5 + exchange(t, group, value ^ j);
    if (value & 1)
      value += i;
  }
  out[0] = value;
}

GROUP_BODY(EarlyReturnUniformLoop) {
  if (t.inBlock() >= 37)
    return;
  int value = t.inBlock();
  for (int i = 0; i < in[4] + 16; ++i) {
    value = value * 3 + i;
    if (i % 3 == 1)
      value ^= exchange(t, group, value);
  }
  out[0] = value;
}

GROUP_BODY(ReturnInLoop) {
  int value = t.inBlock() * 11;
  for (int i = 0; i < 12; ++i) {
    value += exchange(t, group, value);
    if ((t.inBlock() + i * 5) % 13 == 0 || (i == 6 && t.inBlock() < 32)) {
      out[1] = i;
      return;
    }
    out[0] = value;
  }
  out[2] = value;
}

// Conditions that are the same for the block, but known from memory only, after some have returned.
GROUP_BODY(UniformConditions) {
  int value = t.inBlock();
  if (in[(t.inBlock() / 32 + 3) % 64] > 20 && t.inBlock() % 7 != 0)
    return;
  for (int i = 0; i < 6; ++i) {
    if (in[i] > 4) {
      value += exchange(t, group, value);
      if (in[i + 8] > 4)
        value ^= exchange(t, group, value + 1) * 3;
      else
        value += 100;
    } else if (in[i + 16] & 1) {
      value -= exchange(t, group, value - 1);
    }
  }
  out[0] = value;
}

GROUP_BODY(CountsAfterReturn) {
  if (t.inBlock() % 11 == 0 || t.inBlock() / 32 == 1)
    return;
  int value = t.inBlock(), turns = 0;
  while (group.any(value > 0)) {
    value -= 17 + (group.count(value > 3) & 1);
    ++turns;
  }
  out[0] = value, out[1] = turns, out[2] = group.count(t.inBlock() & 1);
}

// Private arrays and many values across barriers.
GROUP_BODY(ValuesAcrossBarriers) {
  int own[8];
  double wide = t.inBlock() * 0.5;
  for (int i = 0; i < 8; ++i)
    own[i] = t.inBlock() * i;
  bool flag = t.inBlock() & 1;
  for (int i = 0; i < 10; ++i) {
    own[(i + t.inBlock()) & 7] += exchange(t, group, own[i & 7]);
    wide = wide * 0.75 + own[(i + 3) & 7] % 1000;
    flag ^= own[i & 7] & 1;
    if (i == in[4] + 12)
      continue;
    own[i & 7] ^= exchange(t, group, int(wide));
  }
  out[0] = own[0] ^ own[1] ^ own[2] ^ own[3];
  out[1] = own[4] + own[5] + own[6] + own[7];
  out[2] = int(wide), out[3] = flag;
}

__host__ __device__ inline int recursive(const Thread &t, const Group &group, int value,
                                         int depth) {
  for (int i = 0; i < depth; ++i)
    if (i & 1)
      value += exchange(t, group, value);
    else
      value *= 3;
  return value;
}
GROUP_BODY(InFunctions) {
  int value = recursive(t, group, t.inBlock(), 3);
  if (t.blockX == 0)
    value = recursive(t, group, value, 5);
  value += recursive(t, group, value + 1, in[4] + 14);
  out[0] = value;
}

template <class Body> __global__ void runGroup(const int *in, int *out) {
  __shared__ int shared[kShared];
  Thread thread = {threadIdx.x, threadIdx.y, threadIdx.z, blockIdx.x,           blockIdx.y,
                   blockDim.x,  blockDim.y,  blockDim.z,  gridDim.x * gridDim.y};
  unsigned i = thread.inBlock();
  shared[i] = i;
  __syncthreads();
  Body::run(thread, {shared, nullptr}, in, out + kOutputs * thread.id());
}

template <class Body> bool checkGroup(const Shape &shape) {
  const unsigned threads = shape.x * shape.y * shape.z, words = threads * shape.blocks * kOutputs;
  std::vector<int> in(kInputs), expected(words, -1), got(words, -1);
  fillInput(in);
  for (unsigned block = 0; block < shape.blocks; ++block) {
    std::vector<int> shared(kShared);
    for (unsigned i = 0; i < kShared; ++i)
      shared[i] = i;
    HostBlock host;
    host.run(threads, [&](unsigned i) {
      Thread thread = {i % shape.x,
                       i / shape.x % shape.y,
                       i / shape.x / shape.y,
                       block % 2,
                       block / 2,
                       shape.x,
                       shape.y,
                       shape.z,
                       shape.blocks};
      Body::run(thread, {shared.data(), &host}, in.data(),
                expected.data() + kOutputs * thread.id());
    });
  }
  int *deviceIn = nullptr, *deviceOut = nullptr;
  CHECK_CUDA(cudaMalloc(&deviceIn, kInputs * sizeof(int)));
  CHECK_CUDA(cudaMalloc(&deviceOut, words * sizeof(int)));
  CHECK_CUDA(cudaMemcpy(deviceIn, in.data(), kInputs * sizeof(int), cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemset(deviceOut, 0xff, words * sizeof(int)));
  runGroup<Body><<<gridOf(shape), dim3(shape.x, shape.y, shape.z)>>>(deviceIn, deviceOut);
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaMemcpy(got.data(), deviceOut, words * sizeof(int), cudaMemcpyDeviceToHost));
  CHECK_CUDA(cudaFree(deviceIn));
  CHECK_CUDA(cudaFree(deviceOut));
  for (unsigned i = 0; i < words; ++i)
    if (got[i] != expected[i]) {
      std::printf("FAIL %s, block %ux%ux%u, %u blocks: thread %u, word %u: %d is not %d\n",
                  Body::name(), shape.x, shape.y, shape.z, shape.blocks, i / kOutputs, i % kOutputs,
                  got[i], expected[i]);
      return false;
    }
  return true;
}

template <class... Bodies> void checkGroups() {
  constexpr Shape kGroups[] = {{32, 4, 1, 4}, {70, 1, 1, 2}, {5, 7, 3, 1}};
  for (const Shape &shape : kGroups)
    (require(checkGroup<Bodies>(shape)), ...);
}

int main() {
  checkGroups<ThreadsLeaveLoop, WarpsLeaveLoop, RowsLeaveLoop, TestInTheMiddle, NestedLoops,
              EarlyReturnUniformLoop, ReturnInLoop, UniformConditions, CountsAfterReturn,
              ValuesAcrossBarriers, InFunctions>();
  return finish();
}
