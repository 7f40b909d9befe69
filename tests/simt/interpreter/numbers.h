// Arithmetic on the bits of one number, as CUDA's machine computes it. An integer is held
// zero-extended in 64 bits (128 for i128), a float in the low 32.
//
// What LLVM leaves undefined and the PTX ISA defines has PTX's result: shifts by the width or more
// ("shl", "shr"), division by zero and of the smallest number by -1 ("div", "rem"), conversions of
// numbers out of range ("cvt"). Every NaN that arithmetic makes is the one quiet NaN: which NaN an
// operation gives is not defined, so programs must not look at its bits.
#pragma once

#include "llvm/IR/InstrTypes.h"

#include <cstdint>
#include <cstring>

namespace simt {

using Wide = unsigned __int128;

inline Wide maskOf(unsigned width) { return width >= 128 ? ~Wide(0) : (Wide(1) << width) - 1; }
inline __int128 signExtend(Wide value, unsigned width) {
  return width >= 128 ? __int128(value) : __int128(value << (128 - width)) >> (128 - width);
}

template <class To, class From> To bitsAs(From from) {
  static_assert(sizeof(To) <= sizeof(From), "narrows");
  To to;
  std::memcpy(&to, &from, sizeof(To));
  return to;
}
inline uint64_t bitsOf(float value) {
  uint32_t bits = 0x7fc00000;
  if (value == value)
    std::memcpy(&bits, &value, 4);
  return bits;
}
inline uint64_t bitsOf(double value) {
  uint64_t bits = 0x7ff8000000000000;
  if (value == value)
    std::memcpy(&bits, &value, 8);
  return bits;
}

// `checked`: an Error when a flag (nsw, nuw, exact) does not hold.
Wide integerOperation(const llvm::Instruction &instruction, unsigned width, Wide a, Wide b,
                      bool checked);
bool compareIntegers(llvm::CmpInst::Predicate predicate, unsigned width, Wide a, Wide b);
uint64_t floatOperation(unsigned opcode, bool isDouble, uint64_t a, uint64_t b);
bool compareFloats(llvm::CmpInst::Predicate predicate, bool isDouble, uint64_t a, uint64_t b);

double floatValue(bool isDouble, uint64_t bits);
// Rounded to nearest from the exact value.
uint64_t floatFromInteger(bool isDouble, bool isSigned, unsigned width, Wide value);
uint64_t integerFromFloat(bool isDouble, bool isSigned, unsigned width, uint64_t bits);
// LLVM's fptosi.sat and fptoui.sat: as above, but not a number is 0.
uint64_t saturate(bool isSigned, unsigned width, double value);

} // namespace simt
