// The tables that programs give to random numbers in kernels: Sobol sequences' direction vectors
// and scramble constants, and discrete distributions.
#include "npu/random.h"
#include "npu/runtime.h"

#include "sequences.h"

#include <cmath>
#include <cstring>
#include <new>

using namespace npu::random_api;

namespace {

// All dimensions' vectors or constants; made when first asked for, and kept.
template <class Word, bool IsScrambled> auto *directionVectors() {
  static auto &instance = *new std::vector<SobolDirections<Word>>(
      makeSobolDirections<Word>(kSobolDimensions, IsScrambled));
  return instance.data();
}
template <class Word> Word *scrambleConstants() {
  static auto &instance = *new std::vector<Word>([] {
    std::vector<Word> made(kSobolDimensions);
    for (unsigned d = 0; d < kSobolDimensions; ++d)
      made[d] = sobolScrambleConstant<Word>(d);
    return made;
  }());
  return instance.data();
}

template <class Body> npurandStatus_t guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return NPURAND_STATUS_ALLOCATION_FAILED;
  } catch (...) {
    return NPURAND_STATUS_INTERNAL_ERROR;
  }
}

template <class Word, class Vectors>
npurandStatus_t giveVectors(Vectors **vectors, npurandDirectionVectorSet_t set,
                            npurandDirectionVectorSet_t plain,
                            npurandDirectionVectorSet_t scrambled) {
  return guarded([&] {
    if (!vectors || (set != plain && set != scrambled))
      return NPURAND_STATUS_OUT_OF_RANGE;
    auto *given = set == plain ? directionVectors<Word, false>() : directionVectors<Word, true>();
    *vectors = reinterpret_cast<Vectors *>(given);
    return NPURAND_STATUS_SUCCESS;
  });
}

template <class Word, class Constant> npurandStatus_t giveConstants(Constant **constants) {
  return guarded([&] {
    if (!constants)
      return NPURAND_STATUS_OUT_OF_RANGE;
    *constants = reinterpret_cast<Constant *>(scrambleConstants<Word>());
    return NPURAND_STATUS_SUCCESS;
  });
}

} // namespace

extern "C" {

npurandStatus_t npurandGetDirectionVectors32(npurandDirectionVectors32_t *vectors[],
                                             npurandDirectionVectorSet_t set) {
  return giveVectors<uint32_t>(vectors, set, NPURAND_DIRECTION_VECTORS_32_JOEKUO6,
                               NPURAND_SCRAMBLED_DIRECTION_VECTORS_32_JOEKUO6);
}

npurandStatus_t npurandGetDirectionVectors64(npurandDirectionVectors64_t *vectors[],
                                             npurandDirectionVectorSet_t set) {
  return giveVectors<uint64_t>(vectors, set, NPURAND_DIRECTION_VECTORS_64_JOEKUO6,
                               NPURAND_SCRAMBLED_DIRECTION_VECTORS_64_JOEKUO6);
}

npurandStatus_t npurandGetScrambleConstants32(unsigned int **constants) {
  return giveConstants<uint32_t>(constants);
}

npurandStatus_t npurandGetScrambleConstants64(unsigned long long **constants) {
  return giveConstants<uint64_t>(constants);
}

// One block of memory that kernels and the host read: the head, then the probabilities of counts
// within 12 standard deviations; those beyond have less than 2^-32 together.
npurandStatus_t npurandCreatePoissonDistribution(double lambda,
                                                 npurandDiscreteDistribution_t *distribution) {
  constexpr double kLargest = 400000; // as cuRAND's
  if (!distribution || !(lambda > 0) || lambda > kLargest)
    return NPURAND_STATUS_OUT_OF_RANGE;
  const double width = 12 * std::sqrt(lambda) + 30;
  const auto first = unsigned(std::fmax(0.0, std::floor(lambda - width)));
  const auto length = unsigned(std::ceil(lambda + width)) - first + 1;
  void *memory = nullptr;
  const size_t head = sizeof(npurandDiscreteDistribution_st);
  if (npuMallocManaged(&memory, head + length * sizeof(double), npuMemAttachGlobal) != npuSuccess)
    return NPURAND_STATUS_ALLOCATION_FAILED;
  auto *made = new (memory) npurandDiscreteDistribution_st;
  auto *cumulative = reinterpret_cast<double *>(static_cast<char *>(memory) + head);
  double sum = 0;
  for (unsigned i = 0; i < length; ++i) {
    const double count = double(first) + i;
    sum += std::exp(count * std::log(lambda) - lambda - std::lgamma(count + 1));
    cumulative[i] = sum;
  }
  cumulative[length - 1] = 1;
  *made = {first, length, cumulative};
  *distribution = made;
  return NPURAND_STATUS_SUCCESS;
}

npurandStatus_t npurandDestroyDistribution(npurandDiscreteDistribution_t distribution) {
  if (!distribution)
    return NPURAND_STATUS_OUT_OF_RANGE;
  return npuFree(distribution) == npuSuccess ? NPURAND_STATUS_SUCCESS : NPURAND_STATUS_OUT_OF_RANGE;
}

} // extern "C"
