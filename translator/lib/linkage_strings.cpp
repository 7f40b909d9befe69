// See linkage_strings.h. `extern "C"` in front of a name can be no user-defined literal: that is no
// linkage.
#include "linkage_strings.h"
#include "raw_tokens.h"

using namespace llvm;

namespace npu {

std::string separateLinkageStrings(StringRef source) {
  if (!source.contains("extern"))
    return "";
  std::string result;
  const std::vector<RawToken> tokens = rawTokensOf(source);
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    const RawToken &literal = tokens[i + 1];
    if (tokens[i].spelling != "extern" || literal.kind != clang::tok::string_literal)
      continue;
    const size_t closing = literal.spelling.rfind('"');
    const bool separate = closing + 1 == literal.spelling.size();
    const bool blank = literal.offset && StringRef(" \t").contains(source[literal.offset - 1]);
    if (separate || !blank || !literal.spelling.startswith("\"C"))
      continue;
    if (result.empty())
      result = source.str();
    const StringRef text = literal.spelling.take_front(closing + 1);
    result.replace(literal.offset - 1, text.size() + 1, text.str() + " ");
  }
  return result;
}

} // namespace npu
