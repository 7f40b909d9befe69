// Types lie in device memory and in a kernel's parameters as they lie on the host.
#include <cstddef>
#include <cstdio>
#include <optional>
#include <tuple>

struct Empty {};
struct Based : Empty {
  Empty member;
  int x;
};
struct Tail {
  int a;
  char b;
};
struct BehindTail : Tail { // a C struct keeps its tail
  char c;
};
struct Made {
  Made() {}
  int a;
  char b;
};
struct InTail : Made { // this one does not
  char c;
};
struct Bits {
  unsigned a : 3, b : 7;
  unsigned long long c : 40;
  char d;
  int e : 5, : 0, f : 9;
  unsigned __int128 g : 70;
};
#pragma pack(push, 2)
struct Packed {
  char a;
  double b;
  __int128 c;
};
#pragma pack(pop)
struct __attribute__((packed)) Tight {
  char a;
  float4 b;
  unsigned c : 5;
  __int128 d;
};
struct alignas(64) Line {
  char a;
};
struct Wide {
  char a;
  __int128 b;
  char c;
};
struct Vectors {
  char3 a;
  double3 b;
  float3 c;
  char d;
  float2 e;
  short4 f;
  longlong2 g;
};
union Either {
  Packed packed;
  char bytes[40];
};
struct Buffer {
  char size;
  alignas(std::max_align_t) char bytes[16];
  char end;
};
template <class T, int N> struct alignas(sizeof(T) * N > 16 ? 16 : sizeof(T) * N) Row {
  T values[N];
};
template <class... Types> struct Storage {
  alignas(Types...) char bytes[24];
};
static_assert(alignof(Row<short, 2>) == 4 && alignof(Row<int, 8>) == 16 &&
                  alignof(Storage<char, double>) == 8,
              "alignas takes comparisons and packs");
using Tuple = std::tuple<char, double, Empty, short>;
using Maybe = std::optional<double>;

#define TYPES(X)                                                                                   \
  X(Empty)                                                                                         \
  X(Based)                                                                                         \
  X(Tail)                                                                                          \
  X(BehindTail) X(Made) X(InTail) X(Bits) X(Packed) X(Tight) X(Line) X(Wide) X(Vectors) X(Either)  \
      X(Buffer) X(Tuple) X(Maybe)
template <class T> struct Between {
  char before;
  T value;
  char behind;
};
struct Layout {
  size_t size, alignment, between;
};
template <class T> __host__ __device__ Layout layoutOf() {
  return {sizeof(T), alignof(T), sizeof(Between<T>)};
}

__global__ void describe(Layout *out) {
#define X(T) *out++ = layoutOf<T>();
  TYPES(X)
#undef X
}
__global__ void pass(char a, Wide, char b, Line, char c, Tight, char d, Vectors, char e, Bits,
                     char f, char *out) {
  for (char each : {a, b, c, d, e, f})
    *out++ = each;
}

int main() {
  Layout *layouts;
  char *out;
  cudaMallocManaged(&layouts, 100 * sizeof *layouts);
  cudaMallocManaged(&out, 8);
  describe<<<1, 1>>>(layouts);
  pass<<<1, 1>>>('p', Wide(), 'a', Line(), 's', Tight(), 's', Vectors(), 'e', Bits(), 'd', out);
  cudaDeviceSynchronize();
#define X(T)                                                                                       \
  {                                                                                                \
    const Layout host = layoutOf<T>(), device = *layouts++;                                        \
    if (host.size != device.size || host.alignment != device.alignment ||                          \
        host.between != device.between)                                                            \
      std::printf("FAIL %s: %zu %zu %zu, not %zu %zu %zu\n", #T, device.size, device.alignment,    \
                  device.between, host.size, host.alignment, host.between);                        \
  }
  TYPES(X)
  std::printf("%.6s\n", out);
}
