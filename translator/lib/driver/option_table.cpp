// The actions that options.def names, and the table made from its rows.
#include "driver/options.h"

#include "driver/argument_list.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Regex.h"

using namespace llvm;

namespace npu::driver {

namespace {

struct Action {
  Option::Effect effect;
  Option::Apply apply;
};

Error failure(const std::string &message) {
  return createStringError(inconvertibleErrorCode(), "%s", message.c_str());
}

template <typename Function> Action used(Function function) {
  return {Option::Effect::Used, [function](Settings &settings, const std::string &value) -> Error {
            if constexpr (std::is_void_v<decltype(function(settings, value))>) {
              function(settings, value);
              return Error::success();
            } else {
              return function(settings, value);
            }
          }};
}

Action ignored() {
  return {Option::Effect::Ignored,
          [](Settings &, const std::string &) { return Error::success(); }};
}
// The reader makes the message, because the row's help text is the reason.
Action refused() {
  return {Option::Effect::Refused,
          [](Settings &, const std::string &) { return Error::success(); }};
}
Action set(bool Settings::*member) {
  return used([=](Settings &settings, const std::string &) { settings.*member = true; });
}
Action boolean(bool Settings::*member) {
  return used(
      [=](Settings &settings, const std::string &value) { settings.*member = value == "true"; });
}
Action assign(std::string Settings::*member) {
  return used([=](Settings &settings, const std::string &value) { settings.*member = value; });
}
Action append(std::vector<std::string> Settings::*member) {
  return used(
      [=](Settings &settings, const std::string &value) { (settings.*member).push_back(value); });
}
// A value may hold several words, as nvcc hands it to a shell: -Xcompiler "-Wall -O2".
Action words(std::vector<std::string> Settings::*member) {
  return used([=](Settings &settings, const std::string &value) {
    for (std::string &word : splitWords(value))
      (settings.*member).push_back(std::move(word));
  });
}
Action preprocessor(const char *spelling) {
  return used([=](Settings &settings, const std::string &value) {
    settings.preprocessor.insert(settings.preprocessor.end(), {spelling, value});
  });
}
Action choice(std::string Settings::*member, std::vector<std::string> allowed) {
  return used([=](Settings &settings, const std::string &value) -> Error {
    if (!is_contained(allowed, value))
      return failure("value '" + value + "' is not one of: " + join(allowed, ", "));
    if (member)
      settings.*member = value;
    return Error::success();
  });
}
Action phase(Phase value) {
  return used([=](Settings &settings, const std::string &) { settings.phase = value; });
}
Action deviceImage(ImageForm form) {
  return used([=](Settings &settings, const std::string &) {
    settings.phase = Phase::DeviceImage;
    settings.imageForm = form;
  });
}
Action deviceCompile(bool relocatable) {
  return used([=](Settings &settings, const std::string &) {
    settings.phase = Phase::Compile;
    settings.relocatable = relocatable;
  });
}
Action dependencies(bool onlyUserHeaders) {
  return used([=](Settings &settings, const std::string &) {
    settings.phase = Phase::Dependencies;
    settings.onlyUserHeaders = onlyUserHeaders;
  });
}
Action dependenciesToo(bool onlyUserHeaders) {
  return used([=](Settings &settings, const std::string &) {
    settings.writeDependencies = true;
    settings.onlyUserHeaders = onlyUserHeaders;
  });
}
Action standard() {
  return used([](Settings &settings, const std::string &value) -> Error {
    if (!Regex("^(c|gnu)\\+\\+(03|11|14|17|20)$").match(value))
      return failure("value '" + value + "' is not one of: c++03, c++11, c++14, c++17, c++20");
    settings.standard = value;
    return Error::success();
  });
}
Action optimize() {
  return used([](Settings &settings, const std::string &value) -> Error {
    if (!Regex("^([0-9]|s|z|g|fast)$").match(value))
      return failure("'" + value + "' is not an optimisation level");
    // Host compilers take every higher level for 3.
    settings.optimize = value >= "4" && value <= "9" ? "3" : value;
    return Error::success();
  });
}
Action threads() {
  return used([](Settings &settings, const std::string &value) -> Error {
    if (StringRef(value).getAsInteger(10, settings.threads))
      return failure("'" + value + "' is not a number");
    return Error::success();
  });
}
Action cudaRuntime() {
  return used([](Settings &settings, const std::string &value) -> Error {
    if (value != "none" && value != "shared" && value != "static" && value != "hybrid")
      return failure("value '" + value + "' is not one of: none, shared, static");
    settings.noRuntime = value == "none";
    return Error::success();
  });
}
Action defaultStream() {
  return used([](Settings &settings, const std::string &value) -> Error {
    if (value != "legacy" && value != "null" && value != "per-thread")
      return failure("value '" + value + "' is not one of: legacy, null, per-thread");
    settings.perThreadDefaultStream = value == "per-thread";
    return Error::success();
  });
}
Action ptxas() {
  return used([](Settings &settings, const std::string &value) {
    for (const std::string &word : splitWords(value)) {
      SmallVector<StringRef> match;
      if (Regex("^(-O|--opt-level=?)([0-4])$").match(word, &match))
        settings.deviceOptimize = match[2] == "4" ? "3" : match[2].str();
    }
  });
}
Action warningsAsErrors() {
  return used([](Settings &settings, const std::string &value) -> Error {
    static const StringRef kinds[] = {
        "all-warnings",          "cross-execution-space-call", "reorder",
        "default-stream-launch", "deprecated-declarations",    "ext-lambda-captures-this",
        "missing-launch-bounds"};
    if (!is_contained(kinds, StringRef(value)))
      return failure("'" + value + "' is not a kind of warning; all-warnings is");
    settings.warningsAreErrors |= value == "all-warnings";
    return Error::success();
  });
}
Action forwardUnknown() {
  return used([](Settings &settings, const std::string &) {
    settings.forwardUnknownToCompiler = settings.forwardUnknownToLinker = true;
  });
}
// Expanded before the options are read; what arrives here has been done.
Action optionsFile() {
  return used([](Settings &, const std::string &) {});
}

bool isArchitecture(StringRef name) {
  return Regex("^((sm|compute|lto)_[0-9]+[af]?|native|all|all-major)$").match(name);
}
Action architecture() {
  return {Option::Effect::Ignored, [](Settings &, const std::string &value) -> Error {
            if (!isArchitecture(value))
              return failure("'" + value + "' is not a GPU architecture such as sm_80");
            return Error::success();
          }};
}

// arch=compute_80,code=[sm_80,compute_80]
Action generateCode() {
  return {Option::Effect::Ignored, [](Settings &, const std::string &value) -> Error {
            SmallVector<StringRef> match;
            if (!Regex("^arch=([^,]+)(,code=\\[?([^]]+)\\]?)?$").match(value, &match))
              return failure("'" + value + "' is not of the form arch=compute_80,code=sm_80");
            SmallVector<StringRef> names;
            match[3].split(names, ',', -1, false);
            names.push_back(match[1]);
            for (StringRef name : names)
              if (!isArchitecture(name.trim("'\"")))
                return failure("'" + name.str() + "' is not a GPU architecture such as sm_80");
            return Error::success();
          }};
}

std::vector<Option> makeTable() {
  std::vector<Option> table;
  auto add = [&](std::vector<std::string> spellings, Form form, Action action, const char *help) {
    table.push_back({std::move(spellings), form, action.effect, std::move(action.apply), help});
  };
#define LIST(...)                                                                                  \
  { __VA_ARGS__ }
#define OPTION(spellings, form, action, help) add(spellings, Form::form, action, help);
#include "driver/options.def"
#undef OPTION
#undef LIST
  return table;
}

} // namespace

const std::vector<Option> &optionTable() {
  static const std::vector<Option> table = makeTable();
  return table;
}

} // namespace npu::driver
