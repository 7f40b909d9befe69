// See migration.h. Each command that CMake's CUDA language or its packages for CUDA know has a
// handler; it edits arguments in place, so that the rest of the file stays byte for byte.
#include "build_files/cmake_text.h"
#include "build_files/migration.h"
#include "edits.h"

#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <set>

using namespace npu;

namespace {

class CmakeMigration {
public:
  CmakeMigration(llvm::StringRef text, const std::string &shownPath, Diagnostics &diagnostics)
      : text(text), shownPath(shownPath), diagnostics(diagnostics), commands(readCmake(text)) {}

  llvm::Expected<std::string> run() {
    for (const CmakeCommand &command : commands) {
      hasPackage |= isCudaPackage(command);
      cudaSources += llvm::count_if(command.arguments, isCudaSource);
    }
    for (const CmakeCommand &command : commands)
      migrate(command);
    return edits.apply(text);
  }

private:
  using Argument = CmakeArgument;

  static bool isCudaSource(const Argument &argument) {
    return withoutCudaSuffix(argument.text) != argument.text;
  }
  static bool isCudaPackage(const CmakeCommand &command) {
    return command.name == "find_package" && !command.arguments.empty() &&
           (command.arguments[0].text == "CUDA" || command.arguments[0].text == "CUDAToolkit");
  }
  static bool mentionsCuda(const Argument &argument) {
    // if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES): what it guards goes anyway.
    if (argument.text == "CMAKE_CUDA_ARCHITECTURES")
      return false;
    return argument.text.contains("CUDA") || argument.text.contains("nvcc");
  }

  void migrate(const CmakeCommand &command) {
    if (repeat(command))
      return;
    enum class Kind {
      Other,
      Project,
      Language,
      Package,
      Target,
      Libraries,
      Folders,
      Properties,
      Set,
      Options
    };
    Kind kind =
        llvm::StringSwitch<Kind>(command.name)
            .Case("project", Kind::Project)
            .Case("enable_language", Kind::Language)
            .Case("find_package", Kind::Package)
            .Cases("add_executable", "add_library", "cuda_add_executable", "cuda_add_library",
                   Kind::Target)
            .Cases("target_link_libraries", "link_libraries", Kind::Libraries)
            .Cases("include_directories", "target_include_directories", "link_directories",
                   "target_link_directories", "cuda_include_directories", Kind::Folders)
            .Cases("set_target_properties", "set_property", Kind::Properties)
            .Cases("set", "list", "unset", "option", Kind::Set)
            .Cases("target_compile_options", "add_compile_options", "target_compile_features",
                   "target_compile_definitions", "add_compile_definitions", Kind::Options)
            .Default(Kind::Other);
    switch (kind) {
    case Kind::Project:
      return project(command);
    case Kind::Language:
      return language(command);
    case Kind::Package:
      return package(command);
    case Kind::Target:
      return target(command);
    case Kind::Libraries:
      return libraries(command);
    case Kind::Folders:
      return folders(command);
    case Kind::Properties:
      return properties(command);
    case Kind::Set:
      return set(command);
    case Kind::Options:
      return compileOptions(command);
    case Kind::Other:
      renameSources(command, 0);
      return leave(command, "say what it is for in terms of npucc, or remove it");
    }
  }

  // project(x LANGUAGES CXX CUDA), project(x CXX CUDA)
  void project(const CmakeCommand &command) {
    auto isLanguage = [](const Argument &argument) {
      return argument.text == "C" || argument.text == "CXX" || argument.text == "Fortran";
    };
    for (const Argument &argument : command.arguments) {
      if (argument.text != "CUDA")
        continue;
      if (llvm::any_of(command.arguments, isLanguage))
        remove(argument);
      else
        replace(argument, "CXX");
      if (!hasPackage)
        edits.insert(command.end, lineEnding() + kPackage.str());
      return;
    }
  }

