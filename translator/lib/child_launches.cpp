// See child_launches.h.
#include "child_launches.h"
#include "launch_syntax.h"

#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/SemaConsumer.h"

using namespace npu;
namespace tok = clang::tok;

namespace {

// Of the %select{__device__|__global__|...} in Clang's messages.
constexpr int kGlobal = 1;
// Which argument says what is called: in err_ref_bad_target and in note_ovl_candidate_bad_target.
constexpr unsigned kReferenceTarget = 0, kCandidateTarget = 3;

bool isGlobal(const clang::Diagnostic &diagnostic, unsigned argument) {
  return argument < diagnostic.getNumArgs() &&
         diagnostic.getArgKind(argument) == clang::DiagnosticsEngine::ak_sint &&
         diagnostic.getArgSInt(argument) == kGlobal;
}

class TakeBack : public clang::SemaConsumer {
public:
  void InitializeSema(clang::Sema &started) override { sema = &started; }
  void ForgetSema() override { sema = nullptr; }
  // After each definition, instantiated ones too, and so before errors that wait are told.
  bool HandleTopLevelDecl(clang::DeclGroupRef) override {
    if (!sema)
      return true;
    for (auto &[function, errors] : sema->DeviceDeferredDiags)
      llvm::erase_if(errors, [](const clang::PartialDiagnosticAt &error) {
        return error.second.getDiagID() == clang::diag::err_ref_bad_target &&
               error.second.hasStorage() &&
               error.second.getStorage()->DiagArgumentsVal[kReferenceTarget] == kGlobal;
      });
    return true;
  }

private:
  clang::Sema *sema = nullptr;
};

bool wrapSpelled(clang::SourceLocation place, const clang::SourceManager &sources,
                 RewrittenSources &rewritten) {
  const auto [file, offset] = sources.getDecomposedSpellingLoc(place);
  FileFacts facts;
  if (!RewrittenSources::isFile(file, sources))
    return false;
  facts.contents = sources.getBufferData(file).str();
  const SourceView view("", facts);
  const std::vector<SourceToken> &tokens = view.tokens();
  for (size_t i = 0; i < tokens.size(); ++i) {
    LaunchSyntax launch;
    if (tokens[i].kind != tok::lesslessless || tokens[i].offset < offset)
      continue;
    if (!findLaunch(tokens, i, launch) || tokens[launch.calleeBegin].offset > offset)
      return false;
    rewritten.replace(file, sources, tokens[launch.calleeBegin].offset, 0, "[&] { ");
    rewritten.replace(file, sources, tokens[launch.argumentsClose].end(), 0, "; }()");
    return true;
  }
  return false;
}

} // namespace

clang::SourceLocation ChildLaunchErrors::placeIn(const clang::Diagnostic &diagnostic) {
  clang::SourceLocation unresolved = lastUnresolved;
  switch (diagnostic.getID()) {
  case clang::diag::err_ref_bad_target:
    lastUnresolved = {};
    return isGlobal(diagnostic, kReferenceTarget) ? diagnostic.getLocation()
                                                  : clang::SourceLocation();
  case clang::diag::err_ovl_no_viable_function_in_call:
    lastUnresolved = diagnostic.getLocation();
    return {};
  case clang::diag::note_ovl_candidate_bad_target:
    return isGlobal(diagnostic, kCandidateTarget) ? unresolved : clang::SourceLocation();
  default:
    return {};
  }
}

// A macro's argument may name the kernel, and its body launch it.
bool npu::wrapChildLaunch(clang::SourceLocation place, const clang::SourceManager &sources,
                          RewrittenSources &rewritten) {
  while (!wrapSpelled(place, sources, rewritten)) {
    if (!place.isMacroID())
      return false;
    place = sources.getImmediateExpansionRange(place).getBegin();
  }
  return true;
}

std::unique_ptr<clang::ASTConsumer> npu::allowChildLaunches() {
  return std::make_unique<TakeBack>();
}
