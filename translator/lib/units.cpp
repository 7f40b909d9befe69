// See units.h.
#include "units.h"
#include "build_files/migration.h"
#include "frontend.h"
#include "project/compile_command.h"
#include "project/tree.h"
#include "source_view.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <set>

using namespace npu;
namespace path = llvm::sys::path;

namespace {

// Whether the file itself includes npu/kernel.h: npucc's test for a neutral kernel source.
bool includesKernelHeader(llvm::StringRef text) {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    llvm::StringRef directive = line.ltrim();
    if (directive.consume_front("#") && (directive = directive.ltrim()).consume_front("include") &&
        (directive.ltrim().startswith("<npu/kernel.h>") ||
         directive.ltrim().startswith("\"npu/kernel.h\"")))
      return true;
    text = rest;
  }
  return false;
}

// Whether the file launches kernels whatever its macros are: a build then says that it is CUDA
// (LANGUAGE CUDA, -x cu), and it can be nothing else.
bool launchesKernels(llvm::StringRef text) {
  if (!text.contains("<<"))
    return false;
  FileFacts file;
  file.contents = text.str();
  SourceView view("", file);
  const auto &directives = view.directives();
  size_t next = 0; // directive
  int depth = 0;   // of conditionals
  for (const SourceToken &token : view.tokens()) {
    for (; next < directives.size() && directives[next].offset <= token.offset; ++next)
      depth += directives[next].kind == SourceDirective::Kind::If      ? 1
               : directives[next].kind == SourceDirective::Kind::Endif ? -1
                                                                       : 0;
    if (depth == 0 && token.directive < 0 && token.kind == clang::tok::lesslessless)
      return true;
  }
  return false;
}

llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

// What a person wrote stays; what a record has is shown from the current folder.
std::string shownPath(const std::string &given, const std::string &real, bool asGiven) {
  llvm::SmallString<256> current;
  if (asGiven || llvm::sys::fs::current_path(current))
    return given;
  llvm::StringRef below = real;
  return below.consume_front(current) && below.consume_front("/") ? below.str() : real;
}

} // namespace

llvm::Expected<Unit> npu::openUnit(const std::string &given, std::vector<std::string> arguments) {
  Unit unit;
  llvm::SmallString<256> real;
  if (std::error_code error = llvm::sys::fs::real_path(given, real))
    return failure("cannot read '" + given + "': " + error.message());
  if (!llvm::sys::fs::is_regular_file(real))
    return failure("'" + given + "' is not a file; name the sources to translate");
  auto buffer = llvm::MemoryBuffer::getFile(real);
  if (!buffer)
    return failure("cannot read '" + given + "': " + buffer.getError().message());
  llvm::StringRef text = (*buffer)->getBuffer();
  if (text.contains('\0'))
    return failure("'" + given + "' is not a source file: it holds binary data");
  bool forceCuda = false;
  auto language = std::find(arguments.begin(), arguments.end(), "-x");
  if (language != arguments.end() && language + 1 != arguments.end()) {
    forceCuda = language[1] == "cu" || language[1] == "cuda";
    arguments.erase(language, language + 2);
  }
  unit.given = given;
  unit.real = real.str().str();
  unit.clangArguments = std::move(arguments);
  llvm::StringRef extension = path::extension(given);
  unit.preInclude = forceCuda || extension == ".cu" || extension == ".cuh" ||
                    (extension != ".c" && launchesKernels(text));
  unit.kernelSource = unit.preInclude || includesKernelHeader(text);
  return unit;
}

namespace {

// Where a tree's headers lie, for #include "x.h" that nothing else finds: the folders nearest to
// the source first. Only quoted includes: a tree's string.h must not hide the system's.
class TreeFolders {
public:
  TreeFolders(llvm::StringRef root, const std::vector<std::string> &files) : root(root.str()) {
    for (const std::string &file : files)
      if (isHeaderFile(file))
        folders.insert(path::parent_path(file).str());
  }

  std::vector<std::string> argumentsFor(llvm::StringRef source) const {
    std::vector<std::pair<size_t, std::string>> byDistance;
    for (const std::string &folder : folders)
      byDistance.emplace_back(distance(path::parent_path(source), folder), folder);
    std::sort(byDistance.begin(), byDistance.end());
    std::vector<std::string> arguments;
    for (size_t i = 0; i < std::min(byDistance.size(), kMost); ++i)
      arguments.insert(arguments.end(), {"-iquote", root + byDistance[i].second});
    return arguments;
  }

private:
  static constexpr size_t kMost = 100;

  // Steps from one folder to the other, up and down.
  static size_t distance(llvm::StringRef from, llvm::StringRef to) {
    llvm::SmallVector<llvm::StringRef, 16> a(path::begin(from), path::end(from)),
        b(path::begin(to), path::end(to));
    size_t common = 0;
    while (common < a.size() && common < b.size() && a[common] == b[common])
      ++common;
    return a.size() + b.size() - 2 * common;
  }

