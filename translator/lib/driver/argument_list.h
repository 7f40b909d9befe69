// Splitting of option values, and arguments that come from files.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace npu::driver {

// Splits at commas that are neither in double quotes nor escaped by a backslash ("\," is a comma).
// Quotes stay: they belong to the value.
std::vector<std::string> splitList(llvm::StringRef text);
// Splits at white space as a shell does, quotes removed.
std::vector<std::string> splitWords(llvm::StringRef text);
// Replaces @file, -optf file and --options-file file,... by the file's words, nested ones included.
llvm::Expected<std::vector<std::string>> expandResponseFiles(std::vector<std::string> arguments);
// `text` so that a POSIX shell reads it as one word.
std::string shellQuote(llvm::StringRef text);

} // namespace npu::driver
