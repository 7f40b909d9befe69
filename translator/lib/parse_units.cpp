// See parse_units.h. A child sends its facts through a pipe; the parent collects from all pipes at
// once, so that no child waits for its turn to be read.
#include "parse_units.h"

#include <cerrno>
#include <cstring>
#include <map>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace npu;

namespace {

UnitFacts parseHere(const ParseOptions &options) {
  UnitFacts unit;
  ParseOutcome outcome = parse(options, unit.facts);
  unit.failed = outcome.failed;
  unit.messages = std::move(outcome.messages);
  unit.lookedAt = std::move(outcome.lookedAt);
  return unit;
}

UnitFacts failure(const ParseOptions &options, const std::string &what) {
  UnitFacts unit;
  unit.failed = true;
  unit.messages = {"cu2npu: error: " + options.input + ": " + what + "\n"};
  return unit;
}

struct Child {
  pid_t process = -1;
  int pipe = -1;
  std::string bytes;
};

[[noreturn]] void runChild(const ParseOptions &options, int pipe) {
  UnitFacts unit = parseHere(options);
  std::string bytes = toBytes(unit);
  for (size_t sent = 0; sent < bytes.size();) {
    ssize_t count = write(pipe, bytes.data() + sent, bytes.size() - sent);
    if (count < 0 && errno != EINTR)
      _exit(1);
    sent += count > 0 ? static_cast<size_t>(count) : 0;
  }
  _exit(0); // nothing of the parse needs to be freed
}

bool start(const ParseOptions &options, Child &child) {
  int ends[2];
  if (pipe(ends) != 0)
    return false;
  child.process = fork();
  if (child.process == 0) {
    close(ends[0]);
    runChild(options, ends[1]);
  }
  close(ends[1]);
  if (child.process < 0) {
    close(ends[0]);
    return false;
  }
  child.pipe = ends[0];
  return true;
}

UnitFacts collect(const ParseOptions &options, Child &child, KeptParses &kept) {
  close(child.pipe);
  int status = 0;
  while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    return failure(options, std::string("the front end was ended by a signal (") +
                                strsignal(WTERMSIG(status)) + "); please report this source");
  UnitFacts unit;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !fromBytes(child.bytes, unit))
    return failure(options, "the front end ended before it was done; please report this source");
  kept.keep(options, child.bytes);
  return unit;
}

void parseOneByOne(const std::vector<ParseOptions> &all, KeptParses &kept,
                   const std::function<void(size_t, UnitFacts)> &done) {
  for (size_t i = 0; i < all.size(); ++i) {
    std::optional<UnitFacts> unit = kept.find(all[i]);
    if (!unit) {
      unit = parseHere(all[i]);
      kept.keep(all[i], toBytes(*unit));
    }
    done(i, std::move(*unit));
  }
}

// Waits until some child has said something; true in `ended` for those that closed their pipe.
void readSome(std::map<size_t, Child> &running, std::vector<size_t> &ended) {
  std::vector<pollfd> pipes;
  std::vector<size_t> indices;
  for (auto &[index, child] : running) {
    pipes.push_back({child.pipe, POLLIN, 0});
    indices.push_back(index);
  }
  if (poll(pipes.data(), pipes.size(), -1) < 0)
    return; // interrupted
  char buffer[1 << 16];
  for (size_t i = 0; i < pipes.size(); ++i) {
    if (!pipes[i].revents)
      continue;
    ssize_t count = read(pipes[i].fd, buffer, sizeof(buffer));
    if (count > 0)
      running[indices[i]].bytes.append(buffer, static_cast<size_t>(count));
    else if (count == 0 || errno != EINTR)
      ended.push_back(indices[i]);
  }
}

} // namespace

void npu::parseUnits(const std::vector<ParseOptions> &all, unsigned jobs, KeptParses &kept,
                     const std::function<void(size_t, UnitFacts)> &done) {
  if (jobs == 0)
    return parseOneByOne(all, kept, done);
  std::map<size_t, Child> running;
  std::map<size_t, UnitFacts> waiting; // for an earlier one
  size_t next = 0, wanted = 0;
  auto handOver = [&] {
    for (auto first = waiting.find(wanted); first != waiting.end();
         first = waiting.find(++wanted)) {
      done(wanted, std::move(first->second));
      waiting.erase(first);
    }
  };
  while (wanted < all.size()) {
    while (next < all.size() && running.size() < jobs) {
      Child child;
      if (std::optional<UnitFacts> unit = kept.find(all[next]))
        waiting[next] = std::move(*unit);
      else if (start(all[next], child))
        running[next] = std::move(child);
      else
        waiting[next] = failure(all[next], std::strerror(errno));
      ++next;
      handOver();
    }
    std::vector<size_t> ended;
    if (!running.empty())
      readSome(running, ended);
    for (size_t index : ended) {
      waiting[index] = collect(all[index], running[index], kept);
      running.erase(index);
    }
    handOver();
  }
}
