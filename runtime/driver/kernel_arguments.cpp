// Packed arguments lie where the kernel's image says; see kernel_arguments.h.
#include "kernel_arguments.h"

#include "module.h"

namespace npu::driver_api {
namespace {

// CUDA's `extra`: names and values up to an end.
Status argumentsOf(npudrv_function function, void **extra, std::vector<void *> &arguments) {
  char *buffer = nullptr;
  size_t bytes = 0;
  for (size_t i = 0; extra[i] != NPUDRV_LAUNCH_PARAM_END; i += 2) {
    if (extra[i] == NPUDRV_LAUNCH_PARAM_BUFFER_POINTER)
      buffer = static_cast<char *>(extra[i + 1]);
    else if (extra[i] == NPUDRV_LAUNCH_PARAM_BUFFER_SIZE)
      bytes = *static_cast<size_t *>(extra[i + 1]);
    else
      return Status(npuErrorInvalidValue, "an unknown name in the launch's extra list");
  }
  return placesIn(function, buffer, buffer ? bytes : 0, arguments);
}

} // namespace

Status placesIn(npudrv_function function, char *buffer, size_t bytes,
                std::vector<void *> &arguments) {
  std::shared_ptr<core::Function> found;
  std::shared_ptr<const KernelImage> image;
  uint32_t index = 0;
  if (Status status = core::findFunction(function, found); !status)
    return status;
  if (Status status = core::resolveFunction(*found, image, index); !status)
    return status;
  const KernelImage::Kernel &kernel = image->kernels[index];
  for (const KernelImage::Parameter &parameter : kernel.parameters) {
    if (size_t(parameter.offset) + parameter.size > bytes)
      return Status(npuErrorInvalidValue, kernel.sourceName + ": the argument buffer is too short");
    arguments.push_back(buffer + parameter.offset);
  }
  arguments.push_back(nullptr);
  return {};
}

Status readParameters(npudrv_function function, void **&parameters, void **extra,
                      std::vector<void *> &arguments) {
  if (Status status = checkFunction(function); !status || !extra)
    return status;
  if (parameters)
    return Status(npuErrorInvalidValue, "arguments are given in two ways");
  Status status = argumentsOf(function, extra, arguments);
  parameters = arguments.data();
  return status;
}

} // namespace npu::driver_api
