// See launch_braces.h. In neutral sources the launch may be an NPU_LAUNCH, whose shape the macro
// puts into the brackets.
#include "launch_braces.h"
#include "source_view.h"

#include "clang/Basic/DiagnosticParse.h"

using namespace npu;
namespace tok = clang::tok;

namespace {

struct Braces {
  clang::FileID file;
  unsigned open = 0, close = 0;
  bool empty = false;
};

bool isInLaunch(const std::vector<SourceToken> &tokens, size_t at) {
  while (at-- > 0 && tokens[at].kind != tok::semi)
    if (tokens[at].kind == tok::lesslessless || tokens[at].text == "NPU_LAUNCH" ||
        tokens[at].text == "NPU_LAUNCH_CHILD")
      return true;
  return false;
}

// Calls see(tokens, index, file) for the token at `place`. False: there is none, or it says so.
template <class See>
bool seeToken(clang::SourceLocation place, const clang::SourceManager &sources, See see) {
  const auto [file, offset] = sources.getDecomposedLoc(place);
  if (!RewrittenSources::isFile(file, sources))
    return false;
  FileFacts facts;
  facts.contents = sources.getBufferData(file).str();
  const SourceView view("", facts);
  for (size_t at = 0; at < view.tokens().size(); ++at)
    if (view.tokens()[at].offset == offset)
      return see(view.tokens(), at, file);
  return false;
}

// The brackets may be those of a macro, which the list is an argument of.
bool isInMacroLaunch(clang::SourceLocation place, const clang::SourceManager &sources) {
  return place.isMacroID() &&
         seeToken(sources.getSpellingLoc(sources.getImmediateExpansionRange(place).getBegin()),
                  sources, [](const std::vector<SourceToken> &tokens, size_t at, clang::FileID) {
                    return isInLaunch(tokens, at);
                  });
}

bool findBraces(const clang::Diagnostic &error, Braces &found) {
  if (error.getID() != clang::diag::err_expected_expression || !error.hasSourceManager())
    return false;
  const clang::SourceManager &sources = error.getSourceManager();
  const bool inMacro = isInMacroLaunch(error.getLocation(), sources);
  return seeToken(sources.getFileLoc(error.getLocation()), sources,
                  [&](const std::vector<SourceToken> &tokens, size_t at, clang::FileID file) {
                    const size_t close = tokens[at].kind == tok::l_brace ? matchForward(tokens, at)
                                                                         : size_t(kNoToken);
                    if (close == kNoToken || !(inMacro || isInLaunch(tokens, at)))
                      return false;
                    found = {file, tokens[at].offset, tokens[close].offset, close == at + 1};
                    return true;
                  });
}

} // namespace

bool npu::nameLaunchBraces(const clang::Diagnostic &error, RewrittenSources &rewritten) {
  Braces found;
  if (!findBraces(error, found))
    return false;
  rewritten.replace(found.file, error.getSourceManager(), found.open, 0, "::npu::dim3");
  return true;
}

bool npu::hideLaunchBraces(const clang::Diagnostic &error, RewrittenSources &rewritten) {
  Braces found;
  if (!findBraces(error, found))
    return false;
  const clang::SourceManager &sources = error.getSourceManager();
  rewritten.replace(found.file, sources, found.open, 1, found.empty ? "1" : "(");
  rewritten.replace(found.file, sources, found.close, 1, found.empty ? " " : ")");
  return true;
}
