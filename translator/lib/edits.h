// The changes to one file: replacements of byte ranges in the original text, applied all at once.
// Rules add them in any order; two rules must not change the same bytes differently.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace npu {

class Edits {
public:
  void replace(unsigned offset, unsigned length, std::string text);
  void insert(unsigned offset, std::string text) { replace(offset, 0, std::move(text)); }
  void remove(unsigned offset, unsigned length) { replace(offset, length, ""); }
  bool empty() const { return edits.empty(); }

  // A removal swallows edits inside it. Insertions at one place keep their order and precede a
  // replacement that starts there.
  llvm::Expected<std::string> apply(llvm::StringRef contents) const;

  // By how many columns the edits of one line, which begins at `line`, move what stands at
  // `offset`. 0, too, when an edit changes how the lines lie, or touches the `length` bytes at
  // `offset`.
  long shift(unsigned line, unsigned offset, unsigned length) const;

  // How many lines of `contents` some edit touches.
  unsigned changedLines(llvm::StringRef contents) const;

private:
  struct Edit {
    unsigned offset, length;
    std::string text;
  };
  std::vector<Edit> edits;
};

} // namespace npu
