// `cu2npu explain cudaX`: what the tables say about one name, for a person.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

namespace npu {

// A CUDA name, a neutral name, a header or a diagnostic's id. False: nothing is known of it;
// similar names are said.
bool explain(llvm::StringRef name, llvm::raw_ostream &out);

} // namespace npu
