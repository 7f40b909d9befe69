// NVML for the emulated device: what a program asks about a GPU to print or to watch it. Figures
// that the runtime knows are its own; an emulated device has no others, and they are constants:
// utilisation 0, 40 degrees, no power of at most 300 W. Settings are not supported. Header only, C
// and C++.
#ifndef NPU_CUDA_NVML_H
#define NPU_CUDA_NVML_H

#include "cuda_runtime_api.h"

#include <stdio.h>
#include <string.h>

#define NVML_API_VERSION 12
#define NVML_API_VERSION_STR "12"
#define NVML_DEVICE_NAME_BUFFER_SIZE 64
#define NVML_DEVICE_NAME_V2_BUFFER_SIZE 96
#define NVML_DEVICE_SERIAL_BUFFER_SIZE 30
#define NVML_DEVICE_UUID_BUFFER_SIZE 80
#define NVML_DEVICE_UUID_V2_BUFFER_SIZE 96
#define NVML_DEVICE_PCI_BUS_ID_BUFFER_SIZE 32
#define NVML_DEVICE_PCI_BUS_ID_BUFFER_V2_SIZE 16
#define NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE 80
#define NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE 80
#define NVML_VALUE_NOT_AVAILABLE (-1)
#define NVML_CUDA_DRIVER_VERSION_MAJOR(version) ((version) / 1000)
#define NVML_CUDA_DRIVER_VERSION_MINOR(version) (((version) % 1000) / 10)

typedef enum nvmlReturn_enum {
  NVML_SUCCESS = 0,
  NVML_ERROR_UNINITIALIZED = 1,
  NVML_ERROR_INVALID_ARGUMENT = 2,
  NVML_ERROR_NOT_SUPPORTED = 3,
  NVML_ERROR_NO_PERMISSION = 4,
  NVML_ERROR_ALREADY_INITIALIZED = 5,
  NVML_ERROR_NOT_FOUND = 6,
  NVML_ERROR_INSUFFICIENT_SIZE = 7,
  NVML_ERROR_INSUFFICIENT_POWER = 8,
  NVML_ERROR_DRIVER_NOT_LOADED = 9,
  NVML_ERROR_TIMEOUT = 10,
  NVML_ERROR_IRQ_ISSUE = 11,
  NVML_ERROR_LIBRARY_NOT_FOUND = 12,
  NVML_ERROR_FUNCTION_NOT_FOUND = 13,
  NVML_ERROR_CORRUPTED_INFOROM = 14,
  NVML_ERROR_GPU_IS_LOST = 15,
  NVML_ERROR_RESET_REQUIRED = 16,
  NVML_ERROR_OPERATING_SYSTEM = 17,
  NVML_ERROR_LIB_RM_VERSION_MISMATCH = 18,
  NVML_ERROR_IN_USE = 19,
  NVML_ERROR_MEMORY = 20,
  NVML_ERROR_NO_DATA = 21,
  NVML_ERROR_UNKNOWN = 999
} nvmlReturn_t;

