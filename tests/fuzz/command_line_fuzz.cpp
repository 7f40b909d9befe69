// Command lines of npucc, and those of any compiler that a build recorded: a line of the input is
// an argument. No argument names a response file, since the files of this machine are no input.
#include "driver/argument_list.h"
#include "driver/options.h"
#include "project/compile_command.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

using namespace npu;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  llvm::SmallVector<llvm::StringRef, 16> lines;
  text.split(lines, '\n');
  std::vector<std::string> arguments;
  for (llvm::StringRef line : lines)
    if (!line.startswith("@") && !line.contains("optf") && !line.contains("options-file"))
      arguments.push_back(line.str());
  std::vector<std::string> warnings;
  if (auto settings = driver::parseCommandLine(arguments, warnings); !settings)
    llvm::consumeError(settings.takeError());
  std::vector<std::string> words = driver::splitWords(text);
  driver::splitList(text);
  words.insert(words.begin(), "nvcc");
  sourcesOf({"/somewhere", words});
  sourcesOf({"/somewhere", arguments});
  return 0;
}
