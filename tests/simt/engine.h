// Generated kernels through the product: Clang's front end, the device pipeline, and the runtime.
#pragma once

#include "data.h"

#include "llvm/Support/Error.h"

namespace simt {

enum class Lowering { Warp, Thread };

// The front end's bitcode of a source text with kernels; the prelude is put before it.
llvm::Expected<Bytes> compile(const std::string &text);

// The kernel image of some kernels of that bitcode. A kernel that is refused fails the whole; the
// pipeline's own message goes to `diagnostics`' file where one is given, else to stderr.
llvm::Expected<Bytes> lower(const Bytes &bitcode, const std::vector<std::string> &kernels,
                            Lowering lowering, unsigned optimize,
                            const std::string &dumpFolder = "");

// A registered image, whose kernels can be launched.
class Engine {
public:
  Engine(Bytes image, const std::vector<Kernel> &kernels);
  ~Engine();
  Engine(const Engine &) = delete;
  // The outputs; throws simt::Error with the runtime's message.
  std::vector<Bytes> run(const Kernel &kernel);

private:
  Bytes image;
  void **handle = nullptr;
  std::vector<std::pair<std::string, char>> entries; // their addresses stand for host functions
};

} // namespace simt
