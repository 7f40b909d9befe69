// The interpreter's memory: every buffer, variable and local object is an object of its own, and an
// address names its object. An access outside of its object is an error, never a neighbour's byte.
//
//   bits 56..63  kind (Space)    bits 32..55  which object of that kind    bits 0..31  byte offset
//
// Global objects belong to the machine, shared ones to a block, local ones to a thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace simt {

// What a program does that has no defined answer, or what the interpreter does not know.
class Error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

enum class Space : uint8_t { Null, Global, Shared, Local, Function };

struct Object {
  std::vector<uint8_t> bytes;
  bool readOnly = false;
};

inline uint64_t addressOf(Space space, uint64_t object, uint64_t offset = 0) {
  return uint64_t(space) << 56 | object << 32 | offset;
}
inline Space spaceOf(uint64_t address) { return Space(address >> 56); }
inline uint64_t objectOf(uint64_t address) { return address >> 32 & 0xffffff; }
inline uint64_t offsetOf(uint64_t address) { return address & 0xffffffff; }

// The objects that one thread can reach.
struct View {
  std::vector<Object> *global = nullptr, *shared = nullptr, *local = nullptr;

  // The memory of `bytes` bytes at `address`; an Error when they are not all in one object.
  uint8_t *at(uint64_t address, uint64_t bytes, bool writes) const;
};

} // namespace simt
