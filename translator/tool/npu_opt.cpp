// npu-opt: runs single device passes on LLVM IR, for their tests.
//
//   npu-opt -pass=work-items [-pass=...] [-rows] input.ll
//
// Prints the module that results; with -rows, also what the kernel image's tables would hold. The
// exit status is 1 when a pass refuses the module.
#include "device/ir.h"
#include "device/pipeline.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Verifier.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

static cl::list<std::string> passIds("pass", cl::desc("pass to run, by its id in passes.def"),
                                     cl::OneOrMore);
static cl::opt<std::string> inputPath(cl::Positional, cl::desc("<input .ll>"), cl::init("-"));
static cl::opt<std::string> deviceLibrary("device-library", cl::desc("bitcode to link"));
static cl::opt<unsigned> optimizeLevel("level", cl::desc("optimisation level"), cl::init(3));
static cl::opt<bool> warps("warps", cl::desc("kernels run as warps"), cl::init(true));
static cl::opt<bool> printRows("rows", cl::desc("print the image's rows"));

static void print(const npu::PassContext &context) {
  for (const auto &[name, info] : context.kernels) {
    const npu::KernelImage::Kernel &row = info.row;
    outs() << "kernel " << name << " arguments=" << row.argumentBytes
           << " threads=" << info.maxThreadsPerBlock << " shared=" << row.staticSharedBytes
           << " dynamic=" << row.usesDynamicShared << "\n";
    for (const npu::KernelImage::Parameter &parameter : row.parameters)
      outs() << "  parameter " << parameter.offset << " " << parameter.size << "\n";
    for (const npu::KernelImage::HiddenGlobal &hidden : row.hiddenGlobals)
      outs() << "  hidden " << hidden.offset << " " << context.globals[hidden.global].name << "\n";
  }
  for (const npu::KernelImage::Global &row : context.globals) {
    outs() << "global " << row.name << " bytes=" << row.bytes << " constant=" << row.constant
           << " initial=";
    for (uint8_t byte : row.initial)
      outs() << format_hex_no_prefix(byte, 2);
    outs() << "\n";
    for (const npu::KernelImage::Relocation &relocation : row.relocations)
      outs() << "  relocation " << relocation.offset << " "
             << context.globals[relocation.global].name << "+" << relocation.addend << "\n";
  }
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv, "runs single device passes\n");
  LLVMContext llvmContext;
  npu::prepare(llvmContext);
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> module = parseIRFile(inputPath, diagnostic, llvmContext);
  if (!module) {
    diagnostic.print(argv[0], errs());
    return 1;
  }
  npu::DeviceCompileOptions options;
  options.deviceLibrary = deviceLibrary;
  options.optimize = optimizeLevel;
  options.warps = warps;
  npu::PassContext context(options, nullptr);
  npu::readKernels(*module, context);
  for (const std::string &id : passIds) {
    std::unique_ptr<npu::DevicePass> pass = npu::makePass(id);
    if (!pass) {
      errs() << "npu-opt: error: no pass '" << id << "'; see passes.def\n";
      return 2;
    }
    pass->run(*module, context);
    if (context.failed())
      return 1;
    if (verifyModule(*module, &errs()))
      return 3;
  }
  module->print(outs(), nullptr);
  if (printRows)
    print(context);
  return 0;
}