typedef enum { NVML_FEATURE_DISABLED = 0, NVML_FEATURE_ENABLED = 1 } nvmlEnableState_t;
typedef enum {
  NVML_CLOCK_GRAPHICS = 0,
  NVML_CLOCK_SM = 1,
  NVML_CLOCK_MEM = 2,
  NVML_CLOCK_VIDEO = 3
} nvmlClockType_t;
typedef enum { NVML_TEMPERATURE_GPU = 0 } nvmlTemperatureSensors_t;
typedef enum {
  NVML_TEMPERATURE_THRESHOLD_SHUTDOWN = 0,
  NVML_TEMPERATURE_THRESHOLD_SLOWDOWN = 1,
  NVML_TEMPERATURE_THRESHOLD_MEM_MAX = 2,
  NVML_TEMPERATURE_THRESHOLD_GPU_MAX = 3
} nvmlTemperatureThresholds_t;
typedef enum {
  NVML_RESTRICTED_API_SET_APPLICATION_CLOCKS = 0,
  NVML_RESTRICTED_API_SET_AUTO_BOOSTED_CLOCKS = 1
} nvmlRestrictedAPI_t;
typedef enum {
  NVML_TOTAL_POWER_SAMPLES = 0,
  NVML_GPU_UTILIZATION_SAMPLES = 1,
  NVML_MEMORY_UTILIZATION_SAMPLES = 2,
  NVML_ENC_UTILIZATION_SAMPLES = 3,
  NVML_DEC_UTILIZATION_SAMPLES = 4,
  NVML_PROCESSOR_CLK_SAMPLES = 5,
  NVML_MEMORY_CLK_SAMPLES = 6
} nvmlSamplingType_t;
typedef enum {
  NVML_VALUE_TYPE_DOUBLE = 0,
  NVML_VALUE_TYPE_UNSIGNED_INT = 1,
  NVML_VALUE_TYPE_UNSIGNED_LONG = 2,
  NVML_VALUE_TYPE_UNSIGNED_LONG_LONG = 3,
  NVML_VALUE_TYPE_SIGNED_LONG_LONG = 4
} nvmlValueType_t;
typedef enum {
  NVML_PSTATE_0 = 0,
  NVML_PSTATE_8 = 8,
  NVML_PSTATE_15 = 15,
  NVML_PSTATE_UNKNOWN = 32
} nvmlPstates_t;
typedef enum {
  NVML_COMPUTEMODE_DEFAULT = 0,
  NVML_COMPUTEMODE_EXCLUSIVE_THREAD = 1,
  NVML_COMPUTEMODE_PROHIBITED = 2,
  NVML_COMPUTEMODE_EXCLUSIVE_PROCESS = 3
} nvmlComputeMode_t;

#define nvmlClocksThrottleReasonGpuIdle 0x0000000000000001LL
#define nvmlClocksThrottleReasonApplicationsClocksSetting 0x0000000000000002LL
#define nvmlClocksThrottleReasonUserDefinedClocks 0x0000000000000002LL
#define nvmlClocksThrottleReasonSwPowerCap 0x0000000000000004LL
#define nvmlClocksThrottleReasonHwSlowdown 0x0000000000000008LL
#define nvmlClocksThrottleReasonSyncBoost 0x0000000000000010LL
#define nvmlClocksThrottleReasonSwThermalSlowdown 0x0000000000000020LL
#define nvmlClocksThrottleReasonHwThermalSlowdown 0x0000000000000040LL
#define nvmlClocksThrottleReasonHwPowerBrakeSlowdown 0x0000000000000080LL
#define nvmlClocksThrottleReasonDisplayClockSetting 0x0000000000000100LL
#define nvmlClocksThrottleReasonNone 0x0000000000000000LL
#define nvmlClocksThrottleReasonAll 0x00000000000001ffLL

typedef struct nvmlDevice_st *nvmlDevice_t; // the device's number and 1
typedef struct {
  unsigned long long total, free, used; // bytes
} nvmlMemory_t;
typedef struct {
  unsigned int version;
  unsigned long long total, reserved, free, used;
} nvmlMemory_v2_t;
#define nvmlMemory_v2 ((unsigned int)(sizeof(nvmlMemory_v2_t) | 2u << 24))
typedef struct {
  unsigned int gpu, memory; // percent
} nvmlUtilization_t;
typedef struct {
  char busIdLegacy[NVML_DEVICE_PCI_BUS_ID_BUFFER_V2_SIZE];
  unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
  char busId[NVML_DEVICE_PCI_BUS_ID_BUFFER_SIZE];
} nvmlPciInfo_t;
typedef struct {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId, computeInstanceId;
} nvmlProcessInfo_t;
typedef union {
  double dVal;
  int siVal;
  unsigned int uiVal;
  unsigned long ulVal;
  unsigned long long ullVal;
  signed long long sllVal;
} nvmlValue_t;
typedef struct {
  unsigned long long timeStamp;
  nvmlValue_t sampleValue;
} nvmlSample_t;

