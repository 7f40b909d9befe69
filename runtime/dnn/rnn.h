// Recurrent networks: what a call knows of its network, weights and sequences, and the three
// computations that every version of the API ends in.
//
// Inside, sequences are sorted by falling length, and the rows of a step (one per sequence that is
// that long) lie together: "packed rows". All layouts of the API are copied to and from them. The
// products are tensor ops, so the NPU runs them; the cells, a few operations on numbers that are
// read once, are the host's part.
#pragma once

#include "descriptors.h"

namespace npu::dnn {

struct Clip {
  npudnnRNNClipMode_t mode = NPUDNN_RNN_CLIP_NONE;
  npudnnNanPropagation_t nan = NPUDNN_NOT_PROPAGATE_NAN;
  double low = 0, high = 0;
};

struct RnnDescriptor : Object {
  bool set = false;
  npudnnRNNAlgo_t algorithm = NPUDNN_RNN_ALGO_STANDARD;
  npudnnRNNMode_t cell = NPUDNN_RNN_RELU;
  npudnnRNNBiasMode_t bias = NPUDNN_RNN_DOUBLE_BIAS;
  npudnnDirectionMode_t direction = NPUDNN_UNIDIRECTIONAL;
  npudnnRNNInputMode_t input = NPUDNN_LINEAR_INPUT;
  npudnnDataType_t type = NPUDNN_DATA_FLOAT, mathPrecision = NPUDNN_DATA_FLOAT;
  npudnnMathType_t math = NPUDNN_DEFAULT_MATH;
  int64_t inputSize = 0; // 0: version 6, where the input's descriptor says it
  int64_t hidden = 0, projection = 0, layers = 0;
  npudnnDropoutDescriptor_t dropout = nullptr;
  unsigned flags = 0;
  Clip clip;
};

struct RnnDataDescriptor : Object {
  bool set = false;
  npudnnDataType_t type = NPUDNN_DATA_FLOAT;
  npudnnRNNDataLayout_t layout = NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED;
  int64_t steps = 0, batch = 0, vector = 0;
  std::vector<int> lengths;
  bool fills = false; // padding of an output is overwritten
  double filling = 0;
};

// A network as one call sees it.
struct Network {
  const char *caller = "";
  npudnnRNNMode_t cell;
  npudnnRNNBiasMode_t bias;
  npudnnDataType_t type; // of data and weights
  bool bidirectional, skipsInput;
  int64_t inputSize, hidden, projection, layers; // projection 0: none
  Clip clip;
  DropoutDescriptor dropout; // rate 0: none
  MathMode math;

