#include "check.h"

#include "interpreter/machine.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

#include <algorithm>
#include <unistd.h>

using namespace llvm;

namespace simt {

const char *nameOf(Verdict::Kind kind) {
  constexpr const char *kNames[] = {"same",    "DIFFERENT", "FAILED",
                                    "REFUSED", "NO ANSWER", "INVALID"};
  return kNames[kind];
}
const char *nameOf(Lowering lowering) { return lowering == Lowering::Warp ? "warp" : "thread"; }

unsigned optimizeOf(uint64_t seed) {
  constexpr unsigned kLevels[] = {3, 3, 2, 3, 1, 3, 3, 3};
  return kLevels[seed / kBatch % 8];
}

namespace {

std::unique_ptr<Module> parse(const Bytes &bitcode, LLVMContext &context) {
  StringRef text(reinterpret_cast<const char *>(bitcode.data()), bitcode.size());
  return cantFail(parseBitcodeFile(MemoryBufferRef(text, "kernels"), context));
}

void linkLibrary(Module &module) {
  auto buffer = MemoryBuffer::getFile(SIMT_DEVICE_LIBRARY);
  if (!buffer)
    throw Error("the device library is missing");
  auto library = cantFail(parseBitcodeFile((*buffer)->getMemBufferRef(), module.getContext()));
  library->setDataLayout(module.getDataLayout());
  library->setTargetTriple(module.getTargetTriple());
  if (Linker::linkModules(module, std::move(library), Linker::LinkOnlyNeeded))
    throw Error("the device library does not link");
}

std::vector<Bytes> interpret(const Module &module, const Kernel &kernel, Machine::Options options) {
  Machine machine(module, options);
  std::vector<uint64_t> addresses[2];
  std::vector<Bytes> results = outputs(kernel.shape);
  for (const Bytes &bytes : inputs()) {
    addresses[0].push_back(machine.allocate(bytes.size(), true));
    machine.contents(addresses[0].back()) = bytes;
  }
  for (const Bytes &bytes : results) {
    addresses[1].push_back(machine.allocate(bytes.size()));
    machine.contents(addresses[1].back()) = bytes;
  }
  const Shape &shape = kernel.shape;
  machine.launch(kernel.name(), {shape.gridX, shape.gridY, 1}, {shape.x, shape.y, shape.z},
                 arguments(addresses[0], addresses[1]), kernel.dynamicShared);
  for (size_t i = 0; i < results.size(); ++i)
    results[i] = machine.contents(addresses[1][i]);
  return results;
}

// The answer, which must not depend on who runs when.
std::vector<Bytes> reference(const Module &module, const Kernel &kernel) {
  std::vector<Bytes> answer = interpret(module, kernel, {});
  Machine::Options other;
  other.schedule = kernel.seed + 1;
  std::string found = difference(answer, interpret(module, kernel, other));
  if (!found.empty())
    throw Error("the answer depends on the order of threads, " + found);
  return answer;
}

// What was written to stderr since `from`, where stderr is a file.
std::string messagesSince(off_t from) {
  std::string text(4000, 0);
  ssize_t count = pread(STDERR_FILENO, text.data(), text.size(), from);
  text.resize(count > 0 ? size_t(count) : 0);
  return StringRef(text).split('\n').first.str();
}

std::map<uint64_t, std::unique_ptr<Engine>> engines(const Bytes &bitcode,
                                                    const std::vector<Kernel> &kernels,
                                                    Lowering lowering, unsigned optimize,
                                                    Verdicts &verdicts) {
  std::map<uint64_t, std::unique_ptr<Engine>> result;
  std::vector<std::string> names;
  for (const Kernel &kernel : kernels)
    names.push_back(kernel.name());
  off_t before = lseek(STDERR_FILENO, 0, SEEK_END);
  Expected<Bytes> image = lower(bitcode, names, lowering, optimize);
  if (image) {
    result[kernels[0].seed] = std::make_unique<Engine>(*image, kernels);
    return result;
  }
  consumeError(image.takeError());
  if (kernels.size() == 1) {
    verdicts[{kernels[0].seed, lowering}] = {Verdict::Refused, messagesSince(before)};
    return result;
  }
  for (const Kernel &kernel : kernels)
    result.merge(engines(bitcode, {kernel}, lowering, optimize, verdicts));
  return result;
}

void compare(const std::vector<Kernel> &kernels,
             const std::map<uint64_t, std::vector<Bytes>> &answers, const Bytes &bitcode,
             Lowering lowering, unsigned optimize, Verdicts &verdicts) {
  auto all = engines(bitcode, kernels, lowering, optimize, verdicts);
  for (const Kernel &kernel : kernels) {
    Verdict &verdict = verdicts[{kernel.seed, lowering}];
    if (verdict.kind == Verdict::Refused)
      continue;
    auto engine = all.count(kernel.seed) ? all.find(kernel.seed) : all.begin();
    try {
      verdict.text = difference(answers.at(kernel.seed), engine->second->run(kernel));
      verdict.kind = verdict.text.empty() ? Verdict::Same : Verdict::Different;
    } catch (const Error &error) {
      verdict = {Verdict::Failed, error.what()};
    }
  }
}

} // namespace

Verdicts check(const std::vector<Kernel> &kernels, const std::vector<Lowering> &lowerings,
               unsigned optimize, bool sabotage) {
  Verdicts verdicts;
  std::string text;
  for (const Kernel &kernel : kernels)
    text += kernel.text();
  off_t before = lseek(STDERR_FILENO, 0, SEEK_END);
  Expected<Bytes> bitcode = compile(text);
  if (!bitcode) {
    consumeError(bitcode.takeError());
    verdicts[{kernels[0].seed, lowerings[0]}] = {Verdict::Invalid, messagesSince(before)};
    return verdicts;
  }
  LLVMContext context;
  context.setOpaquePointers(false);
  std::unique_ptr<Module> module = parse(*bitcode, context);
  linkLibrary(*module);
  std::map<uint64_t, std::vector<Bytes>> answers;
  for (const Kernel &kernel : kernels)
    try {
      answers[kernel.seed] = reference(*module, kernel);
    } catch (const Error &error) {
      verdicts[{kernel.seed, lowerings[0]}] = {Verdict::NoAnswer, error.what()};
    }
  if (sabotage) {
    for (size_t at; (at = text.find("u64 h = 1;")) != std::string::npos;)
      text.replace(at, strlen("u64 h = 1;"), "u64 h = 2;");
    bitcode = compile(text);
    cantFail(bitcode.takeError());
  }
  for (Lowering lowering : lowerings) {
    std::vector<Kernel> some;
    for (const Kernel &kernel : kernels)
      if (answers.count(kernel.seed) && !(lowering == Lowering::Thread && kernel.usesWarp))
        some.push_back(kernel);
    if (!some.empty())
      compare(some, answers, *bitcode, lowering, optimize, verdicts);
  }
  return verdicts;
}

std::string guiltyPass(const Kernel &kernel, Lowering lowering, unsigned optimize) {
  SmallString<128> folder;
  if (sys::fs::createUniqueDirectory("simt-passes", folder))
    return "unknown";
  std::string guilty = "vectorize-warps or later";
  Expected<Bytes> bitcode = compile(kernel.text());
  if (!bitcode || !lower(*bitcode, {kernel.name()}, lowering, optimize, folder.str().str()))
    return "unknown";
  std::vector<std::string> files;
  std::error_code error;
  for (sys::fs::directory_iterator at(folder, error), end; at != end && !error; at.increment(error))
    files.push_back(at->path());
  std::sort(files.begin(), files.end());
  std::vector<Bytes> answer;
  for (const std::string &file : files) {
    if (StringRef(file).contains(".vectorize-warps."))
      break;
    LLVMContext context;
    context.setOpaquePointers(false);
    SMDiagnostic diagnostic;
    std::unique_ptr<Module> module = parseIRFile(file, diagnostic, context);
    if (!module)
      break;
    Machine::Options options;
    options.checked = false;
    try {
      linkLibrary(*module);
      std::vector<Bytes> now = interpret(*module, kernel, options);
      if (answer.empty())
        answer = now;
      std::string found = difference(answer, now);
      if (found.empty())
        continue;
      guilty = StringRef(file).rsplit('.').first.rsplit('.').second.str() + ": " + found;
    } catch (const Error &error) {
      guilty = StringRef(file).rsplit('.').first.rsplit('.').second.str() + ": " + error.what();
    }
    break;
  }
  sys::fs::remove_directories(folder);
  return guilty;
}

} // namespace simt