  std::string root;
  std::set<std::string> folders;
};

// The first that is given holds: a list, a recorded build, the tree.
llvm::Expected<std::vector<CompiledSource>> requestedSources(const TranslateOptions &options) {
  std::vector<CompiledSource> sources;
  if (!options.inputs.empty()) {
    for (const std::string &input : options.inputs)
      if (!isMigratedBuildFile(options, input))
        sources.push_back({input, {}});
    return sources;
  }
  llvm::SmallString<256> current;
  llvm::sys::fs::current_path(current);
  if (!options.buildFolder.empty() || !options.buildLog.empty()) {
    llvm::Expected<std::vector<CompileCommand>> commands =
        options.buildFolder.empty() ? readBuildLog(options.buildLog, current)
                                    : readCompileCommands(options.buildFolder);
    if (!commands)
      return commands.takeError();
    for (const CompileCommand &command : *commands)
      for (CompiledSource &source : sourcesOf(command))
        sources.push_back(std::move(source));
    if (sources.empty())
      return failure("'" + (options.buildFolder.empty() ? options.buildLog : options.buildFolder) +
                     "' has no command that compiles a C, C++ or CUDA source");
    return sources;
  }
  std::string root = realFolder(options.root);
  llvm::Expected<std::vector<std::string>> files =
      filesBelow(root, llvm::StringRef(realFolder(options.outputFolder)).rtrim('/'));
  if (!files)
    return files.takeError();
  TreeFolders folders(root, *files);
  for (const std::string &file : *files) {
    if (!isSourceFile(file))
      continue;
    auto buffer = llvm::MemoryBuffer::getFile(root + file);
    if (buffer && (path::extension(file) == ".cu" || usesCuda((*buffer)->getBuffer())))
      sources.push_back({root + file, folders.argumentsFor(file)});
  }
  return sources;
}

} // namespace

bool npu::isMigratedBuildFile(const TranslateOptions &options, llvm::StringRef path) {
  BuildFile kind = buildFileKind(path);
  return (kind == BuildFile::Cmake && options.migrateCmake) ||
         (kind == BuildFile::Make && options.migrateMakefile);
}

llvm::Expected<std::vector<Unit>> npu::gatherUnits(const TranslateOptions &options) {
  std::string root;
  if (!options.root.empty()) {
    root = realFolder(options.root);
    if (root.empty() || !llvm::sys::fs::is_directory(root))
      return failure("'" + options.root + "' is not a folder");
  } else if (options.inputs.empty() && options.buildFolder.empty() && options.buildLog.empty()) {
    return failure("there is nothing to translate; name sources, --in-root or -p");
  }
  llvm::Expected<Exclusions> exclusions = Exclusions::make(options.exclude);
  if (!exclusions)
    return exclusions.takeError();
  llvm::Expected<std::vector<CompiledSource>> sources = requestedSources(options);
  if (!sources)
    return sources.takeError();
  std::vector<Unit> units;
  for (CompiledSource &source : *sources) {
    std::vector<std::string> arguments = options.clangArguments;
    arguments.insert(arguments.end(), source.clangArguments.begin(), source.clangArguments.end());
    llvm::Expected<Unit> unit = openUnit(source.path, std::move(arguments));
    if (!unit)
      return unit.takeError();
    llvm::StringRef relative = unit->real;
    if (!root.empty() && (!relative.consume_front(root) || exclusions->excludes(relative)))
      continue;
    unit->given = shownPath(source.path, unit->real, !options.inputs.empty());
    bool known = std::any_of(units.begin(), units.end(), [&](const Unit &other) {
      return other.real == unit->real && other.clangArguments == unit->clangArguments;
    });
    if (!known)
      units.push_back(std::move(*unit));
  }
  bool onlyBuildFiles = llvm::any_of(options.inputs, [&](const std::string &input) {
    return isMigratedBuildFile(options, input);
  });
  if (units.empty() && !onlyBuildFiles)
    return failure("no source to translate is left" +
                   (root.empty() ? "" : " below '" + options.root + "'"));
  return units;
}

std::vector<std::string> npu::includeFolders(const std::vector<Unit> &units) {
  std::vector<std::string> result;
  auto add = [&](llvm::StringRef folder) {
    std::string real = realFolder(folder);
    if (!real.empty() && std::find(result.begin(), result.end(), real) == result.end())
      result.push_back(std::move(real));
  };
  for (const Unit &unit : units)
    for (size_t i = 0; i < unit.clangArguments.size(); ++i) {
      llvm::StringRef argument = unit.clangArguments[i];
      if (argument == "-I" && i + 1 < unit.clangArguments.size())
        add(unit.clangArguments[++i]);
      else if (argument.startswith("-I"))
        add(argument.drop_front(2));
    }
  return result;
}
