// Launches by handle, in one call and in CUDA's old parts, and what is known about a kernel.
#include "kernel_arguments.h"
#include "module.h"

#include "src/entry.h"

#include <cstring>

using namespace npu;
using namespace npu::driver_api;

namespace {

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

Status launch(npudrv_function function, npuDim3 grid, npuDim3 block, unsigned sharedBytes,
              npudrv_stream stream, void **parameters, void **extra) {
  std::vector<void *> arguments;
  Status status = readParameters(function, parameters, extra, arguments);
  return status ? done(npuLaunchKernel(function, grid, block, parameters, sharedBytes, stream))
                : status;
}

static_assert(sizeof(npudrv_launchAttribute) == sizeof(npuLaunchAttribute) &&
                  offsetof(npudrv_launchAttribute, value) == offsetof(npuLaunchAttribute, val),
              "both APIs have the same attributes");

Status launchWith(const npudrv_launchConfig *configuration, npudrv_function function,
                  void **parameters, void **extra) {
  if (!configuration)
    return nullResult();
  std::vector<void *> arguments;
  if (Status status = readParameters(function, parameters, extra, arguments); !status)
    return status;
  const npudrv_launchConfig &c = *configuration;
  npuLaunchConfig_t same = {{c.gridDimX, c.gridDimY, c.gridDimZ},
                            {c.blockDimX, c.blockDimY, c.blockDimZ},
                            c.sharedMemBytes,
                            c.hStream,
                            reinterpret_cast<npuLaunchAttribute *>(c.attrs),
                            c.numAttrs};
  return done(npuLaunchKernelExC(&same, function, parameters));
}

Status launchParts(npudrv_function function, int width, int height, npudrv_stream stream) {
  if (Status status = checkModuleFunction(function); !status)
    return status;
  std::vector<void *> arguments;
  if (Status status = placesIn(function, reinterpret_cast<char *>(function->arguments.data()),
                               function->arguments.size(), arguments);
      !status)
    return status;
  return done(npuLaunchKernel(function, {unsigned(width), unsigned(height), 1}, function->block,
                              arguments.data(), function->sharedBytes, stream));
}

Status setArgument(npudrv_function function, int offset, const void *value, size_t bytes) {
  constexpr size_t kMaxBytes = 32764; // CUDA's largest parameter list
  if (Status status = checkModuleFunction(function); !status)
    return status;
  if (offset < 0 || !value || bytes > kMaxBytes || size_t(offset) > kMaxBytes - bytes)
    return Status(npuErrorInvalidValue, "no argument, or it lies beyond 32764 bytes");
  if (function->arguments.size() < size_t(offset) + bytes)
    function->arguments.resize(size_t(offset) + bytes);
  std::memcpy(function->arguments.data() + offset, value, bytes);
  return {};
}

Status attributeOf(npudrv_function function, npudrv_function_attribute attribute, int &value) {
  npuFuncAttributes all;
  if (Status status = checkFunction(function); !status)
    return status;
  if (Status status = done(npuFuncGetAttributes(&all, function)); !status)
    return status;
  switch (attribute) {
  case NPUDRV_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    value = all.maxThreadsPerBlock;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    value = int(all.sharedSizeBytes);
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
    value = int(all.constSizeBytes);
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    value = int(all.localSizeBytes);
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_NUM_REGS:
    value = all.numRegs;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_PTX_VERSION:
    value = all.ptxVersion;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_BINARY_VERSION:
    value = all.binaryVersion;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_CACHE_MODE_CA:
    value = all.cacheModeCA;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    value = all.maxDynamicSharedSizeBytes;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    value = all.preferredShmemCarveout;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    value = all.clusterDimMustBeSet;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    value = all.requiredClusterWidth;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    value = all.requiredClusterHeight;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    value = all.requiredClusterDepth;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    value = all.nonPortableClusterSizeAllowed;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    value = all.clusterSchedulingPolicyPreference;
    return {};
  case NPUDRV_FUNC_ATTRIBUTE_MAX:
    break;
  }
  return Status(npuErrorInvalidValue, "unknown function attribute " + std::to_string(attribute));
}

} // namespace

