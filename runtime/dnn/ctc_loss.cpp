// The loss of connectionist temporal classification (Graves, Fernández, Gomez, Schmidhuber 2006):
// the negative logarithm of the probability of all paths that read as the labels, and its gradient
// in the activations before the softmax. Paths are summed in logarithms, in double.
//
// Probabilities are [time, batch, labels]; label 0 is the blank.
#include "descriptors.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu::dnn {
namespace {

constexpr int kMaxLabelLength = 255; // what version 7 allows, where a descriptor says nothing

struct CtcLossDescriptor : Object {
  bool set = false;
  npudnnDataType_t type = NPUDNN_DATA_FLOAT;
  npudnnLossNormalizationMode_t normalization = NPUDNN_LOSS_NORMALIZATION_NONE;
  npudnnNanPropagation_t nan = NPUDNN_NOT_PROPAGATE_NAN;
  npudnnCTCGradMode_t beyond = NPUDNN_CTC_ZERO_OOB_GRADIENTS;
  int maxLabelLength = kMaxLabelLength;
};

void setCtcLoss(npudnnCTCLossDescriptor_t descriptor, CtcLossDescriptor changed) {
  auto object = get<CtcLossDescriptor>(descriptor, "ctcLossDesc");
  require(changed.type == NPUDNN_DATA_FLOAT, "compType is not float");
  require(changed.normalization == NPUDNN_LOSS_NORMALIZATION_NONE ||
              changed.normalization == NPUDNN_LOSS_NORMALIZATION_SOFTMAX,
          "there is no such normalization mode");
  require(changed.nan == NPUDNN_NOT_PROPAGATE_NAN || changed.nan == NPUDNN_PROPAGATE_NAN,
          "there is no such propagation of NaN");
  require(changed.beyond == NPUDNN_CTC_ZERO_OOB_GRADIENTS ||
              changed.beyond == NPUDNN_CTC_SKIP_OOB_GRADIENTS,
          "there is no such gradient mode");
  require(changed.maxLabelLength > 0, "maxLabelLength is not positive");
  changed.set = true;
  *object = changed;
}

struct CtcCall {
  CtcLossDescriptor loss;
  Layout probabilities, gradients;
  const void *probs;
  void *costs, *grads; // grads: null when nobody asks
  std::vector<int> labels, labelLengths, inputLengths;

  int64_t steps() const { return probabilities.dims[0]; }
  int64_t batch() const { return probabilities.dims[1]; }
  int64_t symbols() const { return probabilities.dims[2]; }
};

double logSum(double a, double b) {
  if (a < b)
    std::swap(a, b);
  return std::isinf(a) ? a : a + std::log1p(std::exp(b - a));
}

// One sequence: logs of probabilities [steps][symbols] to the loss; occupation[t][k] gets the
// probability that a path which reads as the labels is at symbol k at time t.
double lossOf(const std::vector<double> &logs, int64_t steps, int64_t symbols, const int *labels,
              int64_t count, std::vector<double> &occupation) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  const int64_t states = 2 * count + 1; // a blank before and after each label
  auto symbol = [&](int64_t state) { return state % 2 ? labels[state / 2] : 0; };
  auto skips = [&](int64_t state) { // from two states before
    return state >= 2 && symbol(state) != 0 && symbol(state) != symbol(state - 2);
  };
  auto at = [&](int64_t step, int64_t state) {
    return logs[size_t(step * symbols + symbol(state))];
  };
  std::vector<double> before(size_t(steps * states), kNever), after(size_t(steps * states), kNever);
  for (int64_t step = 0; step < steps; ++step)
    for (int64_t state = 0; state < states; ++state) {
      double reached = kNever;
      if (step == 0) {
        reached = state < 2 ? 0 : kNever;
      } else {
        const double *previous = &before[size_t((step - 1) * states)];
        reached = previous[state];
        if (state >= 1)
          reached = logSum(reached, previous[state - 1]);
        if (skips(state))
          reached = logSum(reached, previous[state - 2]);
      }
      before[size_t(step * states + state)] = reached + at(step, state);
    }
  for (int64_t step = steps; step-- > 0;)
    for (int64_t state = 0; state < states; ++state) {
      double leaves = kNever;
      if (step + 1 == steps) {
        leaves = state + 2 >= states ? 0 : kNever;
      } else {
        const double *next = &after[size_t((step + 1) * states)];
        leaves = next[state] + at(step + 1, state);
        if (state + 1 < states)
          leaves = logSum(leaves, next[state + 1] + at(step + 1, state + 1));
        if (state + 2 < states && skips(state + 2))
          leaves = logSum(leaves, next[state + 2] + at(step + 1, state + 2));
      }
      after[size_t(step * states + state)] = leaves;
    }
  double total = kNever;
  if (steps > 0)
    for (int64_t state = std::max<int64_t>(0, states - 2); state < states; ++state)
      total = logSum(total, before[size_t((steps - 1) * states + state)]);
  else if (count == 0)
    total = 0;
  occupation.assign(size_t(steps * symbols), 0);
  for (int64_t step = 0; step < steps; ++step)
    for (int64_t state = 0; state < states; ++state) {
      const size_t i = size_t(step * states + state);
      if (!std::isinf(total))
        occupation[size_t(step * symbols + symbol(state))] +=
            std::exp(before[i] + after[i] - total);
    }
  return -total;
}