static inline const char *nvmlErrorString(nvmlReturn_t result) {
  switch (result) {
  case NVML_SUCCESS:
    return "Success";
  case NVML_ERROR_INVALID_ARGUMENT:
    return "Invalid Argument";
  case NVML_ERROR_NOT_SUPPORTED:
    return "Not Supported";
  case NVML_ERROR_NOT_FOUND:
    return "Not Found";
  case NVML_ERROR_INSUFFICIENT_SIZE:
    return "Insufficient Size";
  case NVML_ERROR_UNINITIALIZED:
    return "Uninitialized";
  default:
    return "Unknown Error";
  }
}
static inline nvmlReturn_t nvmlInit_v2(void) { return NVML_SUCCESS; }
static inline nvmlReturn_t nvmlInit(void) { return NVML_SUCCESS; }
static inline nvmlReturn_t nvmlInitWithFlags(unsigned int flags) {
  (void)flags;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlShutdown(void) { return NVML_SUCCESS; }

static inline nvmlReturn_t npuNvmlText(const char *from, char *to, unsigned int length) {
  if (!to)
    return NVML_ERROR_INVALID_ARGUMENT;
  if (strlen(from) >= length)
    return NVML_ERROR_INSUFFICIENT_SIZE;
  strcpy(to, from);
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length) {
  return npuNvmlText("570.00", version, length);
}
static inline nvmlReturn_t nvmlSystemGetNVMLVersion(char *version, unsigned int length) {
  return npuNvmlText("12.570.00", version, length);
}
static inline nvmlReturn_t nvmlSystemGetCudaDriverVersion(int *version) {
  return version && cudaDriverGetVersion(version) == cudaSuccess ? NVML_SUCCESS
                                                                 : NVML_ERROR_INVALID_ARGUMENT;
}
static inline nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version) {
  return nvmlSystemGetCudaDriverVersion(version);
}

static inline nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
  int devices = 0;
  if (!count)
    return NVML_ERROR_INVALID_ARGUMENT;
  if (cudaGetDeviceCount(&devices) != cudaSuccess)
    devices = 0;
  *count = (unsigned int)devices;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetCount(unsigned int *count) {
  return nvmlDeviceGetCount_v2(count);
}
static inline int npuNvmlDevice(nvmlDevice_t device) {
  unsigned int count = 0;
  size_t number = (size_t)device;
  nvmlDeviceGetCount_v2(&count);
  return number >= 1 && number <= count ? (int)number - 1 : -1;
}
static inline nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
  unsigned int count = 0;
  nvmlDeviceGetCount_v2(&count);
  if (!device || index >= count)
    return NVML_ERROR_INVALID_ARGUMENT;
  *device = (nvmlDevice_t)((size_t)index + 1);
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index, nvmlDevice_t *device) {
  return nvmlDeviceGetHandleByIndex_v2(index, device);
}
static inline nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *id, nvmlDevice_t *device) {
  int number = 0;
  if (!id || !device)
    return NVML_ERROR_INVALID_ARGUMENT;
  if (cudaDeviceGetByPCIBusId(&number, id) != cudaSuccess)
    return NVML_ERROR_NOT_FOUND;
  return nvmlDeviceGetHandleByIndex_v2((unsigned int)number, device);
}
static inline nvmlReturn_t nvmlDeviceGetHandleByPciBusId(const char *id, nvmlDevice_t *device) {
  return nvmlDeviceGetHandleByPciBusId_v2(id, device);
}

// A function of a device with one result; `value` is an expression of `number` and `properties`.
#define NPU_NVML(name, Result, value)                                                              \
  static inline nvmlReturn_t name(nvmlDevice_t device, Result *result) {                           \
    struct cudaDeviceProp properties;                                                              \
    const int number = npuNvmlDevice(device);                                                      \
    if (number < 0 || !result || cudaGetDeviceProperties(&properties, number) != cudaSuccess)      \
      return NVML_ERROR_INVALID_ARGUMENT;                                                          \
    *result = (value);                                                                             \
    return NVML_SUCCESS;                                                                           \
  }
NPU_NVML(nvmlDeviceGetIndex, unsigned int, (unsigned int)number)
NPU_NVML(nvmlDeviceGetMinorNumber, unsigned int, (unsigned int)number)
NPU_NVML(nvmlDeviceGetPowerUsage, unsigned int, 0)
NPU_NVML(nvmlDeviceGetPowerManagementLimit, unsigned int, 300000)
NPU_NVML(nvmlDeviceGetPowerManagementDefaultLimit, unsigned int, 300000)
NPU_NVML(nvmlDeviceGetEnforcedPowerLimit, unsigned int, 300000)
NPU_NVML(nvmlDeviceGetTotalEnergyConsumption, unsigned long long, 0)
NPU_NVML(nvmlDeviceGetFanSpeed, unsigned int, 0)
NPU_NVML(nvmlDeviceGetPerformanceState, nvmlPstates_t, NVML_PSTATE_0)
NPU_NVML(nvmlDeviceGetPowerState, nvmlPstates_t, NVML_PSTATE_0)
NPU_NVML(nvmlDeviceGetComputeMode, nvmlComputeMode_t, NVML_COMPUTEMODE_DEFAULT)
NPU_NVML(nvmlDeviceGetPersistenceMode, nvmlEnableState_t, NVML_FEATURE_ENABLED)
NPU_NVML(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, 0)
NPU_NVML(nvmlDeviceGetSupportedClocksThrottleReasons, unsigned long long, 0)
NPU_NVML(nvmlDeviceGetNumGpuCores, unsigned int, (unsigned int)properties.multiProcessorCount * 64u)
NPU_NVML(nvmlDeviceGetMemoryBusWidth, unsigned int, (unsigned int)properties.memoryBusWidth)
#undef NPU_NVML

