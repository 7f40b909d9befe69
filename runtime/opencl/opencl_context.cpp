// Which OpenCL device runs the kernels: the first one that has fine-grained shared virtual memory,
// takes SPIR 1.2 modules and runs independent commands side by side; CPUs first, because their
// memory is the host's.
//
// PoCL is configured by environment variables, which it reads when the platform is first asked for.
// Only what is unset is set, and only where its default would fail:
//   POCL_CACHE_DIR      PoCL ends the process when it cannot write compiled kernels to
//                       $XDG_CACHE_HOME/pocl or $HOME/.cache/pocl. Where that folder cannot be
//                       written, a folder of this user's under $TMPDIR is used; compiled kernels
//                       then live as long as that folder.
// Left alone: POCL_AFFINITY (pinning its threads to cores takes them from the program's own),
// POCL_MAX_PTHREAD_COUNT (all cores), POCL_MEMORY_LIMIT (it can only lower the limit).
#include "opencl/opencl_context.h"

#include "opencl/opencl_error.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace npu::opencl {

static constexpr const char *kInstallHint =
    "install an OpenCL implementation, on Debian: apt install pocl-opencl-icd";

static bool canWriteInto(const std::filesystem::path &folder) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  std::string probe = (folder / "npu-XXXXXX").string();
  int file = mkstemp(probe.data());
  if (file < 0)
    return false;
  close(file);
  unlink(probe.c_str());
  return true;
}

static std::filesystem::path defaultCacheFolder() {
  if (const char *folder = getenv("XDG_CACHE_HOME"); folder && *folder)
    return std::filesystem::path(folder) / "pocl/kcache";
  if (const char *folder = getenv("HOME"); folder)
    return std::filesystem::path(folder) / ".cache/pocl/kcache";
  return "/tmp/pocl/kcache";
}

// An unwritable cache folder must not end the process: see the top of this file.
static Status prepareCacheFolder() {
  const char *chosen = getenv("POCL_CACHE_DIR");
  if (chosen && *chosen) {
    if (canWriteInto(chosen))
      return {};
    return {npuErrorInitializationError,
            "the folder for compiled kernels, POCL_CACHE_DIR=" + std::string(chosen) +
                ", cannot be written; name another one or unset the variable"};
  }
  if (canWriteInto(defaultCacheFolder()))
    return {};
  const char *temporary = getenv("TMPDIR");
  std::filesystem::path folder = temporary && *temporary ? temporary : "/tmp";
  folder /= "npu-pocl-" + std::to_string(getuid());
  if (!canWriteInto(folder))
    return {npuErrorInitializationError, "no folder for compiled kernels can be written (tried " +
                                             defaultCacheFolder().string() + " and " +
                                             folder.string() + "); name one in POCL_CACHE_DIR"};
  setenv("POCL_CACHE_DIR", folder.c_str(), 0);
  return {};
}

static std::string deviceText(cl_device_id device, cl_device_info what) {
  size_t bytes = 0;
  if (clGetDeviceInfo(device, what, 0, nullptr, &bytes) != CL_SUCCESS || bytes == 0)
    return {};
  std::string text(bytes, '\0');
  clGetDeviceInfo(device, what, bytes, text.data(), nullptr);
  text.resize(text.find('\0') == std::string::npos ? text.size() : text.find('\0'));
  return text;
}

template <typename T> static T deviceValue(cl_device_id device, cl_device_info what) {
  T value{};
  clGetDeviceInfo(device, what, sizeof value, &value, nullptr);
  return value;
}

static Limits readLimits(cl_device_id device) {
  Limits limits;
  limits.maxWorkGroupSize = deviceValue<size_t>(device, CL_DEVICE_MAX_WORK_GROUP_SIZE);
  clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof limits.maxWorkItemSizes,
                  limits.maxWorkItemSizes, nullptr);
  limits.localMemoryBytes = deviceValue<cl_ulong>(device, CL_DEVICE_LOCAL_MEM_SIZE);
  limits.maxAllocationBytes = deviceValue<cl_ulong>(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
  auto shared = deviceValue<cl_device_svm_capabilities>(device, CL_DEVICE_SVM_CAPABILITIES);
  limits.fineGrainedBuffers = shared & CL_DEVICE_SVM_FINE_GRAIN_BUFFER;
  auto type = deviceValue<cl_device_type>(device, CL_DEVICE_TYPE);
  limits.isHostProcessor =
      (type & CL_DEVICE_TYPE_CPU) && deviceValue<cl_bool>(device, CL_DEVICE_HOST_UNIFIED_MEMORY);
  std::string extensions = deviceText(device, CL_DEVICE_EXTENSIONS);
  limits.acceptsSpir = extensions.find("cl_khr_spir") != std::string::npos;
  return limits;
}