  void language(const CmakeCommand &command) {
    if (command.arguments.empty() || command.arguments[0].text != "CUDA")
      return;
    if (hasPackage)
      return removeCommand(command);
    edits.replace(command.begin, command.end - command.begin, kPackage.str());
    hasPackage = true;
  }

  void package(const CmakeCommand &command) {
    if (!isCudaPackage(command))
      return;
    if (packageFound)
      return removeCommand(command);
    edits.replace(command.begin, command.end - command.begin, kPackage.str());
    packageFound = true;
  }

  void target(const CmakeCommand &command) {
    bool cuda = llvm::StringRef(command.name).startswith("cuda_");
    for (const Argument &argument : command.arguments)
      cuda |= isCudaSource(argument) || cudaVariables.count(variableIn(argument.text));
    if (cuda) {
      bool library = llvm::StringRef(command.name).endswith("library");
      edits.replace(command.begin, command.nameEnd - command.begin,
                    library ? "npu_add_library" : "npu_add_executable");
      for (const Argument &argument : command.arguments)
        if (argument.text == "OPTIONS")
          leave(command, "give its options by target_compile_options", true);
    }
    renameSources(command, 1);
  }

  // ${SOURCES} -> SOURCES
  static std::string variableIn(llvm::StringRef argument) {
    return argument.consume_front("${") && argument.consume_back("}") ? argument.str() : "";
  }

  void renameSources(const CmakeCommand &command, size_t first) {
    // What is deleted must not become the sources.
    if (!command.arguments.empty() && command.arguments[0].text.startswith("REMOVE"))
      return;
    for (size_t i = first; i < command.arguments.size(); ++i)
      if (isCudaSource(command.arguments[i]))
        edits.replace(
            command.arguments[i].begin, command.arguments[i].end - command.arguments[i].begin,
            withoutCudaSuffix(text.slice(command.arguments[i].begin, command.arguments[i].end)));
    if (command.name == "file" && command.arguments.size() > 1)
      noteVariable(command, 1);
  }

  void noteVariable(const CmakeCommand &command, size_t name) {
    for (size_t i = name + 1; i < command.arguments.size(); ++i)
      if (isCudaSource(command.arguments[i]) ||
          cudaVariables.count(variableIn(command.arguments[i].text)))
        cudaVariables.insert(command.arguments[name].text.str());
  }

  // The library that a word of target_link_libraries means.
  static LibraryState stateOf(llvm::StringRef word) {
    if (word == "${CUDA_LIBRARIES}" || word == "CUDA::cuda_driver" || word == "cuda" ||
        (word.startswith("${CUDA_") && word.endswith("_LIBRARY}")) ||
        word == "${CUDA_CUBLAS_LIBRARIES}" || word.startswith("${CUDNN_LIBRAR"))
      return LibraryState::Covered;
    word.consume_front("CUDA::");
    word.consume_front("-l");
    if (word == "nvtx3")
      return LibraryState::Covered;
    return libraryState(word);
  }

  void libraries(const CmakeCommand &command) {
    bool replaced = false;
    size_t first = command.name == "link_libraries" ? 0 : 1;
    for (size_t i = first; i < command.arguments.size(); ++i) {
      const Argument &argument = command.arguments[i];
      LibraryState state = stateOf(argument.text);
      if (state == LibraryState::Covered && !replaced) {
        replace(argument, "cu2npu::npurt");
        replaced = true;
      } else if (state == LibraryState::Covered) {
        remove(argument);
      } else if (state == LibraryState::Missing || argument.text.startswith("CUDA::")) {
        leave(command, "there is no counterpart of " + argument.text.str(), true);
      }
    }
  }

