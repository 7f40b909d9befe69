// Compilation at run time. The compiler is npucc of the same installation, run as a process: the
// runtime links no compiler, and the OpenCL implementation's own LLVM never meets another in one
// process. Sources and headers in memory become files of a folder that lives as long as the call.
#include "npu/runtime_compiler.h"
#include "npu/image_text.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace files = std::filesystem;
extern char **environ;

struct npurtcProgramState {
  std::string source, name;
  std::vector<std::pair<std::string, std::string>> headers; // include name, text
  std::vector<std::string> expressions;
  bool compiled = false;
  std::string log, text;
  std::vector<uint8_t> image;
  std::map<std::string, std::string> lowered; // of expressions
};

namespace {

struct Programs {
  std::mutex mutex;
  std::set<npurtcProgram> alive; // under mutex
};
Programs &programs() {
  static Programs &instance = *new Programs;
  return instance;
}

bool isAlive(npurtcProgram program) {
  std::lock_guard<std::mutex> lock(programs().mutex);
  return programs().alive.count(program);
}

// No exception leaves the library.
template <class Body> npurtcResult guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return NPURTC_ERROR_OUT_OF_MEMORY;
  } catch (...) {
    return NPURTC_ERROR_INTERNAL_ERROR;
  }
}
template <class Body> npurtcResult with(npurtcProgram program, Body body) noexcept {
  return guarded([&] { return isAlive(program) ? body() : NPURTC_ERROR_INVALID_PROGRAM; });
}

// Beside this library: ../bin/npucc, in a build tree and an installed one.
files::path compilerPath() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<const void *>(&compilerPath), &info) || !info.dli_fname)
    return {};
  const files::path folder = files::canonical(info.dli_fname).parent_path();
  for (const char *place : {"../bin/npucc", "../../bin/npucc"})
    if (files::exists(folder / place))
      return folder / place;
  return {};
}

// A folder that goes with its owner.
class Folder {
public:
  Folder() {
    std::string pattern = (files::temp_directory_path() / "npurtc-XXXXXX").string();
    if (mkdtemp(pattern.data()))
      place = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    if (!place.empty())
      files::remove_all(place, ignored);
  }
  files::path place;
};

bool writeText(const files::path &file, const std::string &text) {
  std::error_code ignored;
  files::create_directories(file.parent_path(), ignored);
  std::ofstream out(file, std::ios::binary);
  out << text;
  return bool(out.flush());
}

