// Clang's front end in process, then the device pipeline, then the image writer.
//
// The device side is compiled for nvptx64 with Clang's own CUDA mode: its builtins, address spaces
// and inline-assembly constraints are what CUDA sources are written against, and no NVIDIA file
// takes part.
#include "npu/device_compiler.h"

#include "binding_captures.h"
#include "child_launches.h"
#include "deduction_guides.h"
#include "device/data_layout.h"
#include "device/function_numbers.h"
#include "device/host_names.h"
#include "device/ir.h"
#include "device/long_doubles.h"
#include "device/parts.h"
#include "host_callers.h"
#include "launch_braces.h"
#include "remedies.h"
#include "source_spellings.h"
#include "toolkit_guard.h"
#include "unions_by_value.h"
#include "variable_array_pointers.h"
#include "variable_arrays.h"

#include "clang/Basic/Diagnostic.h"
#include "clang/CodeGen/CodeGenAction.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "clang/Frontend/Utils.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Constants.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace npu {

namespace {

constexpr const char *kTriple = "nvptx64-nvidia-cuda";
constexpr const char *kArchitecture = "sm_80";
// The newest PTX that Clang 15 knows, so that every builtin it has is available.
constexpr const char *kPtxFeature = "+ptx75";

std::vector<std::string> frontEndArguments(const DeviceCompileOptions &options) {
  std::vector<std::string> arguments = {
      NPU_CLANG_EXECUTABLE, "-x", "cuda", "--cuda-device-only",
      std::string("--cuda-gpu-arch=") + kArchitecture, "-nocudainc", "-nocudalib", "-S",
      "-emit-llvm",
      // An installed toolkit must not change the result, not even through its version.
      "--cuda-path=/nonexistent", "-Wno-unknown-cuda-version", "-gline-tables-only",
      // Loads and stores of our own passes are typed: PoCL 3.1 reads typed-pointer bitcode.
      "-Xclang", "-target-feature", "-Xclang", kPtxFeature, "-Xclang", "-no-opaque-pointers",
      "-Xclang", "-disable-llvm-passes",
      options.optimize == 0 ? "-O0" : "-O" + std::to_string(options.optimize),
      options.fuseMultiplyAdd ? "-ffp-contract=fast" : "-ffp-contract=off"};
  if (options.fastMath)
    arguments.insert(arguments.end(), {"-Xclang", "-fcuda-approx-transcendentals",
                                       "-freciprocal-math", "-fno-signed-zeros"});
  if (options.relocatable)
    arguments.push_back("-fgpu-rdc");
  arguments.insert(arguments.end(), options.clangArguments.begin(), options.clangArguments.end());
  arguments.insert(arguments.end(), {"-o", "-", options.input});
  return arguments;
}

// The terminal's printer, with what to do about some errors. Keeps the text, as the compilation
// may be repeated with rewritten sources.
class Printer : public clang::TextDiagnosticPrinter {
public:
  Printer(raw_ostream &text, clang::DiagnosticOptions *options, RewrittenSources &rewritten,
          HostCallers &callers)
      : TextDiagnosticPrinter(text, options), text(text), rewritten(rewritten), callers(callers) {}
  void HandleDiagnostic(clang::DiagnosticsEngine::Level level,
                        const clang::Diagnostic &diagnostic) override {
    TextDiagnosticPrinter::HandleDiagnostic(level, diagnostic);
    const clang::SourceLocation launch = launchErrors.placeIn(diagnostic);
    callToInitialize(diagnostic, rewritten);
    castVariableArrayPointer(diagnostic, rewritten);
    nameLaunchBraces(diagnostic, rewritten);
    nameCapturedBinding(diagnostic, rewritten);
    callers.note(diagnostic);
    if (launch.isValid() && !wrapChildLaunch(launch, diagnostic.getSourceManager(), rewritten))
      text << launchRemedyLine(launch, diagnostic.getSourceManager());
    text << remedyLine(diagnostic);
  }

private:
  raw_ostream &text;
  RewrittenSources &rewritten;
  HostCallers &callers;
  ChildLaunchErrors launchErrors;
};

// Code is generated when all is read. What a file keeps to itself is named for other files, too,
// once the host side uses it (`static __constant__` with -rdc=true), and kernels stand before their
// hosts.
class EmitAtEnd : public clang::MultiplexConsumer {
public:
  using MultiplexConsumer::MultiplexConsumer;
  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    read.push_back(group);
    return true;
  }
  void HandleTranslationUnit(clang::ASTContext &context) override {
    for (clang::DeclGroupRef group : read)
      MultiplexConsumer::HandleTopLevelDecl(group);
    MultiplexConsumer::HandleTranslationUnit(context);
  }

private:
  std::vector<clang::DeclGroupRef> read;
};

