// What the warp engine costs: each problem as warps, as threads and as C++ with OpenMP, in one
// process. Prints Google Benchmark's rows and then the ratios of their medians.
//   simt_bench [--benchmark_filter=<regex>] [--benchmark_repetitions=<n>] ...
#include "problem.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#define WARP_PROBLEM(name, tolerance) std::unique_ptr<Problem> name##_warp();
#define PROBLEM(name, tolerance)                                                                   \
  std::unique_ptr<Problem> name##_warp();                                                          \
  std::unique_ptr<Problem> name##_thread();
#include "problems.def"

namespace {

struct Row {
  const char *name;
  double tolerance;
  std::unique_ptr<Problem> (*warp)();
  std::unique_ptr<Problem> (*thread)(); // nullptr: has no such form
  bool isStream = false;
};
const Row kRows[] = {
#define WARP_PROBLEM(name, tolerance) {#name, tolerance, name##_warp, nullptr},
#define PROBLEM(name, tolerance) {#name, tolerance, name##_warp, name##_thread},
#define STREAM_PROBLEM(name, tolerance) {#name, tolerance, name##_warp, name##_thread, true},
#include "problems.def"
};

// Keeps the medians for the table of ratios; the console shows them as usual.
class Medians : public benchmark::ConsoleReporter {
public:
  void ReportRuns(const std::vector<Run> &runs) override {
    for (const Run &run : runs)
      if (run.run_type == Run::RT_Aggregate && run.aggregate_name == "median")
        seconds[run.run_name.function_name] = run.real_accumulated_time / run.iterations;
    ConsoleReporter::ReportRuns(runs);
  }
  std::map<std::string, double> seconds;
};

// The problem is made and checked at its first run, so that a filter skips its memory too.
struct Subject {
  const Row &row;
  std::unique_ptr<Problem> warp = nullptr, thread = nullptr;

  void prepare() {
    if (warp)
      return;
    check(warp = row.warp(), "warps");
    if (row.thread)
      check(thread = row.thread(), "threads");
  }

private:
  void check(std::unique_ptr<Problem> &problem, const char *way) {
    problem->host();
    problem->device();
    double difference = problem->difference();
    if (difference <= row.tolerance)
      return;
    std::fprintf(stderr, "%s as %s: the result differs from the host's by %g, more than %g\n",
                 row.name, way, difference, row.tolerance);
    std::exit(1);
  }
};

struct Mean {
  double logarithms = 0;
  int count = 0;
  double least = INFINITY;
  void add(double ratio) {
    logarithms += std::log(ratio);
    least = std::min(least, ratio);
    ++count;
  }
  double value() const { return count ? std::exp(logarithms / count) : 0; }
};

void printTable(const Medians &medians, std::vector<Subject> &subjects) {
  auto find = [&](const char *name, const char *way) {
    auto found = medians.seconds.find(std::string(name) + "/" + way);
    return found == medians.seconds.end() ? 0 : found->second;
  };
  Mean threads, hosts;
  double triad = 0;
  for (Subject &subject : subjects)
    if (double time = find(subject.row.name, "host");
        !std::strcmp(subject.row.name, "triad") && time)
      triad = subject.warp->bytes() / time;
  std::printf("\n%-16s %12s %12s %12s %12s\n", "problem", "warp, us", "x thread", "x OpenMP",
              "x STREAM");
  for (Subject &subject : subjects) {
    const char *name = subject.row.name;
    double warp = find(name, "warp"), thread = find(name, "thread"), host = find(name, "host");
    if (!warp || !host)
      continue;
    std::printf("%-16s %12.1f", name, warp * 1e6);
    if (thread)
      std::printf(" %12.2f", thread / warp);
    else
      std::printf(" %12s", "-");
    std::printf(" %12.2f", host / warp);
    if (subject.warp->bytes() && triad)
      std::printf(" %12.2f", subject.warp->bytes() / warp / triad);
    std::printf("\n");
    if (subject.row.isStream)
      continue;
    hosts.add(host / warp);
    if (thread)
      threads.add(thread / warp);
  }
  std::printf("%-16s %12s %12.2f %12.2f\n", "geometric mean", "", threads.value(), hosts.value());
  std::printf("%-16s %12s %12.2f %12.2f\n", "least", "", threads.least, hosts.least);
}

} // namespace

int main(int count, char **arguments) {
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments))
    return 2;
  std::vector<Subject> subjects;
  subjects.reserve(std::size(kRows)); // the benchmarks keep references
  for (const Row &row : kRows)
    subjects.push_back({row});
  for (Subject &subject : subjects) {
    auto add = [&](const char *way, auto run) {
      benchmark::RegisterBenchmark((std::string(subject.row.name) + "/" + way).c_str(),
                                   [&subject, run](benchmark::State &state) {
                                     subject.prepare();
                                     for (auto _ : state)
                                       run(subject);
                                   })
          ->UseRealTime()
          ->Unit(benchmark::kMicrosecond);
    };
    add("warp", [](Subject &s) { s.warp->device(); });
    if (subject.row.thread)
      add("thread", [](Subject &s) { s.thread->device(); });
    add("host", [](Subject &s) { s.warp->host(); });
  }
  Medians medians;
  benchmark::RunSpecifiedBenchmarks(&medians);
  printTable(medians, subjects);
  benchmark::Shutdown();
}
