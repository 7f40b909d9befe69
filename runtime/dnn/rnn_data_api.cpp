// The calls of recurrent networks whose data has one descriptor for all sequences: those of
// version 8, and the Ex calls before it.
#include "rnn_call.h"

#include <cstring>

namespace npu::dnn {
namespace {

struct State {
  npudnnTensorDescriptor_t descriptor;
  const void *memory;
};
struct Weights {
  const void *memory;
  size_t bytes;
};
struct Space {
  const void *memory;
  size_t bytes;
};

// The descriptor's network for version 8; before, the input's descriptor completes it.
RnnCall dataCall(const char *caller, npudnnRNNDescriptor_t rnn, npudnnRNNDataDescriptor_t x,
                 npudnnRNNDataDescriptor_t y, bool isVersion8) {
  RnnCall call;
  if (isVersion8) {
    call.network = makeNetwork(caller, rnn);
  } else {
    const auto in = getSet<RnnDataDescriptor>(x, "xDesc");
    call.network = makeNetwork(caller, rnn, in->type, in->vector);
  }
  takeData(call, x, y);
  return call;
}

void requireStates(const RnnCall &call, std::initializer_list<State> hidden,
                   std::initializer_list<State> cells) {
  const Network &network = call.network;
  for (const State &state : hidden)
    requireState(network, call.sequences, state.descriptor, state.memory, network.output(),
                 "a hidden state");
  if (network.cell == NPUDNN_LSTM)
    for (const State &state : cells)
      requireState(network, call.sequences, state.descriptor, state.memory, network.hidden,
                   "a cell state");
}

// Version 8 has the lengths twice: in the descriptor, and where devices read them.
std::function<void()> lengthCheck(const int32_t *onDevice, npudnnRNNDataDescriptor_t x) {
  if (!onDevice)
    return [] {};
  const std::vector<int> lengths = getSet<RnnDataDescriptor>(x, "xDesc")->lengths;
  requireBytes(onDevice, lengths.size() * sizeof(int32_t), "devSeqLengths");
  return [=] {
    if (std::memcmp(onDevice, lengths.data(), lengths.size() * sizeof(int32_t)) != 0)
      badParameter("devSeqLengths are not the lengths that xDesc was set with");
  };
}

void enqueueForward(RnnCall call, npuStream_t stream, bool training, const void *x, void *y,
                    State hx, State cx, State hy, State cy, Weights weights, Space work,
                    Space reserve, const std::function<void()> &checkLengths) {
  call.training = training;
  requireRows(call, call.x, x, "x");
  requireRows(call, call.y, y, "y");
  requireStates(call, {hx, hy}, {cx, cy});
  requireWeights(call.network, weights.memory, weights.bytes, "the weights");
  requireRnnWorkspace(work.memory, work.bytes);
  if (training)
    requireReserve(call, reserve.memory, reserve.bytes);
  call.memory.x = x, call.memory.yOut = y, call.memory.weights = weights.memory;
  call.memory.hx = hx.memory, call.memory.hy = const_cast<void *>(hy.memory);
  call.memory.cx = cx.memory, call.memory.cy = const_cast<void *>(cy.memory);
  enqueueHost(stream, call.network.caller, [call, checkLengths] {
    checkLengths();
    rnnForward(call);
  });
}

void enqueueBackwardData(RnnCall call, npuStream_t stream, const void *y, const void *dy, void *dx,
                         State hx, State dhy, State dhx, State cx, State dcy, State dcx,
                         Weights weights, Space work, Space reserve,
                         const std::function<void()> &checkLengths) {
  requireRows(call, call.y, y, "y");
  requireRows(call, call.y, dy, "dy");
  requireRows(call, call.x, dx, "dx");
  requireStates(call, {hx, dhy, dhx}, {cx, dcy, dcx});
  requireWeights(call.network, weights.memory, weights.bytes, "the weights");
  requireRnnWorkspace(work.memory, work.bytes);
  requireReserve(call, reserve.memory, reserve.bytes);
  call.memory.dy = dy, call.memory.dx = dx, call.memory.weights = weights.memory;
  call.memory.hx = hx.memory, call.memory.dhy = dhy.memory;
  call.memory.cx = cx.memory, call.memory.dcy = dcy.memory;
  call.memory.dhx = const_cast<void *>(dhx.memory);
  call.memory.dcx = const_cast<void *>(dcx.memory);
  enqueueHost(stream, call.network.caller, [call, checkLengths] {
    checkLengths();
    rnnBackwardData(call);
  });
}

void enqueueBackwardWeights(RnnCall call, npuStream_t stream, bool adds, const void *x, State hx,
                            const void *y, Weights gradients, Space work, Space reserve,
                            const std::function<void()> &checkLengths) {
  requireRows(call, call.x, x, "x");
  requireRows(call, call.y, y, "y");
  requireStates(call, {hx}, {});
  requireWeights(call.network, gradients.memory, gradients.bytes, "the weights' gradients");
  requireRnnWorkspace(work.memory, work.bytes);
  requireReserve(call, reserve.memory, reserve.bytes);
  call.addsWeights = adds;
  call.memory.x = x, call.memory.hx = hx.memory;
  call.memory.dWeights = const_cast<void *>(gradients.memory);
  enqueueHost(stream, call.network.caller, [call, checkLengths] {
    checkLengths();
    rnnBackwardWeights(call);
  });
}

Weights weightsOf(npudnnFilterDescriptor_t descriptor, const void *memory, const Network &network) {
  const auto filter = getSet<FilterDescriptor>(descriptor, "the weights' descriptor");
  require(filter->layout.type == network.type, "the weights are not of the data's type");
  return {memory, filter->layout.bytes()};
}

// Operands of the Ex calls that cuDNN reserves and wants to be null.
void requireReserved(std::initializer_list<const void *> operands) {
  for (const void *operand : operands)
    if (operand)
      unsupported("an attention operand is not null: cuDNN has no such networks either");
}

void requireMode(npudnnForwardMode_t mode) {
  require(mode == NPUDNN_FWD_MODE_INFERENCE || mode == NPUDNN_FWD_MODE_TRAINING,
          "there is no such forward mode");
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnGetRNNTempSpaceSizes(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                          npudnnForwardMode_t fwdMode,
                                          npudnnRNNDataDescriptor_t xDesc, size_t *workSpaceSize,
                                          size_t *reserveSpaceSize) {
  return dnnEntry("cudnnGetRNNTempSpaceSizes", [&] {
    streamOf(handle);
    requireMode(fwdMode);
    const Network network = makeNetwork("cudnnGetRNNTempSpaceSizes", rnnDesc);
    const auto data = getSet<RnnDataDescriptor>(xDesc, "xDesc");
    require(data->vector == network.inputSize && data->type == network.type,
            "xDesc is not the network's input");
    if (workSpaceSize)
      *workSpaceSize = 0;
    if (reserveSpaceSize)
      *reserveSpaceSize = fwdMode == NPUDNN_FWD_MODE_TRAINING
                              ? reserveLayout(network, sortSequences(data->lengths)).bytes
                              : 0;
  });
}

npudnnStatus_t
npudnnRNNForward(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc, npudnnForwardMode_t fwdMode,
                 const int32_t devSeqLengths[], npudnnRNNDataDescriptor_t xDesc, const void *x,
                 npudnnRNNDataDescriptor_t yDesc, void *y, npudnnTensorDescriptor_t hDesc,
                 const void *hx, void *hy, npudnnTensorDescriptor_t cDesc, const void *cx, void *cy,
                 size_t weightSpaceSize, const void *weightSpace, size_t workSpaceSize,
                 void *workSpace, size_t reserveSpaceSize, void *reserveSpace) {
  return dnnEntry("cudnnRNNForward", [&] {
    const npuStream_t stream = streamOf(handle);
    requireMode(fwdMode);
    enqueueForward(dataCall("cudnnRNNForward", rnnDesc, xDesc, yDesc, true), stream,
                   fwdMode == NPUDNN_FWD_MODE_TRAINING, x, y, {hDesc, hx}, {cDesc, cx}, {hDesc, hy},
                   {cDesc, cy}, {weightSpace, weightSpaceSize}, {workSpace, workSpaceSize},
                   {reserveSpace, reserveSpaceSize}, lengthCheck(devSeqLengths, xDesc));
  });
}

npudnnStatus_t
npudnnRNNBackwardData_v8(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                         const int32_t devSeqLengths[], npudnnRNNDataDescriptor_t yDesc,
                         const void *y, const void *dy, npudnnRNNDataDescriptor_t xDesc, void *dx,
                         npudnnTensorDescriptor_t hDesc, const void *hx, const void *dhy, void *dhx,
                         npudnnTensorDescriptor_t cDesc, const void *cx, const void *dcy, void *dcx,
                         size_t weightSpaceSize, const void *weightSpace, size_t workSpaceSize,
                         void *workSpace, size_t reserveSpaceSize, void *reserveSpace) {
  return dnnEntry("cudnnRNNBackwardData_v8", [&] {
    const npuStream_t stream = streamOf(handle);
    enqueueBackwardData(dataCall("cudnnRNNBackwardData_v8", rnnDesc, xDesc, yDesc, true), stream, y,
                        dy, dx, {hDesc, hx}, {hDesc, dhy}, {hDesc, dhx}, {cDesc, cx}, {cDesc, dcy},
                        {cDesc, dcx}, {weightSpace, weightSpaceSize}, {workSpace, workSpaceSize},
                        {reserveSpace, reserveSpaceSize}, lengthCheck(devSeqLengths, xDesc));
  });
}

npudnnStatus_t npudnnRNNBackwardWeights_v8(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                           npudnnWgradMode_t addGrad, const int32_t devSeqLengths[],
                                           npudnnRNNDataDescriptor_t xDesc, const void *x,
                                           npudnnTensorDescriptor_t hDesc, const void *hx,
                                           npudnnRNNDataDescriptor_t yDesc, const void *y,
                                           size_t weightSpaceSize, void *dweightSpace,
                                           size_t workSpaceSize, void *workSpace,
                                           size_t reserveSpaceSize, void *reserveSpace) {
  return dnnEntry("cudnnRNNBackwardWeights_v8", [&] {
    const npuStream_t stream = streamOf(handle);
    require(addGrad == NPUDNN_WGRAD_MODE_ADD || addGrad == NPUDNN_WGRAD_MODE_SET,
            "there is no such addGrad");
    enqueueBackwardWeights(dataCall("cudnnRNNBackwardWeights_v8", rnnDesc, xDesc, yDesc, true),
                           stream, addGrad == NPUDNN_WGRAD_MODE_ADD, x, {hDesc, hx}, y,
                           {dweightSpace, weightSpaceSize}, {workSpace, workSpaceSize},
                           {reserveSpace, reserveSpaceSize}, lengthCheck(devSeqLengths, xDesc));
  });
}

npudnnStatus_t npudnnRNNForwardInferenceEx(
    npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc,
    const npudnnRNNDataDescriptor_t xDesc, const void *x, const npudnnTensorDescriptor_t hxDesc,
    const void *hx, const npudnnTensorDescriptor_t cxDesc, const void *cx,
    const npudnnFilterDescriptor_t wDesc, const void *w, const npudnnRNNDataDescriptor_t yDesc,
    void *y, const npudnnTensorDescriptor_t hyDesc, void *hy, const npudnnTensorDescriptor_t cyDesc,
    void *cy, const npudnnRNNDataDescriptor_t, const void *keys, const npudnnRNNDataDescriptor_t,
    void *cAttn, const npudnnRNNDataDescriptor_t, void *iAttn, const npudnnRNNDataDescriptor_t,
    void *queries, void *workSpace, size_t workSpaceSizeInBytes) {
  return dnnEntry("cudnnRNNForwardInferenceEx", [&] {
    const npuStream_t stream = streamOf(handle);
    RnnCall call = dataCall("cudnnRNNForwardInferenceEx", rnnDesc, xDesc, yDesc, false);
    requireReserved({keys, cAttn, iAttn, queries});
    const Weights weights = weightsOf(wDesc, w, call.network);
    enqueueForward(std::move(call), stream, false, x, y, {hxDesc, hx}, {cxDesc, cx}, {hyDesc, hy},
                   {cyDesc, cy}, weights, {workSpace, workSpaceSizeInBytes}, {}, [] {});
  });
}

npudnnStatus_t npudnnRNNForwardTrainingEx(
    npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc,
    const npudnnRNNDataDescriptor_t xDesc, const void *x, const npudnnTensorDescriptor_t hxDesc,
    const void *hx, const npudnnTensorDescriptor_t cxDesc, const void *cx,
    const npudnnFilterDescriptor_t wDesc, const void *w, const npudnnRNNDataDescriptor_t yDesc,
    void *y, const npudnnTensorDescriptor_t hyDesc, void *hy, const npudnnTensorDescriptor_t cyDesc,
    void *cy, const npudnnRNNDataDescriptor_t, const void *keys, const npudnnRNNDataDescriptor_t,
    void *cAttn, const npudnnRNNDataDescriptor_t, void *iAttn, const npudnnRNNDataDescriptor_t,
    void *queries, void *workSpace, size_t workSpaceSizeInBytes, void *reserveSpace,
    size_t reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnRNNForwardTrainingEx", [&] {
    const npuStream_t stream = streamOf(handle);
    RnnCall call = dataCall("cudnnRNNForwardTrainingEx", rnnDesc, xDesc, yDesc, false);
    requireReserved({keys, cAttn, iAttn, queries});
    const Weights weights = weightsOf(wDesc, w, call.network);
    enqueueForward(std::move(call), stream, true, x, y, {hxDesc, hx}, {cxDesc, cx}, {hyDesc, hy},
                   {cyDesc, cy}, weights, {workSpace, workSpaceSizeInBytes},
                   {reserveSpace, reserveSpaceSizeInBytes}, [] {});
  });
}

npudnnStatus_t npudnnRNNBackwardDataEx(
    npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc,
    const npudnnRNNDataDescriptor_t yDesc, const void *y, const npudnnRNNDataDescriptor_t dyDesc,
    const void *dy, const npudnnRNNDataDescriptor_t, const void *dcAttn,
    const npudnnTensorDescriptor_t dhyDesc, const void *dhy, const npudnnTensorDescriptor_t dcyDesc,
    const void *dcy, const npudnnFilterDescriptor_t wDesc, const void *w,
    const npudnnTensorDescriptor_t hxDesc, const void *hx, const npudnnTensorDescriptor_t cxDesc,
    const void *cx, const npudnnRNNDataDescriptor_t dxDesc, void *dx,
    const npudnnTensorDescriptor_t dhxDesc, void *dhx, const npudnnTensorDescriptor_t dcxDesc,
    void *dcx, const npudnnRNNDataDescriptor_t, void *dkeys, void *workSpace,
    size_t workSpaceSizeInBytes, void *reserveSpace, size_t reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnRNNBackwardDataEx", [&] {
    const npuStream_t stream = streamOf(handle);
    const RnnCall whole = dataCall("cudnnRNNBackwardDataEx", rnnDesc, dxDesc, yDesc, false);
    RnnCall call = dataCall("cudnnRNNBackwardDataEx", rnnDesc, dxDesc, dyDesc, false);
    require(call.y.layout == whole.y.layout, "y and dy have different layouts");
    requireReserved({dcAttn, dkeys});
    const Weights weights = weightsOf(wDesc, w, call.network);
    enqueueBackwardData(std::move(call), stream, y, dy, dx, {hxDesc, hx}, {dhyDesc, dhy},
                        {dhxDesc, dhx}, {cxDesc, cx}, {dcyDesc, dcy}, {dcxDesc, dcx}, weights,
                        {workSpace, workSpaceSizeInBytes}, {reserveSpace, reserveSpaceSizeInBytes},
                        [] {});
  });
}

npudnnStatus_t npudnnRNNBackwardWeightsEx(npudnnHandle_t handle,
                                          const npudnnRNNDescriptor_t rnnDesc,
                                          const npudnnRNNDataDescriptor_t xDesc, const void *x,
                                          const npudnnTensorDescriptor_t hxDesc, const void *hx,
                                          const npudnnRNNDataDescriptor_t yDesc, const void *y,
                                          void *workSpace, size_t workSpaceSizeInBytes,
                                          const npudnnFilterDescriptor_t dwDesc, void *dw,
                                          void *reserveSpace, size_t reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnRNNBackwardWeightsEx", [&] {
    const npuStream_t stream = streamOf(handle);
    RnnCall call = dataCall("cudnnRNNBackwardWeightsEx", rnnDesc, xDesc, yDesc, false);
    const Weights gradients = weightsOf(dwDesc, dw, call.network);
    enqueueBackwardWeights(std::move(call), stream, true, x, {hxDesc, hx}, y, gradients,
                           {workSpace, workSpaceSizeInBytes},
                           {reserveSpace, reserveSpaceSizeInBytes}, [] {});
  });
}
