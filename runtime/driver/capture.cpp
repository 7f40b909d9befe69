// Stream capture: the runtime's.
#include "driver_call.h"

using namespace npu;
using namespace npu::driver_api;

namespace {

Status captureInfo(npudrv_stream stream, npudrv_streamCaptureStatus *status, uint64_t *id,
                   npudrv_graph *graph, const npudrv_graphNode **dependencies, size_t *count) {
  unsigned long long found = 0;
  Status result =
      done(npuStreamGetCaptureInfo(stream, reinterpret_cast<npuStreamCaptureStatus *>(status),
                                   &found, graph, dependencies, count));
  if (id)
    *id = found;
  return result;
}

} // namespace

extern "C" {

npudrv_result npudrvStreamBeginCapture(npudrv_stream stream, npudrv_streamCaptureMode mode) {
  return call("cuStreamBeginCapture",
              [&] { return done(npuStreamBeginCapture(stream, npuStreamCaptureMode(mode))); });
}

npudrv_result npudrvStreamBeginCaptureToGraph(npudrv_stream stream, npudrv_graph graph,
                                              const npudrv_graphNode *dependencies,
                                              const npudrv_graphEdgeData *edges, size_t count,
                                              npudrv_streamCaptureMode mode) {
  return call("cuStreamBeginCaptureToGraph", [&] {
    return done(npuStreamBeginCaptureToGraph(stream, graph, dependencies,
                                             reinterpret_cast<const npuGraphEdgeData *>(edges),
                                             count, npuStreamCaptureMode(mode)));
  });
}

npudrv_result npudrvStreamEndCapture(npudrv_stream stream, npudrv_graph *graph) {
  return call("cuStreamEndCapture", [&] { return done(npuStreamEndCapture(stream, graph)); });
}

npudrv_result npudrvStreamIsCapturing(npudrv_stream stream, npudrv_streamCaptureStatus *status) {
  return call("cuStreamIsCapturing", [&] {
    return done(npuStreamIsCapturing(stream, reinterpret_cast<npuStreamCaptureStatus *>(status)));
  });
}

npudrv_result npudrvStreamGetCaptureInfo(npudrv_stream stream, npudrv_streamCaptureStatus *status,
                                         uint64_t *id, npudrv_graph *graph,
                                         const npudrv_graphNode **dependencies, size_t *count) {
  return call("cuStreamGetCaptureInfo",
              [&] { return captureInfo(stream, status, id, graph, dependencies, count); });
}

npudrv_result npudrvStreamGetCaptureInfo_v3(npudrv_stream stream,
                                            npudrv_streamCaptureStatus *status, uint64_t *id,
                                            npudrv_graph *graph,
                                            const npudrv_graphNode **dependencies,
                                            const npudrv_graphEdgeData **edges, size_t *count) {
  return call("cuStreamGetCaptureInfo_v3", [&] {
    if (edges)
      *edges = nullptr; // full dependencies have no data
    return captureInfo(stream, status, id, graph, dependencies, count);
  });
}

npudrv_result npudrvStreamUpdateCaptureDependencies(npudrv_stream stream,
                                                    npudrv_graphNode *dependencies, size_t count,
                                                    unsigned int flags) {
  return call("cuStreamUpdateCaptureDependencies", [&] {
    return done(npuStreamUpdateCaptureDependencies(stream, dependencies, count, flags));
  });
}

npudrv_result npudrvStreamUpdateCaptureDependencies_v2(npudrv_stream stream,
                                                       npudrv_graphNode *dependencies,
                                                       const npudrv_graphEdgeData *, size_t count,
                                                       unsigned int flags) {
  return call("cuStreamUpdateCaptureDependencies_v2", [&] {
    return done(npuStreamUpdateCaptureDependencies(stream, dependencies, count, flags));
  });
}

npudrv_result npudrvThreadExchangeStreamCaptureMode(npudrv_streamCaptureMode *mode) {
  return call("cuThreadExchangeStreamCaptureMode", [&] {
    return done(npuThreadExchangeStreamCaptureMode(reinterpret_cast<npuStreamCaptureMode *>(mode)));
  });
}

} // extern "C"
