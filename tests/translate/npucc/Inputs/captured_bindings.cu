// Lambdas that capture structured bindings.
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#define CHECK(call)                                                                                \
  if ((call) != cudaSuccess)                                                                       \
  std::printf("failed\n")

__global__ void add(int *p, int v) { *p += v; }
struct Parts {
  int a, b;
};
template <class Function> int twice(Function function) { return function() + function(); }

#define SAME(a, b) ((a) == (b))
#define NEXT (n + 1)
#define CALL(function, x) [&] { return function(x); }()
int half(int x) { return x / 2; }

// Copies of arrays, and of bit-fields.
struct Wide {
  int rows[2][3];
  int low : 5;
};
int copies() {
  Wide wide{{{1, 2, 3}, {4, 5, 6}}, -3};
  auto &[rows, low] = wide;
  auto sum = [=] {
    int sum = low + int(sizeof rows);
    for (const auto &row : rows)
      for (int each : row)
        sum += each;
    return sum + rows[1][2];
  };
  auto last = [rows] { return rows[1][2]; };
  rows[1][2] = low = 0;
  return sum() + last();
}

// The type of a binding is not that of its capture, and a name may be another one's, too.
template <class T> T types(T a) {
  auto [n, m] = std::pair<T, int>(a, 2);
  auto outer = [&] {
    n += 1;
    auto inner = [&] {
      decltype(n) own = n;
      own = 50;
      auto copied = [=] {
        decltype(n) none{};
        return none + own + m;
      };
      for (float m = 0.5f; m < 1;) {
        decltype(m) half = m;
        m += half;
        own += T(m);
      }
      return copied() + own - 50;
    };
    return inner();
  };
  return outer() + 100 * n;
}

// In arguments and definitions of macros.
int macros() {
  auto [n, m] = Parts{6, 8};
  return SAME([&] { return NEXT + m; }(), 15) + CALL(half, n) + [&] { return CALL(half, m); }();
}

int main() {
  int *p = nullptr, sum = 0;
  auto [a, b] = Parts{4, 5};
  std::map<std::string, int> counts{{"x", 1}, {"yy", 2}};
  for (const auto &[name, count] : counts) {
    sum += twice([&] { return count + int(name.size()); });
    sum += [&](int more) {
      auto inner = [=]() mutable -> int {
        if (more) {
          return count;
        }
        return 0;
      };
      return inner();
    }(5);
  }
  int two[] = {7, 8};
  auto &[first, second] = two;
  [&first, b = b] { first = 70 + b; }();
  sum += [a, &second]() noexcept { return a + ++second; }();
  auto run = [&, p]() mutable {
    CHECK(cudaMallocManaged(&p, sizeof *p));
    CHECK(cudaMemset(p, 0, a));
    add<<<1, 1>>>(p, b);
    CHECK(cudaDeviceSynchronize());
    return *p;
  };
  std::printf("%d %d %d\n", copies(), types(1), macros());
  std::printf("%d %d %d\n", sum, run(), two[0] + two[1]);
}
