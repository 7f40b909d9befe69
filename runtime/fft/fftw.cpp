// Behind dlopen, because a program without Fourier transforms should not load it. The names differ
// by precision alone (fftw_, fftwf_). Plans are estimated: measuring would overwrite the arrays.
#include "fftw.h"

#include <algorithm>
#include <dlfcn.h>
#include <mutex>
#include <thread>

namespace npu::fft {
namespace {

constexpr unsigned kEstimate = 1u << 6;      // FFTW_ESTIMATE
constexpr unsigned kPreserveInput = 1u << 4; // FFTW_PRESERVE_INPUT
// Smaller transforms cost less than waking threads.
constexpr std::ptrdiff_t kElementsForThreads = 1 << 16;

using Plan = void *;

struct Library {
  void *handle = nullptr;
  bool hasThreads = false;
  Plan (*planComplex)(int, const Dimension *, int, const Dimension *, void *, void *, int,
                      unsigned) = nullptr;
  Plan (*planFromReal)(int, const Dimension *, int, const Dimension *, void *, void *,
                       unsigned) = nullptr;
  Plan (*planToReal)(int, const Dimension *, int, const Dimension *, void *, void *,
                     unsigned) = nullptr;
  void (*runComplex)(Plan, void *, void *) = nullptr;
  void (*runFromReal)(Plan, void *, void *) = nullptr;
  void (*runToReal)(Plan, void *, void *) = nullptr;
  void (*destroy)(Plan) = nullptr;
  int (*alignment)(void *) = nullptr;
  int (*initializeThreads)() = nullptr;
  void (*setThreads)(int) = nullptr;

  bool complete() const {
    return planComplex && planFromReal && planToReal && runComplex && runFromReal && runToReal &&
           destroy && alignment;
  }
  explicit Library(const std::string &letter) {
    // The library of threads depends on the plain one, so one handle finds the names of both.
    const std::string stem = "libfftw3" + letter;
    handle = dlopen((stem + "_threads.so.3").c_str(), RTLD_NOW | RTLD_LOCAL);
    hasThreads = handle;
    if (!handle)
      handle = dlopen((stem + ".so.3").c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle)
      return;
    const auto find = [&](auto &function, const char *name) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(
          dlsym(handle, ("fftw" + letter + "_" + name).c_str()));
    };
    find(planComplex, "plan_guru64_dft");
    find(planFromReal, "plan_guru64_dft_r2c");
    find(planToReal, "plan_guru64_dft_c2r");
    find(runComplex, "execute_dft");
    find(runFromReal, "execute_dft_r2c");
    find(runToReal, "execute_dft_c2r");
    find(destroy, "destroy_plan");
    find(alignment, "alignment_of");
    if (!hasThreads)
      return;
    find(initializeThreads, "init_threads");
    find(setThreads, "plan_with_nthreads");
    hasThreads = initializeThreads && setThreads && initializeThreads();
  }
};

const Library &library(bool isDouble) {
  static const Library &single = *new Library("f");
  static const Library &full = *new Library("");
  return isDouble ? full : single;
}

std::mutex &planner() {
  static std::mutex &mutex = *new std::mutex;
  return mutex;
}

class FftwTransform : public Transform {
public:
  FftwTransform(const Library &library, Kind kind, Plan plan)
      : library(library), kind(kind), plan(plan) {}
  ~FftwTransform() override {
    std::lock_guard<std::mutex> lock(planner());
    library.destroy(plan);
  }
  void run(void *input, void *output) const override {
    const auto execute = kind == Kind::ComplexToComplex ? library.runComplex
                         : kind == Kind::RealToComplex  ? library.runFromReal
                                                        : library.runToReal;
    execute(plan, input, output);
  }

private:
  const Library &library;
  const Kind kind;
  const Plan plan;
};

Plan planOf(const Library &library, const Problem &problem, int direction, void *input,
            void *output) {
  const int rank = int(problem.dimensions.size());
  const Dimension *dimensions = problem.dimensions.data();
  if (problem.kind == Kind::ComplexToComplex)
    return library.planComplex(rank, dimensions, 1, &problem.batch, input, output, direction,
                               kEstimate);
  if (problem.kind == Kind::RealToComplex)
    return library.planFromReal(rank, dimensions, 1, &problem.batch, input, output, kEstimate);
  // FFTW can keep the input of these in one dimension only.
  const unsigned keep = rank == 1 && input != output ? kPreserveInput : 0;
  return library.planToReal(rank, dimensions, 1, &problem.batch, input, output, kEstimate | keep);
}

} // namespace

std::shared_ptr<const Transform> Transform::make(const Problem &problem, int direction, void *input,
                                                 void *output) {
  const Library &fftw = library(problem.isDouble);
  std::ptrdiff_t elements = problem.batch.n;
  for (const Dimension &dimension : problem.dimensions)
    elements *= dimension.n;
  Plan plan = nullptr;
  {
    std::lock_guard<std::mutex> lock(planner());
    if (fftw.hasThreads)
      fftw.setThreads(elements < kElementsForThreads
                          ? 1
                          : int(std::max(1u, std::thread::hardware_concurrency())));
    plan = planOf(fftw, problem, direction, input, output);
  }
  if (!plan)
    return nullptr;
  return std::make_shared<FftwTransform>(fftw, problem.kind, plan);
}

int alignmentOf(bool isDouble, void *pointer) { return library(isDouble).alignment(pointer); }

std::string missingLibrary(bool isDouble) {
  if (library(isDouble).complete())
    return "";
  return isDouble ? "the host computes this with libfftw3.so.3, which cannot be loaded; install "
                    "libfftw3-double3"
                  : "the host computes this with libfftw3f.so.3, which cannot be loaded; install "
                    "libfftw3-single3";
}

} // namespace npu::fft
