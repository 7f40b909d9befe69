// Warp matrices, as wmma and as mma.sync with ldmatrix, against products of small whole numbers,
// which are exact in every format; and shared memory addressed by handles.
#include "check.h"

#include <cuda/barrier>
#include <cuda/pipeline>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_pipeline.h>
#include <mma.h>

#include <type_traits>

using namespace nvcuda;

template <int M, int N, int K, class T, class LayoutA, class LayoutB, class C>
__global__ void multiply(const float *in, float *out) {
  using Storage =
      typename wmma::fragment<wmma::matrix_a, M, N, K, T, LayoutA>::storage_element_type;
  __shared__ __align__(32) Storage a[M * K], b[K * N];
  __shared__ __align__(32) C c[M * N];
  for (int i = threadIdx.x; i < M * K; i += 32)
    a[i] = Storage(in[i]);
  for (int i = threadIdx.x; i < K * N; i += 32)
    b[i] = Storage(in[M * K + i]);
  for (int i = threadIdx.x; i < M * N; i += 32)
    c[i] = C(in[M * K + K * N + i]);
  __syncthreads();
  wmma::fragment<wmma::matrix_a, M, N, K, T, LayoutA> fa;
  wmma::fragment<wmma::matrix_b, M, N, K, T, LayoutB> fb;
  wmma::fragment<wmma::accumulator, M, N, K, C> fc, ones;
  wmma::fill_fragment(ones, C(1.0f));
  wmma::load_matrix_sync(fa, a, std::is_same<LayoutA, wmma::row_major>::value ? K : M);
  wmma::load_matrix_sync(fb, b, std::is_same<LayoutB, wmma::row_major>::value ? N : K);
  wmma::load_matrix_sync(fc, c, N, wmma::mem_row_major);
  wmma::mma_sync(fc, fa, fb, fc);
  for (int i = 0; i < fc.num_elements; ++i)
    fc.x[i] = C(float(fc.x[i]) * 2 + float(ones.x[i]));
  wmma::store_matrix_sync(c, fc, M, wmma::mem_col_major);
  __syncthreads();
  for (int i = threadIdx.x; i < M * N; i += 32)
    out[i % M * N + i / M] = float(c[i]);
}

std::vector<float> numbers(int count) {
  std::vector<float> in(count);
  unsigned state = 7;
  for (float &x : in) {
    state = state * 1664525u + 1013904223u;
    x = float(int(state >> 28)); // 0...15
  }
  return in;
}

void compare(const char *name, const std::vector<float> &got, const std::vector<float> &expected) {
  bool same = true;
  for (size_t i = 0; i < expected.size() && same; ++i)
    if (got[i] != expected[i]) {
      std::printf("FAIL %s: element %zu: %g is not %g\n", name, i, got[i], expected[i]);
      same = false;
    }
  require(same);
}

template <class Kernel>
std::vector<float> runOn(Kernel kernel, const std::vector<float> &in, int count, int threads) {
  float *deviceIn = nullptr, *deviceOut = nullptr;
  std::vector<float> got(count, -1);
  CHECK_CUDA(cudaMalloc(&deviceIn, in.size() * 4));
  CHECK_CUDA(cudaMalloc(&deviceOut, got.size() * 4));
  CHECK_CUDA(cudaMemcpy(deviceIn, in.data(), in.size() * 4, cudaMemcpyHostToDevice));
  kernel<<<1, threads, 4096>>>(deviceIn, deviceOut);
  CHECK_CUDA(cudaGetLastError());
  CHECK_CUDA(cudaMemcpy(got.data(), deviceOut, got.size() * 4, cudaMemcpyDeviceToHost));
  CHECK_CUDA(cudaFree(deviceIn));
  CHECK_CUDA(cudaFree(deviceOut));
  return got;
}

template <int M, int N, int K, class T, class LayoutA, class LayoutB, class C>
void checkShape(const char *name) {
  bool rowsA = std::is_same<LayoutA, wmma::row_major>::value;
  bool rowsB = std::is_same<LayoutB, wmma::row_major>::value;
  std::vector<float> in = numbers(M * K + K * N + M * N), expected(M * N);
  const float *a = in.data(), *b = a + M * K, *c = b + K * N;
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < N; ++j) {
      float sum = c[i * N + j];
      for (int k = 0; k < K; ++k)
        sum += a[rowsA ? i * K + k : k * M + i] * b[rowsB ? k * N + j : j * K + k];
      expected[i * N + j] = C(float(C(sum)) * 2 + 1);
    }
  compare(name, runOn(multiply<M, N, K, T, LayoutA, LayoutB, C>, in, M * N, 32), expected);
}

