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
  std::printf("%d %d %d\n", sum, run(), two[0] + two[1]);
}
