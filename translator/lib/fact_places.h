// Maps Clang's source locations to the facts' places: a user file and a byte offset where the text
// is spelled, in a macro body too. Shared by what watches the preprocessor and what walks the AST.
#pragma once

#include "facts.h"

#include "clang/AST/Decl.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallString.h"

namespace npu {

class FactPlaces {
public:
  FactPlaces(clang::SourceManager &sources, std::string ourFolder, ProgramFacts &facts,
             bool errorsAreFacts)
      : sources(sources), ourFolder(std::move(ourFolder)), facts(facts),
        errorsAreFacts(errorsAreFacts) {}

  // The facts of the user's file `file`, or nullptr when it is ours, the system's or no file.
  FileFacts *userFile(clang::FileID file);
  FileFacts *userFile(clang::FileID file, std::string &path);
  bool isOurs(clang::FileID file);
  bool isUsers(clang::SourceLocation location) {
    return userFile(spellingFile(location)) != nullptr;
  }

  struct Place {
    FileFacts *file = nullptr; // nullptr: not in a user's file
    std::string path;
    unsigned offset = 0;
  };
  Place place(clang::SourceLocation location);

  // Notes an error at `location`, or at the include that led there. False: it is at no place of the
  // user's.
  bool noteError(clang::SourceLocation location, const std::string &message);

  // The same for a header that is missing. What follows in this parse may fail for want of it, so
  // errors are counted at the include from now on. `message`: "" when something else says so.
  bool noteMissingHeader(clang::SourceLocation location, const std::string &message);
  // After the parse.
  void reportMissingHeader();

  // Notes that the name at `location` is the user's or CUDA's.
  void noteUser(clang::SourceLocation location);
  void noteCompat(clang::SourceLocation location);
  // ... or a function of the system's, which only the host has.
  void noteSystem(clang::SourceLocation location);

  clang::SourceManager &sources;
  const std::string ourFolder; // real path, trailing separator
  ProgramFacts &facts;
  const bool errorsAreFacts;

private:
  using Key = std::pair<std::string, unsigned>; // path and offset
  // Where the user wrote what led to `location`: the outermost macro, the include.
  llvm::Optional<Key> usersPlace(clang::SourceLocation location);
  llvm::Optional<Key> missingHeader; // the first one's include
  size_t behindMissingHeader = 0;    // errors

  void notePasted(clang::SourceLocation location);
  llvm::SmallString<64> spellingBuffer;
  std::string writtenText(clang::FileID file, const clang::FileEntry &entry);
  clang::FileID spellingFile(clang::SourceLocation location) const;
  struct Known {
    FileFacts *facts = nullptr;
    std::string path;
  };
  llvm::DenseMap<clang::FileID, Known> known;
  llvm::DenseMap<clang::FileID, bool> ours;
};

std::string realPathOf(const clang::FileEntry &file);

} // namespace npu