  void folders(const CmakeCommand &command) {
    static const std::set<llvm::StringRef> kKeywords = {"PUBLIC", "PRIVATE", "INTERFACE",
                                                        "BEFORE", "AFTER",   "SYSTEM"};
    size_t first = llvm::StringRef(command.name).startswith("target_") ? 1 : 0, kept = 0;
    std::vector<const Argument *> cuda;
    for (size_t i = first; i < command.arguments.size(); ++i) {
      const Argument &argument = command.arguments[i];
      bool isCuda = argument.text.startswith("${CUDA") || argument.text.startswith("$ENV{CUDA") ||
                    argument.text.startswith("${CMAKE_CUDA") || argument.text.startswith("${CUDNN");
      if (isCuda)
        cuda.push_back(&argument);
      else
        kept += !kKeywords.count(argument.text);
    }
    if (cuda.empty())
      return;
    if (kept == 0)
      return removeCommand(command);
    for (const Argument *argument : cuda)
      remove(*argument);
  }

  // set_target_properties(t PROPERTIES CUDA_X v Y w), set_property(TARGET t PROPERTY CUDA_X v)
  void properties(const CmakeCommand &command) {
    bool pairs = command.name == "set_target_properties";
    size_t first = 0;
    while (first < command.arguments.size() &&
           command.arguments[first].text != (pairs ? "PROPERTIES" : "PROPERTY"))
      ++first;
    ++first;
    std::vector<size_t> cuda;
    size_t kept = 0;
    for (size_t i = first; i < command.arguments.size();
         i += pairs ? 2 : command.arguments.size()) {
      // Device code of several files that refer to one another needs a step of its own.
      if (command.arguments[i].text == "CUDA_SEPARABLE_COMPILATION" && cudaSources > 1)
        return leave(command,
                     "compile the target with -rdc=true and link it with npucc -dlink if device "
                     "code of one file calls that of another, else remove this",
                     true);
      if (command.arguments[i].text.startswith("CUDA_"))
        cuda.push_back(i);
      else
        ++kept;
    }
    if (cuda.empty())
      return;
    if (kept == 0)
      return removeCommand(command);
    for (size_t i : cuda) {
      remove(command.arguments[i]);
      if (pairs && i + 1 < command.arguments.size())
        remove(command.arguments[i + 1]);
    }
  }

  void set(const CmakeCommand &command) {
    bool isList = command.name == "list";
    size_t name = isList ? 1 : 0;
    if (command.arguments.size() <= name)
      return;
    llvm::StringRef variable = command.arguments[name].text;
    noteVariable(command, name);
    if (variable.startswith("CMAKE_CUDA_") || variable.startswith("CUDA_")) {
      if (variable.endswith("FLAGS") && hasMeaning(command, name + 1))
        return leave(command, "give flags by target_compile_options, in nvcc's spelling");
      return removeCommand(command);
    }
    renameSources(command, name + 1);
    leave(command, "no variable of CMake's CUDA support exists any more");
  }

  // Flags that npucc does not ignore.
  static bool hasMeaning(const CmakeCommand &command, size_t first) {
    for (size_t i = first; i < command.arguments.size(); ++i) {
      llvm::SmallVector<llvm::StringRef, 8> words;
      command.arguments[i].text.split(words, ' ', -1, /*KeepEmpty=*/false);
      for (llvm::StringRef word : words)
        if (!word.startswith("${") && !word.startswith("-arch") && !word.startswith("-gencode") &&
            !word.startswith("arch=") && !word.startswith("--generate-code") &&
            word != "-lineinfo" && word != "-G" && word != "-g" &&
            word != "-Wno-deprecated-gpu-targets" && !word.startswith("--expt-") &&
            !word.startswith("-O"))
          return true;
    }
    return false;
  }

