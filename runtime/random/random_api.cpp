// The bulk generators' interface. A device generator's work is a host call on its stream, so it is
// ordered with kernels and copies; a host generator's is done when the call returns. The sequence
// is made at the first use after its settings changed, and goes on from call to call.
#include "npu/random.h"
#include "npu/runtime.h"

#include "sequences.h"

#include "src/core.h"
#include "src/log.h"

#include <cmath>
#include <mutex>
#include <set>

using namespace npu;
using namespace npu::random_api;

struct npurandGenerator_st {
  npurandRngType_t type;
  bool onHost = false;
  npuStream_t stream = nullptr;
  unsigned long long seed = 0, offset = 0;
  npurandOrdering_t order = NPURAND_ORDERING_PSEUDO_DEFAULT;
  unsigned dimensions = 1;
  // Used by the stream's host calls, which run one after the other; a change makes a new one.
  std::shared_ptr<Sequence> sequence;

  bool isQuasi() const { return type >= NPURAND_RNG_QUASI_DEFAULT; }
  bool has64Bits() const { return type >= NPURAND_RNG_QUASI_SOBOL64; }
};

namespace {

struct Generators {
  std::mutex mutex;
  std::set<npurandGenerator_t> alive; // under mutex
};
Generators &generators() {
  static Generators &instance = *new Generators;
  return instance;
}

template <class Body> npurandStatus_t with(npurandGenerator_t generator, Body body) noexcept {
  try {
    {
      std::lock_guard<std::mutex> lock(generators().mutex);
      if (!generators().alive.count(generator))
        return NPURAND_STATUS_NOT_INITIALIZED;
    }
    return body();
  } catch (const std::bad_alloc &) {
    return NPURAND_STATUS_ALLOCATION_FAILED;
  } catch (...) {
    return NPURAND_STATUS_INTERNAL_ERROR;
  }
}

npurandStatus_t create(npurandGenerator_t *generator, npurandRngType_t type, bool onHost) noexcept {
  if (!generator)
    return NPURAND_STATUS_NOT_INITIALIZED;
  if (type == NPURAND_RNG_PSEUDO_DEFAULT)
    type = NPURAND_RNG_PSEUDO_XORWOW;
  if (type == NPURAND_RNG_QUASI_DEFAULT)
    type = NPURAND_RNG_QUASI_SOBOL32;
  switch (type) {
  case NPURAND_RNG_PSEUDO_XORWOW:
  case NPURAND_RNG_PSEUDO_MRG32K3A:
  case NPURAND_RNG_PSEUDO_MT19937:
  case NPURAND_RNG_PSEUDO_PHILOX4_32_10:
  case NPURAND_RNG_QUASI_SOBOL32:
  case NPURAND_RNG_QUASI_SCRAMBLED_SOBOL32:
  case NPURAND_RNG_QUASI_SOBOL64:
  case NPURAND_RNG_QUASI_SCRAMBLED_SOBOL64:
    break;
  default:
    core::warnOnce("error: curandCreateGenerator: MTGP32 is not supported; use MT19937 or XORWOW");
    return NPURAND_STATUS_TYPE_ERROR;
  }
  try {
    auto *made = new npurandGenerator_st;
    made->type = type;
    made->onHost = onHost;
    if (made->isQuasi())
      made->order = NPURAND_ORDERING_QUASI_DEFAULT;
    std::lock_guard<std::mutex> lock(generators().mutex);
    generators().alive.insert(made);
    *generator = made;
    return NPURAND_STATUS_SUCCESS;
  } catch (...) {
    return NPURAND_STATUS_ALLOCATION_FAILED;
  }
}

std::shared_ptr<Sequence> sequenceOf(npurandGenerator_st &generator) {
  if (generator.sequence)
    return generator.sequence;
  std::unique_ptr<Sequence> made;
  switch (generator.type) {
  case NPURAND_RNG_PSEUDO_MRG32K3A:
    made = makeMrg(generator.seed);
    break;
  case NPURAND_RNG_PSEUDO_MT19937:
    made = makeMersenne(generator.seed);
    break;
  case NPURAND_RNG_PSEUDO_PHILOX4_32_10:
    made = makePhilox(generator.seed);
    break;
  case NPURAND_RNG_QUASI_SOBOL32:
  case NPURAND_RNG_QUASI_SCRAMBLED_SOBOL32:
  case NPURAND_RNG_QUASI_SOBOL64:
  case NPURAND_RNG_QUASI_SCRAMBLED_SOBOL64:
    made = makeSobol(generator.dimensions, generator.has64Bits() ? 64 : 32,
                     generator.type == NPURAND_RNG_QUASI_SCRAMBLED_SOBOL32 ||
                         generator.type == NPURAND_RNG_QUASI_SCRAMBLED_SOBOL64);
    break;
  default:
    made = makeXorwow(generator.seed);
  }
  made->skip(generator.offset);
  generator.sequence = std::move(made);
  return generator.sequence;
}

// `fill` gets the sequence and writes `count` numbers to `output`; with `pairs` an odd count of
// pseudo-random numbers is refused.
template <class T, class Fill>
npurandStatus_t generate(npurandGenerator_t generator, T *output, size_t count, bool pairs,
                         Fill fill) {
  return with(generator, [&]() -> npurandStatus_t {
    if (count == 0)
      return NPURAND_STATUS_SUCCESS;
    if (!output)
      return NPURAND_STATUS_LAUNCH_FAILURE;
    if (generator->isQuasi() ? count % generator->dimensions != 0 : pairs && count % 2 != 0)
      return NPURAND_STATUS_LENGTH_NOT_MULTIPLE;
    std::shared_ptr<Sequence> sequence = sequenceOf(*generator);
    if (generator->onHost) {
      fill(*sequence, output, count);
      return NPURAND_STATUS_SUCCESS;
    }
    if (!core::deviceCanReach(output, count * sizeof(T)))
      return NPURAND_STATUS_LAUNCH_FAILURE;
    Status status = core::enqueue(generator->stream, HostCall{[sequence, output, count, fill] {
                                    fill(*sequence, output, count);
                                  }});
    return status ? NPURAND_STATUS_SUCCESS : NPURAND_STATUS_PREEXISTING_FAILURE;
  });
}

// Standard normal numbers, moved, and exponentials of them.
template <class T> auto normals(T mean, T deviation) {
  return [=](Sequence &sequence, T *out, size_t count) {
    sequence.normal(out, count);
    for (size_t i = 0; i < count; ++i)
      out[i] = mean + deviation * out[i];
  };
}
template <class T> auto logNormals(T mean, T deviation) {
  return [=](Sequence &sequence, T *out, size_t count) {
    sequence.normal(out, count);
    for (size_t i = 0; i < count; ++i)
      out[i] = std::exp(mean + deviation * out[i]);
  };
}
const auto uniforms = [](Sequence &sequence, auto *out, size_t count) {
  sequence.uniform(out, count);
};

} // namespace

