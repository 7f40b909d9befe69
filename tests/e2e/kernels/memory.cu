// Addresses: strides, wrap-around, element types, private arrays, pointers to pointers.
#include "check.h"

BODY(Strides) {
  out[0] = in[(t.x * 2) % kInputs];
  out[1] = in[(t.x * 3 + 1) % kInputs];
  out[2] = in[kInputs - 1 - t.x % kInputs];
  out[3] = in[(t.id() & 7) * 4];
}

// An unsigned 32-bit index that wraps before it becomes an address.
BODY(UnsignedWrapAround) {
  unsigned base = 0xfffffff0u + t.x % 64; // wraps for x >= 16
  out[0] = in[base + 16u];
  unsigned wide = (t.x % 64) * 0x08000000u; // wraps each 32 threads
  out[1] = in[(wide >> 27) + 1];
  out[2] = in[(unsigned)(t.x - 40u) % kInputs];
  unsigned long long far = (unsigned long long)(0xfffffff8u + t.lane());
  out[3] = int(far >> 32) + int(far & 0xffff);
}

// The same with the wrap in the middle of a warp, where the address itself wraps.
BODY(WrapInsideAddress) {
  unsigned i = t.lane() + 0xffffffecu; // lanes 0..19 are far above
  if (i < 64)
    out[0] = in[i];
  unsigned j = (t.lane() - 5u);
  out[1] = j < 100 ? in[j] : -4;
  unsigned char narrow = (unsigned char)(250 + t.lane());
  out[2] = in[narrow];
  short sign = (short)(32760 + t.lane());
  out[3] = sign;
}

BODY(NegativeIndices) {
  const int *middle = in + 512;
  int back = -int(t.x % 500);
  out[0] = middle[back];
  out[1] = middle[-1 - int(t.lane())];
  int64_t wide = -int64_t(t.lane()) * 3;
  out[2] = middle[wide];
  out[3] = *(middle - (t.y + 1));
}

BODY(NarrowTypes) {
  const signed char *bytes = reinterpret_cast<const signed char *>(in);
  const unsigned short *halves = reinterpret_cast<const unsigned short *>(in);
  signed char b = bytes[t.id() % 4096];
  unsigned short h = halves[t.id() % 2048];
  out[0] = b * 3 + h;
  unsigned char sum = (unsigned char)(b + h);
  out[1] = sum;
  unsigned char *mine = reinterpret_cast<unsigned char *>(out + 2);
  mine[0] = (unsigned char)t.x;
  mine[3] = (unsigned char)b;
  short *other = reinterpret_cast<short *>(out + 3);
  other[1] = (short)(b << 4);
}

BODY(WideTypes) {
  const long long *longs = reinterpret_cast<const long long *>(in);
  const double *doubles = reinterpret_cast<const double *>(in + 2 * (t.x % 7));
  long long v = longs[t.id() % 512];
  *reinterpret_cast<long long *>(out) = v * 3 + (long long)t.id();
  out[2] = doubles[0] < doubles[3] ? 1 : 2;
  unsigned long long u = (unsigned long long)v;
  out[3] = int(u % 1000003u) ^ int(u >> 40);
}

BODY(Booleans) {
  bool flags[8];
  for (int i = 0; i < 8; ++i)
    flags[i] = in[(t.id() + i) % kInputs] > 9;
  flags[t.x & 7] = !flags[(t.x + 3) & 7];
  int bits = 0;
  for (int i = 0; i < 8; ++i)
    bits |= flags[i] << i;
  out[0] = bits;
}

struct Item {
  char tag;
  short count;
  int value;
  double weight;
};

BODY(Structs) {
  Item item = {char('a' + t.x % 20), short(t.id()), in[t.id() % kInputs], 0.5 * t.lane()};
  Item items[3] = {item, item, item};
  items[t.x % 3].value += 1000;
  items[(t.x + 1) % 3].tag = char(t.lane());
  Item copy = items[in[t.lane()] & 1];
  out[0] = copy.tag + items[2].tag * 256;
  out[1] = copy.value + copy.count;
  out[2] = int((copy.weight + items[1].weight) * 2);
  out[3] = items[t.lane() % 3].value;
}

BODY(VectorTypes) {
  const float4 *four = reinterpret_cast<const float4 *>(in);
  const int2 *two = reinterpret_cast<const int2 *>(in);
  int2 pair = two[t.id() % 512];
  float4 v = four[t.id() % 256];
  int4 result;
  result.x = pair.x + 2 * pair.y;
  result.y = v.x < v.y;
  result.z = v.z == v.z;
  result.w = pair.y;
  *reinterpret_cast<int4 *>(out) = result;
}

BODY(FloatVectors) {
  float2 p = {float(t.x), float(in[t.id() % kInputs] & 255)};
  float2 q = {p.y * 0.5f, p.x + 2.0f};
  if (t.lane() & 4) {
    float2 swap = p;
    p = q;
    q = swap;
  }
  *reinterpret_cast<float2 *>(out) = p;
  *reinterpret_cast<float2 *>(out + 2) = q;
}

BODY(PrivateArrays) {
  int histogram[16] = {};
  for (int i = 0; i < 40; ++i)
    ++histogram[(in[(t.id() + i) % kInputs] + int(t.x)) & 15];
  int best = 0;
  for (int i = 1; i < 16; ++i)
    if (histogram[i] > histogram[best])
      best = i;
  out[0] = best;
  out[1] = histogram[t.lane() & 15];
  out[2] = histogram[best];
}

__host__ __device__ __attribute__((noinline)) void advance(int *value, int *steps, int by) {
  while (*value < by) {
    *value += 3;
    ++*steps;
  }
}
__host__ __device__ __attribute__((noinline)) int *larger(int *a, int *b) {
  return *a > *b ? a : b;
}

