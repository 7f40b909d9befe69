// The pipeline behind npu/translate.h, for this repository's own programs: the headers' folder is
// given, and messages go to a stream of LLVM's.
#pragma once

#include "npu/translate.h"

#include "llvm/Support/raw_ostream.h"

namespace npu {

TranslateResult translateTo(llvm::raw_ostream &log, const TranslateOptions &options);

} // namespace npu
