// The interface of Fourier transforms: handles, the ways to say a shape, execution by type. A
// plan's work is a host call on its stream, so it is ordered with kernels and copies.
#include "plan.h"

#include <new>

using namespace npu::fft;

namespace {

using Entry = Held;

struct Plans {
  std::mutex mutex;
  std::map<npufftHandle, Entry> alive; // under mutex
  npufftHandle next = 1;               // under mutex
};
// Never destroyed: programs use plans in static destructors.
Plans &plans() {
  static Plans &instance = *new Plans;
  return instance;
}

template <class Body> npufftResult guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return NPUFFT_ALLOC_FAILED;
  } catch (...) {
    return NPUFFT_INTERNAL_ERROR;
  }
}

// `body` gets the live entry, under the lock.
template <class Body> npufftResult with(npufftHandle handle, Body body) noexcept {
  return guarded([&] {
    std::lock_guard<std::mutex> lock(plans().mutex);
    const auto found = plans().alive.find(handle);
    return found == plans().alive.end() ? NPUFFT_INVALID_PLAN : body(found->second);
  });
}

npufftResult giveSize(size_t *workSize) {
  if (!workSize)
    return NPUFFT_INVALID_VALUE;
  *workSize = 0;
  return NPUFFT_SUCCESS;
}

// Shapes as the functions say them.
Shape simple(npufftType type, std::initializer_list<int> lengths, int batch) {
  Shape shape;
  shape.type = type;
  shape.lengths.assign(lengths.begin(), lengths.end());
  shape.batch = batch;
  return shape;
}

// Both embeddings must be there for the strides to count, as in cuFFT.
template <class Integer>
npufftResult advanced(Shape &shape, npufftType type, int rank, const Integer *n,
                      const Integer *inputEmbedding, Integer inputStride, Integer inputDistance,
                      const Integer *outputEmbedding, Integer outputStride, Integer outputDistance,
                      Integer batch) {
  if (rank < 1 || rank > 3 || !n)
    return NPUFFT_INVALID_VALUE;
  shape.type = type;
  shape.lengths.assign(n, n + rank);
  shape.batch = batch;
  if (inputEmbedding && outputEmbedding) {
    shape.input = {true, {inputEmbedding, inputEmbedding + rank}, inputStride, inputDistance};
    shape.output = {true, {outputEmbedding, outputEmbedding + rank}, outputStride, outputDistance};
  }
  return checkShape(shape);
}

npufftResult make(npufftHandle handle, const Shape &shape) {
  if (npufftResult bad = checkShape(shape); bad != NPUFFT_SUCCESS)
    return bad;
  return with(handle, [&](Entry &entry) {
    if (entry.plan) // a handle is planned once
      return NPUFFT_INVALID_PLAN;
    entry.plan = std::make_shared<Plan>(shape);
    return NPUFFT_SUCCESS;
  });
}
npufftResult make(npufftHandle handle, const Shape &shape, size_t *workSize) {
  if (npufftResult bad = giveSize(workSize); bad != NPUFFT_SUCCESS)
    return bad;
  Held held; // sizes are one for each device
  if (npufftResult bad = look(handle, held); bad != NPUFFT_SUCCESS)
    return bad;
  std::fill_n(workSize, std::max<size_t>(1, held.devices.size()), 0);
  return make(handle, shape);
}
npufftResult create(npufftHandle *handle, const Shape &shape) {
  return guarded([&] {
    if (!handle)
      return NPUFFT_INVALID_VALUE;
    if (npufftResult bad = checkShape(shape); bad != NPUFFT_SUCCESS)
      return bad;
    if (npufftResult bad = npufftCreate(handle); bad != NPUFFT_SUCCESS)
      return bad;
    return make(*handle, shape);
  });
}
npufftResult estimate(const Shape &shape, size_t *workSize) {
  if (npufftResult bad = checkShape(shape); bad != NPUFFT_SUCCESS)
    return bad;
  return giveSize(workSize);
}
npufftResult estimate(npufftHandle handle, const Shape &shape, size_t *workSize) {
  return guarded([&] {
    if (npufftResult bad = with(handle, [](Entry &) { return NPUFFT_SUCCESS; });
        bad != NPUFFT_SUCCESS)
      return bad;
    return estimate(shape, workSize);
  });
}

