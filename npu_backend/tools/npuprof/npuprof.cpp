// npuprof: runs a program and tells what its tensor operations took on the NPU, and what the same
// work would take elsewhere. The program's own output and exit status pass through.
#include "output.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/wait.h>
#include <unistd.h>

using namespace npu;
using namespace npu::profile;

namespace {

constexpr int kToolFailure = 125; // as of env(1) and timeout(1): not the program's own

struct Request {
  std::vector<std::string> command, prices;
  std::string json, trace, html, shadow, tolerance, config, currency = "USD";
  double perKilowattHour = 0, progressSeconds = 5;
  unsigned intervals = 64;
  bool everyOp = false, quiet = false;
};

int fail(const std::string &what) {
  std::cerr << "npuprof: error: " << what << "\n";
  return kToolFailure;
}

Status readPrices(const Request &request, Prices &prices) {
  prices.perKilowattHour = request.perKilowattHour;
  prices.currency = request.currency;
  for (const std::string &text : request.prices) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    char *end = nullptr;
    const double value =
        equals == std::string::npos ? -1 : std::strtod(text.c_str() + equals + 1, &end);
    const std::vector<std::string> names = deviceNames();
    if (value < 0 || *end || std::find(names.begin(), names.end(), name) == names.end()) {
      std::string list;
      for (const std::string &known : names)
        list += (list.empty() ? "" : ", ") + known;
      return {npuErrorInvalidValue,
              "--price takes DEVICE=PRICE_PER_HOUR with a device of " + list + ", not " + text};
    }
    prices.perHour[name] = value;
  }
  return {};
}

void setEnvironment(const Request &request, const std::string &report) {
  setenv("NPU_REPORT", report.c_str(), 1);
  setenv("NPU_REPORT_INTERVALS", std::to_string(request.intervals).c_str(), 0);
  if (!request.quiet)
    setenv("NPU_PROGRESS", std::to_string(request.progressSeconds).c_str(), 0);
  if (!request.shadow.empty())
    setenv("NPU_SHADOW", request.shadow.c_str(), 1);
  if (!request.tolerance.empty())
    setenv("NPU_TOLERANCE", request.tolerance.c_str(), 1);
  if (!request.config.empty())
    setenv("NPU_CONFIG", request.config.c_str(), 1);
}

// Runs the program to its end; its exit status, or 128 + the signal that ended it.
Status runProgram(const Request &request, const std::string &report, Profile &profile) {
  std::vector<char *> arguments;
  for (const std::string &word : request.command) {
    arguments.push_back(const_cast<char *>(word.c_str()));
    profile.program += (profile.program.empty() ? "" : " ") + word;
  }
  arguments.push_back(nullptr);
  const auto began = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0)
    return {npuErrorUnknown, std::string("cannot start a process: ") + std::strerror(errno)};
  if (child == 0) {
    setEnvironment(request, report);
    execvp(arguments[0], arguments.data());
    std::cerr << "npuprof: error: cannot run " << arguments[0] << ": " << std::strerror(errno)
              << "\n";
    _exit(127);
  }
  // An interrupt goes to the program too; what it did until then is still told.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGQUIT, SIG_IGN);
  int state = 0;
  while (waitpid(child, &state, 0) < 0 && errno == EINTR)
    ;
  profile.wallSeconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  profile.exitCode = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  if (!std::filesystem::exists(report)) {
    const std::string how = WIFSIGNALED(state)
                                ? "it was ended by signal " + std::to_string(WTERMSIG(state))
                                : "it ended with status " + std::to_string(profile.exitCode);
    return {npuErrorFileNotFound,
            "the program wrote no report (" + how +
                "): is it linked with libnpurt, and does it end by returning from main or exit()?"};
  }
  return readProfile(report, profile);
}

Status writeText(const std::string &path, const std::string &text) {
  if (path == "-") {
    std::cout << text;
    return {};
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    return {npuErrorUnknown, "cannot write " + path + ": " + std::strerror(errno)};
  std::cerr << "npuprof: wrote " << path << "\n";
  return {};
}

int profileProgram(const Request &request) {
  Prices prices;
  if (Status status = readPrices(request, prices); !status)
    return fail(status.message());
  std::error_code ignored;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(ignored);
  std::string folder = (temporary / "npuprof-XXXXXX").string();
  if (!mkdtemp(folder.data()))
    return fail("cannot make " + folder + ": " + std::strerror(errno));
  Profile profile;
  const Status status = runProgram(request, folder + "/report.json", profile);
  std::filesystem::remove_all(folder, ignored);
  if (!status) {
    std::cerr << "npuprof: error: " << status.message() << "\n";
    return profile.exitCode ? profile.exitCode : kToolFailure;
  }
  const std::vector<Line> lines = compare(profile, prices);
  bool written = true;
  auto write = [&](const std::string &path, auto make) {
    if (path.empty())
      return;
    if (Status failure = writeText(path, make()); !failure)
      written = false, fail(failure.message());
  };
  write(request.json, [&] { return jsonReport(profile, lines, prices).dump(2) + "\n"; });
  write(request.trace, [&] { return traceEvents(profile).dump() + "\n"; });
  write(request.html, [&] { return htmlReport(profile, lines, prices); });
  if (request.json != "-" && request.html != "-" && request.trace != "-")
    std::cout << textReport(profile, lines, prices, request.everyOp);
  return profile.exitCode || written ? profile.exitCode : kToolFailure;
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Runs a program and tells what its tensor operations take on the NPU:\n"
               "npuprof [options] program [its arguments]");
  Request request;
  app.add_option("--json", request.json, "also write JSON to this file; - for stdout alone");
  app.add_option("--trace", request.trace, "also write a trace for Perfetto or chrome://tracing");
  app.add_option("--html", request.html, "also write one HTML page");
  app.add_flag("--every", request.everyOp, "a line for every operation, equal ones too");
  app.add_option("--config", request.config, "the NPU: a preset or a file (NPU_CONFIG)");
  app.add_option("--shadow", request.shadow, "recompute this share of operations (NPU_SHADOW)");
  app.add_option("--tolerance", request.tolerance, "the error to hold (NPU_TOLERANCE)");
  app.add_option("--price", request.prices, "DEVICE=PRICE_PER_HOUR, more than once; npu, T4, ...")
      ->allow_extra_args(false);
  app.add_option("--electricity", request.perKilowattHour, "price of a kWh")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--currency", request.currency, "of the prices; default USD");
  app.add_option("--intervals", request.intervals, "how finely each operation's time is told")
      ->check(CLI::Range(1u, 4096u));
  app.add_option("--progress", request.progressSeconds, "seconds between lines on long runs")
      ->check(CLI::Range(0.1, 3600.0));
  app.add_flag("--quiet", request.quiet, "no lines on progress");
  app.prefix_command(); // what follows the program's name is the program's
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) ? kToolFailure : 0;
  }
  request.command = app.remaining();
  if (!request.command.empty() && request.command[0] == "--")
    request.command.erase(request.command.begin());
  if (request.command.empty() || request.command[0][0] == '-')
    return fail(request.command.empty() ? "no program to run; see --help"
                                        : "unknown option " + request.command[0]);
  return profileProgram(request);
}
