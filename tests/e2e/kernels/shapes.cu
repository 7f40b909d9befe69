// Addresses and conditions by row and column: what the variants for lines, whole rows and rows of
// 16 and 8 threads take apart.
#include "check.h"

#include <algorithm>

BODY(Plane) {
  unsigned pitch = in[0] & 15 ? 33 : 40;
  out[0] = in[(t.y * pitch + t.x) % kInputs];
  out[1] = in[t.y * 31 + t.x % 8];
  out[2] = in[(t.y * t.columns + t.x) % kInputs];
  out[3] = in[(t.x * t.rows + t.y) % kInputs];
}

// One element per row, per column, per layer.
BODY(RowsAndColumns) {
  out[0] = in[t.y];
  out[1] = in[t.x % 512];
  out[2] = in[t.z * 7 + t.y * 3];
  out[3] = in[1023 - t.y * 8 - t.z];
}

// Rows that go down, and a pitch that is negative when the program runs.
BODY(Backwards) {
  int pitch = -17 - (in[1] & 1);
  out[0] = in[700 + int(t.y) * pitch + int(t.x % 16)];
  out[1] = in[800 - int(t.y) * 20 - int(t.x % 32)];
  out[2] = int(t.x) - int(t.y) * pitch;
  long long wide = (long long)(int(t.y) * pitch) + t.x % 8;
  out[3] = in[600 + wide];
}

BODY(WrapBetweenRows) {
  unsigned far = 0xffffff00u + t.y * 64 + t.x % 64; // wraps in row 4 and later
  out[0] = int((unsigned long long)far >> 32) + int(far & 0xffff);
  unsigned step = 0x40000000u + (in[2] & 1);
  unsigned scaled = t.y * step + t.x; // wraps each fourth row
  out[1] = int((unsigned long long)scaled % 1000003);
  int small = int(t.y * 0x20000000u);
  out[2] = int((long long)small >> 29);
  unsigned char narrow = (unsigned char)(t.y * 60 + t.x);
  out[3] = in[narrow];
}

// Lanes that differ in the sign bit, and lanes that wrap in a narrow type.
BODY(SignBits) {
  int top = int(t.x << 27);
  out[0] = (top < 0 ? 7 : 3) + (top >> 27);
  out[1] = int((long long)top >> 30);
  short narrow = short(t.x * 4096);
  out[2] = narrow + (narrow < 0 ? 100000 : 0);
  unsigned char byte = (unsigned char)(t.x * 32);
  out[3] = (byte > 127 ? 1000 : 0) + (signed char)byte;
}

// Numbers spread over all of 32 and 64 bits, used as values.
BODY(Spread) {
  int hash = int(t.x * 2654435761u);
  long long next = (long long)(hash + 1);
  out[0] = int(next >> 32) * 7 + int(next);
  unsigned long long product = t.x * 595056260442243601ull; // about 2^64 / 31
  out[1] = int(product >> 8);
  unsigned sum = t.x + 0xfffffff0u + (in[0] & 3);
  out[2] = int(((long long)sum - (long long)t.x) >> 5);
  out[3] = int(((long long)int(sum ^ 0x80000000u) + 3) >> 3);
}

// High bits that are the same in a warp, and low bits that tell lanes apart.
BODY(Parts) {
  out[0] = int(t.x / 32 * 1000 + t.x % 32);
  out[1] = in[t.x / 64 * 8 + t.x / 16 % 4];
  out[2] = in[(t.x & 31) + (t.x & ~31u) / 4];
  unsigned linear = t.inBlock();
  out[3] = int((linear >> 5) * 100 + (linear & 31) + (linear & 0x60));
}

BODY(Conditions) {
  int value = 0;
  if (t.x < 32)
    value += 1;
  if (t.x > 31 && t.x <= 63)
    value += 2;
  if (int(t.x) >= 64)
    value += 4;
  if (t.x / 32 == 1)
    value += 8;
  if (t.y < 2 && t.x < 8)
    value += 16;
  if (t.y & 1)
    value += 32;
  out[0] = value;
  int warp = int(t.x / 32);
  for (int i = warp; i < 5; i += 2)
    value += in[i];
  out[1] = value;
  out[2] = t.y > t.x ? in[t.y] : in[t.x % 100];
  out[3] = (t.x >> 5) + (t.x & 32);
}

// Loops whose induction variable begins at the lane's number.
BODY(StridedLoops) {
  int sum = 0;
  for (int i = t.x % 32; i < 100 + in[3] % 8; i += 32)
    sum += in[i];
  out[0] = sum;
  unsigned product = 1;
  for (unsigned i = t.inBlock(); i < 900; i += t.columns * t.rows * t.layers)
    product = product * 31 + in[i];
  out[1] = int(product);
  sum = 0;
  for (unsigned row = t.y; row < 20; row += t.rows)
    for (unsigned column = t.x; column < 40; column += t.columns)
      sum += in[row * 40 + column] * int(row + 1);
  out[2] = sum;
  int last = -1;
  for (int i = int(t.x); i >= 0; i -= 7)
    last = i;
  out[3] = last;
}

