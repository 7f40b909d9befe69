// See graph_capture.h.
#include "graph_capture.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

namespace npu::core {
namespace {

// Captures that have begun and not ended. Never destroyed. Under graphMutex().
struct Captures {
  std::set<std::shared_ptr<Capture>> active;
  uint64_t lastId = 0;
};
Captures &captures() {
  static Captures &instance = *new Captures;
  return instance;
}
// Their number, so that programs without captures pay one load.
std::atomic<int> activeCaptures{0};

thread_local npuStreamCaptureMode threadMode = npuStreamCaptureModeGlobal;

void join(const std::shared_ptr<Capture> &capture, const std::shared_ptr<Stream> &stream) {
  capture->frontiers[stream.get()];
  capture->streams[stream.get()] = stream;
  stream->capture = capture;
  stream->capturing.store(true, std::memory_order_release);
}

// Takes the streams out of the capture and ends it.
void finish(const std::shared_ptr<Capture> &capture) {
  for (const auto &[address, weak] : capture->streams)
    if (const std::shared_ptr<Stream> stream = weak.lock(); stream && stream->capture == capture) {
      stream->capturing.store(false, std::memory_order_release);
      stream->capture.reset();
    }
  capture->ended = true;
  captures().active.erase(capture);
  activeCaptures = int(captures().active.size());
}

Status invalidated() {
  return Status(npuErrorStreamCaptureInvalidated,
                "an earlier error made this capture invalid; end it and begin anew");
}

// A captured stream's frontier; an error when the capture is not valid any more.
Status frontierOf(Stream &stream, std::shared_ptr<Capture> &capture,
                  std::vector<GraphNode *> *&frontier) {
  capture = stream.capture;
  if (!capture)
    return Status(npuErrorIllegalState, "the stream is not being captured");
  if (!capture->valid)
    return invalidated();
  frontier = &capture->frontiers[&stream];
  return {};
}

void merge(std::vector<GraphNode *> &into, const std::vector<GraphNode *> &nodes) {
  for (GraphNode *node : nodes)
    if (std::find(into.begin(), into.end(), node) == into.end())
      into.push_back(node);
}

// Under the lock.
Status appendNode(Stream &stream, std::unique_ptr<GraphNode> node) {
  std::shared_ptr<Capture> capture;
  std::vector<GraphNode *> *frontier = nullptr;
  if (Status status = frontierOf(stream, capture, frontier); !status)
    return status;
  GraphNode *added = addNode(*capture->graph, std::move(node), *frontier);
  *frontier = {added};
  return {};
}

Status invalidate(const std::shared_ptr<Capture> &capture, Status why) {
  capture->valid = false;
  return why;
}

// Every node without dependents that the capture made must be the origin's last work.
bool allJoined(const Capture &capture) {
  std::set<const GraphNode *> hasDependents;
  for (const auto &node : capture.graph->nodes)
    hasDependents.insert(node->before.begin(), node->before.end());
  const auto &joined = capture.frontiers.at(const_cast<Stream *>(capture.origin));
  for (size_t i = capture.firstNode; i < capture.graph->nodes.size(); ++i) {
    GraphNode *node = capture.graph->nodes[i].get();
    if (!hasDependents.count(node) && std::find(joined.begin(), joined.end(), node) == joined.end())
      return false;
  }
  return true;
}

Status findCapturable(npuStream_t handle, std::shared_ptr<Stream> &stream) {
  if (Status status = findStream(handle, stream); !status)
    return status;
  return stream->legacy ? Status(npuErrorStreamCaptureUnsupported,
                                 "the legacy default stream cannot be captured; create a stream")
                        : Status();
}

} // namespace

Status beginCapture(npuStream_t handle, npuStreamCaptureMode mode, npuGraph_t graph,
                    const npuGraphNode_t *dependencies, size_t count) {
  std::shared_ptr<Stream> stream;
  if (Status status = findCapturable(handle, stream); !status)
    return status;
  if (unsigned(mode) > npuStreamCaptureModeRelaxed)
    return Status(npuErrorInvalidValue, "unknown capture mode");
  std::lock_guard<std::mutex> lock(graphMutex());
  if (stream->capture)
    return Status(npuErrorIllegalState, "the stream is being captured already");
  auto capture = std::make_shared<Capture>();
  std::vector<GraphNode *> frontier;
  if (graph) {
    if (Status status = findGraph(graph, capture->graph); !status)
      return status;
    if (count && !dependencies)
      return Status(npuErrorInvalidValue, "the dependencies are null");
    for (size_t i = 0; i < count; ++i) {
      GraphNode *node = nullptr;
      if (Status status = findNode(dependencies[i], node); !status)
        return status;
      frontier.push_back(node);
    }
    capture->firstNode = capture->graph->nodes.size();
  } else {
    capture->own = makeGraph();
    capture->graph = capture->own.get();
    publish(*capture->graph);
  }
  capture->id = ++captures().lastId;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->origin = stream.get();
  join(capture, stream);
  capture->frontiers[stream.get()] = std::move(frontier);
  captures().active.insert(capture);
  activeCaptures = int(captures().active.size());
  return {};
}

Status endCapture(npuStream_t handle, npuGraph_t *graph) {
  std::shared_ptr<Stream> stream;
  std::unique_ptr<Graph> dropped; // destroyed without the lock
  if (graph)
    *graph = nullptr;
  if (Status status = findStream(handle, stream); !status)
    return status;
  std::lock_guard<std::mutex> lock(graphMutex());
  const std::shared_ptr<Capture> capture = stream->capture;
  if (!graph && !(capture && !capture->own)) // a graph of the caller's needs no result
    return Status(npuErrorInvalidValue, "the result is null");
  if (!capture)
    return Status(npuErrorIllegalState, "the stream is not being captured");
  if (capture->origin != stream.get())
    return invalidate(capture, Status(npuErrorStreamCaptureUnmatched,
                                      "the capture began on another stream: end it there"));
  if (capture->mode != npuStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id())
    return Status(npuErrorStreamCaptureWrongThread, "the capture began in another thread");
  Status status;
  if (!capture->valid)
    status = invalidated();
  else if (!allJoined(*capture))
    status = Status(npuErrorStreamCaptureUnjoined,
                    "work of another stream was captured and never joined: record an event there "
                    "and let the first stream wait for it");
  finish(capture);
  if (!status && capture->own) {
    withdraw(*capture->own);
    dropped = std::move(capture->own);
    return status;
  }
  if (status && graph)
    *graph = handleOf(capture->own ? keepGraph(std::move(capture->own)) : capture->graph);
  return status;
}

Status captureStatus(npuStream_t handle, npuStreamCaptureStatus *status) {
  return captureInformation(handle, status, nullptr, nullptr, nullptr, nullptr);
}

Status captureInformation(npuStream_t handle, npuStreamCaptureStatus *status,
                          unsigned long long *id, npuGraph_t *graph,
                          const npuGraphNode_t **dependencies, size_t *count) {
  std::shared_ptr<Stream> stream;
  if (!status)
    return Status(npuErrorInvalidValue, "the result is null");
  if (Status found = findStream(handle, stream); !found)
    return found;
  if (stream->legacy)
    if (Status allowed = captureAllows(*stream); !allowed)
      return allowed;
  std::lock_guard<std::mutex> lock(graphMutex());
  const std::shared_ptr<Capture> &capture = stream->capture;
  *status = !capture         ? npuStreamCaptureStatusNone
            : capture->valid ? npuStreamCaptureStatusActive
                             : npuStreamCaptureStatusInvalidated;
  if (*status != npuStreamCaptureStatusActive)
    return {};
  if (id)
    *id = capture->id;
  if (graph)
    *graph = handleOf(capture->graph);
  const std::vector<GraphNode *> &frontier = capture->frontiers[stream.get()];
  capture->told.clear();
  for (GraphNode *node : frontier)
    capture->told.push_back(handleOf(node));
  if (dependencies)
    *dependencies = capture->told.data();
  if (count)
    *count = capture->told.size();
  return {};
}

Status updateCaptureDependencies(npuStream_t handle, npuGraphNode_t *dependencies, size_t count,
                                 unsigned flags) {
  std::shared_ptr<Stream> stream;
  if (flags > npuStreamSetCaptureDependencies || (count && !dependencies))
    return Status(npuErrorInvalidValue, "unknown flags, or the dependencies are null");
  if (Status status = findStream(handle, stream); !status)
    return status;
  std::lock_guard<std::mutex> lock(graphMutex());
  std::shared_ptr<Capture> capture;
  std::vector<GraphNode *> *frontier = nullptr;
  if (Status status = frontierOf(*stream, capture, frontier); !status)
    return status;
  std::vector<GraphNode *> nodes;
  for (size_t i = 0; i < count; ++i) {
    GraphNode *node = nullptr;
    if (Status status = findNode(dependencies[i], node); !status)
      return status;
    if (node->graph != capture->graph)
      return Status(npuErrorInvalidValue, "a node is not of the captured graph");
    nodes.push_back(node);
  }
  if (flags == npuStreamSetCaptureDependencies)
    frontier->clear();
  merge(*frontier, nodes);
  return {};
}

npuStreamCaptureMode exchangeCaptureMode(npuStreamCaptureMode mode) {
  return std::exchange(threadMode, mode);
}

Status captureCommand(Stream &stream, Command command, Submission submission) {
  auto node = std::make_unique<GraphNode>();
  Status status = setCaptured(*node, std::move(command), std::move(submission));
  std::lock_guard<std::mutex> lock(graphMutex());
  if (!status)
    return stream.capture ? invalidate(stream.capture, status) : status;
  return appendNode(stream, std::move(node));
}

Status captureNode(Stream &stream, std::unique_ptr<GraphNode> node) {
  std::lock_guard<std::mutex> lock(graphMutex());
  return appendNode(stream, std::move(node));
}

Status captureAllocation(Stream &stream, size_t bytes, void **pointer) {
  auto node = std::make_unique<GraphNode>();
  npuMemAllocNodeParams parameters = {};
  parameters.poolProps.allocType = npuMemAllocationTypePinned;
  parameters.poolProps.location = {npuMemLocationTypeDevice, stream.device};
  parameters.bytesize = bytes;
  if (Status status = setAllocation(*node, &parameters); !status)
    return status;
  *pointer = parameters.dptr;
  return captureNode(stream, std::move(node));
}

Status captureFree(Stream &stream, void *pointer) {
  auto node = std::make_unique<GraphNode>();
  if (Status status = setFree(*node, pointer); !status)
    return status;
  return captureNode(stream, std::move(node));
}

Status captureWait(const std::shared_ptr<Stream> &stream, const std::shared_ptr<Capture> &capture,
                   const std::vector<GraphNode *> &nodes) {
  std::lock_guard<std::mutex> lock(graphMutex());
  if (capture && capture->ended)
    return Status(npuErrorCapturedEvent, "the event was recorded in a capture that has ended");
  if (!capture) { // an event outside of captures, on a captured stream
    if (!stream->capture)
      return {};
    return invalidate(stream->capture,
                      Status(npuErrorStreamCaptureIsolation,
                             "a captured stream cannot wait for work outside of its capture"));
  }
  if (!capture->valid)
    return invalidated();
  if (stream->legacy)
    return invalidate(capture, Status(npuErrorStreamCaptureImplicit,
                                      "the legacy default stream cannot join a capture"));
  if (stream->capture && stream->capture != capture) {
    stream->capture->valid = false;
    return invalidate(
        capture, Status(npuErrorStreamCaptureMerge, "the wait would merge two separate captures"));
  }
  if (!stream->capture)
    join(capture, stream);
  merge(capture->frontiers[stream.get()], nodes);
  return {};
}

std::shared_ptr<Capture> capturedPoint(Stream &stream, std::vector<GraphNode *> &nodes) {
  if (!stream.capturing.load(std::memory_order_acquire))
    return nullptr;
  std::lock_guard<std::mutex> lock(graphMutex());
  if (stream.capture)
    nodes = stream.capture->frontiers[&stream];
  return stream.capture;
}

void forgetCaptured(Stream &stream) {
  if (!stream.capturing.load(std::memory_order_acquire))
    return;
  std::unique_ptr<Graph> dropped; // destroyed without the lock
  std::lock_guard<std::mutex> lock(graphMutex());
  if (const std::shared_ptr<Capture> capture = stream.capture) {
    // Without its origin there is none. Another stream may go: the end finds what was not joined.
    if (capture->origin == &stream) {
      capture->valid = false;
      finish(capture);
      if (capture->own)
        withdraw(*capture->own);
      dropped = std::move(capture->own);
    }
    capture->frontiers.erase(&stream);
    capture->streams.erase(&stream);
  }
}

void forgetCapturesInto(const Graph &graph) {
  for (const std::shared_ptr<Capture> &capture : captures().active)
    if (capture->graph == &graph)
      capture->valid = false;
}

Status captureAllows(const Stream &stream) {
  if (!stream.legacy || activeCaptures.load(std::memory_order_acquire) == 0)
    return {};
  std::lock_guard<std::mutex> lock(graphMutex());
  bool forbidden = false;
  for (const std::shared_ptr<Capture> &capture : captures().active)
    for (const auto &[address, weak] : capture->streams)
      if (const std::shared_ptr<Stream> captured = weak.lock();
          captured && captured->blocking() && captured->device == stream.device) {
        capture->valid = false;
        forbidden = true;
      }
  return forbidden ? Status(npuErrorStreamCaptureImplicit,
                            "work on the legacy default stream would depend on a stream that is "
                            "being captured; capture a stream made with npuStreamNonBlocking")
                   : Status();
}

Status captureAllowsWait(Stream &stream, const char *what) {
  if (!stream.capturing.load(std::memory_order_acquire))
    return captureAllows(stream);
  std::lock_guard<std::mutex> lock(graphMutex());
  if (!stream.capture)
    return {};
  return invalidate(stream.capture, Status(npuErrorStreamCaptureUnsupported,
                                           std::string(what) + " a stream that is being captured"));
}

Status captureAllowsUnsafe(const char *what) {
  if (activeCaptures.load(std::memory_order_acquire) == 0 ||
      threadMode == npuStreamCaptureModeRelaxed)
    return {};
  std::lock_guard<std::mutex> lock(graphMutex());
  bool forbidden = false;
  for (const std::shared_ptr<Capture> &capture : captures().active) {
    const bool mine = capture->thread == std::this_thread::get_id();
    if ((mine && capture->mode != npuStreamCaptureModeRelaxed) ||
        (!mine && capture->mode == npuStreamCaptureModeGlobal &&
         threadMode == npuStreamCaptureModeGlobal)) {
      capture->valid = false;
      forbidden = true;
    }
  }
  return forbidden ? Status(npuErrorStreamCaptureUnsupported,
                            std::string(what) + " is not possible while a stream is being captured")
                   : Status();
}

} // namespace npu::core
