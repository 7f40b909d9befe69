#include "kernel.h"

namespace simt {

namespace {

std::string fill(const std::string &text, const std::vector<Expression> &parts) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9')
      result += textOf(parts.at(size_t(text[++i] - '0')));
    else
      result += text[i];
  return result;
}

void print(const std::vector<Statement> &statements, unsigned depth, std::string &out) {
  for (const Statement &statement : statements)
    for (size_t i = 0; i < statement.pieces.size(); ++i) {
      std::string piece = fill(statement.pieces[i], statement.expressions);
      if (!piece.empty())
        out += std::string(2 * depth, ' ') + piece + "\n";
      if (i < statement.bodies.size())
        print(statement.bodies[i], depth + 1, out);
    }
}

} // namespace

std::string textOf(const Expression &expression) { return fill(expression.text, expression.parts); }

std::string Kernel::text() const {
  std::string out;
  for (const HelperFunction &function : functions) {
    out += function.head + " {\n";
    print(function.body, 1, out);
    out += "}\n";
  }
  out += "extern \"C\" __global__ void " + name() +
         "(Inputs in, Outputs out, Sums sums, Record record, u32 n) {\n";
  print(body, 1, out);
  return out + "}\n";
}

// Comparisons of floats as bits: no program may see which NaN it has (numbers.h).
const char *const kPrelude = R"cuda(
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
struct Inputs {
  const u32 *words; const u8 *bytes; const i16 *shorts; const u64 *longs; const float *floats;
  const double *doubles;
};
struct Outputs { u32 *words; u64 *longs; u8 *bytes; };
struct Sums { u32 *words; u64 *longs; float *floats; };
struct Record { i32 a; float f; u8 c; double d; u64 q; i16 h[4]; };
struct Pair { u32 a; float f; u8 c; };
__constant__ u32 table[64] = {5, 1, 0xffffffff, 7, 0x80000000, 12, 3, 0x7fffffff, 90, 17, 2, 6, 4, 31, 32, 33};
__device__ const i16 shortTable[8] = {-3, 200, 32767, -32768, 0, 9, 1, -1};
__device__ __forceinline__ u32 linearThread() {
  return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}
__device__ __forceinline__ u32 blockThreads() { return blockDim.x * blockDim.y * blockDim.z; }
template <class To, class From> __device__ __forceinline__ To castTo(From x) { return (To)x; }
__device__ __forceinline__ u32 bits(float x) { return x != x ? 0x7fc00000u : __float_as_uint(x); }
__device__ __forceinline__ u64 bits(double x) {
  return x != x ? 0x7ff8000000000000ull : (u64)__double_as_longlong(x);
}
template <class T> __device__ __forceinline__ u64 bits(T x) { return (u64)x; }
__device__ __forceinline__ void mix(u64 &hash, u64 value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
  hash ^= hash >> 29;
}
template <class T> __device__ bool bump(T &x, T by) { x = (T)(x + (u64)by); return x & 1; }
__device__ __forceinline__ u32 lanesHere(u32 mask) { return __ballot_sync(mask, 1); }
template <class T> __device__ T pick(u32 live, u32 from, T read, T own) { return live >> from & 1 ? read : own; }
template <class T> __device__ T shuffleIndex(u32 mask, T v, u32 from, u32 width) {
  u32 live = lanesHere(mask), lane = linearThread() & 31;
  T read = __shfl_sync(mask, v, from, width);
  return pick(live, (lane & ~(width - 1)) | (from & (width - 1)), read, v);
}
template <class T> __device__ T shuffleUp(u32 mask, T v, u32 by, u32 width) {
  u32 live = lanesHere(mask), lane = linearThread() & 31;
  by &= 31;
  T read = __shfl_up_sync(mask, v, by, width);
  return pick(live, (lane & (width - 1)) < by ? lane : lane - by, read, v);
}
template <class T> __device__ T shuffleDown(u32 mask, T v, u32 by, u32 width) {
  u32 live = lanesHere(mask), lane = linearThread() & 31;
  by &= 31;
  T read = __shfl_down_sync(mask, v, by, width);
  return pick(live, (lane & (width - 1)) + by >= width ? lane : lane + by, read, v);
}
template <class T> __device__ T shuffleXor(u32 mask, T v, u32 with, u32 width) {
  u32 live = lanesHere(mask), lane = linearThread() & 31;
  with &= 31;
  T read = __shfl_xor_sync(mask, v, with, width);
  return pick(live, (lane ^ with) >= (lane & ~(width - 1)) + width ? lane : lane ^ with, read, v);
}
)cuda";

} // namespace simt
