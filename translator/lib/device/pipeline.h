// The device pipeline: from Clang's nvptx64 module to one spir64 module per kernel.
//
// A pass changes one module and may refuse it; a refusal is a diagnostic with place, reason and
// remedy, and ends the pipeline. Passes share what they learn about kernels and variables in
// PassContext.
#pragma once

#include "device/ir.h"
#include "device/run_passes.h"
#include "device/warp/turns.h"

#include "npu/device_compiler.h"
#include "npu/kernel_image.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <map>
#include <memory>
#include <string>

namespace npu {

// What the front end's annotations say of a kernel, and what the passes add for its image row.
struct KernelInfo {
  std::string location;        // file:line
  bool isWarp = false;         // in warp form: an execution is a block, not one thread
  warp::WaitsOf waits;         // with isWarp alone
  uint32_t mostStripWarps = 0; // not 0: an execution is a strip of blocks (RunBlocks)
  bool steps = false;          // its warps stop in loops too, for one another (StepWarps)
  uint32_t frameBytes = 0;     // of a warp that takes turns
  std::string generalName;     // of a variant: the general kernel's name
  BlockShape shape = BlockShape::General;
  uint32_t maxThreadsPerBlock = 1024;
  uint32_t cluster[3] = {0, 0, 0}; // blocks, as compiled; 0: none is
  KernelImage::Kernel row;         // filled by KernelAbi
};

class PassContext {
public:
  PassContext(const DeviceCompileOptions &options, llvm::TargetMachine *machine,
              llvm::raw_ostream &messages = llvm::errs())
      : options(options), machine(machine), messages(messages) {}

  const DeviceCompileOptions &options;
  llvm::TargetMachine *machine;              // nvptx64's, for cost models; may be null in tests
  std::map<std::string, KernelInfo> kernels; // by mangled name
  std::vector<KernelImage::Global> globals;  // __device__, __constant__ and __managed__ variables
  llvm::StringSet<> builtins;                // OpenCL functions that the device library declares

  // Reports an error at an instruction (or, without debug location, at its function):
  //   file:line:col: error: in kernel 'k(int*)': <what>; <remedy> [npu-<id>]
  void refuse(const llvm::Instruction &at, llvm::StringRef id, const llvm::Twine &what,
              llvm::StringRef remedy);
  void refuse(const llvm::Function &at, llvm::StringRef id, const llvm::Twine &what,
              llvm::StringRef remedy);
  // `place` is file:line:col; `subject` the kernel, variable or module that it is about.
  void refuse(llvm::StringRef place, llvm::StringRef subject, llvm::StringRef id,
              const llvm::Twine &what, llvm::StringRef remedy);
  bool failed() const { return errorCount != 0; }

private:
  llvm::raw_ostream &messages; // where refusals are told
  unsigned errorCount = 0;
  llvm::StringSet<> reported; // one inlined call can repeat an instruction many times
};

class DevicePass {
public:
  virtual ~DevicePass() = default;
  virtual void run(llvm::Module &module, PassContext &context) = 0;
};

#define PASS(Class, id, summary) std::unique_ptr<DevicePass> make##Class();
#include "passes.def"

// nullptr when no pass has this id.
std::unique_ptr<DevicePass> makePass(llvm::StringRef id);

// Fills context.kernels from the module's nvvm.annotations and debug information.
void readKernels(llvm::Module &module, PassContext &context);

// Makes texture and surface references visible to the host by name, Clang's internal ones too.
void exposeTextureReferences(llvm::Module &module);
bool isKernel(const llvm::Function &function, const PassContext &context);

// Functions with this attribute (functions that recur, bodies of kernels), and the device library's
// __npu_scalar_*, stay functions: a warp calls them for one lane after the other, in the order of
// lanes.
constexpr const char *kScalarFunction = "npu-scalar";
bool isScalarFunction(const llvm::Function &function);
// Of these, functions that a warp calls once, with vectors (called_functions.h), and their forms.
constexpr const char *kWarpFunction = "npu-warp";
bool isWarpFunction(const llvm::Function &function);
// __npu_end_thread(): the thread does nothing more; see passes/end_threads_pass.cpp.
bool endsThread(const llvm::Instruction &instruction);

// __npu_yield(awaited): another turn of a loop that waits for other threads (warp/turns.h).
constexpr const char *kYield = "__npu_yield";
// __npu_barrier_arrive(barrier, threads): PTX's bar.arrive.
constexpr const char *kArrive = "__npu_barrier_arrive";
// __npu_turn(stop, barrier, threads, lanes): a warp stops (warp/turns.h, npu/warp_turns.h).
constexpr const char *kTurn = "__npu_turn";
// __npu_warp_number(): the warp's index in its block.
constexpr const char *kWarpNumber = "__npu_warp_number";
// __npu_shared_base(address): where a block has its shared memory, if not in the group's.
constexpr const char *kSharedBase = "__npu_shared_base";
// The service of kernels whose warps take turns (npu/warp_turns.h).
constexpr const char *kTurnsLaunch = "__npu_service_turns";

// The data layout that modules leave with.
constexpr const char *kSpirLayout =
    "e-i64:64-v16:16-v24:32-v32:32-v48:64-v96:128-v192:256-v256:256-"
    "v512:512-v1024:1024";

// Links what the module needs of the device library.
void linkDeviceLibrary(llvm::Module &module, PassContext &context);

// The passes up to `optimize` look at the whole program, those behind it at each kernel alone.
enum class Stage { Program, Kernels };

// Runs the stage's passes, verifying the module between them and dumping it where asked. The first
// stage begins with readKernels().
llvm::Error runPasses(llvm::Module &module, PassContext &context, Stage stage);

} // namespace npu
