// What the translator knows of CUDA's names: the rows of runtime/include/npu/api/*.def.
//
// Functions, dialect words and header guards are rows. Types, enumerators and the macros of the
// headers have none: their two spellings differ by a prefix alone, so their neutral name follows
// from it.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace npu {

// One library of CUDA's, as its table spells it; api_libraries.def has them.
struct ApiLibrary {
  const char *title;  // "cuBLAS"
  const char *header; // where its functions are declared: "cublas_v2.h"
  const char *status; // what a function returns unless its row says otherwise; "": nothing does
};

// Texts live as long as the program.
struct ApiRow {
  enum class Kind { Rename, Gap };
  Kind kind = Kind::Rename;
  llvm::StringRef cuda;
  llvm::StringRef neutral; // may be qualified: npu::threadIdx
  llvm::StringRef note;    // of a gap: why; of a partial row: what is missing
  const ApiLibrary *library = nullptr;
  llvm::StringRef group;      // the section of the table
  llvm::StringRef returnType; // of a function, in CUDA's spelling
  llvm::StringRef parameters; // with their parentheses; "" unless the row is a function's

  bool isFunction() const { return !parameters.empty(); }
  // A function, or a name that was recognised as one.
  bool isCall() const { return isFunction() || kind == Kind::Gap; }
};

// The row of a CUDA name, or nullptr.
const ApiRow *findRow(llvm::StringRef cudaName);
const std::vector<ApiRow> &allRows();

// The neutral spelling by prefix ("cudaMemcpyKind" -> "npuMemcpyKind"), or "" when no prefix
// applies.
std::string neutralByPrefix(llvm::StringRef cudaName);
// "cuda" -> "npu": a part that a macro pastes the rest of a name onto; "" when it is none.
std::string neutralPrefix(llvm::StringRef cudaPrefix);
// Whether a name follows the naming of CUDA's libraries closely enough to be worth a diagnostic.
bool looksLikeCuda(llvm::StringRef name);
// The neutral header of a CUDA header, as written between the delimiters; nullptr when it has none.
const char *neutralHeader(llvm::StringRef cudaHeader);
// Whether a header of this name belongs to CUDA at all (cufft.h, cuda_gl_interop.h, ...).
bool looksLikeCudaHeader(llvm::StringRef name);

} // namespace npu