BODY(PointersToLocals) {
  int a = in[t.id() % kInputs] % 100, b = int(t.x & 15), steps = 0;
  advance(&a, &steps, int(t.lane()));
  advance(&b, &steps, 20);
  *larger(&a, &b) += 1000;
  int *chosen = larger(&a, &b);
  out[0] = a;
  out[1] = b;
  out[2] = steps;
  out[3] = int(chosen == &a);
}

BODY(PointersToPointers) {
  const int *rows[4] = {in, in + 100, in + 300, in + 7};
  const int **cursor = rows + (t.x & 1);
  cursor += t.lane() & 2;
  out[0] = (*cursor)[t.lane()];
  *cursor = in + 600;
  int sum = 0;
  for (int i = 0; i < 4; ++i)
    sum = sum * 3 + rows[i][i];
  out[1] = sum;
}

union Words {
  float f;
  unsigned u;
  unsigned char bytes[4];
  struct {
    unsigned mantissa : 23, exponent : 8, sign : 1;
  } parts;
};

BODY(UnionsAndBitFields) {
  Words w;
  w.f = float(in[t.id() % kInputs] & 1023) + 0.25f;
  out[0] = int(w.parts.exponent) * 2 + int(w.parts.sign);
  w.parts.mantissa += t.lane();
  w.parts.sign = t.x & 1;
  out[1] = int(w.u);
  out[2] = w.bytes[t.lane() & 3];
  w.bytes[t.x & 3] = 0x5a;
  out[3] = int(w.u);
}

struct Packed {
  int a : 5;
  unsigned b : 11;
  int c : 16;
  long long d : 40;
};
BODY(SignedBitFields) {
  Packed p = {};
  p.a = int(t.lane()) - 16;
  p.b = t.id() * 77;
  p.c = -int(t.id());
  p.d = (long long)t.id() << 20;
  p.a += 1;
  p.d -= 5;
  out[0] = p.a;
  out[1] = int(p.b);
  out[2] = p.c;
  out[3] = int(p.d >> 8);
}

BODY(Volatile) {
  volatile int v[2] = {int(t.x), 5};
  v[t.x & 1] = v[1] + 1;
  v[0] = v[0] + v[1];
  out[0] = v[0];
  out[1] = v[1];
}

BODY(TwoDimensionalArrays) {
  int grid[4][5];
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 5; ++j)
      grid[i][j] = i * j + in[(t.id() + i * 5 + j) % kInputs];
  out[0] = grid[t.x & 3][t.lane() % 5];
  int trace = 0;
  for (int i = 0; i < 4; ++i)
    trace += grid[i][(i + t.y) % 5];
  out[1] = trace;
  out[2] = grid[3 - (t.y & 3)][4];
}

BODY(MemoryFunctions) {
  int a[8], b[8];
  memset(a, int(t.x & 1) * 0xff, sizeof(a));
  for (int i = 0; i < 8; ++i)
    b[i] = in[(t.id() + i) % kInputs];
  memcpy(a + 2, b + (t.x & 3), 4 * sizeof(int));
  memcpy(out, a + (t.lane() & 3), 3 * sizeof(int));
}

// Arrays whose accesses all have one size: the lanes' words lie side by side.
BODY(ArraysOfWords) {
  float sums[8] = {};
  double wide[4] = {1, 2, 3, 4};
  short narrow[16];
  for (int i = 0; i < 16; ++i)
    narrow[i] = short(in[(t.id() + i) % kInputs]);
#pragma unroll 1
  for (int i = 0; i < int(t.x % 7) + 3; ++i) {
    sums[i & 7] += float(i);
    if (in[i] & 1)
      sums[t.lane() & 7] += 2;
    wide[narrow[i] & 3] *= 2;
  }
  short *from = narrow + (t.lane() & 3), *end = narrow + 12;
  int total = 0;
#pragma unroll 1
  while (from != end)
    total = total * 3 + *from++;
  float2 pairs[6];
#pragma unroll 1
  for (int i = 0; i < 6; ++i)
    pairs[5 - i] = make_float2(float(i), sums[i]);
  pairs[t.x % 6].y += 1;
  out[0] = total;
  out[1] = int(wide[t.x & 3] + wide[2]);
  out[2] = int(pairs[2].y * 5 + pairs[t.lane() % 6].x);
  out[3] = int(sums[in[3] & 7]);
}

BODY(SixteenBytesByValue) {
  struct Big {
    int v[12];
  } big;
  for (int i = 0; i < 12; ++i)
    big.v[i] = i * int(t.x);
  Big other = big;
  if (t.lane() > 7)
    other.v[t.lane() % 12] = -1;
  big = t.x & 1 ? other : big;
  out[0] = big.v[t.lane() % 12];
  out[1] = other.v[5];
}

// Constant tables, indexed by lane.
BODY(ConstantTables) {
  const int table[10] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
  static constexpr float weights[4] = {0.5f, 1.5f, 2.5f, 3.5f};
  out[0] = table[t.lane() % 10] + table[t.blockX];
  out[1] = int(weights[t.x & 3] * 2);
  const char *text = "The quick brown fox";
  out[2] = text[t.lane() % 19];
}

int main() {
  checkBodies<Strides, UnsignedWrapAround, WrapInsideAddress, NegativeIndices, NarrowTypes,
              WideTypes, Booleans, Structs, VectorTypes, FloatVectors, PrivateArrays,
              PointersToLocals, PointersToPointers, UnionsAndBitFields, SignedBitFields, Volatile,
              TwoDimensionalArrays, MemoryFunctions, ArraysOfWords, SixteenBytesByValue,
              ConstantTables>(3);
  return finish();
}
