// Measures the errors of the device's mathematical functions against quadruple precision, and
// compares them with CUDA's bounds (functions.def).
//   accuracy                    samples of all functions: an error beyond what the table says fails
//   accuracy --samples=N        so many per function and type
//   accuracy --all-floats[=S]   every S-th of all floats, for functions of one float
//   accuracy --table            the table of docs/math.md
//   accuracy ... name...        only these functions
// Neighbouring lanes get arguments of very different sizes on purpose.
#include "reference.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#define CHECK_CUDA(call)                                                                           \
  do {                                                                                             \
    cudaError_t status = (call);                                                                   \
    if (status != cudaSuccess) {                                                                   \
      std::printf("%s: %s\n", #call, cudaGetErrorString(status));                                  \
      std::exit(2);                                                                                \
    }                                                                                              \
  } while (0)

template <class T> struct Arguments {
  const T *x, *y, *z, *w;
  T *result;
};

#define KERNELS(name, call)                                                                        \
  __global__ void name##_float(Arguments<float> a) {                                               \
    int i = blockIdx.x * blockDim.x + threadIdx.x;                                                 \
    a.result[i] = call(name##f);                                                                   \
  }                                                                                                \
  __global__ void name##_double(Arguments<double> a) {                                             \
    int i = blockIdx.x * blockDim.x + threadIdx.x;                                                 \
    a.result[i] = call(name);                                                                      \
  }
#define CALL_ONE(f) f(a.x[i])
#define CALL_TWO(f) f(a.x[i], a.y[i])
#define CALL_THREE(f) f(a.x[i], a.y[i], a.z[i])
#define CALL_FOUR(f) f(a.x[i], a.y[i], a.z[i], a.w[i])
#define CALL_WITH_INT(f) f(a.x[i], int(a.y[i]))
#define CALL_INT_FIRST(f) f(int(a.y[i]), a.x[i])
#define ONE(name, ...) KERNELS(name, CALL_ONE)
#define TWO(name, ...) KERNELS(name, CALL_TWO)
#define THREE(name, ...) KERNELS(name, CALL_THREE)
#define FOUR(name, ...) KERNELS(name, CALL_FOUR)
#define WITH_INT(name, ...) KERNELS(name, CALL_WITH_INT)
#define INT_FIRST(name, ...) KERNELS(name, CALL_INT_FIRST)
#include "functions.def"

enum class Shape { One, Two, Three, Four, WithInt, IntFirst };
struct Bounds {
  int bound, measured;
};
struct Row {
  const char *name;
  Shape shape;
  Bounds ofFloat, ofDouble;
  void (*floatKernel)(Arguments<float>);
  void (*doubleKernel)(Arguments<double>);
};
const Row kRows[] = {
#define ROW(shape, name, fb, fm, db, dm)                                                           \
  {#name, Shape::shape, {fb, fm}, {db, dm}, name##_float, name##_double},
#define ONE(...) ROW(One, __VA_ARGS__)
#define TWO(...) ROW(Two, __VA_ARGS__)
#define THREE(...) ROW(Three, __VA_ARGS__)
#define FOUR(...) ROW(Four, __VA_ARGS__)
#define WITH_INT(...) ROW(WithInt, __VA_ARGS__)
#define INT_FIRST(...) ROW(IntFirst, __VA_ARGS__)
#include "functions.def"
};

// Where CUDA promises an absolute error, or nothing.
struct Limit {
  const char *name;
  double low, high; // of the argument
  double floatError, doubleError;
};
constexpr double kAnything = INFINITY;
const Limit kLimits[] = {
#define LIMIT(name, low, high, floatError, doubleError) {#name, low, high, floatError, doubleError},
#include "limits.def"
};

// --- errors ---

int64_t order(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, 4);
  return bits < 0 ? -int64_t(bits & 0x7fffffff) : bits;
}
int64_t order(double x) {
  int64_t bits;
  std::memcpy(&bits, &x, 8);
  return bits < 0 ? -(bits & 0x7fffffffffffffff) : bits;
}
constexpr double kWrongKind = 1e18; // not-a-number, or a zero of the wrong sign

