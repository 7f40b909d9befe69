// Stream capture: what a capturing stream is given becomes nodes of a graph. Functions here take
// graphMutex() themselves; the caller must not hold it.
#pragma once

#include "graph.h"

#include <thread>

namespace npu::core {

// One capture: the stream where it began and those that joined it through events.
struct Capture {
  uint64_t id = 0;
  Graph *graph = nullptr; // `own`, or one that the program gave
  std::unique_ptr<Graph> own;
  npuStreamCaptureMode mode = npuStreamCaptureModeGlobal;
  std::thread::id thread; // where it began
  const Stream *origin = nullptr;
  size_t firstNode = 0; // of those that this capture added
  bool valid = true, ended = false;
  // What the next command of each stream depends on.
  std::map<Stream *, std::vector<GraphNode *>> frontiers;
  std::map<Stream *, std::weak_ptr<Stream>> streams;
  std::vector<npuGraphNode_t> told; // the array that npuStreamGetCaptureInfo gives out
};

Status beginCapture(npuStream_t stream, npuStreamCaptureMode mode, npuGraph_t graph,
                    const npuGraphNode_t *dependencies, size_t count);
Status endCapture(npuStream_t stream, npuGraph_t *graph);
Status captureStatus(npuStream_t stream, npuStreamCaptureStatus *status);
Status captureInformation(npuStream_t stream, npuStreamCaptureStatus *status,
                          unsigned long long *id, npuGraph_t *graph,
                          const npuGraphNode_t **dependencies, size_t *count);
Status updateCaptureDependencies(npuStream_t stream, npuGraphNode_t *dependencies, size_t count,
                                 unsigned flags);
npuStreamCaptureMode exchangeCaptureMode(npuStreamCaptureMode mode);

// What a stream that is being captured does instead of running.
Status captureCommand(Stream &stream, Command command, Submission submission);
Status captureNode(Stream &stream, std::unique_ptr<GraphNode> node);
Status captureAllocation(Stream &stream, size_t bytes, void **pointer);
Status captureFree(Stream &stream, void *pointer);
// Joins the capture's work up to `nodes` into `stream`, which may be outside of it so far.
Status captureWait(const std::shared_ptr<Stream> &stream, const std::shared_ptr<Capture> &capture,
                   const std::vector<GraphNode *> &nodes);
// The stream's capture and frontier, for an event; null when it is not capturing.
std::shared_ptr<Capture> capturedPoint(Stream &stream, std::vector<GraphNode *> &nodes);
void forgetCaptured(Stream &stream);
// Under graphMutex(): the graph, or a node of it, is about to go; captures that add to it are
// invalid from now on.
void forgetCapturesInto(const Graph &graph);

// What is not possible while there are captures; a refusal makes the capture invalid, as in CUDA.
// Work on the legacy stream, which would order itself with captured streams:
Status captureAllows(const Stream &stream);
// Waiting for a captured stream, or asking for its state:
Status captureAllowsWait(Stream &stream, const char *what);
// Calls that wait or allocate, by the modes of the captures and of the thread:
Status captureAllowsUnsafe(const char *what);

} // namespace npu::core
