#include "workers.h"

#include "llvm/Support/FileSystem.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace simt {

namespace {

std::string readAll(int file) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(file, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, size_t(count));
  return text;
}

std::string oneLine(std::string text) {
  for (char &letter : text)
    if (letter == '\n')
      letter = ' ';
  return text;
}

} // namespace

Worker::Worker(const std::function<Verdicts()> &work, unsigned seconds) {
  char name[] = "/tmp/simt-XXXXXX";
  if (!mkdtemp(name))
    throw std::runtime_error("cannot make a folder in /tmp");
  folder = name;
  int ends[2];
  if (pipe(ends) != 0)
    throw std::runtime_error("cannot make a pipe");
  std::fflush(nullptr);
  child = fork();
  if (child < 0)
    throw std::runtime_error("cannot fork");
  if (child > 0) {
    close(ends[1]);
    output = ends[0];
    return;
  }
  close(ends[0]);
  setenv("POCL_CACHE_DIR", folder.c_str(), 1);
  int messages = open((folder + "/stderr").c_str(), O_RDWR | O_CREAT, 0600);
  dup2(messages, STDERR_FILENO);
  alarm(seconds);
  std::ostringstream text;
  for (const auto &[key, verdict] : work())
    text << key.first << ' ' << int(key.second) << ' ' << int(verdict.kind) << ' '
         << oneLine(verdict.text) << '\n';
  std::string bytes = text.str();
  for (size_t done = 0; done < bytes.size();) {
    ssize_t count = write(ends[1], bytes.data() + done, bytes.size() - done);
    if (count <= 0)
      _exit(1);
    done += size_t(count);
  }
  _exit(0); // the runtime's own end is not what is tested
}

int Worker::waitForAny() {
  siginfo_t ended = {};
  waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT);
  return ended.si_pid;
}

Outcome Worker::finish() {
  Outcome outcome;
  std::istringstream lines(readAll(output));
  close(output);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    outcome.death = WTERMSIG(status) == SIGALRM ? "does not end" : strsignal(WTERMSIG(status));
  else if (WEXITSTATUS(status) != 0)
    outcome.death = "exit status " + std::to_string(WEXITSTATUS(status));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    uint64_t seed = 0;
    int lowering = 0, kind = 0;
    words >> seed >> lowering >> kind;
    Verdict &verdict = outcome.verdicts[{seed, Lowering(lowering)}];
    verdict.kind = Verdict::Kind(kind);
    std::getline(words >> std::ws, verdict.text);
  }
  llvm::sys::fs::remove_directories(folder);
  return outcome;
}

} // namespace simt
