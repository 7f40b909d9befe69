// See keep_columns.h.
#include "keep_columns.h"

#include <algorithm>

using namespace npu;

void npu::keepColumns(const SourceView &view, Edits &edits) {
  struct Gap {
    unsigned offset;
    size_t spaces, wanted;
  };
  std::vector<Gap> gaps;
  for (const SourceToken &token : view.tokens()) {
    llvm::StringRef rest = view.contents().drop_front(token.end());
    size_t spaces = std::min(rest.find_first_not_of(' '), rest.size());
    llvm::StringRef next = rest.drop_front(spaces);
    bool aligned = next.startswith("\\\n") || next.startswith("\\\r\n") || next.startswith("//") ||
                   next.startswith("/*");
    if (spaces < 2 || !aligned)
      continue;
    long shift =
        edits.shift(view.lineBegin(token.end()), token.end(), static_cast<unsigned>(spaces));
    long wanted = std::max(1L, static_cast<long>(spaces) - shift);
    if (shift != 0)
      gaps.push_back({token.end(), spaces, static_cast<size_t>(wanted)});
  }
  for (const Gap &gap : gaps)
    edits.replace(gap.offset, static_cast<unsigned>(gap.spaces), std::string(gap.wanted, ' '));
}
