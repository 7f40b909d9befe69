// See preprocessor_watch.h.
#include "preprocessor_watch.h"
#include "api_table.h"

#include "clang/Lex/LexDiagnostic.h"
#include "clang/Lex/MacroInfo.h"
#include "clang/Lex/PPCallbacks.h"
#include "llvm/Support/Path.h"

using namespace npu;

namespace {

class PreprocessorWatch : public clang::PPCallbacks {
public:
  PreprocessorWatch(FactPlaces &places, clang::DiagnosticsEngine &diagnostics)
      : places(places), diagnostics(diagnostics) {}

  void FileChanged(clang::SourceLocation location, FileChangeReason reason,
                   clang::SrcMgr::CharacteristicKind, clang::FileID) override {
    if (reason != EnterFile)
      return;
    clang::FileID file = places.sources.getFileID(location);
    if (FileFacts *facts = places.userFile(file)) {
      entries[file] = facts->skippedPerEntry.size();
      facts->skippedPerEntry.emplace_back();
    }
  }

  void SourceRangeSkipped(clang::SourceRange range, clang::SourceLocation) override {
    auto [file, begin] = places.sources.getDecomposedLoc(range.getBegin());
    auto entry = entries.find(file);
    if (entry == entries.end())
      return;
    unsigned end = places.sources.getFileOffset(range.getEnd());
    places.userFile(file)->skippedPerEntry[entry->second].emplace_back(begin, end);
  }

  void InclusionDirective(clang::SourceLocation hash, const clang::Token &, llvm::StringRef name,
                          bool angled, clang::CharSourceRange range,
                          llvm::Optional<clang::FileEntryRef> file, llvm::StringRef,
                          llvm::StringRef, const clang::Module *,
                          clang::SrcMgr::CharacteristicKind characteristic) override {
    FactPlaces::Place at = places.place(hash);
    bool ruleReports = at.file && looksLikeCudaHeader(name);
    bool missing = !file && !ruleReports;
    // Clang's own error would end the parse.
    if (!file && places.errorsAreFacts &&
        places.noteMissingHeader(hash, ruleReports ? "" : "'" + name.str() + "' file not found"))
      missing = false;
    if (missing)
      diagnostics.Report(range.getBegin(), clang::diag::err_pp_file_not_found) << name;
    if (!at.file)
      return;
    IncludeFact fact;
    fact.spelled = name.str();
    fact.angled = angled;
    fact.computed = range.getBegin().isMacroID();
    if (!fact.computed) {
      fact.nameBegin = places.sources.getFileOffset(range.getBegin());
      fact.nameEnd = places.sources.getFileOffset(range.getEnd());
    }
    if (!file) {
      fact.kind = IncludeFact::Kind::Missing;
    } else {
      fact.resolved = realPathOf(file->getFileEntry());
      if (llvm::StringRef(fact.resolved).startswith(places.ourFolder))
        // What stands beside cuda/ and npu/ is a standard header that Clang needs mended.
        fact.kind = llvm::sys::path::parent_path(fact.resolved) ==
                            llvm::StringRef(places.ourFolder).rtrim('/')
                        ? IncludeFact::Kind::System
                        : IncludeFact::Kind::Ours;
      else if (!clang::SrcMgr::isSystem(characteristic))
        fact.kind = IncludeFact::Kind::User;
    }
    auto [known, isNew] = at.file->includes.try_emplace(at.offset, fact);
    if (!isNew && known->second.kind == IncludeFact::Kind::Missing)
      known->second = fact;
  }

  void MacroDefined(const clang::Token &name, const clang::MacroDirective *) override {
    noteOwn(name);
  }
  void MacroUndefined(const clang::Token &name, const clang::MacroDefinition &definition,
                      const clang::MacroDirective *) override {
    noteUse(name, definition);
  }
  void MacroExpands(const clang::Token &name, const clang::MacroDefinition &definition,
                    clang::SourceRange, const clang::MacroArgs *) override {
    noteUse(name, definition);
  }
  void Defined(const clang::Token &name, const clang::MacroDefinition &definition,
               clang::SourceRange) override {
    noteUse(name, definition);
  }
  void Ifdef(clang::SourceLocation, const clang::Token &name,
             const clang::MacroDefinition &definition) override {
    noteUse(name, definition);
  }
  void Ifndef(clang::SourceLocation, const clang::Token &name,
              const clang::MacroDefinition &definition) override {
    noteUse(name, definition);
  }

private:
  void noteOwn(const clang::Token &name) {
    if (!places.isUsers(name.getLocation()))
      return;
    places.noteUser(name.getLocation());
    places.facts.userNames.insert(name.getIdentifierInfo()->getName().str());
  }

  void noteUse(const clang::Token &name, const clang::MacroDefinition &definition) {
    const clang::MacroInfo *macro = definition.getMacroInfo();
    if (!macro || !name.getIdentifierInfo())
      return;
    if (places.isUsers(macro->getDefinitionLoc()))
      places.noteUser(name.getLocation());
    else
      places.noteCompat(name.getLocation());
  }

  FactPlaces &places;
  clang::DiagnosticsEngine &diagnostics;
  llvm::DenseMap<clang::FileID, size_t> entries;
};

} // namespace

void npu::watchPreprocessor(clang::Preprocessor &preprocessor, FactPlaces &places) {
  // A missing header is reported by the watch: one of CUDA's without a counterpart here is for the
  // rules to report, not a fatal error.
  preprocessor.SetSuppressIncludeNotFoundError(true);
  preprocessor.addPPCallbacks(
      std::make_unique<PreprocessorWatch>(places, preprocessor.getDiagnostics()));
}