class DeviceAction : public clang::EmitLLVMOnlyAction {
public:
  DeviceAction(LLVMContext &context, const HostCallers &callers)
      : EmitLLVMOnlyAction(&context), callers(callers) {}

protected:
  bool BeginSourceFileAction(clang::CompilerInstance &compiler) override {
    guardAgainstToolkit(compiler.getPreprocessor());
    layOutAsHost(compiler.getTarget());
    acceptSpellings(compiler);
    return EmitLLVMOnlyAction::BeginSourceFileAction(compiler);
  }
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler,
                                                        StringRef file) override {
    std::unique_ptr<clang::ASTConsumer> emitting =
        EmitLLVMOnlyAction::CreateASTConsumer(compiler, file);
    if (!emitting)
      return nullptr;
    std::vector<std::unique_ptr<clang::ASTConsumer>> last, all;
    last.push_back(std::move(emitting));
    all.push_back(allowChildLaunches());
    all.push_back(shareDeductionGuides(&callers));
    all.push_back(refuseSharedLongDoubles());
    all.push_back(returnUnionsInMemory());
    all.push_back(std::make_unique<EmitAtEnd>(std::move(last)));
    return std::make_unique<clang::MultiplexConsumer>(std::move(all));
  }

private:
  const HostCallers &callers;
};

// A rewritten place can let Clang see further ones: in templates that the first instantiates.
constexpr int kMostRewrites = 16;

// One run over the source as `rewritten` has it. What Clang says goes to `text`.
Expected<std::unique_ptr<Module>> frontEndOnce(const DeviceCompileOptions &options,
                                               LLVMContext &context, RewrittenSources &rewritten,
                                               HostCallers &callers, raw_ostream &text) {
  std::vector<std::string> arguments = frontEndArguments(options);
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());

  auto diagnosticOptions = makeIntrusiveRefCnt<clang::DiagnosticOptions>();
  diagnosticOptions->ShowColors = errs().has_colors();
  text.enable_colors(diagnosticOptions->ShowColors);
  auto *printer = new Printer(text, diagnosticOptions.get(), rewritten, callers);
  auto diagnostics = clang::CompilerInstance::createDiagnostics(diagnosticOptions.get(), printer);

  clang::CreateInvocationOptions creation;
  creation.Diags = diagnostics;
  std::shared_ptr<clang::CompilerInvocation> invocation =
      clang::createInvocation(pointers, std::move(creation));
  if (!invocation)
    return createStringError(inconvertibleErrorCode(), "device code of %s: invalid arguments",
                             options.input.c_str());
  // The engine is older than the options.
  clang::ProcessWarningOptions(*diagnostics, invocation->getDiagnosticOpts(),
                               /*ReportDiags=*/false);
  // Clang keeps its memory by default because its process ends; this one goes on.
  invocation->getFrontendOpts().DisableFree = false;
  invocation->getCodeGenOpts().OpaquePointers = false;
  // Virtual calls tell their class, and vtables theirs; see indirect_calls_pass.cpp.
  invocation->getCodeGenOpts().WholeProgramVTables = true;
  invocation->getCodeGenOpts().LTOUnit = true;
  clang::CompilerInstance compiler;
  compiler.setInvocation(invocation);
  compiler.setDiagnostics(diagnostics.get());
  compiler.setVerboseOutputStream(text);
  compiler.createFileManager(
      rewritten.over(clang::createVFSFromCompilerInvocation(*invocation, *diagnostics)));
  DeviceAction action(context, callers);
  if (!compiler.ExecuteAction(action))
    return createStringError(inconvertibleErrorCode(), "device code of %s did not compile",
                             options.input.c_str());
  std::unique_ptr<Module> module = action.takeModule();
  if (!module)
    return createStringError(inconvertibleErrorCode(), "device code of %s gave no module",
                             options.input.c_str());
  return module;
}

