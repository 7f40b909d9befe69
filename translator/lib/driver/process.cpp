// Forking, waiting, and temporary files.
#include "driver/process.h"

#include "driver/argument_list.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;

namespace npu::driver {

namespace {

constexpr int kNotStarted = 127;

void printCommand(const Step &step) {
  errs() << "#$ ";
  for (const std::string &word : step.command)
    errs() << (&word == &step.command.front() ? "" : " ") << shellQuote(word);
  errs() << '\n';
}

[[noreturn]] void become(const std::vector<std::string> &command) {
  std::vector<char *> arguments;
  for (const std::string &word : command)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  errs() << "npucc: error: cannot run '" << command[0] << "': " << strerror(errno) << '\n';
  _exit(kNotStarted);
}

// Runs a command whose messages wait in a file; gives wait()'s status.
class Held {
public:
  explicit Held(const std::vector<std::string> &command) : file(memfd_create("messages", 0)) {
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (file >= 0)
        dup2(file, STDERR_FILENO);
      become(command);
    }
    if (child > 0)
      while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
  }
  ~Held() { close(file); }
  bool succeeded() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
  // Says what the command said and ends this process as it ended.
  [[noreturn]] void show() const {
    if (auto messages = MemoryBuffer::getOpenFile(file, "messages", /*FileSize=*/-1))
      errs() << (*messages)->getBuffer();
    errs().flush();
    if (WIFSIGNALED(status))
      raise(WTERMSIG(status));
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : kNotStarted);
  }

private:
  int file, status = kNotStarted << 8;
};

[[noreturn]] void runChild(const Step &step) {
  // The parent deletes the temporary files; a child that outlived it would write them again.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (!step.alternative.empty()) {
    const Held first(step.command);
    if (first.succeeded())
      first.show();
    const Held second(step.alternative);
    (second.succeeded() ? second : first).show();
  }
  if (step.work) {
    int status = step.work();
    outs().flush();
    errs().flush();
    _exit(status);
  }
  become(step.command);
}

int exitStatus(const Step &step, int status) {
  if (WIFEXITED(status))
    return WEXITSTATUS(status);
  errs() << "npucc: error: '" << step.command[0] << "' was ended by signal " << WTERMSIG(status)
         << " (" << strsignal(WTERMSIG(status)) << ")\n";
  return 128 + WTERMSIG(status);
}

class Runner {
public:
  Runner(std::vector<std::vector<Step>> sequences, const StepPolicy &policy)
      : sequences(std::move(sequences)), position(this->sequences.size()), policy(policy) {}

  int run() {
    size_t unstarted = 0;
    while (true) {
      while (!failure && unstarted < sequences.size() && running.size() < policy.parallel)
        advance(unstarted++);
      if (running.empty())
        return failure;
      waitForOne();
    }
  }

private:
  // Starts the next step of a sequence; those that need no process are done at once.
  void advance(size_t sequence) {
    while (!failure && position[sequence] < sequences[sequence].size()) {
      Step &step = sequences[sequence][position[sequence]];
      if (policy.execute && step.before)
        step.before(step.command);
      if (policy.print && !step.command.empty())
        printCommand(step);
      if (policy.execute && !step.command.empty()) {
        start(sequence, step);
        return;
      }
      finish(step, 0);
      ++position[sequence];
    }
  }

  void start(size_t sequence, const Step &step) {
    outs().flush();
    errs().flush();
    pid_t child = fork();
    if (child == 0)
      runChild(step);
    if (child < 0) {
      errs() << "npucc: error: cannot start a process: " << strerror(errno) << '\n';
      failure = 1;
      return;
    }
    running[child] = sequence;
  }

  void finish(const Step &step, int status) {
    if (status == 0 && policy.execute && step.then)
      if (Error error = step.then()) {
        errs() << "npucc: error: " << toString(std::move(error)) << '\n';
        status = 1;
      }
    if (!failure)
      failure = status;
  }

  void waitForOne() {
    int status = 0;
    pid_t child = waitpid(-1, &status, 0);
    if (child < 0 && errno == EINTR)
      return;
    auto found = running.find(child);
    if (found == running.end())
      return;
    size_t sequence = found->second;
    running.erase(found);
    const Step &step = sequences[sequence][position[sequence]];
    finish(step, exitStatus(step, status));
    ++position[sequence];
    advance(sequence);
  }

  std::vector<std::vector<Step>> sequences;
  std::vector<size_t> position; // the step that each sequence is at
  std::map<pid_t, size_t> running;
  StepPolicy policy;
  int failure = 0;
};

} // namespace

int runSteps(std::vector<std::vector<Step>> sequences, const StepPolicy &policy) {
  return Runner(std::move(sequences), policy).run();
}

TemporaryFiles::~TemporaryFiles() {
  for (const std::string &path : paths) {
    sys::fs::remove(path);
    sys::DontRemoveFileOnSignal(path);
  }
}

void TemporaryFiles::add(StringRef path) {
  paths.push_back(path.str());
  sys::RemoveFileOnSignal(path);
}

Expected<std::string> TemporaryFiles::create(StringRef stem, StringRef extension) {
  SmallString<128> path;
  if (std::error_code error = sys::fs::createTemporaryFile("npucc-" + stem, extension, path))
    return createStringError(error, "cannot make a temporary file: " + error.message());
  add(path);
  return path.str().str();
}

Expected<std::string> TemporaryFiles::createBeside(StringRef target) {
  sys::fs::file_status status;
  if (!sys::fs::status(target, status) && status.type() != sys::fs::file_type::regular_file) {
    if (status.type() == sys::fs::file_type::directory_file)
      return createStringError(inconvertibleErrorCode(),
                               "cannot write '" + target + "': it is a directory");
    return create(sys::path::stem(target), "out");
  }
  SmallString<128> path;
  std::string model = target.str() + ".npucc-%%%%%%%%" + sys::path::extension(target).str();
  if (std::error_code error = sys::fs::createUniqueFile(model, path))
    return createStringError(error, "cannot write '" + target + "': " + error.message());
  add(path);
  return path.str().str();
}

// Into a device or a pipe, which a rename would replace.
static Error copyInto(StringRef source, StringRef target) {
  auto contents = MemoryBuffer::getFile(source);
  if (!contents)
    return createStringError(contents.getError(),
                             "cannot read '" + source + "': " + contents.getError().message());
  std::error_code error;
  raw_fd_ostream out(target, error, sys::fs::CD_OpenExisting, sys::fs::FA_Write, sys::fs::OF_None);
  if (!error) {
    out << (*contents)->getBuffer();
    out.flush();
    error = out.error();
    out.clear_error();
  }
  return error ? createStringError(error, "cannot write '" + target + "': " + error.message())
               : Error::success();
}

Error TemporaryFiles::putInPlace(StringRef temporary, StringRef target) {
  if (temporary == target)
    return Error::success();
  if (sys::fs::exists(target) && !sys::fs::is_regular_file(target))
    return copyInto(temporary, target);
  // createUniqueFile gives 0600-like modes; outputs have the user's usual ones, plus what the
  // linker set.
  struct stat status;
  mode_t mask = umask(0);
  umask(mask);
  if (stat(temporary.str().c_str(), &status) == 0)
    chmod(temporary.str().c_str(), ((status.st_mode & 0111) ? 0777 : 0666) & ~mask);
  if (std::error_code error = sys::fs::rename(temporary, target))
    return createStringError(error, "cannot write '" + target + "': " + error.message());
  erase_value(paths, temporary.str());
  sys::DontRemoveFileOnSignal(temporary);
  return Error::success();
}

} // namespace npu::driver
