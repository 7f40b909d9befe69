// See parts.h.
#include "device/parts.h"

#include "device/image_writer.h"
#include "device/ir.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace npu {

namespace {

// So many instructions, and the kernel that exceeds them, are a part: enough of them that writing
// and reading its module is little beside compiling it (chosen, not measured).
constexpr unsigned kPartInstructions = 4000;

struct Part {
  std::map<std::string, KernelInfo> kernels;
  SmallVector<char, 0> bitcode;
  std::unique_ptr<TargetMachine> machine;
  std::string messages, failure;
  KernelImage image;
};

std::vector<Part> group(const Module &module, const PassContext &context) {
  std::vector<Part> parts;
  unsigned instructions = kPartInstructions;
  for (const auto &[name, info] : context.kernels) {
    const Function *kernel = module.getFunction(name);
    if (!kernel)
      continue;
    if (instructions >= kPartInstructions) {
      parts.emplace_back();
      instructions = 0;
    }
    instructions += kernel->getInstructionCount();
    parts.back().kernels[name] = info;
  }
  return parts;
}

// The part's kernels with what they reach, and every variable: which of them the host knows must
// not depend on the part.
void cut(Part &part, Module &module) {
  SmallPtrSet<const Constant *, 32> reachable;
  for (const auto &[name, info] : part.kernels)
    for (const Constant *value : reachableFrom(*module.getFunction(name)))
      reachable.insert(value);
  ValueToValueMapTy map;
  std::unique_ptr<Module> own = CloneModule(module, map, [&](const GlobalValue *value) {
    return isa<GlobalVariable>(value) || reachable.contains(value);
  });
  for (Function &function : make_early_inc_range(*own))
    if (function.isDeclaration() && function.use_empty())
      function.eraseFromParent();
  raw_svector_ostream stream(part.bitcode);
  WriteBitcodeToFile(*own, stream);
}

void finish(Part &part, const PassContext &whole) {
  LLVMContext llvmContext;
  prepare(llvmContext);
  MemoryBufferRef buffer(StringRef(part.bitcode.data(), part.bitcode.size()), "part");
  std::unique_ptr<Module> module = cantFail(parseBitcodeFile(buffer, llvmContext));
  part.bitcode.clear();
  raw_string_ostream messages(part.messages);
  PassContext context(whole.options, part.machine.get(), messages);
  context.kernels = std::move(part.kernels);
  context.builtins = whole.builtins;
  if (Error error = runPasses(*module, context, Stage::Kernels))
    part.failure = toString(std::move(error));
  else
    part.image = writeImage(*module, context);
}

// One image of all parts': variables by their names, and places in tables by the new tables.
class Merger {
public:
  void add(KernelImage part) {
    std::vector<uint32_t> places;
    for (KernelImage::Global &global : part.globals) {
      const auto [place, isNew] = globals.try_emplace(global.name, image.globals.size());
      places.push_back(place->second);
      if (isNew)
        image.globals.push_back(global);
    }
    for (size_t i = 0; i < part.globals.size(); ++i) {
      KernelImage::Global &global = image.globals[places[i]];
      global.relocations = part.globals[i].relocations;
      for (KernelImage::Relocation &relocation : global.relocations)
        relocation.global = places[relocation.global];
    }
    const auto firstModule = uint32_t(image.modules.size());
    const auto firstKernel = uint32_t(image.kernels.size());
    for (KernelImage::Module &module : part.modules)
      image.modules.push_back(std::move(module));
    for (KernelImage::Kernel &kernel : part.kernels) {
      kernel.module += firstModule;
      for (KernelImage::HiddenGlobal &hidden : kernel.hiddenGlobals)
        hidden.global = places[hidden.global];
      for (KernelImage::Variant &variant : kernel.variants)
        variant.kernel += firstKernel;
      image.kernels.push_back(std::move(kernel));
    }
  }
  KernelImage take() { return std::move(image); }

private:
  KernelImage image;
  StringMap<uint32_t> globals;
};

} // namespace

Expected<KernelImage>
finishKernels(Module &module, PassContext &context,
              const std::function<std::unique_ptr<TargetMachine>()> &makeMachine) {
  std::vector<Part> parts = group(module, context);
  if (parts.size() < 2 || !context.options.dumpPasses.empty()) {
    if (Error error = runPasses(module, context, Stage::Kernels))
      return error;
    return writeImage(module, context);
  }
  for (GlobalVariable &variable : module.globals())
    if (!variable.hasName())
      variable.setName("__npu_unnamed"); // and a number; parts are joined by names
  for (Part &part : parts) {
    cut(part, module);
    part.machine = makeMachine();
  }
  ThreadPool threads;
  for (Part &part : parts)
    threads.async([&part, &context] { finish(part, context); });
  threads.wait();
  Merger merger;
  std::string failure;
  for (Part &part : parts) {
    errs() << part.messages;
    if (failure.empty())
      failure = part.failure;
    merger.add(std::move(part.image));
  }
  if (!failure.empty())
    return createStringError(inconvertibleErrorCode(), failure);
  return merger.take();
}

} // namespace npu
