// Operation graphs: finalizing turns an operation's attributes into a step that computes it, and a
// graph into steps in order with places for its virtual tensors in the workspace. There is one
// engine; every plan runs the graph's steps in one host call, whose tensor ops go to the NPU.
#pragma once

#include "graph_descriptor.h"
#include "layout.h"

namespace npu::dnn {

struct GraphTensor {
  int64_t id = 0;
  Layout layout;                // where its elements lie
  std::vector<int64_t> strides; // as they were set: what a reshape goes by
  bool isVirtual = false, isByValue = false;
};
// NOT_SUPPORTED for ragged, vectorised and reordered tensors.
GraphTensor graphTensor(const GraphDescriptor &descriptor);

// Where the tensors lie while a graph runs.
struct GraphMemory {
  std::map<int64_t, void *> addresses;
  void *at(const GraphTensor &tensor) const { return addresses.at(tensor.id); }
};
using GraphRun = std::function<void(const GraphMemory &)>;

// One function per kind of operation (graph_operations.def): checks attributes and sizes
// (BAD_PARAM, NOT_SUPPORTED), and returns what computes the operation inside a host call.
#define GRAPH_OPERATION(kind, prepare) GraphRun prepare(const GraphDescriptor &operation);
#include "graph_operations.def"

struct GraphStep {
  const char *name = "";
  std::vector<int64_t> sources, results;
  GraphRun run;
};
struct Graph {
  std::vector<GraphStep> steps; // a tensor is computed before it is read
  std::map<int64_t, GraphTensor> tensors;
  std::map<int64_t, size_t> places; // of virtual tensors in the workspace
  size_t workspaceBytes = 0;
};

// What a finalized descriptor answers for an attribute that can only be read.
GraphAttribute graphResult(const std::shared_ptr<const GraphDescriptor> &descriptor,
                           npudnnBackendAttributeName_t name);

// What operations share.
GraphTensor tensorAttribute(const GraphDescriptor &operation, npudnnBackendAttributeName_t name);
Tensor operandOf(const GraphTensor &tensor, const void *data); // NOT_SUPPORTED: no format of ops
// The tensor repeated to larger sizes; BAD_PARAM where a size is neither the same nor 1.
Layout broadcast(const Layout &layout, const std::vector<int64_t> &dims);
Format computeFormat(npudnnDataType_t type);
void performGraphOp(TensorOp op);

} // namespace npu::dnn
