// See neutral_name.h.
#include "neutral_name.h"
#include "source_view.h"

using namespace npu;

NeutralName npu::neutralName(llvm::StringRef name, const ProgramFacts &facts) {
  NeutralName result;
  if (auto own = facts.userRules.names.find(name.str()); own != facts.userRules.names.end()) {
    result.userRule = &own->second;
    result.spelling = own->second.to;
    return result;
  }
  if ((result.row = findRow(name))) {
    result.spelling = result.row->neutral.str();
    return result;
  }
  if (name == "cuda" && facts.compatNames.count("cuda"))
    result.spelling = "npu::concurrency"; // libcu++'s namespace
  else if (facts.compatNames.count(name.str()))
    result.spelling = neutralByPrefix(name);
  return result;
}

bool npu::isKernelDialect(const NeutralName &name) {
  static const llvm::StringRef kWords[] = {
#define GROUP(title)
#define DIALECT(cuda, neutral, kind) kind##Word(#neutral),
#define MacroWord(neutral) neutral
#define FunctionWord(neutral) neutral
#define VariableWord(neutral) neutral
#define TypeWord(neutral) neutral
#include "npu/api/dialect.def"
  };
  llvm::StringRef spelling = name.spelling;
  if (spelling.startswith("npu::"))
    return true;
  if (!spelling.startswith("NPU_"))
    return false;
  for (llvm::StringRef word : kWords)
    if (spelling == word)
      return true;
  return false;
}

std::string npu::neutralText(llvm::StringRef text, const ProgramFacts &facts) {
  FileFacts piece;
  piece.contents = text.str();
  SourceView view("", piece);
  std::string result;
  unsigned position = 0;
  for (const SourceToken &token : view.tokens()) {
    NeutralName name =
        token.kind == clang::tok::raw_identifier ? neutralName(token.text, facts) : NeutralName();
    result += text.slice(position, token.offset).str();
    result += name.spelling.empty() ? token.text.str() : name.spelling;
    position = token.end();
  }
  return result + text.substr(position).str();
}
