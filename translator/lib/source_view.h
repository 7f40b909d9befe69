// One source file as a list of tokens that still know their place, whatever the preprocessor made
// of them: rewriting works on what the user wrote. Also which preprocessor branches were taken.
#pragma once

#include "facts.h"

#include "clang/Basic/TokenKinds.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace npu {

struct SourceToken {
  unsigned offset = 0, length = 0;
  clang::tok::TokenKind kind = clang::tok::unknown;
  llvm::StringRef text; // as written
  int directive = -1;   // index into directives(), or -1 outside of one
  bool active = true;   // in a branch that some parse took (of a directive: the branch around it)
  unsigned end() const { return offset + length; }
};

struct SourceDirective {
  enum class Kind { If, Else, Endif, Include, Define, Undef, Text, Other };
  Kind kind = Kind::Other;
  unsigned offset = 0;                  // of '#'
  size_t firstToken = 0, lastToken = 0; // indices: '#' to the last one on the logical line
  bool active = true;                   // the branch around it
  unsigned depth = 0;                   // of conditionals around it
  int outermostIf = -1; // index of the directive that opened the outermost conditional around it
};

class SourceView {
public:
  // `facts` outlives the view.
  SourceView(std::string path, const FileFacts &facts);

  const std::string &path() const { return filePath; }
  llvm::StringRef contents() const { return facts.contents; }
  const FileFacts &fileFacts() const { return facts; }
  const std::vector<SourceToken> &tokens() const { return allTokens; }
  const std::vector<SourceDirective> &directives() const { return allDirectives; }

  // Whether the token names a parameter of the macro in whose definition it stands.
  bool isMacroParameter(size_t token) const;
  llvm::StringRef lineEnding() const;
  unsigned lineBegin(unsigned offset) const;
  unsigned lineEnd(unsigned offset) const; // after the line ending

private:
  void lex();
  void markDirective(size_t index);
  void markBranches();
  bool branchTaken(size_t directive) const;

  std::string filePath;
  const FileFacts &facts;
  std::vector<SourceToken> allTokens;
  std::vector<SourceDirective> allDirectives;
};

// Index of the token that closes the bracket at `open`, or npos.
size_t matchForward(const std::vector<SourceToken> &tokens, size_t open);
size_t matchBackward(const std::vector<SourceToken> &tokens, size_t close);
constexpr size_t kNoToken = static_cast<size_t>(-1);

} // namespace npu