static inline nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length) {
  struct cudaDeviceProp properties;
  const int number = npuNvmlDevice(device);
  if (number < 0 || cudaGetDeviceProperties(&properties, number) != cudaSuccess)
    return NVML_ERROR_INVALID_ARGUMENT;
  return npuNvmlText(properties.name, name, length);
}
static inline nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length) {
  char text[64];
  const int number = npuNvmlDevice(device);
  if (number < 0)
    return NVML_ERROR_INVALID_ARGUMENT;
  snprintf(text, sizeof text, "GPU-00000000-0000-0000-0000-%012d", number);
  return npuNvmlText(text, uuid, length);
}
static inline nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
  size_t left = 0, total = 0;
  if (npuNvmlDevice(device) < 0 || !memory || cudaMemGetInfo(&left, &total) != cudaSuccess)
    return NVML_ERROR_INVALID_ARGUMENT;
  memory->total = total;
  memory->free = left;
  memory->used = total - left;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device,
                                                      nvmlMemory_v2_t *memory) {
  nvmlMemory_t plain;
  const nvmlReturn_t result = nvmlDeviceGetMemoryInfo(device, &plain);
  if (result != NVML_SUCCESS || !memory)
    return NVML_ERROR_INVALID_ARGUMENT;
  memory->total = plain.total;
  memory->reserved = 0;
  memory->free = plain.free;
  memory->used = plain.used;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device,
                                                         nvmlUtilization_t *utilization) {
  if (npuNvmlDevice(device) < 0 || !utilization)
    return NVML_ERROR_INVALID_ARGUMENT;
  utilization->gpu = utilization->memory = 0;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device,
                                                    nvmlTemperatureSensors_t sensor,
                                                    unsigned int *celsius) {
  if (npuNvmlDevice(device) < 0 || sensor != NVML_TEMPERATURE_GPU || !celsius)
    return NVML_ERROR_INVALID_ARGUMENT;
  *celsius = 40;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetTemperatureThreshold(nvmlDevice_t device,
                                                             nvmlTemperatureThresholds_t which,
                                                             unsigned int *celsius) {
  if (npuNvmlDevice(device) < 0 || !celsius)
    return NVML_ERROR_INVALID_ARGUMENT;
  *celsius = which == NVML_TEMPERATURE_THRESHOLD_SHUTDOWN ? 95 : 90;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t device, nvmlClockType_t type,
                                                     unsigned int *megahertz) {
  struct cudaDeviceProp properties;
  const int number = npuNvmlDevice(device);
  if (number < 0 || !megahertz || cudaGetDeviceProperties(&properties, number) != cudaSuccess)
    return NVML_ERROR_INVALID_ARGUMENT;
  *megahertz =
      (unsigned int)(type == NVML_CLOCK_MEM ? properties.memoryClockRate : properties.clockRate) /
      1000u;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, nvmlClockType_t type,
                                                  unsigned int *megahertz) {
  return nvmlDeviceGetMaxClockInfo(device, type, megahertz);
}
static inline nvmlReturn_t nvmlDeviceGetApplicationsClock(nvmlDevice_t device, nvmlClockType_t type,
                                                          unsigned int *megahertz) {
  return nvmlDeviceGetMaxClockInfo(device, type, megahertz);
}
static inline nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major,
                                                              int *minor) {
  struct cudaDeviceProp properties;
  const int number = npuNvmlDevice(device);
  if (number < 0 || !major || !minor || cudaGetDeviceProperties(&properties, number) != cudaSuccess)
    return NVML_ERROR_INVALID_ARGUMENT;
  *major = properties.major;
  *minor = properties.minor;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci) {
  struct cudaDeviceProp properties;
  const int number = npuNvmlDevice(device);
  if (number < 0 || !pci || cudaGetDeviceProperties(&properties, number) != cudaSuccess)
    return NVML_ERROR_INVALID_ARGUMENT;
  memset(pci, 0, sizeof *pci);
  pci->domain = (unsigned int)properties.pciDomainID;
  pci->bus = (unsigned int)properties.pciBusID;
  pci->device = (unsigned int)properties.pciDeviceID;
  snprintf(pci->busId, sizeof pci->busId, "%08X:%02X:%02X.0", pci->domain, pci->bus, pci->device);
  snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "%04X:%02X:%02X.0", pci->domain & 0xffffu,
           pci->bus & 0xffu, pci->device & 0xffu);
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetPciInfo(nvmlDevice_t device, nvmlPciInfo_t *pci) {
  return nvmlDeviceGetPciInfo_v3(device, pci);
}
static inline nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_t *pci) {
  return nvmlDeviceGetPciInfo_v3(device, pci);
}
// One sample: nothing is used.
static inline nvmlReturn_t nvmlDeviceGetSamples(nvmlDevice_t device, nvmlSamplingType_t type,
                                                unsigned long long since,
                                                nvmlValueType_t *valueType, unsigned int *count,
                                                nvmlSample_t *samples) {
  (void)type;
  (void)since;
  if (npuNvmlDevice(device) < 0 || !valueType || !count)
    return NVML_ERROR_INVALID_ARGUMENT;
  *valueType = NVML_VALUE_TYPE_UNSIGNED_INT;
  if (samples && *count)
    memset(samples, 0, sizeof *samples);
  *count = 1;
  return NVML_SUCCESS;
}
static inline nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(nvmlDevice_t device,
                                                                unsigned int *count,
                                                                nvmlProcessInfo_t *processes) {
  (void)processes;
  if (npuNvmlDevice(device) < 0 || !count)
    return NVML_ERROR_INVALID_ARGUMENT;
  *count = 0;
  return NVML_SUCCESS;
}

