// See source_spellings.h.
#include "source_spellings.h"
#include "asm_statements.h"
#include "launch_brackets.h"
#include "linkage_strings.h"
#include "pragma_macros.h"
#include "unroll_pragmas.h"

#include "clang/Basic/DiagnosticParse.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace npu {

namespace {

class Files : public clang::PPCallbacks {
public:
  explicit Files(clang::CompilerInstance &compiler) : compiler(compiler) {}

  void InclusionDirective(clang::SourceLocation, const clang::Token &, StringRef, bool,
                          clang::CharSourceRange, Optional<clang::FileEntryRef> file, StringRef,
                          StringRef, const clang::Module *,
                          clang::SrcMgr::CharacteristicKind) override {
    if (!file || !seen.insert(&file->getFileEntry()).second)
      return;
    auto buffer = compiler.getSourceManager().getMemoryBufferForFileOrNone(&file->getFileEntry());
    if (!buffer)
      return;
    std::string accepted = acceptedSpelling(buffer->getBuffer());
    if (!accepted.empty())
      compiler.getSourceManager().overrideFileContents(
          &file->getFileEntry(), MemoryBuffer::getMemBufferCopy(accepted, file->getName()));
  }

private:
  clang::CompilerInstance &compiler;
  SmallPtrSet<const clang::FileEntry *, 32> seen;
};

// Errors after which what was read is what nvcc makes of it: pragmas before what is no loop or with
// counts that are none, and default arguments that come too late to be used. Clang keeps an error
// from becoming a warning, not from becoming a remark.
void remarkTolerated(clang::DiagnosticsEngine &diagnostics) {
  for (unsigned each : {unsigned(clang::diag::err_pragma_loop_precedes_nonloop),
                        unsigned(clang::diag::err_pragma_loop_invalid_argument_value),
                        unsigned(clang::diag::err_param_default_argument_member_template_redecl)})
    diagnostics.setSeverity(each, clang::diag::Severity::Remark, clang::SourceLocation());
}

} // namespace

std::string acceptedSpelling(StringRef source) {
  std::string accepted;
  for (auto change : {acceptedAsm, joinLaunchBrackets, separateLinkageStrings, blankStrayUnrolls})
    if (std::string changed = change(accepted.empty() ? source : StringRef(accepted));
        !changed.empty())
      accepted = std::move(changed);
  return accepted;
}

void acceptSpellings(clang::CompilerInstance &compiler) {
  clang::SourceManager &sources = compiler.getSourceManager();
  Optional<MemoryBufferRef> buffer = sources.getBufferOrNone(sources.getMainFileID());
  const clang::FileEntry *file = sources.getFileEntryForID(sources.getMainFileID());
  if (buffer && file) {
    std::string accepted = acceptedSpelling(buffer->getBuffer());
    if (!accepted.empty()) // the same size: places that are given out stay valid
      sources.overrideFileContents(
          file, MemoryBuffer::getMemBufferCopy(accepted, buffer->getBufferIdentifier()));
  }
  compiler.getPreprocessor().addPPCallbacks(std::make_unique<Files>(compiler));
  acceptPragmaMacros(compiler.getPreprocessor());
  remarkTolerated(compiler.getDiagnostics());
}

} // namespace npu
