// What libcu2npu exports.
#include "npu/translate.h"
#include "driver/layout.h"
#include "translation.h"

#include "llvm/Support/raw_os_ostream.h"

#include <dlfcn.h>
#include <ostream>

using namespace npu;

const char *npu::translatorVersion() { return NPU_VERSION; }

TranslateResult npu::translate(const TranslateOptions &given, std::ostream &log) {
  llvm::raw_os_ostream out(log);
  TranslateOptions options = given;
  if (options.headerFolder.empty()) {
    Dl_info self = {}; // this library lies where a program of its installation would
    dladdr(reinterpret_cast<void *>(&translatorVersion), &self);
    llvm::Expected<driver::Layout> layout =
        driver::findLayout(self.dli_fname ? self.dli_fname : "");
    if (!layout) {
      TranslateResult failed;
      failed.error = llvm::toString(layout.takeError());
      out << "cu2npu: error: " << failed.error << "\n";
      return failed;
    }
    options.headerFolder = layout->includeFolders.back();
  }
  return translateTo(out, options);
}
