// The functions that -default-stream per-thread changes: in a call of theirs, stream 0 is the
// calling thread's. Sources that are compiled so call these symbols (cuda/per_thread_streams.h).
#include "npu/runtime.h"

#include "per_thread_streams.h"

using npu::core::PerThreadStreams;

#define PER_THREAD(name, parameters, arguments)                                                    \
  npuError_t name##_ptsz parameters {                                                              \
    const PerThreadStreams during;                                                                 \
    return name arguments;                                                                         \
  }

extern "C" {

PER_THREAD(npuMemcpy, (void *dst, const void *src, size_t bytes, npuMemcpyKind kind),
           (dst, src, bytes, kind))
PER_THREAD(npuMemcpy2D,
           (void *dst, size_t dstPitch, const void *src, size_t srcPitch, size_t widthBytes,
            size_t height, npuMemcpyKind kind),
           (dst, dstPitch, src, srcPitch, widthBytes, height, kind))
PER_THREAD(npuMemcpy2DArrayToArray,
           (npuArray_t dst, size_t dstXBytes, size_t dstY, npuArray_const_t src, size_t srcXBytes,
            size_t srcY, size_t widthBytes, size_t height, npuMemcpyKind kind),
           (dst, dstXBytes, dstY, src, srcXBytes, srcY, widthBytes, height, kind))
PER_THREAD(npuMemcpy2DFromArray,
           (void *dst, size_t dstPitch, npuArray_const_t src, size_t xBytes, size_t y,
            size_t widthBytes, size_t height, npuMemcpyKind kind),
           (dst, dstPitch, src, xBytes, y, widthBytes, height, kind))
PER_THREAD(npuMemcpy2DToArray,
           (npuArray_t dst, size_t xBytes, size_t y, const void *src, size_t srcPitch,
            size_t widthBytes, size_t height, npuMemcpyKind kind),
           (dst, xBytes, y, src, srcPitch, widthBytes, height, kind))
PER_THREAD(npuMemcpy3D, (const npuMemcpy3DParms *parameters), (parameters))
PER_THREAD(npuMemcpy3DPeer, (const npuMemcpy3DPeerParms *parameters), (parameters))
PER_THREAD(npuMemcpyArrayToArray,
           (npuArray_t dst, size_t dstXBytes, size_t dstY, npuArray_const_t src, size_t srcXBytes,
            size_t srcY, size_t bytes, npuMemcpyKind kind),
           (dst, dstXBytes, dstY, src, srcXBytes, srcY, bytes, kind))
PER_THREAD(npuMemcpyFromArray,
           (void *dst, npuArray_const_t src, size_t xBytes, size_t y, size_t bytes,
            npuMemcpyKind kind),
           (dst, src, xBytes, y, bytes, kind))
PER_THREAD(npuMemcpyFromSymbol,
           (void *dst, const void *symbol, size_t bytes, size_t offset, npuMemcpyKind kind),
           (dst, symbol, bytes, offset, kind))
PER_THREAD(npuMemcpyToArray,
           (npuArray_t dst, size_t xBytes, size_t y, const void *src, size_t bytes,
            npuMemcpyKind kind),
           (dst, xBytes, y, src, bytes, kind))
PER_THREAD(npuMemcpyToSymbol,
           (const void *symbol, const void *src, size_t bytes, size_t offset, npuMemcpyKind kind),
           (symbol, src, bytes, offset, kind))
PER_THREAD(npuMemset, (void *pointer, int value, size_t bytes), (pointer, value, bytes))
PER_THREAD(npuMemset2D, (void *pointer, size_t pitch, int value, size_t widthBytes, size_t height),
           (pointer, pitch, value, widthBytes, height))
PER_THREAD(npuMemset3D, (npuPitchedPtr pointer, int value, npuExtent extent),
           (pointer, value, extent))
PER_THREAD(npuEventRecord, (npuEvent_t event, npuStream_t stream), (event, stream))
PER_THREAD(npuEventRecordWithFlags, (npuEvent_t event, npuStream_t stream, unsigned int flags),
           (event, stream, flags))
PER_THREAD(npuFreeAsync, (void *pointer, npuStream_t stream), (pointer, stream))
PER_THREAD(npuGraphLaunch, (npuGraphExec_t exec, npuStream_t stream), (exec, stream))
PER_THREAD(npuGraphUpload, (npuGraphExec_t exec, npuStream_t stream), (exec, stream))
PER_THREAD(npuLaunchCooperativeKernel,
           (const void *function, npuDim3 grid, npuDim3 block, void **arguments, size_t sharedBytes,
            npuStream_t stream),
           (function, grid, block, arguments, sharedBytes, stream))
PER_THREAD(npuLaunchHostFunc, (npuStream_t stream, npuHostFn_t function, void *userData),
           (stream, function, userData))
PER_THREAD(npuLaunchKernel,
           (const void *function, npuDim3 grid, npuDim3 block, void **arguments, size_t sharedBytes,
            npuStream_t stream),
           (function, grid, block, arguments, sharedBytes, stream))
PER_THREAD(npuLaunchKernelExC,
           (const npuLaunchConfig_t *configuration, const void *function, void **arguments),
           (configuration, function, arguments))
PER_THREAD(npuMallocAsync, (void **pointer, size_t bytes, npuStream_t stream),
           (pointer, bytes, stream))
PER_THREAD(npuMallocFromPoolAsync,
           (void **pointer, size_t bytes, npuMemPool_t pool, npuStream_t stream),
           (pointer, bytes, pool, stream))
PER_THREAD(npuMemPrefetchAsync, (const void *pointer, size_t bytes, int device, npuStream_t stream),
           (pointer, bytes, device, stream))
PER_THREAD(npuMemPrefetchBatchAsync,
           (void **pointers, size_t *bytes, size_t count, npuMemLocation *locations,
            size_t *locationIndices, size_t locationCount, unsigned long long flags,
            npuStream_t stream),
           (pointers, bytes, count, locations, locationIndices, locationCount, flags, stream))
PER_THREAD(npuMemDiscardBatchAsync,
           (void **pointers, size_t *bytes, size_t count, unsigned long long flags,
            npuStream_t stream),
           (pointers, bytes, count, flags, stream))
PER_THREAD(npuMemDiscardAndPrefetchBatchAsync,
           (void **pointers, size_t *bytes, size_t count, npuMemLocation *locations,
            size_t *locationIndices, size_t locationCount, unsigned long long flags,
            npuStream_t stream),
           (pointers, bytes, count, locations, locationIndices, locationCount, flags, stream))
PER_THREAD(npuMemcpy2DAsync,
           (void *dst, size_t dstPitch, const void *src, size_t srcPitch, size_t widthBytes,
            size_t height, npuMemcpyKind kind, npuStream_t stream),
           (dst, dstPitch, src, srcPitch, widthBytes, height, kind, stream))
PER_THREAD(npuMemcpy2DFromArrayAsync,
           (void *dst, size_t dstPitch, npuArray_const_t src, size_t xBytes, size_t y,
            size_t widthBytes, size_t height, npuMemcpyKind kind, npuStream_t stream),
           (dst, dstPitch, src, xBytes, y, widthBytes, height, kind, stream))
PER_THREAD(npuMemcpy2DToArrayAsync,
           (npuArray_t dst, size_t xBytes, size_t y, const void *src, size_t srcPitch,
            size_t widthBytes, size_t height, npuMemcpyKind kind, npuStream_t stream),
           (dst, xBytes, y, src, srcPitch, widthBytes, height, kind, stream))
PER_THREAD(npuMemcpy3DAsync, (const npuMemcpy3DParms *parameters, npuStream_t stream),
           (parameters, stream))
PER_THREAD(npuMemcpy3DBatchAsync,
           (size_t count, npuMemcpy3DBatchOp *operations, size_t *failed, unsigned long long flags,
            npuStream_t stream),
           (count, operations, failed, flags, stream))
PER_THREAD(npuMemcpy3DPeerAsync, (const npuMemcpy3DPeerParms *parameters, npuStream_t stream),
           (parameters, stream))
PER_THREAD(npuMemcpyAsync,
           (void *dst, const void *src, size_t bytes, npuMemcpyKind kind, npuStream_t stream),
           (dst, src, bytes, kind, stream))
PER_THREAD(npuMemcpyBatchAsync,
           (void *const *dsts, const void *const *srcs, const size_t *sizes, size_t count,
            npuMemcpyAttributes *attributes, size_t *attributeIndices, size_t attributeCount,
            size_t *failed, npuStream_t stream),
           (dsts, srcs, sizes, count, attributes, attributeIndices, attributeCount, failed, stream))
PER_THREAD(npuMemcpyFromArrayAsync,
           (void *dst, npuArray_const_t src, size_t xBytes, size_t y, size_t bytes,
            npuMemcpyKind kind, npuStream_t stream),
           (dst, src, xBytes, y, bytes, kind, stream))
PER_THREAD(npuMemcpyFromSymbolAsync,
           (void *dst, const void *symbol, size_t bytes, size_t offset, npuMemcpyKind kind,
            npuStream_t stream),
           (dst, symbol, bytes, offset, kind, stream))
PER_THREAD(npuMemcpyToArrayAsync,
           (npuArray_t dst, size_t xBytes, size_t y, const void *src, size_t bytes,
            npuMemcpyKind kind, npuStream_t stream),
           (dst, xBytes, y, src, bytes, kind, stream))
PER_THREAD(npuMemcpyToSymbolAsync,
           (const void *symbol, const void *src, size_t bytes, size_t offset, npuMemcpyKind kind,
            npuStream_t stream),
           (symbol, src, bytes, offset, kind, stream))
PER_THREAD(npuMemset2DAsync,
           (void *pointer, size_t pitch, int value, size_t widthBytes, size_t height,
            npuStream_t stream),
           (pointer, pitch, value, widthBytes, height, stream))
PER_THREAD(npuMemset3DAsync,
           (npuPitchedPtr pointer, int value, npuExtent extent, npuStream_t stream),
           (pointer, value, extent, stream))
PER_THREAD(npuMemsetAsync, (void *pointer, int value, size_t bytes, npuStream_t stream),
           (pointer, value, bytes, stream))
PER_THREAD(npuStreamAddCallback,
           (npuStream_t stream, npuStreamCallback_t callback, void *userData, unsigned int flags),
           (stream, callback, userData, flags))
PER_THREAD(npuStreamAttachMemAsync,
           (npuStream_t stream, void *pointer, size_t bytes, unsigned int flags),
           (stream, pointer, bytes, flags))
PER_THREAD(npuStreamBeginCapture, (npuStream_t stream, npuStreamCaptureMode mode), (stream, mode))
PER_THREAD(npuStreamBeginCaptureToGraph,
           (npuStream_t stream, npuGraph_t graph, const npuGraphNode_t *dependencies,
            const npuGraphEdgeData *edges, size_t count, npuStreamCaptureMode mode),
           (stream, graph, dependencies, edges, count, mode))
PER_THREAD(npuStreamCopyAttributes, (npuStream_t dst, npuStream_t src), (dst, src))
PER_THREAD(npuStreamEndCapture, (npuStream_t stream, npuGraph_t *graph), (stream, graph))
PER_THREAD(npuStreamGetAttribute,
           (npuStream_t stream, npuLaunchAttributeID attribute, npuLaunchAttributeValue *value),
           (stream, attribute, value))
PER_THREAD(npuStreamGetCaptureInfo,
           (npuStream_t stream, npuStreamCaptureStatus *status, unsigned long long *id,
            npuGraph_t *graph, const npuGraphNode_t **dependencies, size_t *count),
           (stream, status, id, graph, dependencies, count))
PER_THREAD(npuStreamGetDevice, (npuStream_t stream, int *device), (stream, device))
PER_THREAD(npuStreamGetFlags, (npuStream_t stream, unsigned int *flags), (stream, flags))
PER_THREAD(npuStreamGetId, (npuStream_t stream, unsigned long long *id), (stream, id))
PER_THREAD(npuStreamGetPriority, (npuStream_t stream, int *priority), (stream, priority))
PER_THREAD(npuStreamIsCapturing, (npuStream_t stream, npuStreamCaptureStatus *status),
           (stream, status))
PER_THREAD(npuStreamQuery, (npuStream_t stream), (stream))
PER_THREAD(npuStreamSetAttribute,
           (npuStream_t stream, npuLaunchAttributeID attribute,
            const npuLaunchAttributeValue *value),
           (stream, attribute, value))
PER_THREAD(npuStreamSynchronize, (npuStream_t stream), (stream))
PER_THREAD(npuStreamUpdateCaptureDependencies,
           (npuStream_t stream, npuGraphNode_t *dependencies, size_t count, unsigned int flags),
           (stream, dependencies, count, flags))
PER_THREAD(npuStreamWaitEvent, (npuStream_t stream, npuEvent_t event, unsigned int flags),
           (stream, event, flags))

} // extern "C"
