// Runs the passes of passes.def in order and reports what they refuse.
#include "device/pipeline.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace npu {

namespace {

struct PassRow {
  const char *id;
  std::unique_ptr<DevicePass> (*make)();
};

const PassRow kPasses[] = {
#define PASS(Class, id, summary) {id, make##Class},
#include "passes.def"
};
constexpr const char *kLastOfProgram = "optimize";

// As Clang prints it: the name given on the command line, not the one relative to a common folder
// that debug information holds.
std::string fileOf(StringRef folder, StringRef name) {
  SmallString<128> current;
  if (sys::path::is_absolute(name) || folder.empty() || sys::fs::current_path(current) ||
      current == folder)
    return name.str();
  SmallString<128> path(folder);
  sys::path::append(path, name);
  return path.str().str();
}

std::string placeOf(const DILocation &location) {
  return fileOf(location.getDirectory(), location.getFilename()) + ":" +
         std::to_string(location.getLine()) + ":" + std::to_string(location.getColumn());
}

std::string lineOf(const DISubprogram &subprogram) {
  return fileOf(subprogram.getDirectory(), subprogram.getFilename()) + ":" +
         std::to_string(subprogram.getLine());
}

std::string placeOf(const Function &function) {
  if (const DISubprogram *subprogram = function.getSubprogram())
    return lineOf(*subprogram) + ":1";
  return function.getParent()->getSourceFileName();
}

Error dump(const Module &module, const PassContext &context, unsigned index, StringRef id) {
  if (context.options.dumpPasses.empty())
    return Error::success();
  if (std::error_code error = sys::fs::create_directories(context.options.dumpPasses))
    return createStringError(error, "cannot create %s", context.options.dumpPasses.c_str());
  // Two digits, so that a listing shows the passes in their order.
  std::string number = (index < 10 ? "0" : "") + std::to_string(index);
  SmallString<128> path(context.options.dumpPasses);
  sys::path::append(path,
                    sys::path::stem(module.getSourceFileName()) + "." + number + "." + id + ".ll");
  std::error_code error;
  raw_fd_ostream stream(path, error);
  if (error)
    return createStringError(error, "cannot write %s", path.c_str());
  module.print(stream, nullptr);
  return Error::success();
}

// The innermost line of inlined code that is not in our own headers.
const DILocation &userLocation(const DILocation &location, const DeviceCompileOptions &options) {
  for (const DILocation *at = &location; at; at = at->getInlinedAt()) {
    SmallString<128> path(fileOf(at->getDirectory(), at->getFilename()));
    sys::fs::make_absolute(path);
    if (none_of(options.ownFolders, [&](StringRef folder) { return path.startswith(folder); }))
      return *at;
  }
  return location;
}

} // namespace

void PassContext::refuse(StringRef place, StringRef subject, StringRef id, const Twine &what,
                         StringRef remedy) {
  std::string text = (Twine(place) + ": error: in '" + subject + "': " + what + "; " + remedy +
                      " [npu-" + id + "]")
                         .str();
  ++errorCount;
  if (reported.insert(text).second)
    messages << text << "\n";
}

void PassContext::refuse(const Instruction &at, StringRef id, const Twine &what, StringRef remedy) {
  if (const DILocation *location = at.getDebugLoc().get())
    return refuse(placeOf(userLocation(*location, options)),
                  demangle(at.getFunction()->getName().str()), id, what, remedy);
  refuse(*at.getFunction(), id, what, remedy);
}

void PassContext::refuse(const Function &at, StringRef id, const Twine &what, StringRef remedy) {
  refuse(placeOf(at), demangle(at.getName().str()), id, what, remedy);
}

std::unique_ptr<DevicePass> makePass(StringRef id) {
  for (const PassRow &row : kPasses)
    if (id == row.id)
      return row.make();
  return nullptr;
}

bool isKernel(const Function &function, const PassContext &context) {
  return !function.isDeclaration() && context.kernels.count(function.getName().str());
}

bool isScalarFunction(const Function &function) {
  return function.hasFnAttribute(kScalarFunction) || function.getName().startswith("__npu_scalar_");
}

bool isWarpFunction(const Function &function) { return function.hasFnAttribute(kWarpFunction); }

