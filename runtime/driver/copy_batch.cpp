// Copies in batches: the runtime's.
#include "driver_call.h"

#include <vector>

using namespace npu;
using namespace npu::driver_api;

namespace {

static_assert(sizeof(npudrv_memcpyAttributes) == sizeof(npuMemcpyAttributes) &&
                  sizeof(NPU_MEMCPY3D_BATCH_OP) == sizeof(npuMemcpy3DBatchOp),
              "both APIs describe copies alike");

Status copyBatch(const npudrv_deviceptr *dsts, const npudrv_deviceptr *srcs, const size_t *sizes,
                 size_t count, npudrv_memcpyAttributes *attributes, size_t *attributeIndices,
                 size_t attributeCount, size_t *failed, npudrv_stream stream) {
  std::vector<void *> to;
  std::vector<const void *> from;
  for (size_t i = 0; dsts && srcs && i < count; ++i) {
    to.push_back(address(dsts[i]));
    from.push_back(address(srcs[i]));
  }
  return done(npuMemcpyBatchAsync(to.data(), from.data(), sizes, to.size(),
                                  reinterpret_cast<npuMemcpyAttributes *>(attributes),
                                  attributeIndices, attributeCount, failed, stream));
}

Status copyBatch3D(size_t count, NPU_MEMCPY3D_BATCH_OP *operations, size_t *failed,
                   unsigned long long flags, npudrv_stream stream) {
  return done(npuMemcpy3DBatchAsync(count, reinterpret_cast<npuMemcpy3DBatchOp *>(operations),
                                    failed, flags, stream));
}

} // namespace

extern "C" {

npudrv_result npudrvMemcpyBatchAsync(npudrv_deviceptr *dsts, npudrv_deviceptr *srcs, size_t *sizes,
                                     size_t count, npudrv_memcpyAttributes *attributes,
                                     size_t *attributeIndices, size_t attributeCount,
                                     size_t *failed, npudrv_stream stream) {
  return call("cuMemcpyBatchAsync", [&] {
    return copyBatch(dsts, srcs, sizes, count, attributes, attributeIndices, attributeCount, failed,
                     stream);
  });
}

npudrv_result npudrvMemcpyBatchAsync_v2(npudrv_deviceptr *dsts, npudrv_deviceptr *srcs,
                                        size_t *sizes, size_t count,
                                        npudrv_memcpyAttributes *attributes,
                                        size_t *attributeIndices, size_t attributeCount,
                                        npudrv_stream stream) {
  return call("cuMemcpyBatchAsync_v2", [&] {
    return copyBatch(dsts, srcs, sizes, count, attributes, attributeIndices, attributeCount,
                     nullptr, stream);
  });
}

npudrv_result npudrvMemcpy3DBatchAsync(size_t count, NPU_MEMCPY3D_BATCH_OP *operations,
                                       size_t *failed, unsigned long long flags,
                                       npudrv_stream stream) {
  return call("cuMemcpy3DBatchAsync",
              [&] { return copyBatch3D(count, operations, failed, flags, stream); });
}

npudrv_result npudrvMemcpy3DBatchAsync_v2(size_t count, NPU_MEMCPY3D_BATCH_OP *operations,
                                          unsigned long long flags, npudrv_stream stream) {
  return call("cuMemcpy3DBatchAsync_v2",
              [&] { return copyBatch3D(count, operations, nullptr, flags, stream); });
}

} // extern "C"
