// The calls of recurrent networks whose data has one tensor descriptor per step (versions 5 to 8).
#include "rnn_call.h"

namespace npu::dnn {
namespace {

// The network and its input; y where the call has one.
RnnCall stepsCall(const char *caller, npudnnRNNDescriptor_t rnn, int seqLength,
                  const npudnnTensorDescriptor_t *x, const npudnnTensorDescriptor_t *y,
                  bool hasOutput) {
  RnnCall call;
  npudnnDataType_t type = NPUDNN_DATA_FLOAT;
  int64_t vector = 0;
  call.sequences = sequencesOf(seqLength, x, "xDesc", type, vector);
  call.network = makeNetwork(caller, rnn, type, vector);
  auto data = [&](int64_t width) {
    return SequenceData{type,
                        NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED,
                        call.sequences.steps(),
                        call.sequences.batch,
                        width,
                        false,
                        0};
  };
  call.x = data(vector);
  if (!hasOutput)
    return call;
  npudnnDataType_t outType = NPUDNN_DATA_FLOAT;
  int64_t outVector = 0;
  const Sequences out = sequencesOf(seqLength, y, "yDesc", outType, outVector);
  require(out.active == call.sequences.active && outType == type,
          "x and y have different batches or types");
  require(outVector == call.network.directions() * call.network.output(),
          "the vectors of y are not the network's output");
  call.y = data(outVector);
  return call;
}

size_t filterBytes(npudnnFilterDescriptor_t descriptor, const char *name, const Network &network) {
  const auto filter = getSet<FilterDescriptor>(descriptor, name);
  require(filter->layout.type == network.type, "the weights are not of the data's type");
  return filter->layout.bytes();
}

struct State {
  npudnnTensorDescriptor_t descriptor;
  const void *memory;
};

void forwardSteps(const char *caller, bool training, npudnnHandle_t handle,
                  npudnnRNNDescriptor_t rnnDesc, int seqLength,
                  const npudnnTensorDescriptor_t *xDesc, const void *x, State hx, State cx,
                  npudnnFilterDescriptor_t wDesc, const void *w,
                  const npudnnTensorDescriptor_t *yDesc, void *y, State hy, State cy,
                  const void *workSpace, size_t workSpaceBytes, void *reserve,
                  size_t reserveBytes) {
  const npuStream_t stream = streamOf(handle);
  RnnCall call = stepsCall(caller, rnnDesc, seqLength, xDesc, yDesc, true);
  const Network &network = call.network;
  const bool hasCells = network.cell == NPUDNN_LSTM;
  call.training = training;
  requireRows(call, call.x, x, "x");
  requireRows(call, call.y, y, "y");
  requireState(network, call.sequences, hx.descriptor, hx.memory, network.output(), "hx");
  requireState(network, call.sequences, hy.descriptor, hy.memory, network.output(), "hy");
  if (hasCells) {
    requireState(network, call.sequences, cx.descriptor, cx.memory, network.hidden, "cx");
    requireState(network, call.sequences, cy.descriptor, cy.memory, network.hidden, "cy");
  }
  requireWeights(network, w, filterBytes(wDesc, "wDesc", network), "w");
  requireRnnWorkspace(workSpace, workSpaceBytes);
  if (training)
    requireReserve(call, reserve, reserveBytes);
  call.memory.x = x, call.memory.yOut = y, call.memory.weights = w;
  call.memory.hx = hx.memory, call.memory.hy = const_cast<void *>(hy.memory);
  call.memory.cx = cx.memory, call.memory.cy = const_cast<void *>(cy.memory);
  enqueueHost(stream, caller, [call] { rnnForward(call); });
}

void sizeOf(const char *caller, npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc, int seqLength,
            const npudnnTensorDescriptor_t *xDesc, size_t *bytes, bool isReserve) {
  streamOf(handle);
  requirePointer(bytes, "the result");
  const RnnCall call = stepsCall(caller, rnnDesc, seqLength, xDesc, nullptr, false);
  *bytes = isReserve ? reserveLayout(call.network, call.sequences).bytes : 0;
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnGetRNNWorkspaceSize(npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc,
                                         const int seqLength, const npudnnTensorDescriptor_t *xDesc,
                                         size_t *sizeInBytes) {
  return dnnEntry("cudnnGetRNNWorkspaceSize", [&] {
    sizeOf("cudnnGetRNNWorkspaceSize", handle, rnnDesc, seqLength, xDesc, sizeInBytes, false);
  });
}

npudnnStatus_t npudnnGetRNNTrainingReserveSize(npudnnHandle_t handle,
                                               const npudnnRNNDescriptor_t rnnDesc,
                                               const int seqLength,
                                               const npudnnTensorDescriptor_t *xDesc,
                                               size_t *sizeInBytes) {
  return dnnEntry("cudnnGetRNNTrainingReserveSize", [&] {
    sizeOf("cudnnGetRNNTrainingReserveSize", handle, rnnDesc, seqLength, xDesc, sizeInBytes, true);
  });
}

npudnnStatus_t npudnnRNNForwardInference(npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc,
                                         const int seqLength, const npudnnTensorDescriptor_t *xDesc,
                                         const void *x, const npudnnTensorDescriptor_t hxDesc,
                                         const void *hx, const npudnnTensorDescriptor_t cxDesc,
                                         const void *cx, const npudnnFilterDescriptor_t wDesc,
                                         const void *w, const npudnnTensorDescriptor_t *yDesc,
                                         void *y, const npudnnTensorDescriptor_t hyDesc, void *hy,
                                         const npudnnTensorDescriptor_t cyDesc, void *cy,
                                         void *workSpace, size_t workSpaceSizeInBytes) {
  return dnnEntry("cudnnRNNForwardInference", [&] {
    forwardSteps("cudnnRNNForwardInference", false, handle, rnnDesc, seqLength, xDesc, x,
                 {hxDesc, hx}, {cxDesc, cx}, wDesc, w, yDesc, y, {hyDesc, hy}, {cyDesc, cy},
                 workSpace, workSpaceSizeInBytes, nullptr, 0);
  });
}

npudnnStatus_t npudnnRNNForwardTraining(npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc,
                                        const int seqLength, const npudnnTensorDescriptor_t *xDesc,
                                        const void *x, const npudnnTensorDescriptor_t hxDesc,
                                        const void *hx, const npudnnTensorDescriptor_t cxDesc,
                                        const void *cx, const npudnnFilterDescriptor_t wDesc,
                                        const void *w, const npudnnTensorDescriptor_t *yDesc,
                                        void *y, const npudnnTensorDescriptor_t hyDesc, void *hy,
                                        const npudnnTensorDescriptor_t cyDesc, void *cy,
                                        void *workSpace, size_t workSpaceSizeInBytes,
                                        void *reserveSpace, size_t reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnRNNForwardTraining", [&] {
    forwardSteps("cudnnRNNForwardTraining", true, handle, rnnDesc, seqLength, xDesc, x,
                 {hxDesc, hx}, {cxDesc, cx}, wDesc, w, yDesc, y, {hyDesc, hy}, {cyDesc, cy},
                 workSpace, workSpaceSizeInBytes, reserveSpace, reserveSpaceSizeInBytes);
  });
}

npudnnStatus_t npudnnRNNBackwardData(
    npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc, const int seqLength,
    const npudnnTensorDescriptor_t *yDesc, const void *y, const npudnnTensorDescriptor_t *dyDesc,
    const void *dy, const npudnnTensorDescriptor_t dhyDesc, const void *dhy,
    const npudnnTensorDescriptor_t dcyDesc, const void *dcy, const npudnnFilterDescriptor_t wDesc,
    const void *w, const npudnnTensorDescriptor_t hxDesc, const void *hx,
    const npudnnTensorDescriptor_t cxDesc, const void *cx, const npudnnTensorDescriptor_t *dxDesc,
    void *dx, const npudnnTensorDescriptor_t dhxDesc, void *dhx,
    const npudnnTensorDescriptor_t dcxDesc, void *dcx, void *workSpace, size_t workSpaceSizeInBytes,
    void *reserveSpace, size_t reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnRNNBackwardData", [&] {
    const npuStream_t stream = streamOf(handle);
    RnnCall call = stepsCall("cudnnRNNBackwardData", rnnDesc, seqLength, dxDesc, dyDesc, true);
    const Network &network = call.network;
    stepsCall("cudnnRNNBackwardData", rnnDesc, seqLength, dxDesc, yDesc, true); // checks y
    requireRows(call, call.y, y, "y");
    requireRows(call, call.y, dy, "dy");
    requireRows(call, call.x, dx, "dx");
    const int64_t output = network.output(), hidden = network.hidden;
    requireState(network, call.sequences, hxDesc, hx, output, "hx");
    requireState(network, call.sequences, dhyDesc, dhy, output, "dhy");
    requireState(network, call.sequences, dhxDesc, dhx, output, "dhx");
    if (network.cell == NPUDNN_LSTM) {
      requireState(network, call.sequences, cxDesc, cx, hidden, "cx");
      requireState(network, call.sequences, dcyDesc, dcy, hidden, "dcy");
      requireState(network, call.sequences, dcxDesc, dcx, hidden, "dcx");
    }
    requireWeights(network, w, filterBytes(wDesc, "wDesc", network), "w");
    requireRnnWorkspace(workSpace, workSpaceSizeInBytes);
    requireReserve(call, reserveSpace, reserveSpaceSizeInBytes);
    call.memory.dy = dy, call.memory.dhy = dhy, call.memory.dcy = dcy;
    call.memory.weights = w, call.memory.hx = hx, call.memory.cx = cx;
    call.memory.dx = dx, call.memory.dhx = dhx, call.memory.dcx = dcx;
    enqueueHost(stream, network.caller, [call] { rnnBackwardData(call); });
  });
}

