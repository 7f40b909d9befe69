// The choice of an algorithm. There is one way to compute each convolution (columns and products,
// in tiles, without the caller's workspace); every algorithm's name stands for it, and the choice
// is the one whose name says so. Searches measure it.
#include "convolution.h"

#include <chrono>

namespace npu::dnn {
namespace {

// What a search returns: `run` is timed when there is one; without, the time is unknown (-1).
template <class Perf, class Algorithm>
void giveAlgorithm(Algorithm algorithm, npudnnConvolutionDescriptor_t convolution, int requested,
                   int *returned, Perf *results, const std::function<void()> &run) {
  require(requested >= 1, "requestedAlgoCount is less than 1");
  requirePointer(returned, "returnedAlgoCount");
  requirePointer(results, "perfResults");
  Perf perf = {};
  perf.algo = algorithm;
  perf.status = NPUDNN_STATUS_SUCCESS;
  perf.time = -1;
  perf.determinism = NPUDNN_DETERMINISTIC;
  perf.mathType = getSet<ConvolutionDescriptor>(convolution, "convDesc")->math;
  if (run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    perf.time =
        std::chrono::duration<float, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  results[0] = perf;
  *returned = 1;
}

// Runs now, after the stream's earlier work. A wait that fails leaves the work behind: `function`
// owns what it uses.
void runNow(npuStream_t stream, const char *caller, std::function<void()> function) {
  enqueueHost(stream, caller, std::move(function));
  check(core::synchronize(stream));
}

// Memory of zeros for a search without data.
struct Zeros {
  explicit Zeros(const Layout &layout) : memory(layout.bytes()) {
    std::fill_n(static_cast<char *>(memory.data()), layout.bytes(), char(0));
  }
  core::Scratch memory;
};

void preference(int value, size_t, const void *result) {
  require(value >= 0 && value <= 2, "there is no such preference");
  requirePointer(result, "the result");
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

// Each direction's functions: one for each way to ask. `operands` are the descriptors' parameters.
#define COUNT(direction, count)                                                                    \
  npudnnStatus_t npudnnGetConvolution##direction##AlgorithmMaxCount(npudnnHandle_t handle,         \
                                                                    int *result) {                 \
    return dnnEntry("cudnnGetConvolution" #direction "AlgorithmMaxCount", [&] {                    \
      streamOf(handle);                                                                            \
      requirePointer(result, "the result");                                                        \
      *result = count;                                                                             \
    });                                                                                            \
  }
COUNT(Forward, NPUDNN_CONVOLUTION_FWD_ALGO_COUNT)
COUNT(BackwardData, NPUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT)
COUNT(BackwardFilter, NPUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT)
#undef COUNT

#define OPERANDS_Forward                                                                           \
  npudnnTensorDescriptor_t x, npudnnFilterDescriptor_t w, npudnnConvolutionDescriptor_t conv,      \
      npudnnTensorDescriptor_t y
#define OPERANDS_BackwardData                                                                      \
  npudnnFilterDescriptor_t w, npudnnTensorDescriptor_t y, npudnnConvolutionDescriptor_t conv,      \
      npudnnTensorDescriptor_t x
#define OPERANDS_BackwardFilter                                                                    \
  npudnnTensorDescriptor_t x, npudnnTensorDescriptor_t y, npudnnConvolutionDescriptor_t conv,      \
      npudnnFilterDescriptor_t w

#define QUESTIONS(direction, kind, enumerators, chosen, product)                                   \
  npudnnStatus_t npudnnGetConvolution##direction##Algorithm(                                       \
      npudnnHandle_t handle, OPERANDS_##direction, npudnnConvolution##kind##Preference_t prefers,  \
      size_t memoryLimitInBytes, npudnnConvolution##kind##Algo_t *algo) {                          \
    const char *name = "cudnnGetConvolution" #direction "Algorithm";                               \
    return dnnEntry(name, [&] {                                                                    \
      streamOf(handle);                                                                            \
      makeConvolution(name, x, w, conv, y, ConvolutionUse::direction);                             \
      preference(prefers, memoryLimitInBytes, algo);                                               \
      *algo = chosen;                                                                              \
    });                                                                                            \
  }                                                                                                \
  npudnnStatus_t npudnnGetConvolution##direction##Algorithm_v7(                                    \
      npudnnHandle_t handle, OPERANDS_##direction, const int requestedAlgoCount,                   \
      int *returnedAlgoCount, npudnnConvolution##kind##AlgoPerf_t *perfResults) {                  \
    const char *name = "cudnnGetConvolution" #direction "Algorithm_v7";                            \
    return dnnEntry(name, [&] {                                                                    \
      streamOf(handle);                                                                            \
      makeConvolution(name, x, w, conv, y, ConvolutionUse::direction);                             \
      giveAlgorithm(chosen, conv, requestedAlgoCount, returnedAlgoCount, perfResults, nullptr);    \
    });                                                                                            \
  }                                                                                                \
  npudnnStatus_t npudnnFindConvolution##direction##Algorithm(                                      \
      npudnnHandle_t handle, OPERANDS_##direction, const int requestedAlgoCount,                   \
      int *returnedAlgoCount, npudnnConvolution##kind##AlgoPerf_t *perfResults) {                  \
    const char *name = "cudnnFindConvolution" #direction "Algorithm";                              \
    return dnnEntry(name, [&] {                                                                    \
      const npuStream_t stream = streamOf(handle);                                                 \
      const Convolution convolution =                                                              \
          makeConvolution(name, x, w, conv, y, ConvolutionUse::direction);                         \
      giveAlgorithm(chosen, conv, requestedAlgoCount, returnedAlgoCount, perfResults, [&] {        \
        const auto xZeros = std::make_shared<Zeros>(convolution.x),                                \
                   wZeros = std::make_shared<Zeros>(convolution.w),                                \
                   yZeros = std::make_shared<Zeros>(convolution.y);                                \
        runNow(stream, name, [=] {                                                                 \
          void *xData = xZeros->memory.data(), *wData = wZeros->memory.data(),                     \
               *yData = yZeros->memory.data();                                                     \
          product;                                                                                 \
        });                                                                                        \
      });                                                                                          \
    });                                                                                            \
  }                                                                                                \
  npudnnStatus_t npudnnGetConvolution##direction##WorkspaceSize(                                   \
      npudnnHandle_t handle, OPERANDS_##direction, npudnnConvolution##kind##Algo_t algo,           \
      size_t *sizeInBytes) {                                                                       \
    const char *name = "cudnnGetConvolution" #direction "WorkspaceSize";                           \
    return dnnEntry(name, [&] {                                                                    \
      streamOf(handle);                                                                            \
      makeConvolution(name, x, w, conv, y, ConvolutionUse::direction);                             \
      requirePointer(sizeInBytes, "the result");                                                   \
      require(algo >= 0 && algo < NPUDNN_CONVOLUTION_##enumerators##_ALGO_COUNT,                   \
              "there is no such algorithm");                                                       \
      *sizeInBytes = 0;                                                                            \
    });                                                                                            \
  }

