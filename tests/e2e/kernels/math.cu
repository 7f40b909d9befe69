// Math functions in kernels against the host's, in float and double. Neighbouring lanes get
// arguments of very different sizes: an implementation that reduces a whole vector at once must not
// let one lane's size spoil another's.
#include <cmath>
#include <cstdio>

// clang-format off
#define FUNCTIONS(X)                                                                               \
  X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(exp) X(exp2) X(expm1)     \
  X(log) X(log2) X(log10) X(log1p) X(sqrt) X(cbrt) X(erf) X(erfc)
// clang-format on

constexpr int kArguments = 64;
// OpenCL 1.2, section 7.4, grants up to 16 ulp; the implementations in use stay within this.
constexpr double kUlps = 4;

#define KERNEL(name)                                                                               \
  template <class T> __global__ void name##Kernel(const T *x, T *y) {                              \
    int i = blockIdx.x * blockDim.x + threadIdx.x;                                                 \
    y[i] = name(x[i]);                                                                             \
  }
FUNCTIONS(KERNEL)

template <class T> double ulpsApart(T got, T want) {
  if (got == want || (std::isnan(got) && std::isnan(want)))
    return 0;
  T step = std::nextafter(std::fabs(want), T(INFINITY)) - std::fabs(want);
  return std::fabs(double(got) - double(want)) / double(step);
}

template <class T>
int check(const char *name, void (*kernel)(const T *, T *), T (*host)(T), T *x, T *y) {
  kernel<<<2, kArguments / 2>>>(x, y);
  if (cudaDeviceSynchronize() != cudaSuccess) {
    std::printf("%s: %s\n", name, cudaGetErrorString(cudaGetLastError()));
    return 1;
  }
  for (int i = 0; i < kArguments; ++i) {
    // Where the result is denormal, a flush to zero is allowed.
    T want = host(x[i]);
    bool tiny = std::fabs(double(want)) < (sizeof(T) == 4 ? 1.2e-38 : 2.3e-308);
    if (!tiny && !(ulpsApart(y[i], want) <= kUlps)) {
      std::printf("%s(%.17g) is %.17g, not %.17g\n", name, double(x[i]), double(y[i]),
                  double(want));
      return 1;
    }
  }
  return 0;
}

template <class T> int checkAll() {
  T *x, *y;
  cudaMallocManaged(&x, kArguments * sizeof(T));
  cudaMallocManaged(&y, kArguments * sizeof(T));
  const double sizes[] = {0.001, 1e6, 0.5, 1e-30, 3, 1e30, 0.8, 40};
  for (int i = 0; i < kArguments; ++i)
    x[i] = T(sizes[i % 8] * (1 + 0.01 * i) * (i % 3 == 1 ? -1 : 1));
  int failures = 0;
#define CHECK(name)                                                                                \
  failures += check<T>(                                                                            \
      #name, name##Kernel<T>, [](T v) -> T { return std::name(v); }, x, y);
  FUNCTIONS(CHECK)
  cudaFree(x);
  cudaFree(y);
  return failures;
}

int main() {
  int failures = checkAll<float>() + checkAll<double>();
  std::printf("math: %d failures\n", failures);
  return failures != 0;
}