  void compileOptions(const CmakeCommand &command) {
    for (const Argument &argument : command.arguments) {
      llvm::StringRef word = argument.text;
      if (word.startswith("cuda_std_")) {
        std::string standard = "cxx_std_" + word.drop_front(9).str();
        bool known = llvm::any_of(command.arguments,
                                  [&](const Argument &other) { return other.text == standard; });
        if (known)
          remove(argument);
        else
          replace(argument, standard);
      } else if (word.consume_front("$<$<COMPILE_LANGUAGE:CUDA>:") && word.consume_back(">") &&
                 !word.contains("$<")) {
        replace(argument, argument.quoted ? "\"" + word.str() + "\"" : word.str());
      } else if (mentionsCuda(argument)) {
        leave(command,
              "npucc compiles all sources of such a target; no expression tells them apart", true);
      }
    }
  }

  // What an earlier run left stays left.
  bool repeat(const CmakeCommand &command) {
    llvm::StringRef above = text.take_front(lineBegin(command.begin)).rtrim("\r\n");
    if (!above.consume_back(" [npu-build-file]"))
      return false;
    leave(command, above.rsplit("left as it is; ").second.str(), true);
    return true;
  }

  std::string lineEnding() const { return text.contains("\r\n") ? "\r\n" : "\n"; }

  void leave(const CmakeCommand &command, const std::string &remedy, bool surely = false) {
    if (!surely && llvm::none_of(command.arguments, mentionsCuda))
      return;
    if (!left.insert(command.begin).second)
      return;
    diagnostics.report(DiagnosticId::build_file, shownPath, text, command.begin, {remedy});
    unsigned begin = lineBegin(command.begin);
    llvm::StringRef blanks = text.slice(begin, command.begin);
    std::string comment = "# " + diagnostics.all().back().message();
    bool said = text.take_front(begin).rtrim("\r\n").endswith(comment);
    if (blanks.trim().empty() && !said)
      edits.insert(begin, blanks.str() + comment + lineEnding());
  }

  unsigned lineBegin(unsigned place) const {
    size_t before = text.take_front(place).rfind('\n');
    return before == llvm::StringRef::npos ? 0 : static_cast<unsigned>(before + 1);
  }

  void replace(const Argument &argument, const std::string &by) {
    edits.replace(argument.begin, argument.end - argument.begin, by);
  }

  // With the blanks before it; alone on its line, with the line.
  void remove(const Argument &argument) {
    unsigned begin = argument.begin, end = argument.end;
    while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t'))
      --begin;
    bool lineBegins = begin > 0 && text[begin - 1] == '\n';
    bool lineEnds = end < text.size() && (text[end] == '\n' || text.substr(end).startswith("\r\n"));
    if (lineBegins && lineEnds)
      end = static_cast<unsigned>(text.find('\n', end)) + 1;
    else if (lineBegins)
      begin = argument.begin;
    edits.remove(begin, end - begin);
  }

  // With its line, where nothing but a comment shares it.
  void removeCommand(const CmakeCommand &command) {
    unsigned begin = lineBegin(command.begin);
    size_t lineEnd = text.find('\n', command.end);
    unsigned end =
        static_cast<unsigned>(lineEnd == llvm::StringRef::npos ? text.size() : lineEnd + 1);
    llvm::StringRef behind = text.slice(command.end, end).trim();
    if (!text.slice(begin, command.begin).trim().empty() ||
        !(behind.empty() || behind.startswith("#"))) {
      begin = command.begin;
      end = command.end;
    }
    edits.remove(begin, end - begin);
  }

  static constexpr llvm::StringLiteral kPackage = "find_package(cu2npu REQUIRED)";

  llvm::StringRef text;
  const std::string &shownPath;
  Diagnostics &diagnostics;
  std::vector<CmakeCommand> commands;
  Edits edits;
  bool hasPackage = false, packageFound = false;
  std::ptrdiff_t cudaSources = 0;
  std::set<std::string> cudaVariables;
  std::set<unsigned> left;
};

} // namespace

llvm::Expected<std::string> npu::migrateCmake(llvm::StringRef text, const std::string &shownPath,
                                              Diagnostics &diagnostics) {
  return CmakeMigration(text, shownPath, diagnostics).run();
}
