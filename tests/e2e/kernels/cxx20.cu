// C++20 in kernels: what headers bring there, and what the language itself does.
#include "check.h"

#include <array>
#include <bit>
#include <compare>
#include <concepts>
#include <functional>
#include <map>
#include <numbers>
#include <span>
#include <string>
#include <utility>

template <class T>
concept Number = std::integral<T> || std::floating_point<T>;
template <class F, class T>
concept Map = std::invocable<F, T> && requires(F f, T t) {
                                        { f(t) } -> std::convertible_to<T>;
                                      };

struct Version {
  int major, minor;
  auto operator<=>(const Version &) const = default;
};
struct Letters {
  char text[4];
  constexpr Letters(const char (&from)[4]) {
    for (int i = 0; i < 4; ++i)
      text[i] = from[i];
  }
};
template <Letters letters> struct Named {
  static constexpr char first() { return letters.text[0]; }
};
struct Scale {
  int factor = 1, offset = 0;
};
enum class Way { Up, Down };

consteval int square(int v) { return v * v; }
constinit __device__ int start = square(5);

template <Number T, Map<T> F>
  requires(sizeof(T) == 4)
__global__ void transform(T *out, Scale scale, F f) {
  out[threadIdx.x] = f(T(threadIdx.x)) * scale.factor + scale.offset;
}

__device__ auto larger(auto a, auto b) { return a > b ? a : b; }

__device__ int turn(Way way, int v) {
  using enum Way;
  switch (way) {
  [[likely]] case Up:
    return v;
  case Down:
    return -v;
  }
  return 0;
}

// A namespace and a class that are still open when their guides are used.
namespace guided {
struct Table {
  template <class T> struct Cell {
    T value;
  };
  template <class T> Cell(T) -> Cell<T>;
  static __device__ int width(short value) { return sizeof(Cell{value}.value); }
};
template <class... F> struct Overload : F... {
  using F::operator()...;
};
template <class... F> Overload(F...) -> Overload<F...>;
__device__ int chosen(int v) {
  Overload either{[](int v) { return v; }, [](float) { return 1000; }};
  return either(v) + Table::width(1);
}
} // namespace guided

__global__ void values(int *out, std::array<int, 4> four) {
  const int t = threadIdx.x;
  const Version a{1, t}, b{.major = 1, .minor = 20};
  int *made = new int[2]{t, 3};
  int sum = made[0] * made[1];
  delete[] made;
  const std::array deduced{5, 6};
  const std::pair both{deduced[1], 'a'};
  sum += both.first - deduced[0] + guided::chosen(t);
  sum += a < b ? 1000 : 0;
  sum += (a <=> b) == 0 ? 5000 : 0;
  sum += std::popcount(unsigned(t)) + int(std::bit_cast<unsigned>(1.0f) >> 23);
  sum += int(std::numbers::pi_v<float> * 100) + Named<"xyz">::first();
  sum += larger(t, 7.5) * 2;
  for (int weight = 1; const int each : std::span(four))
    sum += each * weight++;
  out[t] = sum + start + turn(t % 2 ? Way::Up : Way::Down, t);
  auto size = []<class T>(T v) { return sizeof(T) + v; };
  out[t] += size(t);
}

template <class Reference> void compare(const char *name, const int *out, int n, Reference wanted) {
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int t = 0; t < n; ++t) {
    if (out[t] != wanted(t))
      std::printf("FAIL %s: %d: %d, not %d\n", name, t, out[t], wanted(t));
    require(out[t] == wanted(t));
  }
}

int main() {
  constexpr int kThreads = 40;
  int *out = nullptr;
  CHECK_CUDA(cudaMallocManaged(&out, kThreads * sizeof *out));
  transform<<<1, kThreads>>>(out, Scale{.factor = 3}, [] __device__(int v) { return v + 1; });
  compare("transform", out, kThreads, [](int t) { return (t + 1) * 3; });
  values<<<1, kThreads>>>(out, {1, 2, 3, 4});
  compare("values", out, kThreads, [](int t) {
    int sum =
        1 + t * 3 + (t < 20 ? 1000 : 0) + (t == 20 ? 5000 : 0) + std::popcount(unsigned(t)) + 127;
    sum += 314 + t + 2 + 'x' + (t > 7 ? t * 2 : 15) + 30 + 25 + (t % 2 ? t : -t);
    return sum + 4 + t;
  });

  // Clang 15 crashed at pairs with members that copy assignment has to be looked up for.
  const std::map<std::string, std::function<int(int)>> named{
      {"scale", [](int v) { return v * 3; }}};
  require(named.at("scale")(2) == 6);
  return finish();
}
