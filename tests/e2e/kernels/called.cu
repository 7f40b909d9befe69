// Large functions of numbers and structs of them, which kernels call in many places under
// conditions, against the same code on the host.
#include "check.h"

struct Point {
  float at[3];
};
struct Hit {
  Point where;
  int steps;
  bool inside;
};

// What differs between lanes: trips, ways out, and an array of their own.
__host__ __device__ Hit march(Point from, Point towards, unsigned seed) {
  float kept[8];
  Hit hit = {from, 0, false};
  for (int step = 0; step < 24; ++step) {
    float nearest = 1e9f;
    for (int sphere = 0; sphere < 4; ++sphere) {
      float sum = 0;
      for (int axis = 0; axis < 3; ++axis) {
        float away = hit.where.at[axis] - float((seed >> (4 * axis + sphere)) & 7);
        sum += away * away;
      }
      float radius = sphere == 0 ? 0.5f : sphere == 1 ? 0.25f : sphere == 2 ? 0.75f : 1.0f;
      nearest = sum - radius * radius < nearest ? sum - radius * radius : nearest;
    }
    kept[(seed + step) & 7] = nearest;
    hit.steps = step;
    if (nearest < 0) {
      hit.inside = true;
      hit.steps += int(kept[(seed + step) & 7] * 64.0f);
      return hit;
    }
    for (int axis = 0; axis < 3; ++axis)
      hit.where.at[axis] += towards.at[axis] * (nearest < 1 ? 0.125f : 0.5f);
    if (hit.where.at[2] > 9)
      break;
  }
  return hit;
}

__host__ __device__ Point pointOf(unsigned word) {
  return {{float(word & 7), float(word >> 3 & 7) * 0.5f, float(word >> 6 & 7) * 0.25f}};
}

__host__ __device__ unsigned wordOf(const Hit &hit) {
  return unsigned(int(hit.where.at[0] * 64.0f) ^ int(hit.where.at[1] * 4096.0f) ^
                  int(hit.where.at[2] * 16384.0f) ^ hit.steps) ^
         (hit.inside ? 1u << 31 : 0);
}

// In all lanes, in some, in none; with arguments that are the same for all; in a loop.
BODY(EveryPlace) {
  unsigned word = unsigned(in[t.id() % kInputs]), same = unsigned(in[t.block() % kInputs]);
  Point forward = {{0.25f, 0.5f, 1.0f}};
  Hit first = march(pointOf(word), forward, word);
  unsigned a = wordOf(first), b = wordOf(march(pointOf(same), forward, same)), c = word ^ same;
  if (word & 1)
    a += wordOf(march(first.where, pointOf(word >> 9), word >> 5));
  else if (word & 2)
    a ^= wordOf(march(pointOf(~word), forward, same));
  for (unsigned i = 0; i < (word & 3); ++i)
    b += wordOf(march(pointOf(word + i), pointOf(word >> i), i + 1u + word));
  if (t.lane() > 40)
    b = wordOf(march(first.where, first.where, b));
  if (t.lane() < 5) {
    c = wordOf(march(pointOf(b), forward, a));
    c ^= wordOf(march(pointOf(b >> 7), pointOf(word), a >> 3));
  }
  out[0] = int(a);
  out[1] = int(b);
  out[2] = int(c);
  out[3] = int(wordOf(march(pointOf(c), pointOf(b), a + 1u)));
}