// Private arrays, stores in two dimensions.
BODY(PrivatePlane) {
  int values[4][4];
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j)
      values[i][j] = in[(t.y + i) * 10 + t.x % 50 + j];
  out[0] = values[t.y % 4][t.x % 4];
  out[1] = values[t.x % 4][t.y % 4];
  values[t.y % 4][t.x % 4] = -1;
  int sum = 0;
  for (int i = 0; i < 16; ++i)
    sum = sum * 3 + values[i / 4][i % 4];
  out[2] = sum;
  out[3] = int(t.x * 2 + t.y);
}

// Barriers under a condition, in blocks of any shape: each thread counts once for each of them.
__global__ void countRounds(int *rounds, int last) {
  for (int round = 0; round < 1 + int(blockIdx.x & 3); ++round) {
    __syncthreads();
    atomicAdd(rounds + blockIdx.x, 1);
    if (round > last)
      break;
  }
}
void checkRounds(const Shape &shape) {
  constexpr int kBlocks = 4;
  int *rounds = nullptr;
  CHECK_CUDA(cudaMallocManaged(&rounds, kBlocks * sizeof *rounds));
  CHECK_CUDA(cudaMemset(rounds, 0, kBlocks * sizeof *rounds));
  countRounds<<<kBlocks, dim3(shape.x, shape.y, shape.z)>>>(rounds, 1);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int block = 0; block < kBlocks; ++block) {
    const int expected = int(shape.x * shape.y * shape.z) * std::min(block + 1, 3);
    if (rounds[block] != expected)
      std::printf("FAIL rounds: (%u, %u, %u) block %d: %d, not %d\n", shape.x, shape.y, shape.z,
                  block, rounds[block], expected);
    require(rounds[block] == expected);
  }
  CHECK_CUDA(cudaFree(rounds));
}

// Behind a barrier under a condition, threads go different ways, and some none.
__global__ void countBehind(int *counts, int n) {
  if (n == 0) {
    __syncthreads();
    for (int left = int(threadIdx.x) & 7; left > 0; --left)
      ++counts[threadIdx.x];
  }
  counts[threadIdx.x] += 100;
}
void checkBehind() {
  constexpr int kThreads = 48;
  int *counts = nullptr;
  CHECK_CUDA(cudaMallocManaged(&counts, kThreads * sizeof *counts));
  for (int n : {0, 1}) {
    CHECK_CUDA(cudaMemset(counts, 0, kThreads * sizeof *counts));
    countBehind<<<1, kThreads>>>(counts, n);
    CHECK_CUDA(cudaDeviceSynchronize());
    for (int i = 0; i < kThreads; ++i) {
      const int expected = (n == 0 ? i & 7 : 0) + 100;
      if (counts[i] != expected)
        std::printf("FAIL behind: n %d thread %d: %d, not %d\n", n, i, counts[i], expected);
      require(counts[i] == expected);
    }
  }
  CHECK_CUDA(cudaFree(counts));
}

// Blocks that take work until none is left: the same condition ends a round and starts the next.
__device__ int left[2], taken;
__global__ void work(int *done) {
  __shared__ int item;
  while (true) {
    if (threadIdx.x == 0) {
      item = atomicSub(&left[0], 1) - 1;
      if (*(volatile int *)&left[1] == 0)
        item = -1;
    }
    __syncthreads();
    if (item < 0)
      return;
    for (int i = 0; i <= item; ++i)
      atomicAdd(&done[i], 1);
    __syncthreads();
    if (threadIdx.x == 0)
      atomicAdd(&taken, 1);
  }
}
void checkWork(int threads) {
  constexpr int kItems = 20;
  const int items[2] = {kItems, 1}, none = 0;
  int *done = nullptr, count = 0;
  CHECK_CUDA(cudaMallocManaged(&done, kItems * sizeof *done));
  CHECK_CUDA(cudaMemset(done, 0, kItems * sizeof *done));
  CHECK_CUDA(cudaMemcpyToSymbol(left, items, sizeof items));
  CHECK_CUDA(cudaMemcpyToSymbol(taken, &none, sizeof none));
  work<<<3, threads>>>(done);
  CHECK_CUDA(cudaDeviceSynchronize());
  CHECK_CUDA(cudaMemcpyFromSymbol(&count, taken, sizeof count));
  require(count == kItems);
  for (int i = 0; i < kItems; ++i)
    require(done[i] == (kItems - i) * threads);
  CHECK_CUDA(cudaFree(done));
}

int main() {
  for (const Shape &shape : kShapes)
    checkRounds(shape);
  checkBehind();
  checkWork(1);
  checkWork(40);
  checkWork(256);
  checkBodies<Plane, RowsAndColumns, Backwards, WrapBetweenRows, SignBits, Spread, Parts,
              Conditions, StridedLoops, PrivatePlane>(5);
  return finish();
}
