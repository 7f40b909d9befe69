// CMake and makefile migration on any text; what was migrated is migrated again. The first byte
// picks the kind.
#include "build_files/migration.h"
#include "diff.h"

#include <cstdlib>

using namespace npu;

namespace {

std::string migrated(bool cmake, llvm::StringRef text) {
  Diagnostics diagnostics;
  llvm::Expected<std::string> result = cmake ? migrateCmake(text, "CMakeLists.txt", diagnostics)
                                             : migrateMakefile(text, "Makefile", diagnostics);
  if (!result)
    std::abort(); // what is not understood is a diagnostic
  diagnostics.print(llvm::nulls());
  return std::move(*result);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  if (size < 1)
    return 0;
  llvm::StringRef text(reinterpret_cast<const char *>(data) + 1, size - 1);
  std::string once = migrated(data[0] % 2 == 0, text);
  migrated(data[0] % 2 == 0, once);
  unifiedDiff(text, once, "a", "b");
  return 0;
}
