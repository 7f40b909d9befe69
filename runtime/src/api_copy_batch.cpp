// Copies in batches: one after the other, which is an order that CUDA allows. Sources are read as
// npuMemcpyAsync reads them, which suits every order of access that a program can ask for but the
// one of the call, where the call waits.
#include "entry.h"

#include "transfer.h"

using namespace npu;
using namespace npu::core;

namespace {

bool isOrder(npuMemcpySrcAccessOrder order) {
  return order >= npuMemcpySrcAccessOrderStream && order <= npuMemcpySrcAccessOrderAny;
}

Status checkStream(npuStream_t stream) {
  return stream && stream != npuStreamLegacy
             ? Status()
             : Status(npuErrorInvalidValue, "copies in batches need a stream that was created");
}

// The attributes' indices ascend from 0; each is the first copy that has them.
Status checkAttributes(size_t count, const npuMemcpyAttributes *attributes, const size_t *indices,
                       size_t attributeCount) {
  if (!attributes || !indices || attributeCount < 1 || attributeCount > count || indices[0] != 0)
    return Status(npuErrorInvalidValue, "the copies' attributes are missing or too many");
  for (size_t i = 0; i < attributeCount; ++i) {
    if (!isOrder(attributes[i].srcAccessOrder))
      return Status(npuErrorInvalidValue, "a copy's order of access is none");
    if (indices[i] >= count || (i && indices[i] <= indices[i - 1]))
      return Status(npuErrorInvalidValue, "the indices of the copies' attributes do not ascend");
  }
  return {};
}

Status copyBatch(void *const *dsts, const void *const *srcs, const size_t *sizes, size_t count,
                 const npuMemcpyAttributes *attributes, const size_t *indices,
                 size_t attributeCount, size_t *failed, npuStream_t stream) {
  if (failed)
    *failed = SIZE_MAX;
  if (!dsts || !srcs || !sizes || !count)
    return Status(npuErrorInvalidValue, "there are no copies");
  if (Status status = checkStream(stream); !status)
    return status;
  if (Status status = checkAttributes(count, attributes, indices, attributeCount); !status)
    return status;
  size_t attribute = 0;
  for (size_t i = 0; i < count; ++i) {
    while (attribute + 1 < attributeCount && indices[attribute + 1] <= i)
      ++attribute;
    const bool now = attributes[attribute].srcAccessOrder == npuMemcpySrcAccessOrderDuringApiCall;
    if (Status status = copyMemory(linearCopy(dsts[i], srcs[i], sizes[i]), npuMemcpyDefault, stream,
                                   now && !isCapturing(stream));
        !status) {
      if (failed)
        *failed = i;
      return status;
    }
  }
  return {};
}

// What a length of 1 means: an element of the array that takes part, else a byte.
Status elementBytes(const npuMemcpy3DBatchOp &operation, size_t &bytes) {
  bytes = 1;
  for (const npuMemcpy3DOperand *operand : {&operation.src, &operation.dst})
    if (operand->type == npuMemcpyOperandTypeArray) {
      npuChannelFormatDesc format = {};
      if (const npuError_t error =
              npuArrayGetInfo(&format, nullptr, nullptr, operand->op.array.array);
          error != npuSuccess)
        return Status(error, "an operand is no array");
      bytes = size_t(format.x + format.y + format.z + format.w) / 8;
    } else if (operand->type != npuMemcpyOperandTypePointer) {
      return Status(npuErrorInvalidValue, "an operand is neither a pointer nor an array");
    }
  return {};
}

void describe(const npuMemcpy3DOperand &operand, const npuExtent &extent, size_t bytes,
              npuArray_t &array, npuPos &position, npuPitchedPtr &pointer) {
  if (operand.type == npuMemcpyOperandTypeArray) {
    const npuOffset3D &offset = operand.op.array.offset;
    array = operand.op.array.array;
    position = {offset.x, offset.y, offset.z};
    return;
  }
  const auto &memory = operand.op.ptr;
  pointer.ptr = memory.ptr;
  pointer.pitch = (memory.rowLength ? memory.rowLength : extent.width) * bytes;
  pointer.xsize = pointer.pitch;
  pointer.ysize = memory.layerHeight ? memory.layerHeight : extent.height;
}

Status copyOne(const npuMemcpy3DBatchOp &operation, npuStream_t stream) {
  size_t bytes = 1;
  if (!isOrder(operation.srcAccessOrder))
    return Status(npuErrorInvalidValue, "a copy's order of access is none");
  if (!operation.extent.width || !operation.extent.height || !operation.extent.depth)
    return Status(npuErrorInvalidValue, "a copy's extent is 0");
  if (Status status = elementBytes(operation, bytes); !status)
    return status;
  npuMemcpy3DParms parameters = {};
  parameters.extent = operation.extent;
  parameters.kind = npuMemcpyDefault;
  describe(operation.src, operation.extent, bytes, parameters.srcArray, parameters.srcPos,
           parameters.srcPtr);
  describe(operation.dst, operation.extent, bytes, parameters.dstArray, parameters.dstPos,
           parameters.dstPtr);
  const npuError_t error = npuMemcpy3DAsync(&parameters, stream);
  if (error != npuSuccess)
    return Status(error, "a copy of the batch failed");
  if (operation.srcAccessOrder != npuMemcpySrcAccessOrderDuringApiCall || isCapturing(stream))
    return {};
  return synchronize(stream);
}

} // namespace

extern "C" {

npuError_t npuMemcpyBatchAsync(void *const *dsts, const void *const *srcs, const size_t *sizes,
                               size_t count, npuMemcpyAttributes *attributes,
                               size_t *attributeIndices, size_t attributeCount, size_t *failed,
                               npuStream_t stream) {
  return entry("npuMemcpyBatchAsync", trace(dsts, srcs, sizes, count, attributeCount, stream), [&] {
    return copyBatch(dsts, srcs, sizes, count, attributes, attributeIndices, attributeCount, failed,
                     stream);
  });
}

npuError_t npuMemcpy3DBatchAsync(size_t count, npuMemcpy3DBatchOp *operations, size_t *failed,
                                 unsigned long long flags, npuStream_t stream) {
  return entry("npuMemcpy3DBatchAsync", trace(count, operations, flags, stream), [&] {
    if (failed)
      *failed = SIZE_MAX;
    if (!count || !operations || flags)
      return Status(npuErrorInvalidValue, "there are no copies, or the flags are not 0");
    if (Status status = checkStream(stream); !status)
      return status;
    for (size_t i = 0; i < count; ++i)
      if (Status status = copyOne(operations[i], stream); !status) {
        if (failed)
          *failed = i;
        return status;
      }
    return Status();
  });
}

} // extern "C"