// One m16n8k16 product: A by ldmatrix, B by ldmatrix.trans, from a row-major B.
__global__ void multiplyByInstruction(const float *in, float *out) {
  __shared__ __align__(16) __half a[16 * 16], b[16 * 8];
  unsigned lane = threadIdx.x;
  for (unsigned i = lane; i < 256; i += 32)
    a[i] = __float2half(in[i]);
  for (unsigned i = lane; i < 128; i += 32)
    b[i] = __float2half(in[256 + i]);
  __syncwarp();
  unsigned a0, a1, a2, a3, b0, b1;
  unsigned rowA = __cvta_generic_to_shared(&a[lane % 16 * 16 + lane / 16 * 8]);
  const __half *rowB = &b[lane % 16 * 8]; // without .shared an address is a generic one
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(a0), "=r"(a1), "=r"(a2), "=r"(a3)
               : "r"(rowA));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.b16 {%0, %1}, [%2];"
               : "=r"(b0), "=r"(b1)
               : "l"(rowB));
  float d0 = 1, d1 = 1, d2 = 1, d3 = 1;
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, "
               "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3)
               : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  float *row = out + lane / 4 * 8 + lane % 4 * 2;
  row[0] = d0, row[1] = d1, row[64] = d2, row[65] = d3;
}

// Signed bytes: fragments are loaded by hand, as the PTX ISA lays them out.
__global__ void multiplyBytes(const float *in, float *out) {
  unsigned lane = threadIdx.x, group = lane / 4, t = lane % 4;
  auto pack = [&](const float *from, int step) {
    unsigned word = 0;
    for (int i = 0; i < 4; ++i)
      word |= (unsigned)((int)from[i * step] - 8 & 255) << (8 * i);
    return word;
  };
  unsigned a[4], b[2];
  for (int r = 0; r < 4; ++r)
    a[r] = pack(in + (group + r % 2 * 8) * 32 + r / 2 * 16 + 4 * t, 1);
  for (int r = 0; r < 2; ++r)
    b[r] = pack(in + 512 + (r * 16 + 4 * t) * 8 + group, 8);
  int d0, d1, d2, d3;
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%10, %10, %10, %10};"
      : "=r"(d0), "=r"(d1), "=r"(d2), "=r"(d3)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(3));
  float *row = out + group * 8 + t * 2;
  row[0] = d0, row[1] = d1, row[64] = d2, row[65] = d3;
}

// Elements smaller than a byte, in words of which a float gives 16 bits; A's rows are farther apart
// than they are long.
template <class T, int K, bool andBits> __global__ void multiplySmall(const float *in, float *out) {
  __shared__ unsigned a[64], b[32];
  __shared__ int c[64];
  for (unsigned i = threadIdx.x; i < 96; i += 32)
    (i < 64 ? a[i] : b[i - 64]) = unsigned(in[2 * i]) | unsigned(in[2 * i + 1]) << 16;
  __syncwarp();
  wmma::fragment<wmma::matrix_a, 8, 8, K, T, wmma::row_major> fa;
  wmma::fragment<wmma::matrix_b, 8, 8, K, T, wmma::col_major> fb;
  wmma::fragment<wmma::accumulator, 8, 8, K, int> fc;
  wmma::fill_fragment(fc, 5);
  wmma::load_matrix_sync(fa, a, 2 * K);
  wmma::load_matrix_sync(fb, b, K);
  if constexpr (K == 128)
    wmma::bmma_sync(fc, fa, fb, fc,
                    andBits ? wmma::experimental::bmmaBitOpAND : wmma::experimental::bmmaBitOpXOR);
  else
    wmma::mma_sync(fc, fa, fb, fc);
  wmma::store_matrix_sync(c, fc, 8, wmma::mem_row_major);
  __syncwarp();
  out[threadIdx.x] = c[threadIdx.x];
  out[threadIdx.x + 32] = c[threadIdx.x + 32];
}

template <class T, int K> int smallProduct(unsigned a, unsigned b, bool andBits) {
  if (K == 128)
    return __builtin_popcount(andBits ? a & b : a ^ b);
  int sum = 0;
  for (int e = 0; e < 8; ++e) {
    int x = a >> 4 * e & 15, y = b >> 4 * e & 15;
    if (std::is_same<T, wmma::experimental::precision::s4>::value) {
      x -= x > 7 ? 16 : 0;
      y -= y > 7 ? 16 : 0;
    }
    sum += x * y;
  }
  return sum;
}

template <class T, int K, bool andBits = false> void checkSmall(const char *name) {
  std::vector<float> in(192), expected(64);
  std::vector<unsigned> words(96);
  unsigned state = 1;
  for (unsigned i = 0; i < 192; ++i) {
    state = state * 1664525u + 1013904223u;
    in[i] = state >> 16;
    words[i / 2] |= state >> 16 << 16 * (i % 2);
  }
  for (int i = 0; i < 64; ++i) {
    int sum = 5;
    for (int word = 0; word < 4; ++word)
      sum += smallProduct<T, K>(words[i / 8 * 8 + word], words[64 + i % 8 * 4 + word], andBits);
    expected[i] = sum;
  }
  compare(name, runOn(multiplySmall<T, K, andBits>, in, 64, 32), expected);
}

