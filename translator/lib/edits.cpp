// See edits.h.
#include "edits.h"

#include <algorithm>
#include <set>

using namespace npu;

void Edits::replace(unsigned offset, unsigned length, std::string text) {
  edits.push_back({offset, length, std::move(text)});
}

llvm::Expected<std::string> Edits::apply(llvm::StringRef contents) const {
  std::vector<const Edit *> ordered;
  for (const Edit &edit : edits)
    ordered.push_back(&edit);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Edit *a, const Edit *b) {
    if (a->offset != b->offset)
      return a->offset < b->offset;
    if ((a->length == 0) != (b->length == 0))
      return a->length == 0;
    return a->length > b->length;
  });
  std::string result;
  unsigned position = 0;
  const Edit *last = nullptr;
  for (const Edit *edit : ordered) {
    if (edit->offset < position) {
      bool same = last && edit->offset == last->offset && edit->length == last->length &&
                  edit->text == last->text;
      bool swallowed =
          last && last->text.empty() && edit->offset + edit->length <= last->offset + last->length;
      if (same || swallowed)
        continue;
      return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                     "two rules change the same text at offset %u: '%s' and '%s'",
                                     edit->offset, last->text.c_str(), edit->text.c_str());
    }
    result += contents.slice(position, edit->offset).str();
    result += edit->text;
    position = edit->offset + edit->length;
    if (edit->length)
      last = edit;
  }
  result += contents.substr(position).str();
  return result;
}

long Edits::shift(unsigned line, unsigned offset, unsigned length) const {
  long result = 0;
  for (const Edit &edit : edits) {
    unsigned end = edit.offset + edit.length;
    if (end < line || edit.offset > offset + length)
      continue; // another line's
    bool wholeLine =
        edit.offset == line && edit.length == 0 && llvm::StringRef(edit.text).endswith("\n");
    if (wholeLine)
      continue;
    if (edit.offset < line || end > offset || llvm::StringRef(edit.text).contains('\n'))
      return 0;
    result += static_cast<long>(edit.text.size()) - static_cast<long>(edit.length);
  }
  return result;
}

unsigned Edits::changedLines(llvm::StringRef contents) const {
  std::vector<unsigned> lineStarts = {0};
  for (size_t i = 0; i < contents.size(); ++i)
    if (contents[i] == '\n')
      lineStarts.push_back(static_cast<unsigned>(i + 1));
  auto lineOf = [&](unsigned offset) {
    return std::upper_bound(lineStarts.begin(), lineStarts.end(), offset) - lineStarts.begin();
  };
  std::set<std::ptrdiff_t> lines;
  for (const Edit &edit : edits)
    for (std::ptrdiff_t line = lineOf(edit.offset);
         line <= lineOf(edit.offset + (edit.length ? edit.length - 1 : 0)); ++line)
      lines.insert(line);
  return static_cast<unsigned>(lines.size());
}
