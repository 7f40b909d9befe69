// libcu++'s parts of the standard library, code by target, nvstd::function, atomic variables that
// both sides use, and alignas where nvcc takes it.
#include <cuda/atomic>
#include <cuda/cmath>
#include <cuda/functional>
#include <cuda/std/algorithm>
#include <cuda/std/array>
#include <cuda/std/atomic>
#include <cuda/std/bit>
#include <cuda/std/bitset>
#include <cuda/std/cstring>
#include <cuda/std/functional>
#include <cuda/std/numeric>
#include <cuda/std/optional>
#include <cuda/std/span>
#include <cuda/std/string_view>
#include <cuda/std/tuple>
#include <cuda/std/utility>
#include <cuda/std/variant>
#include <nv/target>
#include <nvfunctional>

#include <cstdio>
#include <cstring>

__host__ __device__ int place() {
  int r = 0;
  NV_IF_TARGET(NV_IS_HOST, (r += 1;), (r += 2;))
  NV_IF_TARGET(NV_PROVIDES_SM_70, (r += 10;))
  NV_IF_ELSE_TARGET(NV_PROVIDES_SM_90, (r += 100;), (r += 200; r += 0;))
  NV_DISPATCH_TARGET(NV_PROVIDES_SM_90, (r += 1000;), NV_PROVIDES_SM_80, (r += 2000;), NV_IS_HOST,
                     (r += 3000;))
  return r;
}

__device__ int twice(int x) { return 2 * x; }
__device__ int apply(const nvstd::function<int(int)> &f, int x) { return f(x); }

__global__ void functions(int *out) {
  int t = threadIdx.x;
  auto doubled = cuda::proclaim_return_type<int>([] __device__(int x) { return x * 2; });
  int sum = cuda::std::identity()(t) + cuda::std::plus<>()(1, 2) + cuda::maximum<int>()(7, 9) +
            cuda::minimum<>()(2, 3) + doubled(4) + cuda::ceil_div(7, 2) + cuda::round_up(7, 4);
  nvstd::function<int(int)> f = [t](int x) { return t * x; };
  nvstd::function<int(int)> g = twice, none;
  sum += 100 * (apply(t % 2 ? f : g, 3) + (none == nullptr) + bool(f));
  none = f;
  out[t] = sum + 10000 * none(2) + cuda::std::clamp(9, 1, 3);
}

__global__ void numbers(cuda::std::span<const float> values, cuda::atomic<int> *sum,
                        cuda::std::atomic<unsigned> *most, int *out) {
  unsigned t = threadIdx.x;
  float total = 0;
  for (float value : values)
    total += value;
  out[t] = cuda::std::popcount(t) + 100 * cuda::std::countl_zero(t) +
           10000 * int(cuda::std::bit_ceil(t)) + (cuda::std::bit_cast<int>(1.0f) == 0x3f800000) +
           int(total);
  sum->fetch_add(2, cuda::std::memory_order_relaxed);
  most->fetch_max(t + 3);
  volatile cuda::atomic<int> *seen = sum;
  seen->fetch_add(1);
  *seen += 2;
  ++*seen;
  *seen &= ~0;
  (*seen)--;
}

// What the host's library has as constant functions in C++20 only, and what may throw there.
__global__ void vocabulary(int *out) {
  namespace lib = cuda::std;
  int t = threadIdx.x;
  int a[8] = {5, 2, 8, 1, 9, 3, 7, t};
  lib::swap(a[0], a[1]);
  lib::reverse(a, a + 8);
  lib::fill(a, a + 2, 1);
  int sum = lib::accumulate(a, a + 8, 0) + 100 * int(lib::count(a, a + 8, 1)) +
            1000 * int(lib::find(a, a + 8, 9) - a);
  lib::optional<int> odd;
  if (t % 2)
    odd = t;
  lib::variant<int, float> either = t;
  sum += odd ? odd.value() : lib::get<int>(either);
  either = 2.5f;
  sum += lib::visit([](auto x) { return int(2 * x); }, either);
  lib::tuple<int, float> both;
  both = lib::make_tuple(t, 1.5f);
  lib::pair<int, int> pair;
  int before = lib::exchange(a[2], 4);
  pair = lib::pair<int, int>(before, a[2]);
  lib::array<int, 3> three;
  three.fill(pair.second);
  out[t] = sum + 10000 * lib::get<0>(both) + pair.first + three.at(t % 3);
}

