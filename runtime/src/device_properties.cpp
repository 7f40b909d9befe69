// The virtual device: what npuGetDeviceProperties and npuDeviceGetAttribute tell.
//
// Programs size their grids and blocks by these figures, so they are those of a compute
// capability 8.0 device (CUDA C++ programming guide, table of technical specifications), whatever
// backends run the work. Exceptions: memory is the machine's; the number of multiprocessors is 16,
// a power of two that gives grid-stride programs a few blocks per CPU core; clocks and bus are of
// that imaginary device and serve only programs that print them. The sizes of textures and surfaces
// are what array.cpp grants.
#include "device_properties.h"

#include "launch.h"
#include "memory.h"

#include <cstdio>
#include <cstring>

namespace npu::core {
namespace {

constexpr int kComputeMajor = 8, kComputeMinor = 0;
constexpr int kClockKilohertz = 1000000, kMemoryClockKilohertz = 1000000, kMemoryBusBits = 256;
constexpr int kL2CacheBytes = 4 << 20;
constexpr int kRegisters = 65536;
constexpr int kConstantBytes = 65536;
constexpr int kTextureAlignment = 512, kPitchAlignment = 32, kSurfaceAlignment = 512;
constexpr int kSingleToDoubleRatio = 2;
constexpr int kMaxPitch = 2147483647;

void fillMemory(npuDeviceProp &p) {
  p.totalGlobalMem = totalMemoryBytes();
  p.sharedMemPerBlock = kSharedBytesPerBlock;
  p.sharedMemPerBlockOptin = kSharedBytesPerBlockOptIn;
  p.sharedMemPerMultiprocessor = kSharedBytesPerMultiprocessor;
  p.reservedSharedMemPerBlock = kReservedSharedBytesPerBlock;
  p.totalConstMem = kConstantBytes;
  p.memPitch = kMaxPitch;
  p.textureAlignment = kTextureAlignment;
  p.texturePitchAlignment = kPitchAlignment;
  p.surfaceAlignment = kSurfaceAlignment;
  p.memoryClockRate = kMemoryClockKilohertz;
  p.memoryBusWidth = kMemoryBusBits;
  p.l2CacheSize = kL2CacheBytes;
  p.globalL1CacheSupported = 1;
  p.localL1CacheSupported = 1;
}

template <size_t N> void fill(int (&field)[N], const int (&values)[N]) {
  for (size_t i = 0; i < N; ++i)
    field[i] = values[i];
}

void fillTextures(npuDeviceProp &p) {
  constexpr int kLine = 131072, kRows = 65536, kVolume = 16384, kLayered = 32768, kLayers = 2048;
  p.maxTexture1D = p.maxTexture1DMipmap = p.maxSurface1D = kLine;
  p.maxTexture1DLinear = 1 << 28;
  fill(p.maxTexture2D, {kLine, kRows});
  fill(p.maxTexture2DMipmap, {kLine, kRows});
  fill(p.maxTexture2DLinear, {kLine, kRows, 2097120});
  fill(p.maxTexture2DGather, {kLayered, kLayered});
  fill(p.maxTexture3D, {kVolume, kVolume, kVolume});
  fill(p.maxTexture3DAlt, {kVolume, kVolume, kVolume});
  p.maxTextureCubemap = p.maxSurfaceCubemap = kLayered;
  fill(p.maxTexture1DLayered, {kLayered, kLayers});
  fill(p.maxTexture2DLayered, {kLayered, kLayered, kLayers});
  fill(p.maxTextureCubemapLayered, {kLayered, 2046});
  fill(p.maxSurface2D, {kLine, kRows});
  fill(p.maxSurface3D, {kVolume, kVolume, kVolume});
  fill(p.maxSurface1DLayered, {kLayered, kLayers});
  fill(p.maxSurface2DLayered, {kLayered, kLayered, kLayers});
  fill(p.maxSurfaceCubemapLayered, {kLayered, 2046});
}

void fillExecution(npuDeviceProp &p) {
  p.regsPerBlock = kRegisters;
  p.regsPerMultiprocessor = kRegisters;
  p.warpSize = kWarpThreads;
  p.maxThreadsPerBlock = kMaxThreadsPerBlock;
  for (int axis = 0; axis < 3; ++axis) {
    p.maxThreadsDim[axis] = int(kMaxBlock[axis]);
    p.maxGridSize[axis] = int(kMaxGrid[axis]);
  }
  p.clockRate = kClockKilohertz;
  p.major = kComputeMajor;
  p.minor = kComputeMinor;
  p.multiProcessorCount = kMultiprocessors;
  p.maxThreadsPerMultiProcessor = kThreadsPerMultiprocessor;
  p.maxBlocksPerMultiProcessor = kBlocksPerMultiprocessor;
  p.singleToDoublePrecisionPerfRatio = kSingleToDoubleRatio;
  p.concurrentKernels = 1;
  p.cooperativeLaunch = p.cooperativeMultiDeviceLaunch = p.clusterLaunch = 1;
  p.streamPrioritiesSupported = 1;
  p.deviceOverlap = 1;
  p.asyncEngineCount = 2;
}

// One address space for host and device, and the host reads device memory directly.
void fillSharing(npuDeviceProp &p) {
  p.canMapHostMemory = 1;
  p.unifiedAddressing = 1;
  p.managedMemory = 1;
  p.concurrentManagedAccess = 1;
  p.directManagedMemAccessFromHost = 1;
  p.canUseHostPointerForRegisteredMem = 1;
  p.hostRegisterSupported = 1;
  p.hostNativeAtomicSupported = 1;
  p.memoryPoolsSupported = 1;
  p.memoryPoolSupportedHandleTypes = npuMemHandleTypePosixFileDescriptor;
  p.ipcEventSupported = 1;
}

} // namespace

void fillProperties(npuDeviceProp &properties, int device) {
  properties = {};
  std::snprintf(properties.name, sizeof properties.name, "cu2npu NPU (emulated) + OpenCL");
  std::memcpy(properties.uuid.bytes, "cu2npu-device", 13);
  properties.uuid.bytes[15] = char(device);
  properties.pciDeviceID = device;
  fillMemory(properties);
  fillTextures(properties);
  fillExecution(properties);
  fillSharing(properties);
}

bool deviceAttribute(npuDeviceAttr attribute, int device, int &value) {
  npuDeviceProp p;
  fillProperties(p, device);
  switch (attribute) {
#define ATTRIBUTE(name, field)                                                                     \
  case npuDevAttr##name:                                                                           \
    value = int(p.field);                                                                          \
    return true;
#define VALUE(name, number)                                                                        \
  case npuDevAttr##name:                                                                           \
    value = number;                                                                                \
    return true;
#include "device_attribute_fields.def"
  default:
    return false;
  }
}

} // namespace npu::core
