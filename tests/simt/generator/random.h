// The generator's source of chance.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace simt {

class Random {
public:
  explicit Random(uint64_t seed) : state(seed * 0x2545f4914f6cdd1d + 1) {}
  // SplitMix64.
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  unsigned below(unsigned limit) { return unsigned(next() % limit); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T> T of(std::initializer_list<T> choices) {
    return choices.begin()[below(unsigned(choices.size()))];
  }

private:
  uint64_t state;
};

} // namespace simt
