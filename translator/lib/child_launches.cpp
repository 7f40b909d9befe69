// See child_launches.h.
#include "child_launches.h"
#include "launch_syntax.h"

#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

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
bool ChildLaunches::note(clang::SourceLocation place, const clang::SourceManager &sources) {
  while (!noteSpelled(place, sources)) {
    if (!place.isMacroID())
      return false;
    place = sources.getImmediateExpansionRange(place).getBegin();
  }
  return true;
}

bool ChildLaunches::noteSpelled(clang::SourceLocation place, const clang::SourceManager &sources) {
  const auto [file, offset] = sources.getDecomposedSpellingLoc(place);
  const clang::FileEntry *entry = sources.getFileEntryForID(file);
  if (!entry)
    return false;
  FileFacts facts;
  facts.contents = sources.getBufferData(file).str();
  const SourceView view(entry->getName().str(), facts);
  const std::vector<SourceToken> &tokens = view.tokens();
  for (size_t i = 0; i < tokens.size(); ++i) {
    LaunchSyntax launch;
    if (tokens[i].kind != tok::lesslessless || tokens[i].offset < offset)
      continue;
    if (!findLaunch(tokens, i, launch) || tokens[launch.calleeBegin].offset > offset)
      return false;
    llvm::SmallString<256> path(entry->getName());
    (void)llvm::sys::fs::make_absolute(path);
    Noted &changes = noted[path.str().str()];
    changes.insertions[tokens[launch.calleeBegin].offset] = "[&] { ";
    changes.insertions[tokens[launch.argumentsClose].end()] = "; }()";
    changes.text = std::move(facts.contents);
    return true;
  }
  return false;
}

bool ChildLaunches::rewrite() {
  const bool any = !noted.empty();
  for (auto &[path, changes] : noted) {
    for (auto at = changes.insertions.rbegin(); at != changes.insertions.rend(); ++at)
      changes.text.insert(at->first, at->second);
    written[path] = std::move(changes.text);
  }
  noted.clear();
  return any;
}

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>
ChildLaunches::over(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> base) const {
  if (written.empty())
    return base;
  auto files = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  llvm::SmallString<256> folder;
  if (!llvm::sys::fs::current_path(folder))
    (void)files->setCurrentWorkingDirectory(folder);
  for (const auto &[path, text] : written)
    files->addFile(path, 0, llvm::MemoryBuffer::getMemBufferCopy(text, path));
  auto whole = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(std::move(base));
  whole->pushOverlay(std::move(files));
  return whole;
}

llvm::Error ChildLaunches::writeOverlay(const std::string &overlay) const {
  if (written.empty())
    return llvm::Error::success();
  llvm::json::Array files;
  for (const auto &[path, text] : written) {
    const std::string name = overlay + "." + std::to_string(files.size());
    if (llvm::Error error = llvm::writeFileAtomically(name + "-%%%%%%", name, text))
      return error;
    files.push_back(
        llvm::json::Object{{"type", "file"}, {"name", path}, {"external-contents", name}});
  }
  // JSON is YAML. The compiler is to name the user's files.
  llvm::json::Value whole = llvm::json::Object{
      {"version", 0}, {"use-external-names", false}, {"roots", std::move(files)}};
  std::string text;
  llvm::raw_string_ostream(text) << whole;
  return llvm::writeFileAtomically(overlay + "-%%%%%%", overlay, text);
}

std::unique_ptr<clang::ASTConsumer> npu::allowChildLaunches() {
  return std::make_unique<TakeBack>();
}
