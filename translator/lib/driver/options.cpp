// The command line's reader: finds each argument's row, takes its values, applies the row's action.
#include "driver/options.h"

#include "driver/argument_list.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace npu::driver {

namespace {

Error failure(const Twine &message) { return createStringError(inconvertibleErrorCode(), message); }

// Which row an argument names, and the value written in the same argument, if any.
struct Match {
  const Option *option = nullptr;
  std::string spelling;
  bool hasValue = false;
  std::string value;
  bool joined = false; // "-O3"
};

class Reader {
public:
  Reader(std::vector<std::string> arguments, std::vector<std::string> &warnings)
      : arguments(std::move(arguments)), warnings(warnings) {
    for (const Option &option : optionTable())
      for (const std::string &spelling : option.spellings)
        rows[spelling] = &option;
  }

  Expected<Settings> read() {
    // Whether unknown options are forwarded does not depend on where it is said.
    for (StringRef argument : arguments) {
      settings.forwardUnknownToCompiler |= argument.endswith("-forward-unknown-to-host-compiler") ||
                                           argument.endswith("-forward-unknown-opts");
      settings.forwardUnknownToLinker |= argument.endswith("-forward-unknown-to-host-linker") ||
                                         argument.endswith("-forward-unknown-opts");
    }
    while (next < arguments.size())
      if (Error error = readOne())
        return error;
    return settings;
  }

private:
  Match find(StringRef argument) const {
    if (auto row = rows.find(argument); row != rows.end())
      return {row->second, argument.str(), false, "", false};
    auto [name, value] = argument.split('=');
    if (auto row = rows.find(name); row != rows.end() && name.size() < argument.size())
      return {row->second, name.str(), true, value.str(), false};
    // Joined values: one-letter names only, and never a flag ("-gfoo" is no -g).
    if (argument.size() > 2 && argument[1] != '-')
      if (auto row = rows.find(argument.take_front(2));
          row != rows.end() && row->second->form != Form::Flag)
        return {row->second, argument.take_front(2).str(), true, argument.drop_front(2).str(),
                true};
    return {};
  }

  Error readOne() {
    std::string argument = arguments[next++];
    if (argument.empty())
      return failure("an argument is empty; remove it or name a file");
    if (argument[0] != '-' || argument == "-") {
      settings.inputs.push_back(argument);
      return Error::success();
    }
    Match match = find(argument);
    if (!match.option)
      return readUnknown(argument);
    const Option &option = *match.option;
    if (option.effect == Option::Effect::Refused)
      return failure("option '" + match.spelling + "' is not supported: " + option.help);
    if (option.form == Form::Flag) {
      if (match.hasValue)
        return failure("option '" + match.spelling + "' takes no value, but '" + match.value +
                       "' is given");
      return option.apply(settings, "");
    }
    if (!match.hasValue) {
      if (next == arguments.size())
        return failure("argument expected after '" + match.spelling + "'");
      match.value = arguments[next++];
    }
    Error error = apply(match);
    // "-march=native" is no bad value of -m, but an option that npucc does not know.
    if (error && match.joined) {
      consumeError(std::move(error));
      return readUnknown(argument);
    }
    return error;
  }

  Error readUnknown(const std::string &argument) {
    if (!settings.forwardUnknownToCompiler && !settings.forwardUnknownToLinker)
      return failure("unknown option '" + argument +
                     "'; options of the host compiler go through -Xcompiler");
    settings.unknown.push_back(argument);
    return Error::success();
  }

  Error apply(const Match &match) {
    const Option &option = *match.option;
    std::vector<std::string> values = {match.value};
    if (option.form == Form::List)
      values = splitList(match.value);
    if (option.form == Form::Boolean && match.value != "true" && match.value != "false")
      return failure("option '" + match.spelling + "': '" + match.value +
                     "' is neither true nor false");
    if (option.form == Form::Value)
      noteRedefinition(match);
    if (option.form == Form::Value && match.value.empty())
      return failure("option '" + match.spelling + "': its value is empty");
    for (const std::string &value : values)
      if (Error error = option.apply(settings, value))
        return failure("option '" + match.spelling + "': " + toString(std::move(error)));
    return Error::success();
  }

  void noteRedefinition(const Match &match) {
    StringRef name = match.option->spellings.front();
    if (name == "--generate-code") // each one adds an architecture
      return;
    auto [earlier, isNew] = singleValues.try_emplace(name, match.value);
    if (!isNew && earlier->second != match.value)
      warnings.push_back("option '" + match.spelling + "' is given twice; the last value, '" +
                         match.value + "', is used");
    earlier->second = match.value;
  }

  std::vector<std::string> arguments;
  std::vector<std::string> &warnings;
  size_t next = 0;
  Settings settings;
  StringMap<const Option *> rows;
  StringMap<std::string> singleValues;
};

} // namespace

Expected<Settings> parseCommandLine(ArrayRef<std::string> arguments,
                                    std::vector<std::string> &warnings) {
  Expected<std::vector<std::string>> expanded = expandResponseFiles(arguments.vec());
  if (!expanded)
    return expanded.takeError();
  return Reader(std::move(*expanded), warnings).read();
}

std::string helpText() {
  std::string text;
  raw_string_ostream stream(text);
  stream
      << "Usage: npucc [options] files...\n\n"
         "Compiles CUDA and neutral sources and links them with libnpurt. Files: .cu, .cpp, .cc,\n"
         ".cxx, .c, .o, .a, .so. Values: -opt value or -opt=value; lists are split at commas.\n\n";
  for (const Option &option : optionTable()) {
    if (option.effect == Option::Effect::Refused)
      continue;
    for (const std::string &spelling : option.spellings)
      stream << (&spelling == &option.spellings.front() ? "" : ", ") << spelling;
    stream << (option.form == Form::Flag      ? ""
               : option.form == Form::Boolean ? " {true|false}"
               : option.form == Form::Value   ? " <value>"
                                              : " <value>,...")
           << "\n        " << (option.effect == Option::Effect::Ignored ? "Ignored: " : "")
           << option.help << ".\n";
  }
  return text;
}

} // namespace npu::driver
