// Sobol sequences in Gray-code order, with Joe and Kuo's direction numbers, plain or scrambled.
// Normal and Poisson numbers by inversion, so that each stays in its dimension.
#include "sequences.h"

#include "npu/device/random_quasi.h"

#include <type_traits>

namespace npu::random_api {
namespace {

constexpr uint32_t kTable[] = {
#include "sobol_directions.def"
};

template <class Word> std::vector<SobolDirections<Word>> directionsOf(unsigned count) {
  constexpr unsigned kBits = sizeof(Word) * 8;
  std::vector<SobolDirections<Word>> result(count);
  const uint32_t *row = kTable;
  for (unsigned d = 0; d < count; ++d) {
    SobolDirections<Word> &v = result[d];
    if (d == 0) { // van der Corput's sequence
      for (unsigned i = 0; i < kBits; ++i)
        v[i] = Word(1) << (kBits - 1 - i);
      continue;
    }
    const uint32_t polynomial = *row++;
    const unsigned degree = 31 - unsigned(__builtin_clz(polynomial));
    for (unsigned i = 0; i < kBits; ++i) {
      if (i < degree) {
        v[i] = Word(row[i]) << (kBits - 1 - i);
        continue;
      }
      v[i] = v[i - degree] ^ (v[i - degree] >> degree);
      for (unsigned k = 1; k < degree; ++k)
        if (polynomial >> (degree - k) & 1)
          v[i] ^= v[i - k];
    }
    row += degree;
  }
  return result;
}

// Steele, Lea and Flood's splitmix64 (2014): one word after the other of a seed.
uint64_t nextWord(uint64_t &seed) {
  uint64_t z = seed += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
uint64_t seedOf(unsigned dimension, unsigned bits) { return uint64_t(bits) << 32 | dimension; }

// Matousek's linear scrambling (1998): each bit becomes a sum of itself and some of the higher
// ones, chosen for each dimension; so every property of the net is kept.
template <class Word> void scramble(unsigned dimension, SobolDirections<Word> &v) {
  constexpr unsigned kBits = sizeof(Word) * 8;
  uint64_t seed = seedOf(dimension, kBits);
  SobolDirections<Word> result{};
  for (unsigned bit = 0; bit < kBits; ++bit) {
    const Word own = Word(1) << (kBits - 1 - bit), higher = ~(own | (own - 1));
    const Word mask = own | (Word(nextWord(seed)) & higher);
    for (unsigned k = 0; k < kBits; ++k)
      if (__builtin_parityll(v[k] & mask))
        result[k] |= own;
  }
  v = result;
}

template <class Word> class Sobol : public Sequence {
public:
  static constexpr unsigned kBits = sizeof(Word) * 8;
  Sobol(unsigned dimensions, bool isScrambled)
      : directions(makeSobolDirections<Word>(dimensions, isScrambled)), constants(dimensions) {
    for (unsigned d = 0; isScrambled && d < dimensions; ++d)
      constants[d] = sobolScrambleConstant<Word>(d);
  }
  std::unique_ptr<Sequence> copy() const override { return std::make_unique<Sobol>(*this); }
  void skip(unsigned long long numbers) override { position += numbers; }
  void bits(unsigned int *out, size_t count) override {
    each(out, count, [](Word x) { return unsigned(x >> (kBits - 32)); });
  }
  bool bits(unsigned long long *out, size_t count) override {
    if (kBits != 64)
      return false;
    each(out, count, [](Word x) { return (unsigned long long)x; });
    return true;
  }
  void uniform(float *out, size_t count) override {
    each(out, count, [](Word x) { return random::detail::quasiUniform(kernelWord(x)); });
  }
  void uniform(double *out, size_t count) override {
    each(out, count, [](Word x) { return random::detail::quasiUniformDouble(kernelWord(x)); });
  }
  void normal(float *out, size_t count) override {
    each(out, count, [](Word x) { return float(random::detail::quasiNormal(kernelWord(x))); });
  }
  void normal(double *out, size_t count) override {
    each(out, count, [](Word x) { return random::detail::quasiNormal(kernelWord(x)); });
  }
  void poisson(unsigned int *out, size_t count, double mean) override {
    each(out, count, [=](Word x) {
      return random::detail::poissonQuantile(random::detail::quasiUniformDouble(kernelWord(x)),
                                             mean);
    });
  }

private:
  // The types of npu/device/random_quasi.h.
  using KernelWord = std::conditional_t<kBits == 64, unsigned long long, unsigned int>;
  static KernelWord kernelWord(Word x) { return KernelWord(x); }

  template <class T, class Convert> void each(T *out, size_t count, Convert convert) {
    const size_t per = count / directions.size();
    for (size_t d = 0; d < directions.size(); ++d) {
      unsigned long long gray = position ^ (position >> 1);
      Word x = constants[d];
      for (unsigned i = 0; gray && i < kBits; ++i, gray >>= 1)
        if (gray & 1)
          x ^= directions[d][i];
      for (size_t k = 0; k < per; ++k) {
        *out++ = convert(x);
        const unsigned changed = unsigned(__builtin_ctzll(position + k + 1));
        if (changed < kBits)
          x ^= directions[d][changed];
      }
    }
    position += per;
  }
  std::vector<SobolDirections<Word>> directions;
  std::vector<Word> constants;
  unsigned long long position = 0;
};

} // namespace

template <class Word>
std::vector<SobolDirections<Word>> makeSobolDirections(unsigned dimensions, bool isScrambled) {
  std::vector<SobolDirections<Word>> result = directionsOf<Word>(dimensions);
  for (unsigned d = 0; isScrambled && d < dimensions; ++d)
    scramble(d, result[d]);
  return result;
}
template std::vector<SobolDirections<uint32_t>> makeSobolDirections(unsigned, bool);
template std::vector<SobolDirections<uint64_t>> makeSobolDirections(unsigned, bool);

template <class Word> Word sobolScrambleConstant(unsigned dimension) {
  uint64_t seed = ~seedOf(dimension, sizeof(Word) * 8);
  return Word(nextWord(seed));
}
template uint32_t sobolScrambleConstant(unsigned);
template uint64_t sobolScrambleConstant(unsigned);

std::unique_ptr<Sequence> makeSobol(unsigned dimensions, unsigned bits, bool isScrambled) {
  if (bits == 64)
    return std::make_unique<Sobol<uint64_t>>(dimensions, isScrambled);
  return std::make_unique<Sobol<uint32_t>>(dimensions, isScrambled);
}

} // namespace npu::random_api
