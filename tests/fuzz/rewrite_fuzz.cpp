// The rules on any text. Clang is left out (a crash of it costs one input, in a process of its
// own); what it would have said about names, branches and launches is drawn from the input's first
// bytes, so the rules see facts that contradict the text, too. A rewrite must succeed: rules that
// get in each other's way are an error of ours.
#include "rewrite.h"

#include "clang/Basic/TokenKinds.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace npu;

namespace {

const std::string kPath = "/fuzz/input.cu";

// Bits for one decision after the other.
class Dice {
public:
  explicit Dice(unsigned seed) : state(seed * 2654435761u + 1) {}
  bool roll(unsigned oneIn) {
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % oneIn == 0;
  }

private:
  unsigned state;
};

void inventFacts(ProgramFacts &facts, FileFacts &file, unsigned seed) {
  Dice dice(seed);
  SourceView view(kPath, file);
  for (const SourceToken &token : view.tokens()) {
    if (token.kind == clang::tok::raw_identifier && dice.roll(3))
      file.names[token.offset] = {dice.roll(2), dice.roll(3)};
    if (token.kind == clang::tok::lesslessless && dice.roll(2)) {
      LaunchFact &launch = file.launches[token.offset];
      launch.byTheCompiler = dice.roll(4);
      if (dice.roll(3))
        launch.templateArguments = "<float, 3>";
      if (dice.roll(3))
        launch.defaultArguments = {"1", "nullptr"};
    }
    if (token.kind == clang::tok::raw_identifier && dice.roll(40))
      facts.unknownNames[{kPath, token.offset}] = token.text.str();
    if (dice.roll(100))
      facts.parseErrors[{kPath, token.offset}] = "something";
  }
  for (const SourceDirective &directive : view.directives())
    if (directive.kind == SourceDirective::Kind::Include &&
        directive.lastToken >= directive.firstToken + 2 && dice.roll(2)) {
      IncludeFact fact;
      fact.kind = static_cast<IncludeFact::Kind>(dice.roll(2) * 2 + dice.roll(2));
      fact.nameBegin = view.tokens()[directive.firstToken + 2].offset;
      fact.nameEnd = view.tokens()[directive.lastToken].end();
      fact.spelled = view.contents().slice(fact.nameBegin, fact.nameEnd).trim("<>\"").str();
      fact.angled = view.contents()[fact.nameBegin] == '<';
      fact.resolved = fact.kind == IncludeFact::Kind::Missing ? "" : "/fuzz/" + fact.spelled;
      file.includes[directive.offset] = fact;
    }
  if (dice.roll(3) && file.contents.size() > 20)
    file.skippedPerEntry = {{{5u, static_cast<unsigned>(file.contents.size() / 2)}}};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  if (size < 2)
    return 0;
  llvm::StringRef text(reinterpret_cast<const char *>(data) + 2, size - 2);
  if (text.contains('\0'))
    return 0; // refused before: binary data
  ProgramFacts facts;
  FileFacts &file = facts.files[kPath];
  file.contents = text.str();
  inventFacts(facts, file, data[0] | data[1] << 8);
  auto layout = OutputLayout::make({kPath}, {}, facts, "/fuzz-out", {});
  if (!layout)
    std::abort();
  Diagnostics diagnostics;
  auto rewritten =
      rewrite({kPath, file, facts, *layout, "input.cu", data[0] % 2 == 0}, diagnostics);
  if (!rewritten) {
    llvm::errs() << llvm::toString(rewritten.takeError()) << "\n";
    std::abort();
  }
  diagnostics.print(llvm::nulls());
  return 0;
}
