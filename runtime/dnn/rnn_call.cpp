// See rnn_call.h.
#include "rnn_call.h"

namespace npu::dnn {

void requireState(const Network &network, const Sequences &sequences,
                  npudnnTensorDescriptor_t descriptor, const void *state, int64_t width,
                  const char *name) {
  if (!state)
    return;
  const Layout layout = layoutOf(descriptor, name);
  require(
      layout.packed() && layout.type == network.type &&
          layout.dims == std::vector<int64_t>({network.pseudoLayers(), sequences.batch, width}),
      "a state's tensor is not [layers * directions, batch, state's size], fully packed, of the "
      "data's type");
  requireMemory(layout, state, name);
}

void requireWeights(const Network &network, const void *weights, size_t bytes, const char *name) {
  int64_t elements;
  weightLayout(network, elements);
  const size_t needed = size_t(elements) * elementBytes(network.type);
  require(bytes >= needed, "the weights' memory is too small");
  requireBytes(weights, needed, name);
}

void takeData(RnnCall &call, npudnnRNNDataDescriptor_t x, npudnnRNNDataDescriptor_t y) {
  const auto in = getSet<RnnDataDescriptor>(x, "xDesc");
  const auto out = getSet<RnnDataDescriptor>(y, "yDesc");
  const Network &network = call.network;
  require(in->type == network.type && out->type == network.type,
          "x or y is not of the network's type");
  require(in->vector == network.inputSize, "the vectors of x are not the network's input");
  require(out->vector == network.directions() * network.output(),
          "the vectors of y are not the network's output");
  require(in->lengths == out->lengths, "x and y have sequences of different lengths");
  call.sequences = sortSequences(in->lengths);
  call.x = dataOf(*in), call.y = dataOf(*out);
}

void requireRows(const RnnCall &call, const SequenceData &data, const void *memory,
                 const char *name) {
  requireBytes(memory, size_t(data.elements(call.sequences)) * elementBytes(data.type), name);
}

void requireReserve(RnnCall &call, const void *reserve, size_t bytes) {
  const size_t needed = reserveLayout(call.network, call.sequences).bytes;
  require(bytes >= needed, "the reserve space is too small");
  requireBytes(reserve, needed, "reserveSpace");
  call.memory.reserve = const_cast<void *>(reserve);
}

void requireRnnWorkspace(const void *workspace, size_t bytes) {
  if (workspace && bytes)
    requireBytes(workspace, bytes, "workSpace");
}

} // namespace npu::dnn