// What an emulated device does not have or cannot be told.
#define NPU_NVML_ABSENT(name, ...)                                                                 \
  static inline nvmlReturn_t name(nvmlDevice_t device, __VA_ARGS__) {                              \
    (void)device;                                                                                  \
    return NVML_ERROR_NOT_SUPPORTED;                                                               \
  }
#ifdef __cplusplus
NPU_NVML_ABSENT(nvmlDeviceGetSupportedGraphicsClocks, unsigned int, unsigned int *, unsigned int *)
NPU_NVML_ABSENT(nvmlDeviceGetSupportedMemoryClocks, unsigned int *, unsigned int *)
NPU_NVML_ABSENT(nvmlDeviceSetApplicationsClocks, unsigned int, unsigned int)
NPU_NVML_ABSENT(nvmlDeviceGetAPIRestriction, nvmlRestrictedAPI_t, nvmlEnableState_t *)
NPU_NVML_ABSENT(nvmlDeviceSetPowerManagementLimit, unsigned int)
NPU_NVML_ABSENT(nvmlDeviceSetPersistenceMode, nvmlEnableState_t)
NPU_NVML_ABSENT(nvmlDeviceSetGpuLockedClocks, unsigned int, unsigned int)
NPU_NVML_ABSENT(nvmlDeviceGetPowerManagementLimitConstraints, unsigned int *, unsigned int *)
NPU_NVML_ABSENT(nvmlDeviceGetEccMode, nvmlEnableState_t *, nvmlEnableState_t *)
NPU_NVML_ABSENT(nvmlDeviceGetEncoderUtilization, unsigned int *, unsigned int *)
NPU_NVML_ABSENT(nvmlDeviceGetDecoderUtilization, unsigned int *, unsigned int *)
NPU_NVML_ABSENT(nvmlDeviceGetSerial, char *, unsigned int)
static inline nvmlReturn_t nvmlDeviceResetApplicationsClocks(nvmlDevice_t) {
  return NVML_ERROR_NOT_SUPPORTED;
}
static inline nvmlReturn_t nvmlDeviceResetGpuLockedClocks(nvmlDevice_t) {
  return NVML_ERROR_NOT_SUPPORTED;
}
#endif
#undef NPU_NVML_ABSENT

#endif
