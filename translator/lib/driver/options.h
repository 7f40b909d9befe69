// The command line's table (options.def) and its reader. nvcc's own spelling rules: a value follows
// as
// `-opt value` or `-opt=value`; joined (`-O3`, `-Ifolder`) after one-letter names only; list values
// are split at commas that are neither quoted nor escaped.
#pragma once

#include "driver/settings.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <string>
#include <vector>

namespace npu::driver {

enum class Form {
  Flag,    // no value
  Boolean, // true or false
  Value,   // one value; the last one given holds
  List     // comma-separated values; adds to the earlier ones
};

struct Option {
  enum class Effect { Used, Ignored, Refused };
  using Apply = std::function<llvm::Error(Settings &, const std::string &value)>;

  std::vector<std::string> spellings; // long name first
  Form form;
  Effect effect;
  Apply apply;      // called once per value; Flag: with ""
  std::string help; // one line; for Refused: the reason
};

const std::vector<Option> &optionTable();

// Reads the arguments (without argv[0]); response files are expanded here.
// `warnings` receives one sentence for each doubtful use.
llvm::Expected<Settings> parseCommandLine(llvm::ArrayRef<std::string> arguments,
                                          std::vector<std::string> &warnings);

// The text of --help.
std::string helpText();

} // namespace npu::driver