bool endsThread(const Instruction &instruction) {
  auto *call = dyn_cast<CallInst>(&instruction);
  const Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee && callee->getName() == "__npu_end_thread";
}

// nvvm.annotations rows are {function, name, value, name, value...} (NVPTX usage guide).
void readKernels(Module &module, PassContext &context) {
  const NamedMDNode *annotations = module.getNamedMetadata("nvvm.annotations");
  if (!annotations)
    return;
  std::map<const Function *, std::map<std::string, uint64_t>> properties;
  for (const MDNode *row : annotations->operands()) {
    auto *function = mdconst::dyn_extract_or_null<Function>(row->getOperand(0));
    if (!function)
      continue;
    for (unsigned i = 1; i + 1 < row->getNumOperands(); i += 2)
      if (auto *name = dyn_cast<MDString>(row->getOperand(i)))
        if (auto *value = mdconst::dyn_extract<ConstantInt>(row->getOperand(i + 1)))
          properties[function][name->getString().str()] = value->getZExtValue();
  }
  for (auto &[function, values] : properties) {
    if (!values.count("kernel") || function->isDeclaration())
      continue;
    KernelInfo &info = context.kernels[function->getName().str()];
    if (const DISubprogram *subprogram = function->getSubprogram())
      info.location = lineOf(*subprogram);
    uint64_t threads = 1;
    bool bounded = false;
    for (const char *name : {"maxntidx", "maxntidy", "maxntidz"})
      if (values.count(name))
        threads *= values[name], bounded = true;
    if (bounded)
      info.maxThreadsPerBlock = threads;
  }
}

// NPU_CLUSTER_DIMS (npu/device/attributes.h): an array of {function, text, file, line, arguments}.
void readClusters(Module &module, PassContext &context) {
  GlobalVariable *annotations = module.getGlobalVariable("llvm.global.annotations");
  if (!annotations)
    return;
  auto *rows = dyn_cast<ConstantArray>(annotations->getInitializer());
  for (unsigned i = 0, count = rows ? rows->getNumOperands() : 0; i < count; ++i) {
    const Constant *row = rows->getOperand(i);
    auto target = [row](unsigned at) { return row->getOperand(at)->stripPointerCasts(); };
    auto *text = dyn_cast<GlobalVariable>(target(1));
    auto *string = text ? dyn_cast<ConstantDataArray>(text->getInitializer()) : nullptr;
    auto *arguments = dyn_cast<GlobalVariable>(target(4));
    auto kernel = context.kernels.find(target(0)->getName().str());
    if (!string || string->getAsCString() != "npu.cluster" || !arguments ||
        kernel == context.kernels.end())
      continue;
    const Constant *values = arguments->getInitializer();
    for (unsigned axis = 0; axis < 3; ++axis) {
      auto *value = dyn_cast_or_null<ConstantInt>(values->getAggregateElement(axis));
      kernel->second.cluster[axis] = value ? uint32_t(value->getZExtValue()) : 1;
    }
  }
  annotations->eraseFromParent();
}

Error runPasses(Module &module, PassContext &context, Stage stage) {
  if (stage == Stage::Program) {
    readKernels(module, context);
    readClusters(module, context);
    if (Error error = dump(module, context, 0, "front-end"))
      return error;
  }
  const PassRow *border =
      find_if(kPasses, [](const PassRow &row) { return StringRef(row.id) == kLastOfProgram; });
  const bool isFirst = stage == Stage::Program;
  for (const PassRow &row : isFirst ? make_range(std::begin(kPasses), border + 1)
                                    : make_range(border + 1, std::end(kPasses))) {
    row.make()->run(module, context);
    if (Error error = dump(module, context, unsigned(&row - kPasses) + 1, row.id))
      return error;
    if (context.failed())
      return createStringError(inconvertibleErrorCode(), "device code was refused");
    std::string reason;
    raw_string_ostream stream(reason);
    if (verifyModule(module, &stream))
      return createStringError(inconvertibleErrorCode(),
                               "internal error: pass '%s' left invalid code: %s", row.id,
                               reason.c_str());
  }
  return Error::success();
}

} // namespace npu