// Empty when the device will do, else why it will not.
static std::string unsuitable(cl_device_id device, const Limits &limits) {
  if (!deviceValue<cl_bool>(device, CL_DEVICE_AVAILABLE))
    return "it is not available";
  if (!deviceValue<cl_bool>(device, CL_DEVICE_COMPILER_AVAILABLE))
    return "it has no compiler";
  if (!limits.fineGrainedBuffers)
    return "it has no fine-grained shared virtual memory";
  if (!limits.acceptsSpir)
    return "it does not take SPIR modules (cl_khr_spir)";
  // Kernels find their memory through addresses inside structs, which OpenCL cannot see.
  auto shared = deviceValue<cl_device_svm_capabilities>(device, CL_DEVICE_SVM_CAPABILITIES);
  if (!limits.isHostProcessor && !(shared & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
    return "it is not a CPU and has no system-wide shared virtual memory";
  if (!(deviceValue<cl_command_queue_properties>(device, CL_DEVICE_QUEUE_ON_HOST_PROPERTIES) &
        CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE))
    return "its queues run commands only one after the other";
  return {};
}

static std::string platformText(cl_platform_id platform) {
  char text[256] = {};
  clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof text - 1, text, nullptr);
  return text;
}

Context::~Context() {
  if (clQueue)
    clReleaseCommandQueue(clQueue);
  if (clContext)
    clReleaseContext(clContext);
}

Status Context::open() {
  if (Status status = prepareCacheFolder(); !status.ok())
    return status;
  if (Status status = choose(); !status.ok())
    return status;
  return createObjects();
}

Status Context::choose() {
  cl_platform_id platforms[16];
  cl_uint platformCount = 0;
  cl_int error = clGetPlatformIDs(16, platforms, &platformCount);
  if (error != CL_SUCCESS || platformCount == 0)
    return {npuErrorNoDevice,
            "no OpenCL platform was found, so kernels cannot run; " + std::string(kInstallHint)};
  const char *wanted = getenv("NPU_OPENCL_DEVICE");
  std::string refused;
  for (bool processors : {true, false})
    for (cl_uint p = 0; p < platformCount && p < 16; ++p) {
      cl_device_id devices[32];
      cl_uint count = 0;
      if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, 32, devices, &count) != CL_SUCCESS)
        continue;
      for (cl_uint d = 0; d < count && d < 32; ++d) {
        Limits limits = readLimits(devices[d]);
        if (limits.isHostProcessor != processors)
          continue;
        name = deviceText(devices[d], CL_DEVICE_NAME);
        platform = platformText(platforms[p]);
        std::string title = platform + " / " + name;
        std::string reason = unsuitable(devices[d], limits);
        if (reason.empty() && wanted && *wanted && title.find(wanted) == std::string::npos)
          reason = "NPU_OPENCL_DEVICE=" + std::string(wanted) + " is not part of its name";
        if (reason.empty()) {
          clDevice = devices[d];
          deviceLimits = limits;
          return {};
        }
        refused += (refused.empty() ? "" : "; ") + title + ": " + reason;
      }
    }
  if (refused.empty())
    refused = "there is no device";
  return {npuErrorNoDevice,
          "no OpenCL device can run the kernels (" + refused + "); " + std::string(kInstallHint)};
}

Status Context::createObjects() {
  cl_int error = CL_SUCCESS;
  clContext = clCreateContext(nullptr, 1, &clDevice, onError, this, &error);
  if (error != CL_SUCCESS)
    return {npuErrorInitializationError,
            "OpenCL device " + name + ": clCreateContext failed: " + errorName(error)};
  const cl_queue_properties properties[] = {CL_QUEUE_PROPERTIES,
                                            CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 0};
  clQueue = clCreateCommandQueueWithProperties(clContext, clDevice, properties, &error);
  if (error != CL_SUCCESS)
    return {npuErrorInitializationError,
            "OpenCL device " + name + ": no command queue: " + errorName(error)};
  return {};
}

void CL_CALLBACK Context::onError(const char *message, const void *, size_t, void *self) {
  auto *context = static_cast<Context *>(self);
  std::lock_guard lock(context->messageMutex);
  context->message = message ? message : "";
}

std::string Context::takeMessage() {
  std::lock_guard lock(messageMutex);
  return std::exchange(message, {});
}

} // namespace npu::opencl
