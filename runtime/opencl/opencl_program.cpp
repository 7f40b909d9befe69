// SPIR 1.2 modules through clCreateProgramWithBinary. What a build costs, and why modules are built
// lazily: docs/decisions/0003-opencl-program-builds.md.
#include "opencl/opencl_program.h"

#include "opencl/opencl_error.h"

#include <algorithm>

namespace npu::opencl {

static constexpr const char *kBuildOptions = "-x spir -spir-std=1.2";

LoadedImage::LoadedImage(const Context &context, std::shared_ptr<const KernelImage> image)
    : context(context), source(image), modules(image->modules.size()),
      slots(image->kernels.size()) {}

LoadedImage::~LoadedImage() {
  for (Slot &slot : slots)
    if (slot.object.kernel)
      clReleaseKernel(slot.object.kernel);
  for (Module &module : modules)
    if (module.program)
      clReleaseProgram(module.program);
}

static bool isBitcode(const std::vector<uint8_t> &bytes) {
  static constexpr uint8_t kMagic[] = {'B', 'C', 0xC0, 0xDE}; // LLVM's bitcode file format
  return bytes.size() >= sizeof kMagic && std::equal(kMagic, kMagic + sizeof kMagic, bytes.begin());
}

Status LoadedImage::check(const KernelImage &image) {
  for (size_t i = 0; i < image.modules.size(); ++i) {
    const KernelImage::Module &module = image.modules[i];
    std::string where = "module " + std::to_string(i) + " of the kernel image";
    if (module.form != KernelImage::Form::SpirBitcode)
      return {npuErrorInvalidKernelImage,
              where + " has form " + std::to_string(unsigned(module.form)) +
                  "; the OpenCL device runs form 1 (SPIR 1.2 bitcode): compile the program again"};
    if (!isBitcode(module.bytes))
      return {npuErrorInvalidKernelImage,
              where + " is not LLVM bitcode: it is damaged; compile the program again"};
  }
  for (const KernelImage::Kernel &kernel : image.kernels)
    if (kernel.module >= image.modules.size())
      return {npuErrorInvalidKernelImage, "kernel " + kernel.sourceName + " names module " +
                                              std::to_string(kernel.module) + " of " +
                                              std::to_string(image.modules.size())};
  return {};
}

std::string buildLog(cl_program program, cl_device_id device) {
  size_t bytes = 0;
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &bytes) !=
          CL_SUCCESS ||
      bytes == 0)
    return {};
  std::string log(bytes, '\0');
  clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, log.data(), nullptr);
  log.resize(std::min(log.find('\0'), log.size()));
  while (!log.empty() && (log.back() == '\n' || log.back() == ' '))
    log.pop_back();
  return log;
}

Status LoadedImage::build(const KernelImage &image, uint32_t index) {
  const std::vector<uint8_t> &bytes = image.modules[index].bytes;
  std::string where = "module " + std::to_string(index) + " of the kernel image";
  cl_device_id device = context.device();
  const unsigned char *data = bytes.data();
  size_t size = bytes.size();
  cl_int error = CL_SUCCESS, binaryError = CL_SUCCESS;
  cl_program program =
      clCreateProgramWithBinary(context.context(), 1, &device, &size, &data, &binaryError, &error);
  if (error != CL_SUCCESS)
    return {npuErrorInvalidKernelImage, where + ": OpenCL does not take it: " + errorName(error) +
                                            "; compile the program again"};
  error = clBuildProgram(program, 1, &device, kBuildOptions, nullptr, nullptr);
  if (error == CL_SUCCESS) {
    modules[index].program = program;
    return {};
  }
  std::string log = buildLog(program, device);
  clReleaseProgram(program);
  return {npuErrorInvalidKernelImage, where + ": OpenCL cannot build it: " + errorName(error) +
                                          (log.empty() ? "" : "; build log: " + log)};
}

Status LoadedImage::create(const KernelImage &image, uint32_t index) {
  const KernelImage::Kernel &kernel = image.kernels[index];
  Module &module = modules[kernel.module];
  std::call_once(module.built, [&] { module.status = build(image, kernel.module); });
  if (!module.status.ok())
    return {module.status.code(), "kernel " + kernel.sourceName + ": " + module.status.message()};
  KernelObject &object = slots[index].object;
  cl_int error = CL_SUCCESS;
  cl_kernel created = clCreateKernel(module.program, entryName(kernel.name).c_str(), &error);
  if (error != CL_SUCCESS)
    return {npuErrorInvalidDeviceFunction, "kernel " + kernel.sourceName + " (" + kernel.name +
                                               ") is not in its module: " + errorName(error)};
  cl_uint arguments = 0;
  clGetKernelInfo(created, CL_KERNEL_NUM_ARGS, sizeof arguments, &arguments, nullptr);
  if (arguments != 2) {
    clReleaseKernel(created);
    return {npuErrorInvalidKernelImage,
            "kernel " + kernel.sourceName + " has " + std::to_string(arguments) +
                " OpenCL arguments where the kernel ABI has 2; compile the program again"};
  }
  cl_ulong localBytes = 0;
  clGetKernelWorkGroupInfo(created, context.device(), CL_KERNEL_LOCAL_MEM_SIZE, sizeof localBytes,
                           &localBytes, nullptr);
  object.staticLocalBytes = std::max<uint64_t>(localBytes, kernel.staticSharedBytes);
  clGetKernelWorkGroupInfo(created, context.device(), CL_KERNEL_WORK_GROUP_SIZE,
                           sizeof object.maxWorkGroupSize, &object.maxWorkGroupSize, nullptr);
  object.kernel = created;
  return {};
}

Status LoadedImage::kernel(uint32_t index, KernelObject *&object) {
  std::shared_ptr<const KernelImage> image = source.lock();
  if (!image)
    return {npuErrorInvalidKernelImage, "the kernel's image was unloaded before its launch"};
  Slot &slot = slots[index];
  std::call_once(slot.created, [&] { slot.status = create(*image, index); });
  object = slot.status.ok() ? &slot.object : nullptr;
  return slot.status;
}

} // namespace npu::opencl