extern "C" {

npudrv_result npudrvLaunchKernel(npudrv_function function, unsigned int gridX, unsigned int gridY,
                                 unsigned int gridZ, unsigned int blockX, unsigned int blockY,
                                 unsigned int blockZ, unsigned int sharedBytes,
                                 npudrv_stream stream, void **parameters, void **extra) {
  return call("cuLaunchKernel", [&] {
    return launch(function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, stream,
                  parameters, extra);
  });
}

npudrv_result npudrvLaunchKernelEx(const npudrv_launchConfig *configuration,
                                   npudrv_function function, void **parameters, void **extra) {
  return call("cuLaunchKernelEx",
              [&] { return launchWith(configuration, function, parameters, extra); });
}

npudrv_result npudrvLaunchCooperativeKernel(npudrv_function function, unsigned int gridX,
                                            unsigned int gridY, unsigned int gridZ,
                                            unsigned int blockX, unsigned int blockY,
                                            unsigned int blockZ, unsigned int sharedBytes,
                                            npudrv_stream stream, void **parameters) {
  return call("cuLaunchCooperativeKernel", [&] {
    Status status = checkFunction(function);
    return status ? done(npuLaunchCooperativeKernel(function, {gridX, gridY, gridZ},
                                                    {blockX, blockY, blockZ}, parameters,
                                                    sharedBytes, stream))
                  : status;
  });
}

npudrv_result npudrvLaunchCooperativeKernelMultiDevice(NPU_LAUNCH_PARAMS *launches,
                                                       unsigned int count, unsigned int flags) {
  return call("cuLaunchCooperativeKernelMultiDevice", [&] {
    std::vector<npuLaunchParams> same;
    for (unsigned i = 0; launches && i < count; ++i) {
      const NPU_LAUNCH_PARAMS &one = launches[i];
      if (Status status = checkFunction(one.function); !status)
        return status;
      same.push_back({one.function,
                      {one.gridDimX, one.gridDimY, one.gridDimZ},
                      {one.blockDimX, one.blockDimY, one.blockDimZ},
                      one.kernelParams,
                      one.sharedMemBytes,
                      one.hStream});
    }
    return done(
        npuLaunchCooperativeKernelMultiDevice(launches ? same.data() : nullptr, count, flags));
  });
}

npudrv_result npudrvLaunchHostFunc(npudrv_stream stream, npudrv_hostFn function, void *data) {
  return call("cuLaunchHostFunc", [&] { return done(npuLaunchHostFunc(stream, function, data)); });
}

npudrv_result npudrvFuncGetAttribute(int *value, npudrv_function_attribute attribute,
                                     npudrv_function function) {
  return call("cuFuncGetAttribute",
              [&] { return value ? attributeOf(function, attribute, *value) : nullResult(); });
}

npudrv_result npudrvFuncSetAttribute(npudrv_function function, npudrv_function_attribute attribute,
                                     int value) {
  return call("cuFuncSetAttribute", [&] {
    Status status = checkFunction(function);
    return status ? done(npuFuncSetAttribute(function, npuFuncAttribute(attribute), value))
                  : status;
  });
}

npudrv_result npudrvFuncSetCacheConfig(npudrv_function function, npudrv_func_cache preference) {
  return call("cuFuncSetCacheConfig", [&] {
    Status status = checkFunction(function);
    return status ? done(npuFuncSetCacheConfig(function, npuFuncCache(preference))) : status;
  });
}

npudrv_result npudrvFuncSetSharedMemConfig(npudrv_function function, npudrv_sharedconfig) {
  return call("cuFuncSetSharedMemConfig", [&] { return checkFunction(function); });
}

// A kernel of the program is known by its host function's address, here too.
npuError_t npuGetFuncBySymbol(npuFunction_t *handle, const void *symbol) {
  return core::entry("npuGetFuncBySymbol", core::trace(handle, symbol), [&] {
    if (!handle)
      return nullResult();
    npudrv_function function = static_cast<npudrv_function>(const_cast<void *>(symbol));
    if (!checkFunction(function))
      return Status(npuErrorInvalidDeviceFunction, "no such kernel");
    *handle = function;
    return Status();
  });
}

npudrv_result npudrvFuncGetModule(npudrv_module *module, npudrv_function function) {
  return call("cuFuncGetModule", [&] {
    if (!module)
      return nullResult();
    Status status = checkModuleFunction(function);
    if (status)
      *module = function->module;
    return status;
  });
}

npudrv_result npudrvFuncGetName(const char **name, npudrv_function function) {
  return call("cuFuncGetName", [&] {
    if (!name)
      return nullResult();
    Status status = checkFunction(function);
    return status ? done(npuFuncGetName(name, function)) : status;
  });
}

npudrv_result npudrvFuncGetParamInfo(npudrv_function function, size_t index, size_t *offset,
                                     size_t *bytes) {
  return call("cuFuncGetParamInfo", [&] {
    Status status = checkFunction(function);
    return status ? done(npuFuncGetParamInfo(function, index, offset, bytes)) : status;
  });
}

npudrv_result npudrvFuncIsLoaded(npudrv_functionLoadingState *state, npudrv_function function) {
  return call("cuFuncIsLoaded", [&] {
    if (!state)
      return nullResult();
    *state = NPUDRV_FUNCTION_LOADING_STATE_LOADED;
    return checkFunction(function);
  });
}

npudrv_result npudrvFuncLoad(npudrv_function function) {
  return call("cuFuncLoad", [&] { return checkFunction(function); });
}

npudrv_result npudrvFuncSetBlockShape(npudrv_function function, int x, int y, int z) {
  return call("cuFuncSetBlockShape", [&] {
    Status status = checkModuleFunction(function);
    if (status)
      function->block = {unsigned(x), unsigned(y), unsigned(z)};
    return status;
  });
}

npudrv_result npudrvFuncSetSharedSize(npudrv_function function, unsigned int bytes) {
  return call("cuFuncSetSharedSize", [&] {
    Status status = checkModuleFunction(function);
    if (status)
      function->sharedBytes = bytes;
    return status;
  });
}

npudrv_result npudrvParamSetSize(npudrv_function function, unsigned int bytes) {
  return call("cuParamSetSize", [&] {
    Status status = checkModuleFunction(function);
    if (status)
      function->arguments.resize(bytes);
    return status;
  });
}

npudrv_result npudrvParamSeti(npudrv_function function, int offset, unsigned int value) {
  return call("cuParamSeti", [&] { return setArgument(function, offset, &value, sizeof value); });
}

npudrv_result npudrvParamSetf(npudrv_function function, int offset, float value) {
  return call("cuParamSetf", [&] { return setArgument(function, offset, &value, sizeof value); });
}

npudrv_result npudrvParamSetv(npudrv_function function, int offset, void *value,
                              unsigned int bytes) {
  return call("cuParamSetv", [&] { return setArgument(function, offset, value, bytes); });
}

npudrv_result npudrvLaunch(npudrv_function function) {
  return call("cuLaunch", [&] { return launchParts(function, 1, 1, nullptr); });
}

npudrv_result npudrvLaunchGrid(npudrv_function function, int width, int height) {
  return call("cuLaunchGrid", [&] { return launchParts(function, width, height, nullptr); });
}

npudrv_result npudrvLaunchGridAsync(npudrv_function function, int width, int height,
                                    npudrv_stream stream) {
  return call("cuLaunchGridAsync", [&] { return launchParts(function, width, height, stream); });
}

} // extern "C"
