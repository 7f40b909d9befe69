// Random kernels: the engine's results against the reference interpreter's.
//
//   simt_fuzz --first 0 --count 320            check seeds 0 to 319 in both lowerings
//   simt_fuzz --first 17 --count 1 --print     the kernel of seed 17 as CUDA C++
//   simt_fuzz --first 17 --reduce              cut that kernel down as long as it is wrong
#include "generator/generator.h"
#include "reducer.h"
#include "workers.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <list>

using namespace simt;

namespace {

struct Settings {
  uint64_t first = 0, count = 1;
  unsigned jobs = 2, seconds = 300;
  std::string lowering = "both";
  bool print = false, reduce = false, verbose = false, sabotage = false;
};

std::vector<Lowering> lowerings(const Settings &settings) {
  if (settings.lowering == "warp")
    return {Lowering::Warp};
  if (settings.lowering == "thread")
    return {Lowering::Thread};
  return {Lowering::Warp, Lowering::Thread};
}

Worker startCheck(const std::vector<uint64_t> &seeds, const Settings &settings) {
  return Worker(
      [&] {
        std::vector<Kernel> kernels;
        for (uint64_t seed : seeds)
          kernels.push_back(Generator(seed).generate());
        return check(kernels, lowerings(settings), optimizeOf(seeds[0]), settings.sabotage);
      },
      settings.seconds);
}

// A batch that dies is checked kernel by kernel.
Verdicts collect(Worker &worker, const std::vector<uint64_t> &seeds, const Settings &settings) {
  Outcome outcome = worker.finish();
  if (outcome.death.empty())
    return outcome.verdicts;
  if (seeds.size() == 1)
    return {{{seeds[0], lowerings(settings)[0]}, {Verdict::Failed, outcome.death}}};
  Verdicts all;
  for (uint64_t seed : seeds) {
    Worker one = startCheck({seed}, settings);
    all.merge(collect(one, {seed}, settings));
  }
  return all;
}

class Totals {
public:
  void add(const Verdicts &verdicts, bool verbose) {
    for (const auto &[key, verdict] : verdicts) {
      ++counts[verdict.kind];
      bool isWarpOnly = verdict.kind == Verdict::Refused && key.second == Lowering::Thread;
      if (isWarpOnly)
        ++threadRefusals;
      if (verdict.kind != Verdict::Same && (verbose || !isWarpOnly))
        std::printf("%s: seed %llu, %s, -O%u: %s\n", nameOf(verdict.kind),
                    (unsigned long long)key.first, nameOf(key.second), optimizeOf(key.first),
                    verdict.text.c_str());
    }
    std::fflush(stdout);
  }
  // A kernel may need warps (a return before a barrier): that the other lowering says so is right.
  int report() const {
    unsigned wrong = 0;
    for (unsigned kind = Verdict::Different; kind <= Verdict::Invalid; ++kind)
      wrong += counts[kind];
    wrong -= threadRefusals;
    std::printf("%u as the interpreter, %u refused without warps, %u wrong\n",
                counts[Verdict::Same], threadRefusals, wrong);
    return wrong != 0 || counts[Verdict::Same] == 0;
  }

private:
  unsigned counts[6] = {}, threadRefusals = 0;
};

int checkAll(const Settings &settings) {
  std::list<std::pair<std::vector<uint64_t>, Worker>> running;
  Totals totals;
  auto finishOne = [&] {
    auto done = running.begin();
    int process = Worker::waitForAny();
    for (auto at = running.begin(); at != running.end(); ++at)
      if (at->second.process() == process)
        done = at;
    totals.add(collect(done->second, done->first, settings), settings.verbose);
    running.erase(done);
  };
  uint64_t end = settings.first + settings.count;
  for (uint64_t seed = settings.first; seed < end;) {
    std::vector<uint64_t> seeds;
    do
      seeds.push_back(seed++);
    while (seed < end && seed % kBatch != 0);
    if (running.size() >= settings.jobs)
      finishOne();
    Worker worker = startCheck(seeds, settings);
    running.emplace_back(std::move(seeds), std::move(worker));
  }
  while (!running.empty())
    finishOne();
  return totals.report();
}

int reduceOne(const Settings &settings) {
  for (Lowering lowering : lowerings(settings)) {
    Kernel kernel = Generator(settings.first).generate();
    if (lowering == Lowering::Thread && kernel.usesWarp)
      continue;
    if (reduce(kernel, lowering, optimizeOf(settings.first)))
      return 1;
  }
  std::printf("nothing is wrong with seed %llu\n", (unsigned long long)settings.first);
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  Settings settings;
  CLI::App app("random kernels: the engine against the reference interpreter");
  app.add_option("--first", settings.first, "the first seed");
  app.add_option("--count", settings.count, "how many seeds");
  app.add_option("--jobs", settings.jobs, "processes at once");
  app.add_option("--seconds", settings.seconds, "the longest that 16 kernels may take");
  app.add_option("--lowering", settings.lowering)->check(CLI::IsMember({"warp", "thread", "both"}));
  app.add_flag("--print", settings.print, "print the kernels");
  app.add_flag("--reduce", settings.reduce, "cut the first seed's kernel down");
  app.add_flag("--verbose", settings.verbose, "also what is refused without warps");
  app.add_flag("--sabotage", settings.sabotage, "the engine gets other programs: all is wrong");
  CLI11_PARSE(app, argc, argv);
  if (settings.print) {
    for (uint64_t seed = settings.first; seed < settings.first + settings.count; ++seed) {
      Kernel kernel = Generator(seed).generate();
      const Shape &shape = kernel.shape;
      std::printf("// <<<dim3(%u, %u), dim3(%u, %u, %u), %u>>>, -O%u\n%s\n", shape.gridX,
                  shape.gridY, shape.x, shape.y, shape.z, kernel.dynamicShared, optimizeOf(seed),
                  kernel.text().c_str());
    }
    return 0;
  }
  return settings.reduce ? reduceOne(settings) : checkAll(settings);
}