std::string readText(const files::path &file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// NVRTC's options in npucc's words; false: an unknown one.
bool addOption(const std::string &option, std::vector<std::string> &command) {
  auto value = [&](const char *prefix) {
    const size_t length = std::strlen(prefix);
    return option.compare(0, length, prefix) == 0 ? option.c_str() + length : nullptr;
  };
  if (const char *path = value("--include-path="))
    command.push_back(std::string("-I") + path);
  else if (const char *macro = value("--define-macro="))
    command.push_back(std::string("-D") + macro);
  else if (const char *macro = value("--undefine-macro="))
    command.push_back(std::string("-U") + macro);
  else if (const char *file = value("--pre-include="))
    command.insert(command.end(), {"-include", file});
  else if (const char *fmad = value("--fmad="))
    command.push_back(std::string("-fmad=") + fmad);
  else if (const char *standard = value("--std="))
    command.push_back(std::string("-std=") + standard);
  else if (option == "--use_fast_math" || option == "-use_fast_math")
    command.push_back("-use_fast_math");
  else if (option == "--device-debug" || option == "-G")
    command.push_back("-G");
  else if (option == "-I" || option == "-D" || option == "-U" || option == "-include" ||
           value("-I") || value("-D") || value("-U") || value("-std=") || value("-fmad="))
    command.push_back(option);
  else {
    // About GPUs, or about what is so in any case.
    for (const char *known : {"--gpu-architecture",
                              "-arch",
                              "--device-c",
                              "-dc",
                              "--device-w",
                              "-dw",
                              "--relocatable-device-code",
                              "-rdc",
                              "--generate-line-info",
                              "-lineinfo",
                              "-default-device",
                              "--default-device",
                              "--maxrregcount",
                              "-maxrregcount",
                              "--ftz",
                              "-ftz",
                              "--prec-sqrt",
                              "-prec-sqrt",
                              "--prec-div",
                              "-prec-div",
                              "--extra-device-vectorization",
                              "--ptxas-options",
                              "-Xptxas",
                              "--disable-warnings",
                              "-w",
                              "--restrict",
                              "-restrict",
                              "--device-as-default-execution-space",
                              "-default-device",
                              "--builtin-move-forward",
                              "--builtin-initializer-list",
                              "--modify-stack-limit",
                              "--diag-",
                              "-diag-",
                              "-dopt",
                              "--dopt",
                              "--optimization-info",
                              "--no-source-include",
                              "--extensible-whole-program",
                              "-ewp",
                              "--minimal",
                              "-minimal",
                              "--version-ident",
                              "--display-error-number",
                              "--no-display-error-number",
                              "-err-no",
                              "-no-err-no",
                              "--split-compile",
                              "--time",
                              "-dlto",
                              "--dlink-time-opt",
                              "-hdrfile",
                              "--pch",
                              "--brief-diagnostics",
                              "-O",
                              "--opt-level"})
      if (value(known))
        return true;
    return false;
  }
  return true;
}

// Runs `command` with both outputs in `log`; the exit status, or -1.
int run(const std::vector<std::string> &command, const files::path &log) {
  std::vector<char *> arguments;
  for (const std::string &word : command)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t process = 0;
  const int failed =
      posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed)
    return -1;
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *lineBreak(const std::string &text) {
  return text.empty() || text.back() == '\n' ? "" : "\n";
}

// The program, with a question for the compiler per name expression at its end.
std::string wholeSource(const npurtcProgramState &program) {
  std::string text = program.source + lineBreak(program.source);
  for (size_t i = 0; i < program.expressions.size(); ++i)
    text += "extern \"C\" __device__ auto __npu_lowered_name_" + std::to_string(i) + " = (" +
            program.expressions[i] + ");\n";
  return text;
}

// A file name that stays inside of the folder.
std::string safeName(const std::string &name) {
  std::string base = files::path(name).filename().string();
  if (base.empty() || base == "." || base == "..")
    base = "default_program";
  return base;
}

std::string replaced(std::string text, const std::string &what, const std::string &by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

void readNames(npurtcProgramState &program) {
  npu::KernelImage image;
  if (!npu::KernelImage::parse(program.image.data(), program.image.size(), image))
    return;
  for (size_t i = 0; i < program.expressions.size(); ++i)
    for (const npu::KernelImage::Global &global : image.globals)
      if (global.name == "__npu_lowered_name_" + std::to_string(i))
        program.lowered[program.expressions[i]] =
            reinterpret_cast<const char *>(global.initial.data());
}

npurtcResult compile(npurtcProgramState &program, int count, const char *const *options) {
  const files::path compiler = compilerPath();
  Folder folder;
  if (compiler.empty() || folder.place.empty()) {
    program.log = compiler.empty() ? "npucc is not beside the runtime library\n"
                                   : "no folder for temporary files\n";
    return NPURTC_ERROR_BUILTIN_OPERATION_FAILURE;
  }
  const files::path source = folder.place / safeName(program.name), headers = folder.place / "h";
  const files::path image = folder.place / "npu.image", log = folder.place / "npu.log";
  std::vector<std::string> command = {
      compiler.string(),      "-x", "cu", "-fatbin", "-o", image.string(), "-D__CUDACC_RTC__",
      "-I" + headers.string()};
  for (int i = 0; i < count; ++i)
    if (!options || !options[i] || !addOption(options[i], command)) {
      program.log =
          std::string("unknown option ") + (options && options[i] ? options[i] : "") + "\n";
      return NPURTC_ERROR_INVALID_OPTION;
    }
  // Last of all, the folder where the program says it is, as for a file.
  const bool isAlone = std::any_of(options, options + count, [](const char *option) {
    return std::strstr(option, "-no-source-include") != nullptr;
  });
  std::error_code ignored;
  if (!isAlone)
    command.push_back("-I" + files::absolute(program.name, ignored).parent_path().string());
  command.push_back(source.string());
  bool written = writeText(source, wholeSource(program));
  for (const auto &[name, text] : program.headers)
    written = written && writeText(headers / files::path(name).relative_path(), text);
  if (!written)
    return NPURTC_ERROR_BUILTIN_OPERATION_FAILURE;
  const int status = run(command, log);
  program.log = replaced(readText(log), source.string(), program.name);
  if (status != 0)
    return status < 0 ? NPURTC_ERROR_BUILTIN_OPERATION_FAILURE : NPURTC_ERROR_COMPILATION;
  const std::string bytes = readText(image);
  program.image.assign(bytes.begin(), bytes.end());
  program.text = npu::imageToText(program.image);
  program.compiled = true;
  readNames(program);
  return NPURTC_SUCCESS;
}

} // namespace

extern "C" {

const char *npurtcGetErrorString(npurtcResult result) {
  switch (result) {
#define RESULT(name)                                                                               \
  case NPURTC_##name:                                                                              \
    return "NVRTC_" #name;
    RESULT(SUCCESS)
    RESULT(ERROR_OUT_OF_MEMORY)
    RESULT(ERROR_PROGRAM_CREATION_FAILURE)
    RESULT(ERROR_INVALID_INPUT)
    RESULT(ERROR_INVALID_PROGRAM)
    RESULT(ERROR_INVALID_OPTION)
    RESULT(ERROR_COMPILATION)
    RESULT(ERROR_BUILTIN_OPERATION_FAILURE)
    RESULT(ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION)
    RESULT(ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION)
    RESULT(ERROR_NAME_EXPRESSION_NOT_VALID)
    RESULT(ERROR_INTERNAL_ERROR)
    RESULT(ERROR_TIME_FILE_WRITE_FAILED)
#undef RESULT
  }
  return "NVRTC_ERROR unknown";
}

npurtcResult npurtcVersion(int *major, int *minor) {
  if (!major || !minor)
    return NPURTC_ERROR_INVALID_INPUT;
  *major = 12;
  *minor = 8;
  return NPURTC_SUCCESS;
}

// One: what device code sees as __CUDA_ARCH__.
npurtcResult npurtcGetNumSupportedArchs(int *count) {
  if (!count)
    return NPURTC_ERROR_INVALID_INPUT;
  *count = 1;
  return NPURTC_SUCCESS;
}

npurtcResult npurtcGetSupportedArchs(int *architectures) {
  if (!architectures)
    return NPURTC_ERROR_INVALID_INPUT;
  *architectures = 80;
  return NPURTC_SUCCESS;
}

npurtcResult npurtcCreateProgram(npurtcProgram *program, const char *source, const char *name,
                                 int headerCount, const char *const *headers,
                                 const char *const *includeNames) {
  return guarded([&] {
    if (!program || !source || headerCount < 0 || (headerCount && (!headers || !includeNames)))
      return NPURTC_ERROR_INVALID_INPUT;
    auto *made = new npurtcProgramState;
    made->source = source;
    made->name = name && *name ? name : "default_program";
    for (int i = 0; i < headerCount; ++i)
      made->headers.emplace_back(includeNames[i], headers[i]);
    std::lock_guard<std::mutex> lock(programs().mutex);
    programs().alive.insert(made);
    *program = made;
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcDestroyProgram(npurtcProgram *program) {
  return guarded([&] {
    if (!program || !isAlive(*program))
      return NPURTC_ERROR_INVALID_PROGRAM;
    {
      std::lock_guard<std::mutex> lock(programs().mutex);
      programs().alive.erase(*program);
    }
    delete *program;
    *program = nullptr;
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcCompileProgram(npurtcProgram program, int optionCount,
                                  const char *const *options) {
  return with(program, [&] { return compile(*program, optionCount, options); });
}

npurtcResult npurtcGetPTXSize(npurtcProgram program, size_t *bytes) {
  return with(program, [&] {
    if (!bytes || !program->compiled)
      return bytes ? NPURTC_ERROR_INVALID_PROGRAM : NPURTC_ERROR_INVALID_INPUT;
    *bytes = program->text.size() + 1;
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcGetPTX(npurtcProgram program, char *text) {
  return with(program, [&] {
    if (!text || !program->compiled)
      return text ? NPURTC_ERROR_INVALID_PROGRAM : NPURTC_ERROR_INVALID_INPUT;
    std::memcpy(text, program->text.c_str(), program->text.size() + 1);
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcGetCUBINSize(npurtcProgram program, size_t *bytes) {
  return with(program, [&] {
    if (!bytes || !program->compiled)
      return bytes ? NPURTC_ERROR_INVALID_PROGRAM : NPURTC_ERROR_INVALID_INPUT;
    *bytes = program->image.size();
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcGetCUBIN(npurtcProgram program, char *image) {
  return with(program, [&] {
    if (!image || !program->compiled)
      return image ? NPURTC_ERROR_INVALID_PROGRAM : NPURTC_ERROR_INVALID_INPUT;
    std::memcpy(image, program->image.data(), program->image.size());
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcGetProgramLogSize(npurtcProgram program, size_t *bytes) {
  return with(program, [&] {
    if (!bytes)
      return NPURTC_ERROR_INVALID_INPUT;
    *bytes = program->log.size() + 1;
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcGetProgramLog(npurtcProgram program, char *text) {
  return with(program, [&] {
    if (!text)
      return NPURTC_ERROR_INVALID_INPUT;
    std::memcpy(text, program->log.c_str(), program->log.size() + 1);
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcAddNameExpression(npurtcProgram program, const char *expression) {
  return with(program, [&] {
    if (!expression)
      return NPURTC_ERROR_INVALID_INPUT;
    if (program->compiled)
      return NPURTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
    program->expressions.push_back(expression);
    return NPURTC_SUCCESS;
  });
}

npurtcResult npurtcGetLoweredName(npurtcProgram program, const char *expression,
                                  const char **name) {
  return with(program, [&] {
    if (!expression || !name)
      return NPURTC_ERROR_INVALID_INPUT;
    if (!program->compiled)
      return NPURTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
    const auto found = program->lowered.find(expression);
    if (found == program->lowered.end())
      return NPURTC_ERROR_NAME_EXPRESSION_NOT_VALID;
    *name = found->second.c_str();
    return NPURTC_SUCCESS;
  });
}

} // extern "C"
