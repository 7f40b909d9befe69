#include "engine.h"

#include "interpreter/memory.h"
#include "npu/device_compiler.h"
#include "npu/runtime.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

extern "C" {
void **__cudaRegisterFatBinary(void *wrapper);
void __cudaRegisterFatBinaryEnd(void **handle);
void __cudaUnregisterFatBinary(void **handle);
int __cudaRegisterFunction(void **handle, const char *hostFunction, char *, const char *deviceName,
                           int, void *, void *, void *, void *, int *);
}

using namespace llvm;

namespace simt {

namespace {

npu::DeviceCompileOptions baseOptions() {
  npu::DeviceCompileOptions options;
  options.fuseMultiplyAdd = false; // whether a product is rounded is not the optimiser's to choose
  options.deviceLibrary = SIMT_DEVICE_LIBRARY;
  return options;
}

void check(npuError_t error, const char *what) {
  if (error != npuSuccess)
    throw Error(std::string(what) + ": " + npuGetErrorString(error));
}

// Only the named kernels are kernels; the others then go like any unused function.
Bytes keepOnly(const Bytes &bitcode, const std::vector<std::string> &kernels) {
  LLVMContext context;
  context.setOpaquePointers(false);
  MemoryBufferRef buffer(StringRef(reinterpret_cast<const char *>(bitcode.data()), bitcode.size()),
                         "kernels");
  std::unique_ptr<Module> module = cantFail(parseBitcodeFile(buffer, context));
  if (NamedMDNode *annotations = module->getNamedMetadata("nvvm.annotations")) {
    std::vector<MDNode *> kept;
    for (MDNode *row : annotations->operands()) {
      auto *function = mdconst::dyn_extract_or_null<Function>(row->getOperand(0));
      if (function && is_contained(kernels, function->getName()))
        kept.push_back(row);
    }
    annotations->clearOperands();
    for (MDNode *row : kept)
      annotations->addOperand(row);
  }
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  WriteBitcodeToFile(*module, stream);
  return Bytes(bytes.begin(), bytes.end());
}

} // namespace

Expected<Bytes> compile(const std::string &text) {
  SmallString<128> path;
  int file = 0;
  if (std::error_code error = sys::fs::createTemporaryFile("kernels", "cu", file, path))
    return errorCodeToError(error);
  raw_fd_ostream(file, true) << "#include <cuda_fp16.h>\n" << kPrelude << text;
  npu::DeviceCompileOptions options = baseOptions();
  options.input = path.str().str();
  options.relocatable = true;
  // The headers have variadic functions, as npucc lets device code have them.
  options.clangArguments = {"-std=c++17", "-w", "-D__CUDACC__", "-Xclang",
                            "-fcuda-allow-variadic-functions"};
  for (const char *folder : {"/cuda", ""})
    options.clangArguments.push_back("-I" + std::string(SIMT_HEADERS) + folder);
  options.clangArguments.insert(options.clangArguments.end(), {"-include", "cuda_runtime.h"});
  Expected<Bytes> bitcode = npu::compileDevice(options);
  sys::fs::remove(path);
  return bitcode;
}

Expected<Bytes> lower(const Bytes &bitcode, const std::vector<std::string> &kernels,
                      Lowering lowering, unsigned optimize, const std::string &dumpFolder) {
  npu::DeviceCompileOptions options = baseOptions();
  options.optimize = optimize;
  options.warps = options.onlyWarps = lowering == Lowering::Warp;
  options.calledInstructions = 0;
  options.dumpPasses = dumpFolder;
  return npu::linkDevice({keepOnly(bitcode, kernels)}, options);
}

Engine::Engine(Bytes bytes, const std::vector<Kernel> &kernels) : image(std::move(bytes)) {
  struct {
    int32_t magic = 0x466243b1, version = 1;
    const void *data = nullptr;
    void *reserved = nullptr;
  } wrapper; // as Clang embeds images
  wrapper.data = image.data();
  handle = __cudaRegisterFatBinary(&wrapper);
  for (const Kernel &kernel : kernels)
    entries.emplace_back(kernel.name(), 0);
  for (auto &[name, place] : entries)
    __cudaRegisterFunction(handle, &place, nullptr, name.c_str(), -1, nullptr, nullptr, nullptr,
                           nullptr, nullptr);
  __cudaRegisterFatBinaryEnd(handle);
}

Engine::~Engine() { __cudaUnregisterFatBinary(handle); }

std::vector<Bytes> Engine::run(const Kernel &kernel) {
  std::vector<Bytes> results = outputs(kernel.shape);
  std::vector<uint64_t> addresses[2];
  const std::vector<Bytes> *arrays[2] = {&inputs(), &results};
  for (unsigned i = 0; i < 2; ++i)
    for (const Bytes &bytes : *arrays[i]) {
      void *memory = nullptr;
      check(npuMalloc(&memory, bytes.size()), "allocation");
      check(npuMemcpy(memory, bytes.data(), bytes.size(), npuMemcpyHostToDevice), "copy");
      addresses[i].push_back(uint64_t(memory));
    }
  std::vector<Bytes> values = arguments(addresses[0], addresses[1]);
  std::vector<void *> pointers;
  for (Bytes &value : values)
    pointers.push_back(value.data());
  const Shape &shape = kernel.shape;
  for (auto &[name, place] : entries)
    if (name == kernel.name())
      check(npuLaunchKernel(&place, npuDim3(shape.gridX, shape.gridY),
                            npuDim3(shape.x, shape.y, shape.z), pointers.data(),
                            kernel.dynamicShared, nullptr),
            "launch");
  check(npuDeviceSynchronize(), "kernel");
  for (size_t i = 0; i < results.size(); ++i)
    check(npuMemcpy(results[i].data(), reinterpret_cast<void *>(addresses[1][i]), results[i].size(),
                    npuMemcpyDeviceToHost),
          "copy");
  for (const auto &list : addresses)
    for (uint64_t address : list)
      check(npuFree(reinterpret_cast<void *>(address)), "free");
  return results;
}

} // namespace simt