void checkLabels(const CtcCall &call) {
  int64_t first = 0;
  for (int64_t n = 0; n < call.batch(); ++n) {
    const int count = call.labelLengths[size_t(n)], steps = call.inputLengths[size_t(n)];
    require(count >= 0 && count <= call.loss.maxLabelLength,
            "a label length is not 0 to the descriptor's maxLabelLength");
    require(steps >= 0 && steps <= call.steps(), "an input length is not 0 to the time steps");
    for (int64_t i = first; i < first + count; ++i)
      require(call.labels[size_t(i)] > 0 && call.labels[size_t(i)] < call.symbols(),
              "a label is not 1 to the number of symbols (0 is the blank)");
    first += count;
  }
}

void computeLosses(const CtcCall &call) {
  const int64_t symbols = call.symbols(), batch = call.batch();
  std::vector<double> values(size_t(call.probabilities.count())), gradients;
  gather(call.probabilities, call.probs, values.data());
  if (call.grads) {
    gradients.resize(values.size());
    gather(call.gradients, call.grads, gradients.data()); // what is skipped keeps its value
  }
  std::vector<double> costs(static_cast<size_t>(batch));
  const int *labels = call.labels.data();
  for (int64_t n = 0; n < batch; ++n) {
    const int64_t steps = call.inputLengths[size_t(n)], count = call.labelLengths[size_t(n)];
    std::vector<double> logs(size_t(steps * symbols)), occupation;
    auto place = [&](int64_t step, int64_t k) { return size_t((step * batch + n) * symbols + k); };
    for (int64_t step = 0; step < steps; ++step) {
      double shift = 0;
      if (call.loss.normalization == NPUDNN_LOSS_NORMALIZATION_SOFTMAX) {
        shift = -std::numeric_limits<double>::infinity();
        for (int64_t k = 0; k < symbols; ++k)
          shift = logSum(shift, values[place(step, k)]);
      }
      for (int64_t k = 0; k < symbols; ++k) {
        const double value = values[place(step, k)];
        logs[size_t(step * symbols + k)] =
            call.loss.normalization == NPUDNN_LOSS_NORMALIZATION_SOFTMAX ? value - shift
                                                                         : std::log(value);
      }
    }
    costs[size_t(n)] = lossOf(logs, steps, symbols, labels, count, occupation);
    labels += count;
    if (!call.grads)
      continue;
    const bool infeasible = std::isinf(costs[size_t(n)]);
    const double none =
        call.loss.nan == NPUDNN_PROPAGATE_NAN ? std::numeric_limits<double>::quiet_NaN() : 0;
    for (int64_t step = 0; step < call.steps(); ++step)
      for (int64_t k = 0; k < symbols; ++k) {
        const size_t i = size_t(step * symbols + k);
        if (step < steps)
          gradients[place(step, k)] = infeasible ? none : std::exp(logs[i]) - occupation[i];
        else if (call.loss.beyond == NPUDNN_CTC_ZERO_OOB_GRADIENTS)
          gradients[place(step, k)] = 0;
      }
  }
  scatter(packedLayout(call.probabilities.type, {batch}), call.costs, costs.data(), 1, 0);
  if (call.grads)
    scatter(call.gradients, call.grads, gradients.data(), 1, 0);
}