npufftResult execute(npufftHandle handle, const npufftType *type, void *input, void *output,
                     int direction) {
  return guarded([&] {
    Entry entry;
    if (npufftResult bad = with(handle,
                                [&](Entry &found) {
                                  entry = found;
                                  return found.plan ? NPUFFT_SUCCESS : NPUFFT_INVALID_PLAN;
                                });
        bad != NPUFFT_SUCCESS)
      return bad;
    if (type && entry.plan->type() != *type)
      return NPUFFT_INVALID_TYPE;
    if (entry.load.kernel || entry.store.kernel)
      return executeWithCallbacks(entry, input, output, direction);
    return entry.plan->execute(entry.stream, input, output, direction);
  });
}
npufftResult execute(npufftHandle handle, npufftType type, void *input, void *output,
                     int direction) {
  return execute(handle, &type, input, output, direction);
}

// The type that a pair of formats means; 0 for none.
npufftType typeOf(npuDataType input, npuDataType output) {
  const struct {
    npuDataType input, output;
    npufftType type;
  } known[] = {{NPU_C_32F, NPU_C_32F, NPUFFT_C2C}, {NPU_R_32F, NPU_C_32F, NPUFFT_R2C},
               {NPU_C_32F, NPU_R_32F, NPUFFT_C2R}, {NPU_C_64F, NPU_C_64F, NPUFFT_Z2Z},
               {NPU_R_64F, NPU_C_64F, NPUFFT_D2Z}, {NPU_C_64F, NPU_R_64F, NPUFFT_Z2D}};
  for (const auto &row : known)
    if (row.input == input && row.output == output)
      return row.type;
  return npufftType(0);
}

} // namespace

npufftResult npu::fft::look(npufftHandle handle, Held &held) noexcept {
  return with(handle, [&](Entry &entry) {
    held = entry;
    return NPUFFT_SUCCESS;
  });
}
npufftResult npu::fft::useDevices(npufftHandle handle, std::vector<int> devices) noexcept {
  return with(handle, [&](Entry &entry) {
    if (entry.plan)
      return NPUFFT_INVALID_PLAN;
    entry.devices = std::move(devices);
    return NPUFFT_SUCCESS;
  });
}
npufftResult npu::fft::change(npufftHandle handle,
                              const std::function<npufftResult(Held &)> &body) noexcept {
  return with(handle, [&](Entry &entry) {
    if (!entry.plan)
      return NPUFFT_INVALID_PLAN;
    return entry.devices.empty() ? body(entry) : NPUFFT_NOT_SUPPORTED;
  });
}

// The shape of one of the functions "...Many", or the reason to refuse it.
#define MANY_SHAPE                                                                                 \
  Shape shape;                                                                                     \
  if (npufftResult bad =                                                                           \
          advanced(shape, type, rank, n, inembed, istride, idist, onembed, ostride, odist, batch); \
      bad != NPUFFT_SUCCESS)                                                                       \
  return bad

