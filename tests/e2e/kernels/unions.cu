// Functions that return unions, one of whose members has holes where another has values.
#include "check.h"

struct Holes {
  char low;
  int high;
};
struct Full {
  unsigned first, second;
};
union Word {
  Holes parts;
  Full all;
};
template <class T> union Row {
  Holes one;
  struct {
    T at[1];
    Holes two[2];
  } rows;
  unsigned words[6];
};
struct Base {
  short kind;
  Word word;
};
struct Derived : Base {
  Row<char> rows[2];
};

__host__ __device__ Word wordOf(unsigned bits) {
  Word word;
  word.all = {bits, bits * 77777u};
  return word;
}
__host__ __device__ Word turn(Word word) {
  word.all = {word.all.second, word.all.first + 1u};
  return word;
}
__host__ __device__ Derived derived(unsigned bits) {
  Derived result;
  result.kind = short(bits);
  result.word = turn(wordOf(bits));
  for (unsigned row = 0; row < 2; ++row)
    for (unsigned i = 0; i < 6; ++i)
      result.rows[row].words[i] = bits * (i + 3 + row);
  return result;
}
__host__ __device__ unsigned digest(const Word &word) {
  return word.all.first * 31u + word.all.second;
}

// Temporaries, parts of temporaries, conditions, arguments.
BODY(Direct) {
  unsigned bits = unsigned(in[t.id() % kInputs]);
  out[0] = int(digest(wordOf(bits)));
  out[1] = int(turn(wordOf(bits)).all.second);
  Word kept = bits & 1 ? turn(wordOf(bits + 1)) : wordOf(bits + 2);
  kept.parts.low = char(bits);
  out[2] = int(digest(turn(kept)));
  unsigned sum = digest(derived(bits).word);
  for (unsigned i = 0; i < 6; ++i)
    sum += derived(bits).rows[bits & 1].words[i] * (i + 1);
  out[3] = int(sum);
}

__host__ __device__ Word descend(unsigned bits, unsigned depth) {
  if (depth == 0)
    return wordOf(bits);
  Word word = turn(descend(bits * 3, depth - 1));
  word.all.first ^= digest(descend(bits + 5, depth / 2));
  return word;
}
BODY(Recursion) {
  unsigned bits = unsigned(in[t.id() % kInputs]);
  for (unsigned i = 0; i < kOutputs; ++i)
    out[i] = int(digest(descend(bits, (bits + i) % 5)));
}

BODY(Pointer) {
  unsigned bits = unsigned(in[t.id() % kInputs]);
  Word (*const kinds[])(Word) = {turn, [](Word word) { return wordOf(word.all.second); }};
  Word word = wordOf(bits);
  for (unsigned i = 0; i < kOutputs; ++i) {
    word = kinds[(bits >> i) & 1](word);
    out[i] = int(digest(word));
  }
}

struct Source {
  unsigned bits;
  __host__ __device__ virtual Word next() const { return wordOf(bits); }
};
struct Turned : Source {
  __host__ __device__ Word next() const override { return turn(wordOf(bits)); }
};
BODY(Virtual) {
  unsigned bits = unsigned(in[t.id() % kInputs]);
  Source plain;
  Turned turned;
  plain.bits = turned.bits = bits;
  const Source *sources[] = {&plain, &turned};
  for (unsigned i = 0; i < kOutputs; ++i)
    out[i] = int(digest(sources[(bits >> i) & 1]->next()));
}

// What lambdas hold, and classes that hold lambdas.
__host__ __device__ auto digestLater(unsigned bits) {
  Word word = wordOf(bits);
  return [word](unsigned more) { return digest(word) + more; };
}
template <class Function> struct Holder {
  Function function;
};
template <class Function> __host__ __device__ Holder<Function> hold(Function function) {
  return {function};
}
BODY(Captured) {
  unsigned bits = unsigned(in[t.id() % kInputs]);
  auto later = digestLater(bits);
  out[0] = int(later(1));
  out[1] = int(digestLater(bits + 1)(2));
  out[2] = int(hold(later).function(3));
  out[3] = int(hold(digestLater(bits * 5)).function(bits));
}

// Members that have no bytes of their own hide no hole, and neither do bit-fields without a name.
struct Empty {};
union Sparse {
  struct {
    [[no_unique_address]] Empty none;
    int first;
    char second;
    short third;
    unsigned fourth : 20, : 12;
  } parts;
  unsigned all[3];
};
__host__ __device__ Sparse sparseOf(unsigned bits) {
  Sparse result;
  for (unsigned i = 0; i < 3; ++i)
    result.all[i] = bits * (i * 77777 + 1);
  return result;
}
BODY(Hidden) {
  unsigned bits = unsigned(in[t.id() % kInputs]);
  for (unsigned i = 0; i < 3; ++i)
    out[i] = int(sparseOf(bits + i).all[(bits + i) % 3]);
  out[3] = int(sparseOf(bits).all[1] ^ sparseOf(bits * 3).all[2]);
}

int main() {
  checkBodies<Direct, Recursion, Pointer, Virtual, Captured, Hidden>(2);
  return finish();
}