// Unions and gaps: a struct by value is all its bytes.
union Word {
  struct {
    char low;
    int high;
  } parts;
  unsigned all[2];
};
struct Mixed {
  char kind;
  Word word;
  short end;
};
__host__ __device__ unsigned digest(Mixed mixed, unsigned seed) {
  unsigned hash = seed;
  for (unsigned round = 0; round < 3; ++round)
    for (unsigned i = 0; i < 2; ++i) {
      hash = (hash ^ mixed.word.all[i]) * 0x85ebca6bu;
      hash ^= hash >> (3 + (hash & 7));
      hash += unsigned(mixed.kind) * (hash % 11 + 1) + unsigned(mixed.end);
      hash = hash % 7 == 3 ? hash * 3 + 1 : hash ^ (hash >> 13);
      hash ^= (hash << 6) + (hash >> 2) + 0x9e3779b9u * round;
      mixed.word.all[i] ^= hash;
      hash -= unsigned(mixed.word.parts.low) << (hash & 15);
      hash ^= unsigned(mixed.word.parts.high) * (hash % 5 + 2);
      hash = (hash ^ (hash >> 15)) * 0xc2b2ae35u;
      hash = hash % 13 == 2 ? hash / (hash % 6 + 1) : hash + (hash << 9);
      hash ^= (hash >> 11) * (hash % 9 + 1);
      hash += hash % 17 == 4 ? mixed.word.all[1 - i] * 5 : hash >> 21;
    }
  return hash;
}
BODY(WholeStructs) {
  unsigned word = unsigned(in[t.id() % kInputs]) * 2654435761u;
  Mixed mixed = {char(word), {}, short(word >> 7)};
  mixed.word.all[0] = word;
  mixed.word.all[1] = ~word;
  for (int i = 0; i < 4; ++i) {
    out[i] = int(digest(mixed, word + unsigned(i)));
    mixed.word.all[0] += unsigned(out[i]);
    if (word & 1)
      out[i] ^= int(digest(mixed, word));
    mixed.word.all[1] ^= word;
    out[i] += int(digest(mixed, unsigned(out[i]))) ^ int(digest(mixed, word >> 3));
  }
}

// From a function that recurs, which runs for one lane after the other.
__host__ __device__ unsigned descend(unsigned depth, unsigned word) {
  if (depth == 0)
    return wordOf(march(pointOf(word), pointOf(word >> 4), word));
  Hit hit = march(pointOf(word + depth), pointOf(word >> depth), word);
  unsigned below = descend(depth - 1, wordOf(hit));
  return below + wordOf(march(hit.where, pointOf(below), below)) * depth;
}
BODY(FromRecursion) {
  unsigned word = unsigned(in[t.id() % kInputs]);
  out[0] = int(descend(word & 3, word));
  out[1] = int(wordOf(march(pointOf(word), pointOf(word >> 3), word + 5)));
  out[2] = int(wordOf(march(pointOf(word + 1), pointOf(word >> 2), word + 6)));
  out[3] = int(wordOf(march(pointOf(word + 2), pointOf(word >> 1), word + 7)));
}

// Powers are functions of the device library; the host's may differ in the last bit.
__global__ void powers(const float *x, double *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  double a = x[i], b = x[i + 1] + 0.5;
  double sum = pow(a, b) + pow(b, a) + pow(a + 1, b);
  if (i % 3 == 0)
    sum += pow(a + b, b) - pow(sum, 0.25 * b);
  for (int k = 0; k < i % 4; ++k)
    sum += pow(b + k, a) / pow(sum + 1, a);
  out[i] = sum;
}
void checkPowers() {
  constexpr int kThreads = 320;
  float *x;
  double *out;
  CHECK_CUDA(cudaMallocManaged(&x, (kThreads + 1) * sizeof(float)));
  CHECK_CUDA(cudaMallocManaged(&out, kThreads * sizeof(double)));
  for (int i = 0; i <= kThreads; ++i)
    x[i] = 0.25f + float(i * 37 % 64) / 32;
  powers<<<2, kThreads / 2>>>(x, out);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < kThreads; ++i) {
    double a = x[i], b = x[i + 1] + 0.5;
    double sum = pow(a, b) + pow(b, a) + pow(a + 1, b);
    if (i % 3 == 0)
      sum += pow(a + b, b) - pow(sum, 0.25 * b);
    for (int k = 0; k < i % 4; ++k)
      sum += pow(b + k, a) / pow(sum + 1, a);
    bool isRight = std::fabs(out[i] - sum) <= 1e-13 * std::fabs(sum);
    if (!isRight)
      std::printf("FAIL powers: thread %d has %.17g, not %.17g\n", i, out[i], sum);
    require(isRight);
  }
}

int main() {
  checkBodies<EveryPlace>(10);
  checkBodies<FromRecursion, WholeStructs>(2);
  checkPowers();
  return finish();
}
