// Value splitting and response files.
#include "driver/argument_list.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/StringSaver.h"

using namespace llvm;

namespace npu::driver {

namespace {

constexpr unsigned kMaximumNesting = 32;

Error expandFile(StringRef path, std::vector<std::string> &result, unsigned depth);

Error expand(ArrayRef<std::string> arguments, std::vector<std::string> &result, unsigned depth) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    StringRef argument = arguments[i];
    std::vector<std::string> files;
    auto [name, value] = argument.split('=');
    if (argument.startswith("@") && argument.size() > 1) {
      files = {argument.drop_front().str()};
    } else if (name == "-optf" || name == "--options-file") {
      if (name.size() == argument.size()) {
        if (i + 1 == arguments.size())
          return createStringError(inconvertibleErrorCode(),
                                   "argument expected after '" + argument + "'");
        value = arguments[++i];
      }
      files = splitList(value);
    } else {
      result.push_back(argument.str());
    }
    for (const std::string &file : files)
      if (Error error = expandFile(file, result, depth + 1))
        return error;
  }
  return Error::success();
}

Error expandFile(StringRef path, std::vector<std::string> &result, unsigned depth) {
  if (depth > kMaximumNesting)
    return createStringError(inconvertibleErrorCode(),
                             "options file '" + path + "' includes itself");
  if (sys::fs::is_directory(path))
    return createStringError(inconvertibleErrorCode(),
                             "options file '" + path + "' is a directory");
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return createStringError(inconvertibleErrorCode(), "cannot read options file '" + path +
                                                           "': " + buffer.getError().message());
  return expand(splitWords((*buffer)->getBuffer()), result, depth);
}

} // namespace

std::vector<std::string> splitList(StringRef text) {
  std::vector<std::string> values(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char character = text[i];
    if (character == '\\' && i + 1 < text.size()) {
      if (text[i + 1] != ',')
        values.back() += character;
      values.back() += text[++i];
    } else if (character == ',' && !quoted) {
      values.emplace_back();
    } else {
      quoted ^= character == '"';
      values.back() += character;
    }
  }
  return values;
}

std::vector<std::string> splitWords(StringRef text) {
  BumpPtrAllocator allocator;
  StringSaver saver(allocator);
  SmallVector<const char *> words;
  cl::TokenizeGNUCommandLine(text, saver, words);
  return {words.begin(), words.end()};
}

Expected<std::vector<std::string>> expandResponseFiles(std::vector<std::string> arguments) {
  std::vector<std::string> result;
  if (Error error = expand(arguments, result, 0))
    return error;
  return result;
}

std::string shellQuote(StringRef text) {
  auto isPlain = [](char c) {
    return isalnum(static_cast<unsigned char>(c)) || strchr("-_./=+:,@%", c);
  };
  if (!text.empty() && all_of(text, isPlain))
    return text.str();
  std::string quoted = "'";
  for (char character : text)
    quoted += character == '\'' ? std::string("'\\''") : std::string(1, character);
  return quoted + "'";
}

} // namespace npu::driver
