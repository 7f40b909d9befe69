// Callbacks: a kernel of the program reads the input through its load function into contiguous
// memory, the transform goes from there, and another kernel writes what it gives through the store
// function. So every element is read and written once, in no order, as cuFFT says.
#include "plan.h"

#include "npu/device/fft_callbacks.h"
#include "npu/runtime.h"

#include "src/log.h"

#include <utility>

namespace npu::fft {

using fft_callbacks::Walk;

// The transforms between contiguous sides, in place and not.
class PackedPlans {
public:
  std::shared_ptr<Plan> get(const Held &held, bool inPlace);

private:
  std::mutex mutex;
  std::shared_ptr<Plan> plans[2]; // under mutex
};

namespace {

thread_local const void *const *offered = nullptr;

struct Side {
  bool isReal;
  std::vector<long long> counts; // the batch first
  std::vector<long long> strides;

  long long elements() const {
    long long all = 1;
    for (long long count : counts)
      all *= count;
    return all;
  }
};
Side sideOf(const Problem &problem, bool isOutput) {
  const Kind complex = isOutput ? Kind::RealToComplex : Kind::ComplexToReal;
  const Kind real = isOutput ? Kind::ComplexToReal : Kind::RealToComplex;
  Side side{problem.kind == real, {problem.batch.n}, {}};
  side.strides.push_back(isOutput ? problem.batch.outputStride : problem.batch.inputStride);
  for (const Dimension &dimension : problem.dimensions) {
    side.counts.push_back(dimension.n);
    side.strides.push_back(isOutput ? dimension.outputStride : dimension.inputStride);
  }
  if (problem.kind == complex)
    side.counts.back() = side.counts.back() / 2 + 1;
  return side;
}
Walk walkOf(const Side &side) {
  Walk walk{{1, 1, 1, 1}, {0, 0, 0, 0}};
  const size_t first = 4 - side.counts.size();
  for (size_t i = 0; i < side.counts.size(); ++i) {
    walk.counts[first + i] = side.counts[i];
    walk.strides[first + i] = side.strides[i];
  }
  return walk;
}

// The layout that gives the side's strides, or contiguous ones.
Layout layoutOf(const Side &side, bool isPacked) {
  Layout layout;
  layout.isGiven = true;
  layout.embedding.assign(side.counts.begin() + 1, side.counts.end());
  layout.stride = isPacked ? 1 : side.strides.back();
  layout.distance = isPacked ? side.elements() / side.counts[0] : side.strides[0];
  for (size_t i = 1; !isPacked && i < layout.embedding.size(); ++i)
    layout.embedding[i] = side.strides[i] / side.strides[i + 1];
  return layout;
}

// Memory of the stream's for a packed side.
class Packed {
public:
  Packed(npuStream_t stream, size_t bytes) : stream(stream) {
    if (npuMallocAsync(&memory, bytes, stream) != npuSuccess)
      memory = nullptr;
  }
  ~Packed() {
    if (memory)
      (void)npuFreeAsync(memory, stream);
  }
  Packed(const Packed &) = delete;
  void *get() const { return memory; }

private:
  npuStream_t stream;
  void *memory = nullptr;
};

bool call(const Callback &callback, const Side &side, void *data, void *packed,
          npuStream_t stream) {
  constexpr unsigned kThreads = 256, kMostBlocks = 4096;
  Walk walk = walkOf(side);
  long long count = side.elements();
  const auto blocks = unsigned(std::min<long long>((count + kThreads - 1) / kThreads, kMostBlocks));
  void *function = callback.function, *info = callback.info;
  void *arguments[] = {&function, &data, &packed, &walk, &count, &info};
  return npuLaunchKernel(callback.kernel, npuDim3(blocks), npuDim3(kThreads), arguments,
                         callback.sharedBytes, stream) == npuSuccess;
}

struct Slot {
  bool isStore, isReal, isDouble;
};
bool slotOf(npufftXtCallbackType type, Slot &slot) {
  if (unsigned(type) >= unsigned(NPUFFT_CB_UNDEFINED))
    return false;
  slot = {type >= NPUFFT_CB_ST_COMPLEX, (type & 2) != 0, (type & 1) != 0};
  return true;
}
// The handle's callback of the type, null when its transform has no such elements.
Callback *find(Held &held, npufftXtCallbackType type) {
  Slot slot;
  if (!slotOf(type, slot))
    return nullptr;
  const Problem problem = held.plan->problem(false);
  if (problem.isDouble != slot.isDouble || sideOf(problem, slot.isStore).isReal != slot.isReal)
    return nullptr;
  return slot.isStore ? &held.store : &held.load;
}

} // namespace

std::shared_ptr<Plan> PackedPlans::get(const Held &held, bool inPlace) {
  std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<Plan> &plan = plans[inPlace];
  if (!plan) {
    const Problem problem = held.plan->problem(inPlace);
    Shape shape = held.plan->said();
    shape.input = layoutOf(sideOf(problem, false), held.load.kernel != nullptr);
    shape.output = layoutOf(sideOf(problem, true), held.store.kernel != nullptr);
    plan = std::make_shared<Plan>(shape);
  }
  return plan;
}

npufftResult executeWithCallbacks(const Held &held, void *input, void *output, int direction) {
  const Problem problem = held.plan->problem(input == output);
  const Side from = sideOf(problem, false), to = sideOf(problem, true);
  const size_t word = problem.isDouble ? sizeof(double) : sizeof(float);
  const auto bytesOf = [&](const Side &side) {
    return size_t(side.elements()) * word * (side.isReal ? 1 : 2);
  };
  const Packed packedInput(held.stream, held.load.kernel ? bytesOf(from) : 0);
  const Packed packedOutput(held.stream, held.store.kernel ? bytesOf(to) : 0);
  if ((held.load.kernel && !packedInput.get()) || (held.store.kernel && !packedOutput.get()))
    return NPUFFT_ALLOC_FAILED;
  if (held.load.kernel && !call(held.load, from, input, packedInput.get(), held.stream))
    return NPUFFT_EXEC_FAILED;
  const std::shared_ptr<Plan> plan = held.packed->get(held, input == output);
  if (npufftResult bad = plan->execute(held.stream, held.load.kernel ? packedInput.get() : input,
                                       held.store.kernel ? packedOutput.get() : output, direction);
      bad != NPUFFT_SUCCESS)
    return bad;
  if (held.store.kernel && !call(held.store, to, output, packedOutput.get(), held.stream))
    return NPUFFT_EXEC_FAILED;
  return NPUFFT_SUCCESS;
}

} // namespace npu::fft