void checkInstructions() {
  std::vector<float> in = numbers(512 + 256), expected(128);
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      float sum = 1;
      for (int k = 0; k < 16; ++k)
        sum += in[i * 16 + k] * in[256 + k * 8 + j];
      expected[i * 8 + j] = sum;
    }
  compare("mma.m16n8k16", runOn(multiplyByInstruction, in, 128, 32), expected);
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      float sum = 3;
      for (int k = 0; k < 32; ++k)
        sum += (in[i * 32 + k] - 8) * (in[512 + k * 8 + j] - 8);
      expected[i * 8 + j] = sum;
    }
  compare("mma.m16n8k32", runOn(multiplyBytes, in, 128, 32), expected);
}

// Three shared areas, one of them dynamic, and a pointer into either of two.
__device__ float loadShared(unsigned handle) {
  float value;
  asm volatile("ld.shared.f32 %0, [%1+4];" : "=f"(value) : "r"(handle) : "memory");
  return value;
}
__global__ void addressShared(const float *in, float *out) {
  __shared__ __align__(16) float first[64], second[64];
  extern __shared__ __align__(16) float dynamic[];
  __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
  unsigned i = threadIdx.x;
  if (i == 0)
    init(&barrier, blockDim.x);
  __syncthreads();
  unsigned handle = (unsigned)__cvta_generic_to_shared(first + i);
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;\n cp.async.commit_group;\n"
               "cp.async.wait_group 0;\n" ::"r"(handle),
               "l"(in + i), "r"(i == 5 ? 0 : 4)
               : "memory");
  __pipeline_memcpy_async(&second[i], in + 64 + i, 4);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  auto pipe = cuda::make_pipeline();
  pipe.producer_acquire();
  cuda::memcpy_async(&dynamic[i], in + 128 + i, cuda::aligned_size_t<4>(4), pipe);
  pipe.producer_commit();
  pipe.consumer_wait();
  pipe.consumer_release();
  barrier.arrive_and_wait();
  float *either = i & 1 ? dynamic : second;
  unsigned long long back;
  asm("cvta.shared.u64 %0, %1;" : "=l"(back) : "l"((unsigned long long)handle));
  out[4 * i] = loadShared((unsigned)__cvta_generic_to_shared(first) + i % 32 * 4);
  out[4 * i + 1] = loadShared((unsigned)__cvta_generic_to_shared(either + i % 32));
  out[4 * i + 2] = loadShared((unsigned)__cvta_generic_to_shared(dynamic + i % 32 + 1) - 4);
  out[4 * i + 3] = *(float *)back + 1000 * __isShared(first) + 2000 * __isGlobal(out) +
                   4000 * __isGlobal(second);
}

void checkAddresses() {
  std::vector<float> in = numbers(192), expected(256);
  auto first = [&](int i) { return i == 5 ? 0 : in[i]; };
  for (int i = 0; i < 64; ++i) {
    expected[4 * i] = first(i % 32 + 1);
    expected[4 * i + 1] = in[(i & 1 ? 128 : 64) + i % 32 + 1];
    expected[4 * i + 2] = in[128 + i % 32 + 1];
    expected[4 * i + 3] = first(i) + 3000;
  }
  compare("addresses", runOn(addressShared, in, 256, 64), expected);
}

int main() {
  using Rows = wmma::row_major;
  using Columns = wmma::col_major;
  checkShape<16, 16, 16, __half, Rows, Columns, float>("half, rows, columns");
  checkShape<16, 16, 16, __half, Columns, Rows, __half>("half, columns, rows");
  checkShape<32, 8, 16, __half, Rows, Rows, float>("half, 32x8");
  checkShape<8, 32, 16, __half, Rows, Columns, float>("half, 8x32");
  checkShape<16, 16, 16, __nv_bfloat16, Columns, Columns, float>("bfloat16");
  checkShape<32, 8, 16, signed char, Rows, Columns, int>("bytes, 32x8");
  checkShape<8, 32, 16, unsigned char, Columns, Rows, int>("bytes, 8x32");
  checkShape<16, 16, 8, wmma::precision::tf32, Rows, Columns, float>("tf32");
  checkShape<8, 8, 4, double, Rows, Columns, double>("double");
  checkSmall<wmma::experimental::precision::s4, 32>("s4");
  checkSmall<wmma::experimental::precision::u4, 32>("u4");
  checkSmall<wmma::experimental::precision::b1, 128>("b1");
  checkSmall<wmma::experimental::precision::b1, 128, true>("b1, and");
  checkInstructions();
  checkAddresses();
  return finish();
}