extern "C" {

npurandStatus_t npurandCreateGenerator(npurandGenerator_t *generator, npurandRngType_t type) {
  return create(generator, type, false);
}

npurandStatus_t npurandCreateGeneratorHost(npurandGenerator_t *generator, npurandRngType_t type) {
  return create(generator, type, true);
}

npurandStatus_t npurandDestroyGenerator(npurandGenerator_t generator) {
  return with(generator, [&] {
    {
      std::lock_guard<std::mutex> lock(generators().mutex);
      generators().alive.erase(generator);
    }
    delete generator; // work on its stream keeps the sequence
    return NPURAND_STATUS_SUCCESS;
  });
}

npurandStatus_t npurandGetVersion(int *version) {
  if (!version)
    return NPURAND_STATUS_OUT_OF_RANGE;
  *version = 10309;
  return NPURAND_STATUS_SUCCESS;
}

npurandStatus_t npurandSetStream(npurandGenerator_t generator, npuStream_t stream) {
  return with(generator, [&] {
    if (generator->stream != stream && generator->sequence) {
      // Work on the old stream may still use the sequence, even when the stream is destroyed.
      Status done = core::synchronize(generator->stream);
      if (done.code() == npuErrorInvalidResourceHandle)
        done = core::synchronizeDevice();
      if (!done)
        return NPURAND_STATUS_PREEXISTING_FAILURE;
    }
    generator->stream = stream;
    return NPURAND_STATUS_SUCCESS;
  });
}

npurandStatus_t npurandSetPseudoRandomGeneratorSeed(npurandGenerator_t generator,
                                                    unsigned long long seed) {
  return with(generator, [&] {
    if (generator->isQuasi())
      return NPURAND_STATUS_TYPE_ERROR;
    generator->seed = seed;
    generator->sequence = nullptr;
    return NPURAND_STATUS_SUCCESS;
  });
}

npurandStatus_t npurandSetGeneratorOffset(npurandGenerator_t generator, unsigned long long offset) {
  return with(generator, [&] {
    generator->offset = offset;
    generator->sequence = nullptr;
    return NPURAND_STATUS_SUCCESS;
  });
}

npurandStatus_t npurandSetGeneratorOrdering(npurandGenerator_t generator, npurandOrdering_t order) {
  return with(generator, [&] {
    const bool quasi = order == NPURAND_ORDERING_QUASI_DEFAULT;
    const bool pseudo =
        order >= NPURAND_ORDERING_PSEUDO_BEST && order <= NPURAND_ORDERING_PSEUDO_DYNAMIC;
    if (generator->isQuasi() ? !quasi : !pseudo)
      return NPURAND_STATUS_OUT_OF_RANGE;
    if (order == NPURAND_ORDERING_PSEUDO_DYNAMIC && generator->type != NPURAND_RNG_PSEUDO_XORWOW &&
        generator->type != NPURAND_RNG_PSEUDO_MRG32K3A &&
        generator->type != NPURAND_RNG_PSEUDO_PHILOX4_32_10)
      return NPURAND_STATUS_OUT_OF_RANGE;
    generator->order = order;
    return NPURAND_STATUS_SUCCESS;
  });
}

npurandStatus_t npurandSetQuasiRandomGeneratorDimensions(npurandGenerator_t generator,
                                                         unsigned int dimensions) {
  return with(generator, [&] {
    if (!generator->isQuasi())
      return NPURAND_STATUS_TYPE_ERROR;
    if (dimensions == 0 || dimensions > kSobolDimensions)
      return NPURAND_STATUS_OUT_OF_RANGE;
    generator->dimensions = dimensions;
    generator->sequence = nullptr;
    return NPURAND_STATUS_SUCCESS;
  });
}

npurandStatus_t npurandGenerateSeeds(npurandGenerator_t generator) {
  return with(generator, [&] {
    (void)sequenceOf(*generator);
    return NPURAND_STATUS_SUCCESS;
  });
}

npurandStatus_t npurandGenerate(npurandGenerator_t generator, unsigned int *output, size_t count) {
  return generate(generator, output, count, false,
                  [](Sequence &sequence, unsigned int *out, size_t n) { sequence.bits(out, n); });
}

npurandStatus_t npurandGenerateLongLong(npurandGenerator_t generator, unsigned long long *output,
                                        size_t count) {
  const npurandStatus_t known = with(generator, [&] {
    return generator->has64Bits() ? NPURAND_STATUS_SUCCESS : NPURAND_STATUS_TYPE_ERROR;
  });
  if (known != NPURAND_STATUS_SUCCESS)
    return known;
  return generate(
      generator, output, count, false,
      [](Sequence &sequence, unsigned long long *out, size_t n) { (void)sequence.bits(out, n); });
}

npurandStatus_t npurandGenerateUniform(npurandGenerator_t generator, float *output, size_t count) {
  return generate(generator, output, count, false, uniforms);
}

npurandStatus_t npurandGenerateUniformDouble(npurandGenerator_t generator, double *output,
                                             size_t count) {
  return generate(generator, output, count, false, uniforms);
}

npurandStatus_t npurandGenerateNormal(npurandGenerator_t generator, float *output, size_t count,
                                      float mean, float deviation) {
  return generate(generator, output, count, true, normals(mean, deviation));
}

npurandStatus_t npurandGenerateNormalDouble(npurandGenerator_t generator, double *output,
                                            size_t count, double mean, double deviation) {
  return generate(generator, output, count, true, normals(mean, deviation));
}

npurandStatus_t npurandGenerateLogNormal(npurandGenerator_t generator, float *output, size_t count,
                                         float mean, float deviation) {
  return generate(generator, output, count, true, logNormals(mean, deviation));
}

npurandStatus_t npurandGenerateLogNormalDouble(npurandGenerator_t generator, double *output,
                                               size_t count, double mean, double deviation) {
  return generate(generator, output, count, true, logNormals(mean, deviation));
}

npurandStatus_t npurandGeneratePoisson(npurandGenerator_t generator, unsigned int *output,
                                       size_t count, double lambda) {
  if (!(lambda > 0))
    return NPURAND_STATUS_OUT_OF_RANGE;
  return generate(
      generator, output, count, false,
      [=](Sequence &sequence, unsigned int *out, size_t n) { sequence.poisson(out, n, lambda); });
}

} // extern "C"