using namespace npu;
using namespace npu::fft;

extern "C" {

void npufftOfferCallbackKernels(const void *const *kernels) { offered = kernels; }

npufftResult npufftXtSetCallback(npufftHandle plan, void **callback, npufftXtCallbackType type,
                                 void **callerInfo) {
  const void *const *kernels = std::exchange(offered, nullptr);
  if (!callback || !*callback)
    return NPUFFT_INVALID_VALUE;
  if (!kernels) {
    core::warnOnce("error: cufftXtSetCallback: the call is in a source that is not compiled for "
                   "devices, so it knows no kernel that calls the function; move it into the .cu "
                   "file of the callback");
    return NPUFFT_NOT_SUPPORTED;
  }
  return change(plan, [&](Held &held) {
    Callback *found = find(held, type);
    if (!found)
      return NPUFFT_INVALID_TYPE;
    found->function = *callback;
    found->info = callerInfo ? *callerInfo : nullptr;
    found->kernel = kernels[type];
    held.packed = std::make_shared<PackedPlans>();
    return NPUFFT_SUCCESS;
  });
}

npufftResult npufftXtClearCallback(npufftHandle plan, npufftXtCallbackType type) {
  return change(plan, [&](Held &held) {
    Callback *found = find(held, type);
    if (!found)
      return NPUFFT_INVALID_TYPE;
    *found = {};
    held.packed = std::make_shared<PackedPlans>();
    return NPUFFT_SUCCESS;
  });
}

npufftResult npufftXtSetCallbackSharedSize(npufftHandle plan, npufftXtCallbackType type,
                                           size_t sharedSize) {
  constexpr size_t kMost = 16 * 1024; // as cuFFT's
  return change(plan, [&](Held &held) {
    Callback *found = find(held, type);
    if (!found)
      return NPUFFT_INVALID_TYPE;
    if (sharedSize > kMost)
      return NPUFFT_INVALID_VALUE;
    found->sharedBytes = sharedSize;
    return NPUFFT_SUCCESS;
  });
}

} // extern "C"