extern "C" {

npufftResult npufftPlan1d(npufftHandle *plan, int nx, npufftType type, int batch) {
  return create(plan, simple(type, {nx}, batch));
}
npufftResult npufftPlan2d(npufftHandle *plan, int nx, int ny, npufftType type) {
  return create(plan, simple(type, {nx, ny}, 1));
}
npufftResult npufftPlan3d(npufftHandle *plan, int nx, int ny, int nz, npufftType type) {
  return create(plan, simple(type, {nx, ny, nz}, 1));
}
npufftResult npufftPlanMany(npufftHandle *plan, int rank, int *n, int *inembed, int istride,
                            int idist, int *onembed, int ostride, int odist, npufftType type,
                            int batch) {
  return guarded([&] {
    MANY_SHAPE;
    return create(plan, shape);
  });
}

npufftResult npufftCreate(npufftHandle *plan) {
  return guarded([&] {
    if (!plan)
      return NPUFFT_INVALID_VALUE;
    std::lock_guard<std::mutex> lock(plans().mutex);
    *plan = plans().next++;
    plans().alive[*plan] = {};
    return NPUFFT_SUCCESS;
  });
}
npufftResult npufftDestroy(npufftHandle plan) {
  return guarded([&] {
    std::lock_guard<std::mutex> lock(plans().mutex);
    return plans().alive.erase(plan) ? NPUFFT_SUCCESS : NPUFFT_INVALID_PLAN;
  });
}

npufftResult npufftMakePlan1d(npufftHandle plan, int nx, npufftType type, int batch,
                              size_t *workSize) {
  return guarded([&] { return make(plan, simple(type, {nx}, batch), workSize); });
}
npufftResult npufftMakePlan2d(npufftHandle plan, int nx, int ny, npufftType type,
                              size_t *workSize) {
  return guarded([&] { return make(plan, simple(type, {nx, ny}, 1), workSize); });
}
npufftResult npufftMakePlan3d(npufftHandle plan, int nx, int ny, int nz, npufftType type,
                              size_t *workSize) {
  return guarded([&] { return make(plan, simple(type, {nx, ny, nz}, 1), workSize); });
}
npufftResult npufftMakePlanMany(npufftHandle plan, int rank, int *n, int *inembed, int istride,
                                int idist, int *onembed, int ostride, int odist, npufftType type,
                                int batch, size_t *workSize) {
  return guarded([&] {
    MANY_SHAPE;
    return make(plan, shape, workSize);
  });
}
npufftResult npufftMakePlanMany64(npufftHandle plan, int rank, long long int *n,
                                  long long int *inembed, long long int istride,
                                  long long int idist, long long int *onembed,
                                  long long int ostride, long long int odist, npufftType type,
                                  long long int batch, size_t *workSize) {
  return guarded([&] {
    MANY_SHAPE;
    return make(plan, shape, workSize);
  });
}
npufftResult npufftXtMakePlanMany(npufftHandle plan, int rank, long long int *n,
                                  long long int *inembed, long long int istride,
                                  long long int idist, npuDataType inputtype,
                                  long long int *onembed, long long int ostride,
                                  long long int odist, npuDataType outputtype, long long int batch,
                                  size_t *workSize, npuDataType) {
  return guarded([&] {
    const npufftType type = typeOf(inputtype, outputtype);
    if (!type)
      return NPUFFT_NOT_SUPPORTED;
    MANY_SHAPE;
    return make(plan, shape, workSize);
  });
}

npufftResult npufftExecC2C(npufftHandle plan, npufftComplex *idata, npufftComplex *odata,
                           int direction) {
  return execute(plan, NPUFFT_C2C, idata, odata, direction);
}
npufftResult npufftExecR2C(npufftHandle plan, npufftReal *idata, npufftComplex *odata) {
  return execute(plan, NPUFFT_R2C, idata, odata, NPUFFT_FORWARD);
}
npufftResult npufftExecC2R(npufftHandle plan, npufftComplex *idata, npufftReal *odata) {
  return execute(plan, NPUFFT_C2R, idata, odata, NPUFFT_INVERSE);
}
npufftResult npufftExecZ2Z(npufftHandle plan, npufftDoubleComplex *idata,
                           npufftDoubleComplex *odata, int direction) {
  return execute(plan, NPUFFT_Z2Z, idata, odata, direction);
}
npufftResult npufftExecD2Z(npufftHandle plan, npufftDoubleReal *idata, npufftDoubleComplex *odata) {
  return execute(plan, NPUFFT_D2Z, idata, odata, NPUFFT_FORWARD);
}
npufftResult npufftExecZ2D(npufftHandle plan, npufftDoubleComplex *idata, npufftDoubleReal *odata) {
  return execute(plan, NPUFFT_Z2D, idata, odata, NPUFFT_INVERSE);
}
npufftResult npufftXtExec(npufftHandle plan, void *input, void *output, int direction) {
  return execute(plan, nullptr, input, output, direction);
}

npufftResult npufftSetStream(npufftHandle plan, npuStream_t stream) {
  return with(plan, [&](Entry &entry) {
    entry.stream = stream;
    return NPUFFT_SUCCESS;
  });
}

npufftResult npufftEstimate1d(int nx, npufftType type, int batch, size_t *workSize) {
  return guarded([&] { return estimate(simple(type, {nx}, batch), workSize); });
}
npufftResult npufftEstimate2d(int nx, int ny, npufftType type, size_t *workSize) {
  return guarded([&] { return estimate(simple(type, {nx, ny}, 1), workSize); });
}
npufftResult npufftEstimate3d(int nx, int ny, int nz, npufftType type, size_t *workSize) {
  return guarded([&] { return estimate(simple(type, {nx, ny, nz}, 1), workSize); });
}
npufftResult npufftEstimateMany(int rank, int *n, int *inembed, int istride, int idist,
                                int *onembed, int ostride, int odist, npufftType type, int batch,
                                size_t *workSize) {
  return guarded([&] {
    MANY_SHAPE;
    return estimate(shape, workSize);
  });
}
npufftResult npufftGetSize1d(npufftHandle plan, int nx, npufftType type, int batch,
                             size_t *workSize) {
  return estimate(plan, simple(type, {nx}, batch), workSize);
}
npufftResult npufftGetSize2d(npufftHandle plan, int nx, int ny, npufftType type, size_t *workSize) {
  return estimate(plan, simple(type, {nx, ny}, 1), workSize);
}
npufftResult npufftGetSize3d(npufftHandle plan, int nx, int ny, int nz, npufftType type,
                             size_t *workSize) {
  return estimate(plan, simple(type, {nx, ny, nz}, 1), workSize);
}
npufftResult npufftGetSizeMany(npufftHandle plan, int rank, int *n, int *inembed, int istride,
                               int idist, int *onembed, int ostride, int odist, npufftType type,
                               int batch, size_t *workSize) {
  return guarded([&] {
    MANY_SHAPE;
    return estimate(plan, shape, workSize);
  });
}
npufftResult npufftGetSizeMany64(npufftHandle plan, int rank, long long int *n,
                                 long long int *inembed, long long int istride, long long int idist,
                                 long long int *onembed, long long int ostride, long long int odist,
                                 npufftType type, long long int batch, size_t *workSize) {
  return guarded([&] {
    MANY_SHAPE;
    return estimate(plan, shape, workSize);
  });
}
npufftResult npufftGetSize(npufftHandle plan, size_t *workSize) {
  return with(plan,
              [&](Entry &entry) { return entry.plan ? giveSize(workSize) : NPUFFT_INVALID_PLAN; });
}
npufftResult npufftSetWorkArea(npufftHandle plan, void *) {
  return with(plan, [](Entry &) { return NPUFFT_SUCCESS; });
}
npufftResult npufftSetAutoAllocation(npufftHandle plan, int) {
  return with(plan, [](Entry &) { return NPUFFT_SUCCESS; });
}

npufftResult npufftSetCompatibilityMode(npufftHandle plan, npufftCompatibility mode) {
  return with(plan, [&](Entry &) {
    return mode == NPUFFT_COMPATIBILITY_FFTW_PADDING ? NPUFFT_SUCCESS : NPUFFT_NOT_SUPPORTED;
  });
}
npufftResult npufftGetVersion(int *version) {
  if (!version)
    return NPUFFT_INVALID_VALUE;
  *version = NPUFFT_VERSION;
  return NPUFFT_SUCCESS;
}
npufftResult npufftGetProperty(libraryPropertyType type, int *value) {
  if (!value)
    return NPUFFT_INVALID_VALUE;
  switch (type) {
  case MAJOR_VERSION:
    *value = NPUFFT_VERSION / 1000;
    return NPUFFT_SUCCESS;
  case MINOR_VERSION:
    *value = NPUFFT_VERSION / 100 % 10;
    return NPUFFT_SUCCESS;
  case PATCH_LEVEL:
    *value = NPUFFT_VERSION % 100;
    return NPUFFT_SUCCESS;
  }
  return NPUFFT_INVALID_TYPE;
}

} // extern "C"