  int64_t directions() const { return bidirectional ? 2 : 1; }
  int64_t pseudoLayers() const { return layers * directions(); }
  int64_t gates() const { return cell == NPUDNN_LSTM ? 4 : cell == NPUDNN_GRU ? 3 : 1; }
  int64_t output() const { return projection ? projection : hidden; } // of one direction
  int64_t inputOf(int64_t layer) const { return layer ? directions() * output() : inputSize; }
  // Whether a layer's input goes through matrices.
  bool multipliesInput(int64_t layer) const { return layer != 0 || !skipsInput; }
  bool hasInputBias() const {
    return bias == NPUDNN_RNN_SINGLE_INP_BIAS || bias == NPUDNN_RNN_DOUBLE_BIAS;
  }
  bool hasRecurrentBias() const {
    return bias == NPUDNN_RNN_SINGLE_REC_BIAS || bias == NPUDNN_RNN_DOUBLE_BIAS;
  }
};

// Reads the descriptor; BAD_PARAM and NOT_SUPPORTED for what does not fit together. `type` and
// `inputSize` are the data's.
Network makeNetwork(const char *caller, npudnnRNNDescriptor_t rnn, npudnnDataType_t type,
                    int64_t inputSize);
// The type and input size that the descriptor itself names (version 8).
Network makeNetwork(const char *caller, npudnnRNNDescriptor_t rnn);

// Where one pseudo-layer (layer * directions + direction) has its weights, in elements from the
// start; -1: it has none. Matrices are row-major, the gates' one below the other in cuDNN's order
// (LSTM: input, forget, new, output; GRU: reset, update, new).
struct PseudoLayer {
  int64_t input = -1;         // [gates * hidden, input]
  int64_t recurrent = -1;     // [gates * hidden, output]
  int64_t projection = -1;    // [output, hidden]
  int64_t inputBias = -1;     // [gates * hidden]
  int64_t recurrentBias = -1; // [gates * hidden]
};
// First the matrices of all pseudo-layers, then the biases of all.
std::vector<PseudoLayer> weightLayout(const Network &network, int64_t &elements);

// A batch of sequences, sorted by falling length.
struct Sequences {
  int64_t batch = 0, rows = 0;
  std::vector<int64_t> order;  // of each place: the sequence's number in the caller's batch
  std::vector<int64_t> active; // of each step: sequences that are longer
  std::vector<int64_t> first;  // of each step: its first row
  int64_t steps() const { return int64_t(active.size()); }
};
Sequences sortSequences(const std::vector<int> &lengths);
// The batch of version 6: descriptors of the steps.
Sequences sequencesOf(int seqLength, const npudnnTensorDescriptor_t *descriptors, const char *name,
                      npudnnDataType_t &type, int64_t &vector);

// One tensor of vectors, one per sequence and step, in any of the API's layouts.
struct SequenceData {
  npudnnDataType_t type = NPUDNN_DATA_FLOAT;
  npudnnRNNDataLayout_t layout = NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED;
  int64_t steps = 0, batch = 0, vector = 0; // steps: of the layout, with padding
  bool fills = false;
  double filling = 0;

  int64_t elements(const Sequences &sequences) const;
};
SequenceData dataOf(const RnnDataDescriptor &descriptor);
template <class Real>
void gatherRows(const SequenceData &data, const Sequences &sequences, const void *from, Real *rows);
template <class Real>
void scatterRows(const SequenceData &data, const Sequences &sequences, const Real *rows, void *to);

// Places in the reserve space, in numbers of the type in which the network computes. Backward data
// keeps there what backward weights needs.
struct ReserveLayout {
  struct Part {
    int64_t gates;           // [rows, gates * hidden], after their functions
    int64_t cells;           // LSTM: [rows, hidden]
    int64_t hiddenTerm;      // GRU: [rows, hidden], what the reset gate multiplies
    int64_t gateGradients;   // [rows, gates * hidden], before their functions
    int64_t outputGradients; // with a projection: [rows, output]
  };
  std::vector<Part> parts;      // of each pseudo-layer
  std::vector<int64_t> outputs; // of each layer: [rows, directions * output]
  std::vector<int64_t> masks; // behind each layer but the last: bytes, [rows, directions * output]
  size_t bytes = 0;
};
ReserveLayout reserveLayout(const Network &network, const Sequences &sequences);

// The memory of one call; null where the API allows it. hx, cx and their kin are
// [pseudo-layers, batch, output or hidden], in the caller's order of sequences.
struct RnnMemory {
  const void *x = nullptr, *y = nullptr, *hx = nullptr, *cx = nullptr, *weights = nullptr;
  void *yOut = nullptr, *hy = nullptr, *cy = nullptr;
  const void *dy = nullptr, *dhy = nullptr, *dcy = nullptr;
  void *dx = nullptr, *dhx = nullptr, *dcx = nullptr, *dWeights = nullptr;
  void *reserve = nullptr;
};
struct RnnCall {
  Network network;
  Sequences sequences;
  SequenceData x, y;
  RnnMemory memory;
  bool training = false; // forward: keeps what the gradients need, and drops out
  bool addsWeights = true;
};
// They run inside a host call.
void rnnForward(const RnnCall &call);
void rnnBackwardData(const RnnCall &call);    // after a forward call in training
void rnnBackwardWeights(const RnnCall &call); // after rnnBackwardData

} // namespace npu::dnn
