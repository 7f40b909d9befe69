// Multi-head attention: cudnnMultiHeadAttn*, what a call knows of its layer and sequences.
//
// out = dropout(sum over heads of W_O softmax(scale (W_Q q)(W_K k)^T) (W_V v) + biases) +
// residuals, each query seeing the keys of its window. Products are tensor ops, one sequence and
// head at a time; the softmax between them is the host's part.
#pragma once

#include "descriptors.h"

namespace npu::dnn {

// Vectors by time, batch and beam.
struct SeqDataDescriptor : Object {
  bool set = false;
  npudnnDataType_t type = NPUDNN_DATA_FLOAT;
  std::array<int64_t, 4> dims = {1, 1, 1, 1};   // by npudnnSeqDataAxis_t
  std::array<npudnnSeqDataAxis_t, 4> axes = {}; // outermost first; the vector is innermost
  std::vector<int> lengths;                     // batch and beam in the order of `axes`

  int64_t count() const { return dims[0] * dims[1] * dims[2] * dims[3]; }
  int64_t stride(npudnnSeqDataAxis_t axis) const;
  int64_t length(int64_t batch, int64_t beam) const;
};

struct AttnDescriptor : Object {
  bool set = false;
  unsigned mode = 0;
  int64_t heads = 1;
  double scale = 1;
  npudnnDataType_t type = NPUDNN_DATA_FLOAT, precision = NPUDNN_DATA_FLOAT;
  npudnnMathType_t math = NPUDNN_DEFAULT_MATH;
  npudnnDropoutDescriptor_t attentionDropout = nullptr, postDropout = nullptr;
  int64_t qSize = 0, kSize = 0, vSize = 0;                                    // of the vectors
  int64_t qProjection = 0, kProjection = 0, vProjection = 0, oProjection = 0; // 0: no matrix
  int64_t maxQueries = 0, maxKeys = 0, maxBatch = 0, maxBeam = 0;

  bool hasBiases() const { return mode & NPUDNN_ATTN_ENABLE_PROJ_BIASES; }
  bool beamsHaveKeys() const { return mode & NPUDNN_ATTN_QUERYMAP_ONE_TO_ONE; }
  int64_t keyWidth() const { return qProjection ? qProjection : qSize; } // of one head
  int64_t valueWidth() const { return vProjection ? vProjection : vSize; }
  int64_t outputWidth() const { return oProjection ? oProjection : heads * valueWidth(); }
};

// Where a kind of weights lies, in elements; sizes [first, rows, columns]; offset -1: there are
// none.
struct AttentionWeights {
  int64_t offset = -1, first = 0, rows = 0, columns = 0;
};
// By npudnnMultiHeadAttnWeightKind_t.
std::array<AttentionWeights, NPUDNN_ATTN_WKIND_COUNT> attentionWeights(const AttnDescriptor &layer,
                                                                       int64_t &elements);

// Places in the reserve space, in bytes: what gradients need to know of the forward call.
struct AttentionReserve {
  size_t windows = 0;       // int32: first and last key of each query
  size_t attentionMask = 0; // of each sequence, head, query and key
  size_t postMask = 0;      // of each output element, by sequence and query
  size_t bytes = 0;
};
AttentionReserve attentionReserve(const AttnDescriptor &layer);

struct AttentionCall {
  const char *caller = "";
  AttnDescriptor layer;
  DropoutDescriptor attentionDropout, postDropout;
  MathMode math;
  SeqDataDescriptor q, k, v, o;
  const void *queries = nullptr, *keys = nullptr, *values = nullptr, *residuals = nullptr;
  void *out = nullptr;
  const void *weights = nullptr;
  void *reserve = nullptr;             // null: inference
  int64_t onlyQuery = -1;              // at least 0: of all queries this one
  std::vector<int> firstKeys, endKeys; // the window of each query
  const void *dout = nullptr;
  void *dqueries = nullptr, *dkeys = nullptr, *dvalues = nullptr, *dweights = nullptr;
  bool addsWeights = true;
};
// They run inside a host call.
void attentionForward(const AttentionCall &call);
// Gradients of the data, or of the weights where `dweights` is set. After a forward call in
// training.
void attentionBackward(const AttentionCall &call);

} // namespace npu::dnn