QUESTIONS(Forward, Fwd, FWD, NPUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM,
          convolveForward(convolution, xData, wData, yData, 1, 0))
QUESTIONS(BackwardData, BwdData, BWD_DATA, NPUDNN_CONVOLUTION_BWD_DATA_ALGO_1,
          convolveBackwardData(convolution, wData, yData, xData, 1, 0))
QUESTIONS(BackwardFilter, BwdFilter, BWD_FILTER, NPUDNN_CONVOLUTION_BWD_FILTER_ALGO_1,
          convolveBackwardFilter(convolution, xData, yData, wData, 1, 0))
#undef QUESTIONS

npudnnStatus_t npudnnFindConvolutionForwardAlgorithmEx(
    npudnnHandle_t handle, const npudnnTensorDescriptor_t xDesc, const void *x,
    const npudnnFilterDescriptor_t wDesc, const void *w,
    const npudnnConvolutionDescriptor_t convDesc, const npudnnTensorDescriptor_t yDesc, void *y,
    const int requestedAlgoCount, int *returnedAlgoCount,
    npudnnConvolutionFwdAlgoPerf_t *perfResults, void *, size_t) {
  const char *name = "cudnnFindConvolutionForwardAlgorithmEx";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    const Convolution convolution =
        makeConvolution(name, xDesc, wDesc, convDesc, yDesc, ConvolutionUse::Forward);
    requireMemory(convolution.x, x, "x");
    requireMemory(convolution.w, w, "w");
    requireMemory(convolution.y, y, "y");
    giveAlgorithm(NPUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, convDesc, requestedAlgoCount,
                  returnedAlgoCount, perfResults, [&] {
                    runNow(stream, name, [=] { convolveForward(convolution, x, w, y, 1, 0); });
                  });
  });
}

npudnnStatus_t npudnnFindConvolutionBackwardDataAlgorithmEx(
    npudnnHandle_t handle, const npudnnFilterDescriptor_t wDesc, const void *w,
    const npudnnTensorDescriptor_t dyDesc, const void *dy,
    const npudnnConvolutionDescriptor_t convDesc, const npudnnTensorDescriptor_t dxDesc, void *dx,
    const int requestedAlgoCount, int *returnedAlgoCount,
    npudnnConvolutionBwdDataAlgoPerf_t *perfResults, void *, size_t) {
  const char *name = "cudnnFindConvolutionBackwardDataAlgorithmEx";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    const Convolution convolution =
        makeConvolution(name, dxDesc, wDesc, convDesc, dyDesc, ConvolutionUse::BackwardData);
    requireMemory(convolution.w, w, "w");
    requireMemory(convolution.y, dy, "dy");
    requireMemory(convolution.x, dx, "dx");
    giveAlgorithm(
        NPUDNN_CONVOLUTION_BWD_DATA_ALGO_1, convDesc, requestedAlgoCount, returnedAlgoCount,
        perfResults,
        [&] { runNow(stream, name, [=] { convolveBackwardData(convolution, w, dy, dx, 1, 0); }); });
  });
}

npudnnStatus_t npudnnFindConvolutionBackwardFilterAlgorithmEx(
    npudnnHandle_t handle, const npudnnTensorDescriptor_t xDesc, const void *x,
    const npudnnTensorDescriptor_t dyDesc, const void *y,
    const npudnnConvolutionDescriptor_t convDesc, const npudnnFilterDescriptor_t dwDesc, void *dw,
    const int requestedAlgoCount, int *returnedAlgoCount,
    npudnnConvolutionBwdFilterAlgoPerf_t *perfResults, void *, size_t) {
  const char *name = "cudnnFindConvolutionBackwardFilterAlgorithmEx";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    const Convolution convolution =
        makeConvolution(name, xDesc, dwDesc, convDesc, dyDesc, ConvolutionUse::BackwardFilter);
    requireMemory(convolution.x, x, "x");
    requireMemory(convolution.y, y, "dy");
    requireMemory(convolution.w, dw, "dw");
    giveAlgorithm(NPUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, convDesc, requestedAlgoCount,
                  returnedAlgoCount, perfResults, [&] {
                    runNow(stream, name,
                           [=] { convolveBackwardFilter(convolution, x, y, dw, 1, 0); });
                  });
  });
}
