// npucc, the drop-in for nvcc: the command line only; everything else is in lib/driver.
#include "driver/driver.h"

#include "llvm/Support/FileSystem.h"

#include <string>
#include <vector>

int main(int argc, char **argv) {
  static int anchor; // any address in this binary: the way to find its path
  std::string program = llvm::sys::fs::getMainExecutable(argv[0], &anchor);
  return npu::driver::runDriver(program, std::vector<std::string>(argv + 1, argv + argc));
}