// Without labels and memory.
CtcCall describe(npudnnCTCLossAlgo_t algorithm, npudnnCTCLossDescriptor_t descriptor,
                 npudnnTensorDescriptor_t probsDesc, npudnnTensorDescriptor_t gradientsDesc) {
  CtcCall call{};
  require(algorithm == NPUDNN_CTC_LOSS_ALGO_DETERMINISTIC ||
              algorithm == NPUDNN_CTC_LOSS_ALGO_NON_DETERMINISTIC,
          "there is no such algorithm");
  call.loss = *getSet<CtcLossDescriptor>(descriptor, "ctcLossDesc");
  call.probabilities = layoutOf(probsDesc, "probsDesc");
  require(call.probabilities.dims.size() == 3 && call.probabilities.type == NPUDNN_DATA_FLOAT,
          "probs are not [time, batch, labels] of float");
  if (gradientsDesc) {
    call.gradients = layoutOf(gradientsDesc, "gradientsDesc");
    require(call.gradients.dims == call.probabilities.dims &&
                call.gradients.type == call.probabilities.type,
            "the gradients have not the sizes and the type of probs");
  }
  return call;
}

void setMemory(CtcCall &call, const void *probs, void *costs, void *gradients,
               const void *workspace, size_t bytes) {
  requireMemory(call.probabilities, probs, "probs");
  requireBytes(costs, size_t(call.batch()) * elementBytes(call.probabilities.type), "costs");
  if (gradients) {
    require(!call.gradients.dims.empty(), "gradientsDesc is null");
    requireMemory(call.gradients, gradients, "gradients");
  }
  if (workspace && bytes)
    requireBytes(workspace, bytes, "the workspace");
  call.probs = probs, call.costs = costs, call.grads = gradients;
}

int64_t total(const std::vector<int> &lengths) {
  int64_t sum = 0;
  for (int length : lengths) {
    require(length >= 0, "a label length is negative");
    sum += length;
  }
  return sum;
}