// The host's library calls C's functions here.
__global__ void strings(int *out) {
  namespace lib = cuda::std;
  int t = threadIdx.x;
  char text[16];
  std::memset(text, 0, sizeof text);
  std::memcpy(text, "hello world", 11);
  text[t % 11] = '!';
  lib::string_view view(text);
  lib::bitset<40> bits(5);
  bits.set(t % 40).flip(0);
  unsigned word;
  std::memcpy(&word, text, sizeof word);
  out[t] = int(view.find('!')) + 100 * (view.substr(5) == lib::string_view(" world")) +
           1000 * int(bits.count()) + 10000 * int(lib::strlen(text) + lib::strcmp(text, "h")) +
           int(word & 1);
}

template <int N> __global__ void aligned(int *out) {
  __shared__ char first;
  __shared__ alignas(16) float a[N];
  __shared__ alignas(alignof(float4)) float4 b[N];
  __shared__ alignas(float4) char c[N];
  unsigned t = threadIdx.x;
  first = 1;
  a[t] = t;
  b[t] = make_float4(1, t, 3, 4);
  c[t] = char(t);
  __syncthreads();
  out[t] = int(a[N - 1 - t] + b[N - 1 - t].y) + c[t] + first - 1 +
           int(reinterpret_cast<size_t>(a) % 16 + reinterpret_cast<size_t>(b) % 16 +
               reinterpret_cast<size_t>(c) % 16);
}

template <class... T> struct Room {
  alignas(T...) unsigned char bytes[64];
};
struct alignas(32) Wide {
  char c;
  int d alignas(8);
};
static_assert(alignof(Room<int, double>) == 8 && alignof(Wide) == 32 && offsetof(Wide, d) == 8, "");

static int failures;
static void expect(const char *what, int i, int value, int wanted) {
  if (value != wanted && ++failures < 10)
    std::printf("%s: thread %d has %d, not %d\n", what, i, value, wanted);
}

int main() {
  constexpr int n = 64;
  int *out;
  float *values;
  cuda::atomic<int> *sum;
  cuda::std::atomic<unsigned> *most;
  cudaMallocManaged(&out, n * sizeof(int));
  cudaMallocManaged(&values, 4 * sizeof(float));
  cudaMallocManaged(&sum, sizeof *sum);
  cudaMallocManaged(&most, sizeof *most);
  for (int i = 0; i < 4; ++i)
    values[i] = float(i + 1);
  sum->store(5);
  most->store(1);

  functions<<<1, n>>>(out);
  cudaDeviceSynchronize();
  for (int i = 0; i < n; ++i)
    expect("functions", i, out[i],
           i + 3 + 9 + 2 + 8 + 4 + 8 + 100 * ((i % 2 ? i * 3 : 6) + 2) + 20000 * i + 3);
  numbers<<<1, n>>>(cuda::std::span<const float>(values, 4), sum, most, out);
  cudaDeviceSynchronize();
  for (int i = 0; i < n; ++i) {
    int ceiling = 1;
    while (ceiling < i)
      ceiling *= 2;
    expect("numbers", i, out[i],
           __builtin_popcount(i) + 100 * (i ? __builtin_clz(i) : 32) + 10000 * ceiling + 1 + 10);
  }
  expect("sum", 0, sum->load(), 5 + 5 * n);
  expect("most", 0, int(*most), n + 2);
  vocabulary<<<1, n>>>(out);
  cudaDeviceSynchronize();
  for (int i = 0; i < n; ++i)
    expect("vocabulary", i, out[i], 30 + 300 + 3000 + i + 5 + 10000 * i + 3 + 4);
  strings<<<1, n>>>(out);
  cudaDeviceSynchronize();
  for (int i = 0; i < n; ++i) {
    char first = i % 11 ? 'h' : '!';
    int bits = i % 40 == 0 || i % 40 == 2 ? 1 : 2;
    int order = first == 'h' ? (i % 11 == 1 ? '!' : 'e') : first - 'h';
    expect("strings", i, out[i],
           i % 11 + 100 * (i % 11 < 5) + 1000 * bits + 10000 * (11 + order) + first % 2);
  }
  aligned<n><<<1, n>>>(out);
  cudaDeviceSynchronize();
  for (int i = 0; i < n; ++i)
    expect("aligned", i, out[i], 2 * (n - 1 - i) + i);
  nvstd::function<int(int)> next = [=](int x) { return x + n; };
  expect("host", 0, next(1), n + 1);
  expect("host", 1, place(), 3201);
  std::printf("%s\n", failures ? "FAILED" : "passed");
  return failures != 0;
}