template <class T> double distance(T got, T want) {
  if (std::isnan(got) || std::isnan(want))
    return std::isnan(got) && std::isnan(want) ? 0 : kWrongKind;
  if (got == 0 && want == 0)
    return std::signbit(got) == std::signbit(want) ? 0 : kWrongKind;
  int64_t a = order(got), b = order(want);
  return (a < 0) == (b < 0) ? double(std::abs(a - b)) : std::fabs(double(a) - double(b));
}

template <class T> bool isWithinLimit(const Row &row, T x, T got, T want) {
  for (const Limit &limit : kLimits)
    if (!std::strcmp(limit.name, row.name) && x >= limit.low && x <= limit.high) {
      double allowed = sizeof(T) == 4 ? limit.floatError : limit.doubleError;
      if (std::fabs(double(got) - double(want)) <= allowed)
        return true;
    }
  return false;
}

// --- samples ---

struct Random {
  uint64_t state = 88172645463325252ull;
  uint64_t bits() {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
  }
  double between(double low, double high) {
    return low + (high - low) * (double(bits() >> 11) * 0x1p-53);
  }
};

const double kSpecial[] = {
    0.0,           -0.0,         1.0,      -1.0,     INFINITY,  -INFINITY, NAN,
    0.5,           -0.5,         2.0,      -2.0,     1e-40,     -1e-40,    5e-324,
    -5e-324,       1e300,        -1e300,   3.0,      88.7,      89.0,      -104.0,
    -103.9,        709.78,       710.0,    -745.2,   -746.0,    128.0,     -149.5,
    -150.0,        1024.0,       -1074.6,  1.5,      -1.5,      2.5,       1 - 0x1p-24,
    1 + 0x1p-23,   -1 + 0x1p-24, 0x1p-126, 0x1p-127, 0x1p-1022, 1e10,      1e22,
    0x1.921fb6p+1, 38.5,         -45.0,    308.3,    -324.0,    1e38,      0x1.fffffep127,
    DBL_MAX};
constexpr int kSpecialCount = sizeof(kSpecial) / sizeof(kSpecial[0]);

template <class T> T sample(Random &random, int i) {
  T any;
  uint64_t bits = random.bits();
  switch (i % 8) {
  case 0:
  case 1:
    std::memcpy(&any, &bits, sizeof any);
    return any;
  case 2:
    return T(random.between(-1.1, 1.1));
  case 3:
    return T(random.between(-10, 10));
  case 4:
    return T(random.between(-110, 110));
  case 5:
    return T(random.between(-800, 800));
  case 6:
    return T(1 + random.between(-1e-3, 1e-3) * random.between(0, 1));
  default:
    return T(std::ldexp(random.between(-1, 1), int(bits % 60) - 30));
  }
}

template <class T> struct Buffers {
  int count;
  T *x, *y, *z, *w, *result;
  explicit Buffers(int count) : count(count) {
    for (T **buffer : {&x, &y, &z, &w, &result})
      CHECK_CUDA(cudaMallocManaged(buffer, count * sizeof(T)));
  }
  void fill(Shape shape) {
    Random random;
    bool many = shape != Shape::One;
    for (int i = 0; i < count; ++i) {
      bool special = i < (many ? kSpecialCount * kSpecialCount : kSpecialCount);
      x[i] = special ? T(kSpecial[i % kSpecialCount]) : sample<T>(random, i);
      y[i] = special ? T(kSpecial[i / kSpecialCount % kSpecialCount]) : sample<T>(random, i / 8);
      z[i] = sample<T>(random, i / 3);
      w[i] = sample<T>(random, i / 5);
      if (shape == Shape::WithInt)
        y[i] = T(int(random.between(-2200, 2200)) / (i % 3 == 0 ? 1 : 10));
      if (shape == Shape::IntFirst)
        y[i] = T(int(random.between(0, 20)));
    }
  }
  void run(void (*kernel)(Arguments<T>)) {
    kernel<<<count / 256, 256>>>({x, y, z, w, result});
    CHECK_CUDA(cudaGetLastError());
    CHECK_CUDA(cudaDeviceSynchronize());
  }
};