Expected<std::unique_ptr<Module>> frontEnd(const DeviceCompileOptions &options,
                                           LLVMContext &context) {
  RewrittenSources rewritten;
  HostCallers callers;
  for (int rewrites = 0;; ++rewrites) {
    std::string text;
    raw_string_ostream stream(text);
    Expected<std::unique_ptr<Module>> module =
        frontEndOnce(options, context, rewritten, callers, stream);
    // Both are asked, as each remembers what it has answered.
    if (!module && rewrites < kMostRewrites && int(rewritten.rewrite()) + int(callers.grew())) {
      consumeError(module.takeError());
      continue;
    }
    errs() << stream.str();
    if (module && !options.rewrittenSources.empty())
      if (Error error = rewritten.writeOverlay(options.rewrittenSources))
        return error;
    return module;
  }
}

std::unique_ptr<TargetMachine> makeTargetMachine() {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(kTriple, error);
  if (!target)
    return nullptr;
  return std::unique_ptr<TargetMachine>(
      target->createTargetMachine(kTriple, kArchitecture, "", TargetOptions(), None));
}

Expected<std::vector<uint8_t>> toImage(Module &module, const DeviceCompileOptions &options) {
  std::unique_ptr<TargetMachine> machine = makeTargetMachine();
  PassContext context(options, machine.get());
  if (Error error = runPasses(module, context, Stage::Program))
    return error;
  Expected<KernelImage> image = finishKernels(module, context, makeTargetMachine);
  if (!image)
    return image.takeError();
  return image->serialize();
}

// A variable __npu_lowered_name_<n> that points at something gets the name of that instead: how
// run-time compilation asks which kernel an expression means (runtime/driver/runtime_compiler.cpp).
void writeLoweredNames(Module &module) {
  std::vector<GlobalVariable *> asked;
  for (GlobalVariable &variable : module.globals())
    if (variable.getName().startswith("__npu_lowered_name_") && variable.hasInitializer())
      asked.push_back(&variable);
  for (GlobalVariable *variable : asked) {
    std::string name = variable->getName().str();
    Constant *text = ConstantDataArray::getString(
        module.getContext(), variable->getInitializer()->stripPointerCasts()->getName());
    auto *answer = new GlobalVariable(module, text->getType(), /*isConstant=*/false,
                                      GlobalValue::ExternalLinkage, text, "", nullptr,
                                      GlobalValue::NotThreadLocal, variable->getAddressSpace(),
                                      /*isExternallyInitialized=*/true);
    variable->replaceAllUsesWith(ConstantExpr::getPointerCast(answer, variable->getType()));
    variable->eraseFromParent();
    answer->setName(name);
  }
}

std::unique_ptr<LLVMContext> makeContext() {
  auto context = std::make_unique<LLVMContext>();
  prepare(*context);
  return context;
}

} // namespace

Expected<std::vector<uint8_t>> compileDevice(const DeviceCompileOptions &options) {
  std::unique_ptr<LLVMContext> context = makeContext();
  Expected<std::unique_ptr<Module>> module = frontEnd(options, *context);
  if (!module)
    return module.takeError();
  writeLoweredNames(**module);
  markUnit(**module, options.unit.empty() ? options.input : options.unit);
  if (!options.relocatable) {
    InternalNames names;
    countInternalNames(**module, names);
    exposeInternalVariables(**module, names);
    return toImage(**module, options);
  }
  // Clang keeps static ones internal, and the host knows them by name.
  exposeTextureReferences(**module);
  SmallVector<char, 0> buffer;
  raw_svector_ostream stream(buffer);
  WriteBitcodeToFile(**module, stream);
  return std::vector<uint8_t>(buffer.begin(), buffer.end());
}

Expected<std::vector<uint8_t>> linkDevice(const std::vector<std::vector<uint8_t>> &bitcode,
                                          const DeviceCompileOptions &options) {
  std::unique_ptr<LLVMContext> context = makeContext();
  auto whole = std::make_unique<Module>("linked", *context);
  Linker linker(*whole);
  InternalNames names;
  for (const std::vector<uint8_t> &bytes : bitcode) {
    MemoryBufferRef buffer(StringRef(reinterpret_cast<const char *>(bytes.data()), bytes.size()),
                           "device code");
    Expected<std::unique_ptr<Module>> part = parseBitcodeFile(buffer, *context);
    if (!part)
      return part.takeError();
    countInternalNames(**part, names);
    if (linker.linkInModule(std::move(*part)))
      return createStringError(inconvertibleErrorCode(), "device code does not link: a function or "
                                                         "variable is defined in two objects");
  }
  exposeInternalVariables(*whole, names);
  return toImage(*whole, options);
}

} // namespace npu
