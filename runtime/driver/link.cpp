// Linking of images at run time. Images are complete, so joining them is putting their tables
// together; calls from one into another are resolved where they are made (npucc -dlink).
#include "module.h"

#include <mutex>
#include <set>

struct npudrv_linkState_st {
  npu::KernelImage whole;
  std::vector<uint8_t> result;
};

namespace npu::driver_api {
namespace {

struct Links {
  std::mutex mutex;
  std::set<npudrv_linkState> alive; // under mutex
};
Links &links() {
  static Links &instance = *new Links;
  return instance;
}

Status checkLink(npudrv_linkState state) {
  std::lock_guard<std::mutex> lock(links().mutex);
  return links().alive.count(state)
             ? Status()
             : Status(npuErrorInvalidResourceHandle, "no such link, or it has been destroyed");
}

Status append(KernelImage &whole, KernelImage part) {
  const auto modules = uint32_t(whole.modules.size()), kernels = uint32_t(whole.kernels.size());
  const auto globals = uint32_t(whole.globals.size());
  std::set<std::string> names;
  for (const KernelImage::Kernel &kernel : whole.kernels)
    names.insert(kernel.name);
  for (KernelImage::Module &module : part.modules)
    whole.modules.push_back(std::move(module));
  for (KernelImage::Kernel &kernel : part.kernels) {
    if (names.count(kernel.name))
      return Status(npuErrorInvalidKernelImage,
                    "the kernel " + kernel.name + " is in two of the linked images");
    kernel.module += modules;
    for (KernelImage::HiddenGlobal &hidden : kernel.hiddenGlobals)
      hidden.global += globals;
    for (KernelImage::Variant &variant : kernel.variants)
      variant.kernel += kernels;
    whole.kernels.push_back(std::move(kernel));
  }
  for (KernelImage::Global &global : part.globals) {
    for (KernelImage::Relocation &relocation : global.relocations)
      relocation.global += globals;
    whole.globals.push_back(std::move(global));
  }
  return {};
}

Status add(npudrv_linkState state, const std::vector<uint8_t> &bytes) {
  KernelImage part;
  if (Status status = KernelImage::parse(bytes.data(), bytes.size(), part); !status)
    return status;
  return append(state->whole, std::move(part));
}

} // namespace
} // namespace npu::driver_api

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npudrv_result npudrvLinkCreate(unsigned int, npudrv_jit_option *, void **,
                               npudrv_linkState *state) {
  return call("cuLinkCreate", [&] {
    if (!state)
      return Status(npuErrorInvalidValue, "the result is null");
    *state = new npudrv_linkState_st;
    std::lock_guard<std::mutex> lock(links().mutex);
    links().alive.insert(*state);
    return Status();
  });
}

npudrv_result npudrvLinkAddData(npudrv_linkState state, npudrv_jitInputType, void *data,
                                size_t bytes, const char *, unsigned int, npudrv_jit_option *,
                                void **) {
  return call("cuLinkAddData", [&] {
    if (Status status = checkLink(state); !status)
      return status;
    if (!data)
      return Status(npuErrorInvalidValue, "there is no data");
    // A copy with an end: text need not bring one.
    std::vector<char> copy(static_cast<char *>(data), static_cast<char *>(data) + bytes);
    copy.resize(bytes + 24);
    std::vector<uint8_t> image;
    if (Status status = readImage(copy.data(), image); !status)
      return status;
    return add(state, image);
  });
}

npudrv_result npudrvLinkAddFile(npudrv_linkState state, npudrv_jitInputType, const char *file,
                                unsigned int, npudrv_jit_option *, void **) {
  return call("cuLinkAddFile", [&] {
    if (Status status = checkLink(state); !status)
      return status;
    if (!file)
      return Status(npuErrorInvalidValue, "there is no file name");
    std::vector<uint8_t> image;
    if (Status status = readImageFile(file, image); !status)
      return status;
    return add(state, image);
  });
}

npudrv_result npudrvLinkComplete(npudrv_linkState state, void **image, size_t *bytes) {
  return call("cuLinkComplete", [&] {
    if (Status status = checkLink(state); !status)
      return status;
    if (!image)
      return Status(npuErrorInvalidValue, "the result is null");
    state->result = state->whole.serialize();
    *image = state->result.data();
    if (bytes)
      *bytes = state->result.size();
    return Status();
  });
}

npudrv_result npudrvLinkDestroy(npudrv_linkState state) {
  return call("cuLinkDestroy", [&] {
    Status status = checkLink(state);
    if (!status)
      return status;
    {
      std::lock_guard<std::mutex> lock(links().mutex);
      links().alive.erase(state);
    }
    delete state;
    return status;
  });
}

} // extern "C"