template <class T> struct Worst {
  double error = -1;
  T x = 0, y = 0, got = 0, want = 0;
  void add(const Row &row, T newX, T newY, T newGot, T newWant) {
    double newError = distance(newGot, newWant);
    if (newError > error && !isWithinLimit(row, newX, newGot, newWant)) {
      error = newError;
      x = newX, y = newY, got = newGot, want = newWant;
    }
  }
  bool report(const Row &row) const {
    const Bounds &bounds = sizeof(T) == 4 ? row.ofFloat : row.ofDouble;
    bool holds = error <= bounds.measured && bounds.measured <= bounds.bound;
    std::printf("%-4s %s%s: %g of %d ulp", holds ? "ok" : "FAIL", row.name,
                sizeof(T) == 4 ? "f" : "", std::max(error, 0.0), bounds.bound);
    if (error > 0)
      std::printf(", at (%.17g, %.17g): %.17g, not %.17g", double(x), double(y), double(got),
                  double(want));
    std::printf("\n");
    return holds;
  }
};

template <class T>
bool checkSamples(const Row &row, Buffers<T> &buffers, void (*kernel)(Arguments<T>)) {
  buffers.fill(row.shape);
  buffers.run(kernel);
  std::vector<double> x(buffers.x, buffers.x + buffers.count),
      y(buffers.y, buffers.y + buffers.count), z(buffers.z, buffers.z + buffers.count),
      w(buffers.w, buffers.w + buffers.count), want(buffers.count);
  if (!referenceValues(row.name, sizeof(T) == 4, buffers.count, x.data(), y.data(), z.data(),
                       w.data(), want.data())) {
    std::printf("FAIL %s: no reference\n", row.name);
    return false;
  }
  Worst<T> worst;
  for (int i = 0; i < buffers.count; ++i)
    worst.add(row, buffers.x[i], buffers.y[i], buffers.result[i], T(want[i]));
  return worst.report(row);
}

bool checkAllFloats(const Row &row, uint64_t stride) {
  constexpr int kBatch = 1 << 20;
  static Buffers<float> buffers(kBatch);
  static std::vector<float> want(kBatch);
  Worst<float> worst;
  for (uint64_t first = 0; first < 1ull << 32; first += kBatch * stride) {
    for (int i = 0; i < kBatch; ++i) {
      uint32_t bits = uint32_t(first + i * stride);
      std::memcpy(buffers.x + i, &bits, 4);
    }
    if (!quickReferenceValues(row.name, kBatch, buffers.x, want.data()))
      return true;
    buffers.run(row.floatKernel);
    for (int i = 0; i < kBatch; ++i)
      worst.add(row, buffers.x[i], 0.0f, buffers.result[i], want[i]);
  }
  return worst.report(row);
}

void printTable() {
  std::printf("| Function | Bound, float | Measured | Bound, double | Measured |\n"
              "|---|---|---|---|---|\n");
  for (const Row &row : kRows)
    std::printf("| `%s` | %d | %d | %d | %d |\n", row.name, row.ofFloat.bound, row.ofFloat.measured,
                row.ofDouble.bound, row.ofDouble.measured);
}

int main(int argc, char **argv) {
  int samples = 8192;
  uint64_t stride = 0;
  std::set<std::string> names;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--table")
      return printTable(), 0;
    if (argument.rfind("--samples=", 0) == 0)
      samples = std::max(1, std::atoi(argv[i] + 10) / 256) * 256;
    else if (argument.rfind("--all-floats", 0) == 0)
      stride = argument.size() > 13 ? std::strtoull(argv[i] + 13, nullptr, 10) : 1;
    else
      names.insert(argument);
  }
  Buffers<float> floats(samples);
  Buffers<double> doubles(samples);
  int failures = 0;
  for (const Row &row : kRows) {
    if (!names.empty() && !names.count(row.name))
      continue;
    if (stride) {
      failures += row.shape == Shape::One && !checkAllFloats(row, stride);
      continue;
    }
    failures += !checkSamples(row, floats, row.floatKernel);
    failures += !checkSamples(row, doubles, row.doubleKernel);
  }
  std::printf("%d failures\n", failures);
  return failures != 0;
}
