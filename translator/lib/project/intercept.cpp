// See intercept.h. Stand-ins and the recorder meet in a temporary folder: bin/ has the stand-ins,
// cuda/ a toolkit with the stand-in for nvcc, `record` one JSON value per command, appended in one
// write, so that parallel builds do not mix them.
#include "project/intercept.h"
#include "file_set.h"
#include "project/compile_command.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

using namespace npu;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {

constexpr char kFolderVariable[] = "CU2NPU_INTERCEPT_FOLDER";
constexpr char kQuietVariable[] = "CU2NPU_INTERCEPT_QUIET";
constexpr char kNvccVariable[] = "CU2NPU_INTERCEPT_NVCC";
constexpr const char *kStandIns[] = {"nvcc", "gcc", "g++", "cc", "c++", "clang", "clang++"};

llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

std::string join(llvm::StringRef folder, llvm::StringRef name) {
  llvm::SmallString<256> result(folder);
  path::append(result, name);
  return result.str().str();
}

std::error_code makeStandIns(const InterceptOptions &options, const std::string &folder) {
  for (std::string bin : {join(folder, "bin"), join(folder, "cuda/bin")}) {
    if (std::error_code error = fs::create_directories(bin))
      return error;
    for (const char *name : kStandIns)
      if (bin == join(folder, "bin") || llvm::StringRef(name) == "nvcc")
        if (std::error_code error = fs::create_link(options.program, join(bin, name)))
          return error;
  }
  if (!options.toolkit.empty())
    for (const char *part : {"include", "lib64"})
      if (std::error_code error =
              fs::create_link(join(options.toolkit, part), join(folder, join("cuda", part))))
        return error;
  return {};
}

bool hasNvcc(const char *toolkit) { return toolkit && fs::can_execute(join(toolkit, "bin/nvcc")); }

[[noreturn]] void runBuild(const InterceptOptions &options, const std::string &folder) {
  const char *searched = std::getenv("PATH");
  setenv("PATH", (join(folder, "bin") + ":" + (searched ? searched : "/usr/bin:/bin")).c_str(), 1);
  setenv(kFolderVariable, folder.c_str(), 1);
  setenv(kNvccVariable, options.npucc.c_str(), 1);
  for (const char *variable : {"CUDA_PATH", "CUDA_HOME"})
    if (!hasNvcc(std::getenv(variable)))
      setenv(variable, join(folder, "cuda").c_str(), 1);
  std::vector<char *> arguments;
  for (const std::string &argument : options.command)
    arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  llvm::errs() << "cu2npu: error: cannot run '" << options.command[0]
               << "': " << std::strerror(errno) << "\n";
  _exit(127);
}

llvm::Expected<std::vector<CompileCommand>> readRecord(const std::string &folder) {
  std::vector<CompileCommand> commands;
  auto buffer = llvm::MemoryBuffer::getFile(join(folder, "record"));
  if (!buffer)
    return commands; // nothing was compiled
  llvm::SmallVector<llvm::StringRef, 64> lines;
  (*buffer)->getBuffer().split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef line : lines) {
    llvm::Expected<llvm::json::Value> value = llvm::json::parse(line);
    if (!value)
      return value.takeError();
    CompileCommand command;
    for (const llvm::json::Value &each : *value->getAsArray())
      command.arguments.push_back(each.getAsString()->str());
    command.directory = command.arguments.front();
    command.arguments.erase(command.arguments.begin());
    commands.push_back(std::move(command));
  }
  return commands;
}

// The compiler that the build means: the first in PATH that is no stand-in.
std::string realCompiler(llvm::StringRef name, llvm::StringRef folder) {
  const char *searched = std::getenv("PATH");
  llvm::SmallVector<llvm::StringRef, 16> places;
  llvm::StringRef(searched ? searched : "").split(places, ':', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef place : places) {
    std::string candidate = join(place, name);
    if (!place.startswith(folder) && fs::can_execute(candidate) && !fs::is_directory(candidate))
      return candidate;
  }
  const char *npucc = std::getenv(kNvccVariable);
  return name == "nvcc" && npucc ? npucc : "";
}

void record(llvm::StringRef folder, int argc, char **argv) {
  llvm::SmallString<256> current;
  fs::current_path(current);
  std::string line;
  llvm::raw_string_ostream stream(line);
  llvm::json::OStream out(stream);
  auto safe = [](llvm::StringRef text) {
    return llvm::json::isUTF8(text) ? text.str() : llvm::json::fixUTF8(text);
  };
  out.array([&] {
    out.value(safe(current));
    for (int i = 0; i < argc; ++i)
      out.value(safe(i ? argv[i] : path::filename(argv[0])));
  });
  out.flush();
  stream << "\n";
  stream.flush();
  int descriptor = -1;
  if (!fs::openFileForWrite(join(folder, "record"), descriptor, fs::CD_OpenAlways, fs::OF_Append)) {
    ssize_t written = ::write(descriptor, line.data(), line.size());
    (void)written; // the build goes on without
    ::close(descriptor);
  }
}

} // namespace

llvm::Expected<int> npu::intercept(const InterceptOptions &options) {
  if (options.command.empty())
    return failure("intercept what? Give the build's command after --");
  llvm::SmallString<256> folder;
  if (std::error_code error = fs::createUniqueDirectory("cu2npu-intercept", folder))
    return failure("cannot make a temporary folder: " + error.message());
  std::string place = folder.str().str();
  if (std::error_code error = makeStandIns(options, place))
    return failure("cannot write into '" + place + "': " + error.message());
  pid_t build = fork();
  if (build == 0)
    runBuild(options, place);
  int status = 0;
  while (build > 0 && waitpid(build, &status, 0) < 0 && errno == EINTR) {
  }
  llvm::Expected<std::vector<CompileCommand>> commands = readRecord(place);
  fs::remove_directories(place);
  if (build < 0)
    return failure(llvm::Twine("cannot start the build: ") + std::strerror(errno));
  if (!commands)
    return commands.takeError();
  FileSet outputs("");
  outputs.add(options.output, compileCommandsText(*commands));
  std::vector<std::string> written;
  if (llvm::Error error = outputs.write(written))
    return error;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool npu::isStandIn(llvm::StringRef invokedAs) {
  return std::getenv(kFolderVariable) && isCompiler(invokedAs);
}

int npu::runStandIn(int argc, char **argv) {
  std::string folder = std::getenv(kFolderVariable);
  llvm::StringRef name = path::filename(argv[0]);
  // What a compiler runs itself (nvcc: gcc) is no compilation of the build's.
  if (!std::getenv(kQuietVariable))
    record(folder, argc, argv);
  std::string compiler = realCompiler(name, folder);
  if (compiler.empty()) {
    llvm::errs() << "cu2npu: error: '" << name << "' is not found in PATH\n";
    return 127;
  }
  argv[0] = const_cast<char *>(compiler.c_str());
  setenv(kQuietVariable, "1", 1);
  execv(compiler.c_str(), argv);
  llvm::errs() << "cu2npu: error: cannot run '" << compiler << "': " << std::strerror(errno)
               << "\n";
  return 127;
}