npudnnStatus_t npudnnRNNBackwardWeights(npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc,
                                        const int seqLength, const npudnnTensorDescriptor_t *xDesc,
                                        const void *x, const npudnnTensorDescriptor_t hxDesc,
                                        const void *hx, const npudnnTensorDescriptor_t *yDesc,
                                        const void *y, const void *workSpace,
                                        size_t workSpaceSizeInBytes,
                                        const npudnnFilterDescriptor_t dwDesc, void *dw,
                                        const void *reserveSpace, size_t reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnRNNBackwardWeights", [&] {
    const npuStream_t stream = streamOf(handle);
    RnnCall call = stepsCall("cudnnRNNBackwardWeights", rnnDesc, seqLength, xDesc, yDesc, true);
    const Network &network = call.network;
    requireRows(call, call.x, x, "x");
    requireRows(call, call.y, y, "y");
    requireState(network, call.sequences, hxDesc, hx, network.output(), "hx");
    requireWeights(network, dw, filterBytes(dwDesc, "dwDesc", network), "dw");
    requireRnnWorkspace(workSpace, workSpaceSizeInBytes);
    requireReserve(call, reserveSpace, reserveSpaceSizeInBytes);
    call.memory.x = x, call.memory.hx = hx, call.memory.dWeights = dw;
    enqueueHost(stream, network.caller, [call] { rnnBackwardWeights(call); });
  });
}
