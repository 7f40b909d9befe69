// Loads and stores of several words at once in PTX. Those that other blocks may look at come whole:
// programs put a value and the word that says that it is there into one.
#include "check.h"

#include <vector>

constexpr int kBlocks = 8, kThreads = 64;

__global__ void move(const unsigned long long *in, unsigned long long *out) {
  int i = 2 * (blockIdx.x * blockDim.x + threadIdx.x), all = 2 * gridDim.x * blockDim.x;
  unsigned long long a, b;
  asm volatile("ld.global.cg.v2.u64 {%0, %1}, [%2];" : "=l"(a), "=l"(b) : "l"(in + i));
  asm volatile("st.global.cg.v2.u64 [%0], {%1, %2};" ::"l"(out + i), "l"(b), "l"(a));
  unsigned p, q, r, s;
  asm volatile("ld.volatile.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(p), "=r"(q), "=r"(r), "=r"(s)
               : "l"(in + i));
  asm volatile("st.relaxed.gpu.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(out + all + i), "r"(s),
               "r"(r), "r"(q), "r"(p));
  asm volatile("ld.global.v2.u32 {%0, %1}, [%2];" : "=r"(p), "=r"(q) : "l"(in + i));
  asm volatile("st.global.v2.u32 [%0], {%1, %2};" ::"l"(out + 2 * all + i), "r"(q), "r"(p));
  unsigned short w, x, y, z;
  asm volatile("ld.global.cg.v4.u16 {%0, %1, %2, %3}, [%4];"
               : "=h"(w), "=h"(x), "=h"(y), "=h"(z)
               : "l"(in + i + 1));
  asm volatile("st.global.cg.v4.u16 [%0], {%1, %2, %3, %4};" ::"l"(out + 2 * all + i + 1), "h"(z),
               "h"(y), "h"(x), "h"(w));
}

void checkValues() {
  constexpr int kAll = 2 * kBlocks * kThreads;
  unsigned long long *in, *out;
  CHECK_CUDA(cudaMallocManaged(&in, kAll * sizeof *in));
  CHECK_CUDA(cudaMallocManaged(&out, 3 * kAll * sizeof *out));
  for (int i = 0; i < kAll; ++i)
    in[i] = (i + 1) * 0x0123456789abcdefull;
  move<<<kBlocks, kThreads>>>(in, out);
  CHECK_CUDA(cudaDeviceSynchronize());
  auto turned = [](unsigned long long value) { return value << 32 | value >> 32; };
  bool right = true;
  for (int i = 0; i < kAll; i += 2) {
    right &= out[i] == in[i + 1] && out[i + 1] == in[i];
    right &= out[kAll + i] == turned(in[i + 1]) && out[kAll + i + 1] == turned(in[i]);
    right &= out[2 * kAll + i] == turned(in[i]);
    unsigned long long back = 0;
    for (int part = 0; part < 4; ++part)
      back |= (in[i + 1] >> (16 * part) & 0xffff) << (48 - 16 * part);
    right &= out[2 * kAll + i + 1] == back;
  }
  require(right);
  CHECK_CUDA(cudaFree(in));
  CHECK_CUDA(cudaFree(out));
}

// Half of the blocks write, the others read at the same time.
__global__ void writeAndRead(unsigned long long *pairs, unsigned *torn, int rounds) {
  unsigned long long *own = pairs + 2 * threadIdx.x;
  for (int i = 1; i <= rounds; ++i) {
    unsigned long long first = i, second = i * 0x9e3779b97f4a7c15ull;
    if (blockIdx.x % 2 == 0) {
      asm volatile("st.global.cg.v2.u64 [%0], {%1, %2};" ::"l"(own), "l"(first), "l"(second)
                   : "memory");
    } else {
      asm volatile("ld.global.cg.v2.u64 {%0, %1}, [%2];"
                   : "=l"(first), "=l"(second)
                   : "l"(own)
                   : "memory");
      if (second != first * 0x9e3779b97f4a7c15ull)
        atomicAdd(torn, 1u);
    }
  }
}

void checkWhole() {
  unsigned long long *pairs;
  unsigned *torn;
  CHECK_CUDA(cudaMallocManaged(&pairs, 2 * kThreads * sizeof *pairs));
  CHECK_CUDA(cudaMallocManaged(&torn, sizeof *torn));
  CHECK_CUDA(cudaMemset(pairs, 0, 2 * kThreads * sizeof *pairs));
  *torn = 0;
  writeAndRead<<<64, kThreads>>>(pairs, torn, 30000);
  CHECK_CUDA(cudaDeviceSynchronize());
  require(*torn == 0);
  CHECK_CUDA(cudaFree(pairs));
  CHECK_CUDA(cudaFree(torn));
}

int main() {
  checkValues();
  checkWhole();
  return finish();
}
