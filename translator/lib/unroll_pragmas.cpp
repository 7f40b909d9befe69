// See unroll_pragmas.h.
#include "unroll_pragmas.h"
#include "raw_tokens.h"

#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace npu {

namespace {

// A statement that starts otherwise may be a loop, as names may be macros.
bool startsNoLoop(const RawToken &token) {
  static const StringSet<> starts = {
      "}",      "template", "__global__", "__device__", "__host__", "__constant__", "__shared__",
      "static", "inline",   "extern",     "struct",     "class",    "union",        "enum",
      "using",  "typedef",  "namespace",  "public",     "private",  "protected"};
  return token.kind == clang::tok::eof || token.spelling.startswith("NPU_") ||
         starts.contains(token.spelling);
}

} // namespace

std::string blankStrayUnrolls(StringRef source) {
  if (!source.contains("unroll"))
    return "";
  std::string result;
  const std::vector<RawToken> tokens = rawTokensOf(source);
  for (size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].kind != clang::tok::hash || tokens[i + 1].spelling != "pragma" ||
        tokens[i + 2].spelling != "unroll")
      continue;
    const size_t start = tokens[i].offset;
    const size_t end = std::min(source.find('\n', start), source.size());
    const bool oneLine = !source.slice(start, end).rtrim().endswith("\\");
    const bool directive = source.take_front(start).rtrim(" \t").endswith("\n") || start == 0;
    size_t next = i + 3;
    while (tokens[next].kind != clang::tok::eof && tokens[next].offset < end)
      ++next;
    if (!oneLine || !directive || !startsNoLoop(tokens[next]))
      continue;
    if (result.empty())
      result = source.str();
    result.replace(start, end - start, end - start, ' ');
  }
  return result;
}

} // namespace npu
