// Files of a compilation whose text is changed because of what Clang said about it, for the next
// attempt at the same compilation and for its host side.
#pragma once

#include "clang/Basic/SourceManager.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/VirtualFileSystem.h"

#include <map>
#include <string>

namespace npu {

class RewrittenSources {
public:
  static bool isFile(clang::FileID file, const clang::SourceManager &sources);
  // Notes that `length` bytes at `offset` are to become `text`, which should have no fewer lines,
  // nor more. The same place may be noted more than once; the last one holds.
  void replace(clang::FileID file, const clang::SourceManager &sources, unsigned offset,
               unsigned length, std::string text);
  // Notes that `text` is to stand in front of `offset`, behind what else was added there.
  void add(clang::FileID file, const clang::SourceManager &sources, unsigned offset,
           const std::string &text);
  // Rewrites what was noted since the last call. False: that was nothing.
  bool rewrite();

  // By absolute path.
  const std::map<std::string, std::string> &texts() const { return written; }
  // `base` with these texts in the place of its files'.
  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>
  over(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> base) const;
  // The same as an overlay file for Clang's -ivfsoverlay; the texts go to `overlay`.0, .1 and so
  // on. Nothing is written when no text was rewritten.
  llvm::Error writeOverlay(const std::string &overlay) const;

private:
  struct Noted {
    std::string text;
    std::map<unsigned, std::pair<unsigned, std::string>> changes; // by offset: length and new text
  };
  Noted &notes(clang::FileID file, const clang::SourceManager &sources);

  std::map<std::string, Noted> noted;         // by absolute path
  std::map<std::string, std::string> written; // by absolute path
};

} // namespace npu
