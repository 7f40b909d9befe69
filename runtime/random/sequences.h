// The sequences behind the bulk generators, each from a position on. Plain values: copying one
// keeps its position. No thread rule.
#pragma once

#include "npu/random_kernel.h"

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace npu::random_api {

// What every generator can produce; each call goes on where the last one ended.
class Sequence {
public:
  virtual ~Sequence() = default;
  virtual std::unique_ptr<Sequence> copy() const = 0;
  virtual void skip(unsigned long long numbers) = 0;
  virtual void bits(unsigned int *out, size_t count) = 0;
  virtual void uniform(float *out, size_t count) = 0;
  virtual void uniform(double *out, size_t count) = 0;
  // Standard normal numbers; `count` is even for pseudo-random sequences.
  virtual void normal(float *out, size_t count) = 0;
  virtual void normal(double *out, size_t count) = 0;
  virtual void poisson(unsigned int *out, size_t count, double mean) = 0;
  // False: not of this sequence.
  virtual bool bits(unsigned long long *, size_t) { return false; }
};

std::unique_ptr<Sequence> makeXorwow(unsigned long long seed);
std::unique_ptr<Sequence> makeMrg(unsigned long long seed);
std::unique_ptr<Sequence> makePhilox(unsigned long long seed);
std::unique_ptr<Sequence> makeMersenne(unsigned long long seed);
// Each call gives equally many numbers of one dimension after the other.
constexpr unsigned kSobolDimensions = 20000;
std::unique_ptr<Sequence> makeSobol(unsigned dimensions, unsigned bits, bool isScrambled);

// A dimension's direction numbers, the first one's highest bit set. Word: uint32_t or uint64_t.
template <class Word> using SobolDirections = std::array<Word, sizeof(Word) * 8>;
template <class Word>
std::vector<SobolDirections<Word>> makeSobolDirections(unsigned dimensions, bool isScrambled);
// What a scrambled sequence of the dimension starts with.
template <class Word> Word sobolScrambleConstant(unsigned dimension);

} // namespace npu::random_api