template <class To, class From> void give(To *to, From from) {
  if (to)
    *to = To(from);
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(CTCLossDescriptor, CtcLossDescriptor)

npudnnStatus_t npudnnSetCTCLossDescriptor(npudnnCTCLossDescriptor_t ctcLossDesc,
                                          npudnnDataType_t compType) {
  return dnnEntry("cudnnSetCTCLossDescriptor", [&] {
    CtcLossDescriptor changed;
    changed.type = compType;
    setCtcLoss(ctcLossDesc, changed);
  });
}

npudnnStatus_t npudnnSetCTCLossDescriptorEx(npudnnCTCLossDescriptor_t ctcLossDesc,
                                            npudnnDataType_t compType,
                                            npudnnLossNormalizationMode_t normMode,
                                            npudnnNanPropagation_t gradMode) {
  return dnnEntry("cudnnSetCTCLossDescriptorEx", [&] {
    CtcLossDescriptor changed;
    changed.type = compType, changed.normalization = normMode, changed.nan = gradMode;
    setCtcLoss(ctcLossDesc, changed);
  });
}

npudnnStatus_t npudnnSetCTCLossDescriptor_v8(npudnnCTCLossDescriptor_t ctcLossDesc,
                                             npudnnDataType_t compType,
                                             npudnnLossNormalizationMode_t normMode,
                                             npudnnNanPropagation_t gradMode, int maxLabelLength) {
  return dnnEntry("cudnnSetCTCLossDescriptor_v8", [&] {
    CtcLossDescriptor changed;
    changed.type = compType, changed.normalization = normMode, changed.nan = gradMode;
    changed.maxLabelLength = maxLabelLength;
    setCtcLoss(ctcLossDesc, changed);
  });
}

npudnnStatus_t npudnnSetCTCLossDescriptor_v9(npudnnCTCLossDescriptor_t ctcLossDesc,
                                             npudnnDataType_t compType,
                                             npudnnLossNormalizationMode_t normMode,
                                             npudnnCTCGradMode_t ctcGradMode, int maxLabelLength) {
  return dnnEntry("cudnnSetCTCLossDescriptor_v9", [&] {
    CtcLossDescriptor changed;
    changed.type = compType, changed.normalization = normMode, changed.beyond = ctcGradMode;
    changed.maxLabelLength = maxLabelLength;
    setCtcLoss(ctcLossDesc, changed);
  });
}

npudnnStatus_t npudnnGetCTCLossDescriptor(npudnnCTCLossDescriptor_t ctcLossDesc,
                                          npudnnDataType_t *compType) {
  return dnnEntry("cudnnGetCTCLossDescriptor", [&] {
    give(compType, getSet<CtcLossDescriptor>(ctcLossDesc, "ctcLossDesc")->type);
  });
}

npudnnStatus_t npudnnGetCTCLossDescriptorEx(npudnnCTCLossDescriptor_t ctcLossDesc,
                                            npudnnDataType_t *compType,
                                            npudnnLossNormalizationMode_t *normMode,
                                            npudnnNanPropagation_t *gradMode) {
  return dnnEntry("cudnnGetCTCLossDescriptorEx", [&] {
    const auto object = getSet<CtcLossDescriptor>(ctcLossDesc, "ctcLossDesc");
    give(compType, object->type), give(normMode, object->normalization);
    give(gradMode, object->nan);
  });
}

npudnnStatus_t npudnnGetCTCLossDescriptor_v8(npudnnCTCLossDescriptor_t ctcLossDesc,
                                             npudnnDataType_t *compType,
                                             npudnnLossNormalizationMode_t *normMode,
                                             npudnnNanPropagation_t *gradMode,
                                             int *maxLabelLength) {
  return dnnEntry("cudnnGetCTCLossDescriptor_v8", [&] {
    const auto object = getSet<CtcLossDescriptor>(ctcLossDesc, "ctcLossDesc");
    give(compType, object->type), give(normMode, object->normalization);
    give(gradMode, object->nan), give(maxLabelLength, object->maxLabelLength);
  });
}

npudnnStatus_t npudnnGetCTCLossDescriptor_v9(npudnnCTCLossDescriptor_t ctcLossDesc,
                                             npudnnDataType_t *compType,
                                             npudnnLossNormalizationMode_t *normMode,
                                             npudnnCTCGradMode_t *ctcGradMode,
                                             int *maxLabelLength) {
  return dnnEntry("cudnnGetCTCLossDescriptor_v9", [&] {
    const auto object = getSet<CtcLossDescriptor>(ctcLossDesc, "ctcLossDesc");
    give(compType, object->type), give(normMode, object->normalization);
    give(ctcGradMode, object->beyond), give(maxLabelLength, object->maxLabelLength);
  });
}

npudnnStatus_t npudnnCTCLoss(npudnnHandle_t handle, const npudnnTensorDescriptor_t probsDesc,
                             const void *probs, const int hostLabels[],
                             const int hostLabelLengths[], const int hostInputLengths[],
                             void *costs, const npudnnTensorDescriptor_t gradientsDesc,
                             void *gradients, npudnnCTCLossAlgo_t algo,
                             npudnnCTCLossDescriptor_t ctcLossDesc, void *workspace,
                             size_t workSpaceSizeInBytes) {
  return dnnEntry("cudnnCTCLoss", [&] {
    const npuStream_t stream = streamOf(handle);
    CtcCall call = describe(algo, ctcLossDesc, probsDesc, gradientsDesc);
    setMemory(call, probs, costs, gradients, workspace, workSpaceSizeInBytes);
    requirePointer(hostLabelLengths, "hostLabelLengths");
    requirePointer(hostInputLengths, "hostInputLengths");
    call.labelLengths.assign(hostLabelLengths, hostLabelLengths + call.batch());
    call.inputLengths.assign(hostInputLengths, hostInputLengths + call.batch());
    const int64_t count = total(call.labelLengths);
    require(count == 0 || hostLabels, "hostLabels is null");
    call.labels.assign(hostLabels, hostLabels + count);
    checkLabels(call);
    enqueueHost(stream, "cudnnCTCLoss", [call] { computeLosses(call); });
  });
}

// The labels lie where devices read them, so they are read in the stream's order.
npudnnStatus_t npudnnCTCLoss_v8(npudnnHandle_t handle, npudnnCTCLossAlgo_t algo,
                                npudnnCTCLossDescriptor_t ctcLossDesc,
                                const npudnnTensorDescriptor_t probsDesc, const void *probs,
                                const int labels[], const int labelLengths[],
                                const int inputLengths[], void *costs,
                                const npudnnTensorDescriptor_t gradientsDesc, void *gradients,
                                size_t workSpaceSizeInBytes, void *workspace) {
  return dnnEntry("cudnnCTCLoss_v8", [&] {
    const npuStream_t stream = streamOf(handle);
    CtcCall call = describe(algo, ctcLossDesc, probsDesc, gradientsDesc);
    setMemory(call, probs, costs, gradients, workspace, workSpaceSizeInBytes);
    const size_t bytes = size_t(call.batch()) * sizeof(int);
    requireBytes(labelLengths, bytes, "labelLengths");
    requireBytes(inputLengths, bytes, "inputLengths");
    requirePointer(labels, "labels");
    enqueueHost(stream, "cudnnCTCLoss_v8", [=]() mutable {
      call.labelLengths.assign(labelLengths, labelLengths + call.batch());
      call.inputLengths.assign(inputLengths, inputLengths + call.batch());
      const int64_t count = total(call.labelLengths);
      requireBytes(labels, size_t(count) * sizeof(int), "labels");
      call.labels.assign(labels, labels + count);
      checkLabels(call);
      computeLosses(call);
    });
  });
}

npudnnStatus_t npudnnGetCTCLossWorkspaceSize(npudnnHandle_t handle,
                                             const npudnnTensorDescriptor_t probsDesc,
                                             const npudnnTensorDescriptor_t gradientsDesc,
                                             const int *labels, const int *labelLengths,
                                             const int *inputLengths, npudnnCTCLossAlgo_t algo,
                                             npudnnCTCLossDescriptor_t ctcLossDesc,
                                             size_t *sizeInBytes) {
  return dnnEntry("cudnnGetCTCLossWorkspaceSize", [&] {
    streamOf(handle);
    requirePointer(sizeInBytes, "the result");
    CtcCall call = describe(algo, ctcLossDesc, probsDesc, gradientsDesc);
    requirePointer(labelLengths, "labelLengths");
    requirePointer(inputLengths, "inputLengths");
    call.labelLengths.assign(labelLengths, labelLengths + call.batch());
    call.inputLengths.assign(inputLengths, inputLengths + call.batch());
    const int64_t count = total(call.labelLengths);
    require(count == 0 || labels, "labels is null");
    call.labels.assign(labels, labels + count);
    checkLabels(call);
    *sizeInBytes = 0;
  });
}

npudnnStatus_t npudnnGetCTCLossWorkspaceSize_v8(npudnnHandle_t handle, npudnnCTCLossAlgo_t algo,
                                                npudnnCTCLossDescriptor_t ctcLossDesc,
                                                const npudnnTensorDescriptor_t probsDesc,
                                                const npudnnTensorDescriptor_t gradientsDesc,
                                                size_t *sizeInBytes) {
  return dnnEntry("cudnnGetCTCLossWorkspaceSize_v8", [&] {
    streamOf(handle);
    requirePointer(sizeInBytes, "the result");
    describe(algo, ctcLossDesc, probsDesc, gradientsDesc);
    *sizeInBytes = 0;
  });
}
