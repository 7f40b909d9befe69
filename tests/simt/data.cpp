#include "data.h"

#include "generator/random.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace simt {

namespace {

constexpr size_t kElementBytes[] = {4, 1, 2, 8, 4, 8}; // of Inputs
constexpr size_t kOutputBytes[] = {4, 8, 1};           // of Outputs
constexpr const char *kOutputNames[] = {"out.words",  "out.longs",  "out.bytes",
                                        "sums.words", "sums.longs", "sums.floats"};

template <class T> void append(Bytes &bytes, T value) {
  size_t at = (bytes.size() + alignof(T) - 1) / alignof(T) * alignof(T);
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

// Mostly small numbers, so that trip counts and conditions vary; some of any size.
uint64_t someInteger(Random &random) {
  if (random.chance(60))
    return random.below(24);
  return random.chance(50) ? random.next() : uint64_t(-int64_t(random.below(100)));
}

double someNumber(Random &random) {
  constexpr double kSpecial[] = {0.0, -0.0, 1e-41, -3e-310, HUGE_VAL, -HUGE_VAL, 3.4e38, 65504.0};
  if (random.chance(3))
    return NAN;
  if (random.chance(10))
    return kSpecial[random.below(8)];
  if (random.chance(40))
    return double(int(random.below(64)) - 20) / 4;
  double mantissa = double(int64_t(random.next())) / 1e17;
  return random.chance(50) ? mantissa : mantissa * 1e6;
}

Bytes makeInput(size_t array) {
  Random random(array + 1000);
  Bytes bytes;
  bytes.reserve(kInputs * kElementBytes[array]);
  for (unsigned i = 0; i < kInputs; ++i)
    if (array == 4) {
      append(bytes, float(someNumber(random)));
    } else if (array == 5) {
      append(bytes, someNumber(random));
    } else {
      uint64_t value = someInteger(random);
      const auto *first = reinterpret_cast<const uint8_t *>(&value);
      bytes.insert(bytes.end(), first, first + kElementBytes[array]);
    }
  return bytes;
}

} // namespace

const std::vector<Bytes> &inputs() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> arrays;
    for (size_t i = 0; i < 6; ++i)
      arrays.push_back(makeInput(i));
    return arrays;
  }();
  return all;
}

uint64_t inputOffset(size_t array) { return kInputs / 2 * kElementBytes[array]; }

std::vector<Bytes> outputs(const Shape &shape) {
  std::vector<Bytes> arrays;
  // Each thread's words together, then each word of all threads together.
  for (size_t bytes : kOutputBytes)
    arrays.emplace_back(2 * bytes * kOutputs * shape.threads() * shape.blocks(), 0x5a);
  Random random(7);
  for (size_t bytes : {4, 8}) {
    Bytes sums;
    for (size_t i = 0; i < bytes * kSums; ++i)
      append(sums, uint8_t(random.next()));
    arrays.push_back(sums);
  }
  arrays.emplace_back(4 * kSums, 0);
  return arrays;
}

Bytes record() {
  Bytes bytes;
  append(bytes, int32_t(-12345));
  append(bytes, 2.75f);
  append(bytes, uint8_t(200));
  append(bytes, -1234.5);
  append(bytes, uint64_t(0x123456789abcdef0));
  for (int16_t number : {-7, 300, 12, -32768})
    append(bytes, number);
  return bytes;
}

Bytes count() {
  Bytes bytes;
  append(bytes, uint32_t(6));
  return bytes;
}

std::vector<Bytes> arguments(const std::vector<uint64_t> &inputAddresses,
                             const std::vector<uint64_t> &outputAddresses) {
  Bytes in, out, sums;
  for (size_t i = 0; i < inputAddresses.size(); ++i)
    append(in, inputAddresses[i] + inputOffset(i));
  for (size_t i = 0; i < outputAddresses.size(); ++i)
    append(i < 3 ? out : sums, outputAddresses[i]);
  return {in, out, sums, record(), count()};
}

std::string difference(const std::vector<Bytes> &expected, const std::vector<Bytes> &got) {
  constexpr size_t kSizes[] = {4, 8, 1, 4, 8, 4};
  for (size_t array = 0; array < expected.size(); ++array)
    for (size_t i = 0; i < expected[array].size(); i += kSizes[array]) {
      const uint8_t *a = expected[array].data() + i, *b = got[array].data() + i;
      if (std::memcmp(a, b, kSizes[array]) == 0)
        continue;
      uint64_t wanted = 0, value = 0;
      std::memcpy(&wanted, a, kSizes[array]);
      std::memcpy(&value, b, kSizes[array]);
      char text[160];
      std::snprintf(text, sizeof(text), "%s[%zu]: 0x%llx is not 0x%llx", kOutputNames[array],
                    i / kSizes[array], (unsigned long long)value, (unsigned long long)wanted);
      return text;
    }
  return "";
}

} // namespace simt
