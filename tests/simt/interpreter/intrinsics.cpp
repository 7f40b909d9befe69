// LLVM's intrinsics on numbers, and the device library's machine-independent leaves: only functions
// whose result is exact or correctly rounded, so that there is one answer.
#include "machine.h"
#include "numbers.h"

#include "llvm/IR/IntrinsicInst.h"

#include <algorithm>
#include <cmath>

using namespace llvm;

namespace simt {

namespace {

unsigned leadingZeros(uint64_t value, unsigned width) {
  return value ? unsigned(__builtin_clzll(value)) - (64 - width) : width;
}
unsigned trailingZeros(uint64_t value, unsigned width) {
  return value ? unsigned(__builtin_ctzll(value)) : width;
}
uint64_t reverseBits(uint64_t value, unsigned width) {
  uint64_t result = 0;
  for (unsigned i = 0; i < width; ++i)
    result |= (value >> i & 1) << (width - 1 - i);
  return result;
}
uint64_t reverseBytes(uint64_t value, unsigned width) {
  return __builtin_bswap64(value) >> (64 - width);
}
uint64_t funnel(bool left, uint64_t high, uint64_t low, uint64_t amount, unsigned width) {
  Wide both = Wide(high) << width | low;
  amount %= width;
  return uint64_t((left ? both >> (width - amount) : both >> amount) & maskOf(width));
}

template <class T> T smaller(T a, T b) { return b != b || a < b ? a : b; }
template <class T> T greater(T a, T b) { return b != b || a > b ? a : b; }

// The exactly defined functions on one, two or three numbers; false: none of these.
template <class T> bool floatFunction(StringRef name, T a, T b, T c, T &result) {
  if (name == "fabs")
    result = std::fabs(a);
  else if (name == "floor")
    result = std::floor(a);
  else if (name == "ceil")
    result = std::ceil(a);
  else if (name == "trunc")
    result = std::trunc(a);
  else if (name == "rint" || name == "nearbyint" || name == "roundeven")
    result = std::nearbyint(a);
  else if (name == "round")
    result = std::round(a);
  else if (name == "sqrt")
    result = std::sqrt(a);
  else if (name == "fma")
    result = std::fma(a, b, c);
  else if (name == "copysign")
    result = std::copysign(a, b);
  else if (name == "minnum" || name == "fmin")
    result = smaller(a, b);
  else if (name == "maxnum" || name == "fmax")
    result = greater(a, b);
  else if (name == "fmod")
    result = std::fmod(a, b);
  else if (name == "remainder")
    result = std::remainder(a, b);
  else if (name == "nextafter")
    result = std::nextafter(a, b);
  else
    return false;
  return true;
}

uint64_t apply(StringRef name, bool isDouble, const uint64_t *numbers, bool &known) {
  if (isDouble) {
    double result = 0;
    known = floatFunction(name, bitsAs<double>(numbers[0]), bitsAs<double>(numbers[1]),
                          bitsAs<double>(numbers[2]), result);
    return bitsOf(result);
  }
  float result = 0;
  known = floatFunction(name, bitsAs<float>(numbers[0]), bitsAs<float>(numbers[1]),
                        bitsAs<float>(numbers[2]), result);
  return bitsOf(result);
}

} // namespace

bool Machine::intrinsic(Thread &thread, const Function &function) {
  switch (function.getIntrinsicID()) {
  case Intrinsic::lifetime_start:
  case Intrinsic::lifetime_end:
  case Intrinsic::assume:
  case Intrinsic::sideeffect:
  case Intrinsic::donothing:
  case Intrinsic::experimental_noalias_scope_decl:
  case Intrinsic::stackrestore:
    return true;
  case Intrinsic::stacksave:
    *result(thread) = 0;
    return true;
  case Intrinsic::expect:
    *result(thread) = *value(thread, 0u);
    return true;
  case Intrinsic::memcpy:
  case Intrinsic::memmove:
  case Intrinsic::memset:
    return moveMemory(thread, function);
  case Intrinsic::trap:
    throw Error("a trap");
  default:
    return integerIntrinsic(thread, function) || floatIntrinsic(thread, function);
  }
}

bool Machine::integerIntrinsic(Thread &thread, const Function &function) {
  const Step &step = thread.step();
  unsigned width = step.from;
  if (width > 64 || !step.instruction->getOperand(0)->getType()->isIntOrIntVectorTy())
    return false;
  auto in = [&](unsigned operand, unsigned i) { return value(thread, operand)[i]; };
  auto sign = [&](unsigned operand, unsigned i) { return signExtend(in(operand, i), width); };
  Intrinsic::ID id = function.getIntrinsicID();
  auto one = [&](unsigned i) -> Wide {
    switch (id) {
    case Intrinsic::ctpop:
      return __builtin_popcountll(in(0, i));
    case Intrinsic::ctlz:
      return leadingZeros(in(0, i), width);
    case Intrinsic::cttz:
      return trailingZeros(in(0, i), width);
    case Intrinsic::bitreverse:
      return reverseBits(in(0, i), width);
    case Intrinsic::bswap:
      return reverseBytes(in(0, i), width);
    case Intrinsic::abs:
      return Wide(sign(0, i) < 0 ? -sign(0, i) : sign(0, i));
    case Intrinsic::smin:
      return Wide(std::min(sign(0, i), sign(1, i)));
    case Intrinsic::smax:
      return Wide(std::max(sign(0, i), sign(1, i)));
    case Intrinsic::umin:
      return std::min(in(0, i), in(1, i));
    case Intrinsic::umax:
      return std::max(in(0, i), in(1, i));
    case Intrinsic::fshl:
      return funnel(true, in(0, i), in(1, i), in(2, i), width);
    case Intrinsic::fshr:
      return funnel(false, in(0, i), in(1, i), in(2, i), width);
    case Intrinsic::uadd_sat:
      return std::min(Wide(in(0, i)) + in(1, i), maskOf(width));
    case Intrinsic::usub_sat:
      return in(0, i) < in(1, i) ? 0 : in(0, i) - in(1, i);
    default:
      throw Error(("the interpreter does not know " + function.getName()).str());
    }
  };
  if (step.words != step.elements)
    return false; // ...with.overflow
  elementwise(thread, [&](unsigned i) { return uint64_t(one(i) & maskOf(width)); });
  return true;
}

bool Machine::floatIntrinsic(Thread &thread, const Function &function) {
  const Step &step = thread.step();
  Type *from = step.instruction->getOperand(0)->getType()->getScalarType();
  if (!from->isFloatTy() && !from->isDoubleTy())
    return false;
  bool isDouble = from->isDoubleTy();
  Intrinsic::ID id = function.getIntrinsicID();
  if (id == Intrinsic::fptosi_sat || id == Intrinsic::fptoui_sat) {
    elementwise(thread, [&](unsigned i) {
      return saturate(id == Intrinsic::fptosi_sat, step.width,
                      floatValue(isDouble, value(thread, 0u)[i]));
    });
    return true;
  }
  StringRef name = function.getName();
  name.consume_front("llvm.");
  name = name.split('.').first;
  bool known = true;
  elementwise(thread, [&](unsigned i) {
    uint64_t numbers[3] = {};
    for (unsigned k = 0; k + 1 < step.operands.size() && k < 3; ++k)
      numbers[k] = value(thread, k)[i];
    return apply(name, isDouble, numbers, known);
  });
  return known;
}

// OpenCL builtins that the device library declares: _Z, the length of the name, the name, types.
bool Machine::libraryFunction(Thread &thread, StringRef name) {
  const Step &step = thread.step();
  unsigned length = 0;
  if (!name.consume_front("_Z") || name.consumeInteger(10, length) || name.size() < length)
    return false;
  Type *type = step.instruction->getType();
  if (!type->isFloatTy() && !type->isDoubleTy())
    return false;
  uint64_t numbers[3] = {};
  for (unsigned k = 0; k + 1 < step.operands.size() && k < 3; ++k)
    numbers[k] = *value(thread, k);
  if (name.take_front(length) == "ldexp") {
    int exponent = int(uint32_t(numbers[1]));
    *result(thread) = type->isDoubleTy() ? bitsOf(std::ldexp(bitsAs<double>(numbers[0]), exponent))
                                         : bitsOf(std::ldexp(bitsAs<float>(numbers[0]), exponent));
    return true;
  }
  bool known = false;
  *result(thread) = apply(name.take_front(length), type->isDoubleTy(), numbers, known);
  return known;
}

} // namespace simt
