// Descriptors of sequences and of attention layers, and where a layer's weights lie.
#include "attention.h"

#include <algorithm>

namespace npu::dnn {

int64_t SeqDataDescriptor::stride(npudnnSeqDataAxis_t axis) const {
  int64_t product = 1;
  for (size_t i = axes.size(); i-- > 0;) {
    if (axes[i] == axis)
      return product;
    product *= dims[axes[i]];
  }
  return product;
}

int64_t SeqDataDescriptor::length(int64_t batch, int64_t beam) const {
  const bool batchFirst = stride(NPUDNN_SEQDATA_BATCH_DIM) > stride(NPUDNN_SEQDATA_BEAM_DIM);
  return lengths[size_t(batchFirst ? batch * dims[NPUDNN_SEQDATA_BEAM_DIM] + beam
                                   : beam * dims[NPUDNN_SEQDATA_BATCH_DIM] + batch)];
}

std::array<AttentionWeights, NPUDNN_ATTN_WKIND_COUNT> attentionWeights(const AttnDescriptor &layer,
                                                                       int64_t &elements) {
  std::array<AttentionWeights, NPUDNN_ATTN_WKIND_COUNT> places;
  elements = 0;
  auto place = [&](npudnnMultiHeadAttnWeightKind_t kind, int64_t first, int64_t rows,
                   int64_t columns) {
    places[size_t(kind)] = {elements, first, rows, columns};
    elements += first * rows * columns;
  };
  const struct {
    int64_t projection, columns;
  } kinds[] = {{layer.qProjection, layer.qSize},
               {layer.kProjection, layer.kSize},
               {layer.vProjection, layer.vSize},
               {layer.oProjection, layer.valueWidth()}};
  for (int i = 0; i < 4; ++i)
    if (kinds[i].projection)
      place(npudnnMultiHeadAttnWeightKind_t(NPUDNN_MH_ATTN_Q_WEIGHTS + i), layer.heads,
            kinds[i].projection, kinds[i].columns);
  for (int i = 0; i < 4; ++i)
    if (kinds[i].projection && layer.hasBiases())
      place(npudnnMultiHeadAttnWeightKind_t(NPUDNN_MH_ATTN_Q_BIASES + i), i == 3 ? 1 : layer.heads,
            kinds[i].projection, 1);
  return places;
}

AttentionReserve attentionReserve(const AttnDescriptor &layer) {
  AttentionReserve reserve;
  const int64_t sequences = layer.maxBatch * layer.maxBeam;
  reserve.attentionMask = size_t(2 * layer.maxQueries) * sizeof(int32_t);
  reserve.postMask =
      reserve.attentionMask +
      (layer.attentionDropout ? size_t(sequences * layer.heads * layer.maxQueries * layer.maxKeys)
                              : 0);
  reserve.bytes =
      reserve.postMask +
      (layer.postDropout ? size_t(sequences * layer.maxQueries * layer.outputWidth()) : 0);
  return reserve;
}

namespace {

template <class To, class From> void give(To *to, From from) {
  if (to)
    *to = To(from);
}

bool isFloating(npudnnDataType_t type) {
  return type == NPUDNN_DATA_FLOAT || type == NPUDNN_DATA_DOUBLE || type == NPUDNN_DATA_HALF ||
         type == NPUDNN_DATA_BFLOAT16;
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(SeqDataDescriptor, SeqDataDescriptor)
NPU_DNN_LIFETIME(AttnDescriptor, AttnDescriptor)

npudnnStatus_t npudnnSetSeqDataDescriptor(npudnnSeqDataDescriptor_t seqDataDesc,
                                          npudnnDataType_t dataType, int nbDims, const int dimA[],
                                          const npudnnSeqDataAxis_t axes[],
                                          size_t seqLengthArraySize, const int seqLengthArray[],
                                          void *paddingFill) {
  return dnnEntry("cudnnSetSeqDataDescriptor", [&] {
    auto object = get<SeqDataDescriptor>(seqDataDesc, "seqDataDesc");
    if (!isFloating(dataType))
      unsupported("the data type is not float, double, half or bfloat16");
    if (nbDims != NPUDNN_SEQDATA_DIM_COUNT)
      unsupported("there are four dimensions");
    if (paddingFill)
      unsupported("paddingFill is not null, which cuDNN has no meaning for");
    requirePointer(dimA, "dimA");
    requirePointer(axes, "axes");
    requirePointer(seqLengthArray, "seqLengthArray");
    SeqDataDescriptor changed;
    changed.type = dataType;
    std::array<bool, NPUDNN_SEQDATA_DIM_COUNT> seen = {};
    for (size_t i = 0; i < 4; ++i) {
      require(dimA[i] > 0, "a size is not positive");
      changed.dims[i] = dimA[i];
      require(axes[i] >= NPUDNN_SEQDATA_TIME_DIM && axes[i] <= NPUDNN_SEQDATA_VECT_DIM &&
                  !seen[axes[i]],
              "the axes are not the four dimensions");
      seen[axes[i]] = true;
      changed.axes[i] = axes[i];
    }
    require(axes[3] == NPUDNN_SEQDATA_VECT_DIM, "the vector is not the innermost dimension");
    require(int64_t(seqLengthArraySize) ==
                changed.dims[NPUDNN_SEQDATA_BATCH_DIM] * changed.dims[NPUDNN_SEQDATA_BEAM_DIM],
            "there is not one length for each batch and beam");
    for (size_t i = 0; i < seqLengthArraySize; ++i)
      require(seqLengthArray[i] >= 0 && seqLengthArray[i] <= dimA[NPUDNN_SEQDATA_TIME_DIM],
              "a length is not 0 to the time dimension");
    changed.lengths.assign(seqLengthArray, seqLengthArray + seqLengthArraySize);
    changed.set = true;
    *object = changed;
  });
}

npudnnStatus_t npudnnGetSeqDataDescriptor(const npudnnSeqDataDescriptor_t seqDataDesc,
                                          npudnnDataType_t *dataType, int *nbDims,
                                          int nbDimsRequested, int dimA[],
                                          npudnnSeqDataAxis_t axes[], size_t *seqLengthArraySize,
                                          size_t seqLengthSizeRequested, int seqLengthArray[],
                                          void *) {
  return dnnEntry("cudnnGetSeqDataDescriptor", [&] {
    const auto object = getSet<SeqDataDescriptor>(seqDataDesc, "seqDataDesc");
    require(nbDimsRequested >= 0, "nbDimsRequested is negative");
    give(dataType, object->type), give(nbDims, NPUDNN_SEQDATA_DIM_COUNT);
    give(seqLengthArraySize, object->lengths.size());
    for (size_t i = 0; i < size_t(std::min(nbDimsRequested, NPUDNN_SEQDATA_DIM_COUNT)); ++i) {
      if (dimA)
        dimA[i] = int(object->dims[i]);
      if (axes)
        axes[i] = object->axes[i];
    }
    if (seqLengthArray)
      std::copy_n(object->lengths.begin(), std::min(seqLengthSizeRequested, object->lengths.size()),
                  seqLengthArray);
  });
}

npudnnStatus_t npudnnSetAttnDescriptor(npudnnAttnDescriptor_t attnDesc, unsigned attnMode,
                                       int nHeads, double smScaler, npudnnDataType_t dataType,
                                       npudnnDataType_t computePrec, npudnnMathType_t mathType,
                                       npudnnDropoutDescriptor_t attnDropoutDesc,
                                       npudnnDropoutDescriptor_t postDropoutDesc, int qSize,
                                       int kSize, int vSize, int qProjSize, int kProjSize,
                                       int vProjSize, int oProjSize, int qoMaxSeqLength,
                                       int kvMaxSeqLength, int maxBatchSize, int maxBeamSize) {
  return dnnEntry("cudnnSetAttnDescriptor", [&] {
    auto object = get<AttnDescriptor>(attnDesc, "attnDesc");
    require((attnMode & ~(NPUDNN_ATTN_QUERYMAP_ONE_TO_ONE | NPUDNN_ATTN_ENABLE_PROJ_BIASES)) == 0,
            "there is no such attnMode");
    require(isFloating(dataType), "the data type is not float, double, half or bfloat16");
    require(computePrec == dataType ||
                (computePrec == NPUDNN_DATA_FLOAT && dataType != NPUDNN_DATA_DOUBLE),
            "the precision does not go with the data's type");
    require(mathType >= NPUDNN_DEFAULT_MATH && mathType <= NPUDNN_FMA_MATH,
            "there is no such math type");
    require(nHeads > 0 && qSize > 0 && kSize > 0 && vSize > 0 && qoMaxSeqLength > 0 &&
                kvMaxSeqLength > 0 && maxBatchSize > 0 && maxBeamSize > 0,
            "a size is not positive");
    require(smScaler >= 0, "smScaler is negative or NaN");
    require(qProjSize >= 0 && kProjSize >= 0 && vProjSize >= 0 && oProjSize >= 0,
            "a projection's size is negative");
    require((qProjSize ? qProjSize : qSize) == (kProjSize ? kProjSize : kSize),
            "queries and keys have different sizes after their projections");
    for (auto dropout : {attnDropoutDesc, postDropoutDesc})
      if (dropout)
        getSet<DropoutDescriptor>(dropout, "a dropout's descriptor");
    AttnDescriptor changed;
    changed.mode = attnMode, changed.heads = nHeads, changed.scale = smScaler;
    changed.type = dataType, changed.precision = computePrec, changed.math = mathType;
    changed.attentionDropout = attnDropoutDesc, changed.postDropout = postDropoutDesc;
    changed.qSize = qSize, changed.kSize = kSize, changed.vSize = vSize;
    changed.qProjection = qProjSize, changed.kProjection = kProjSize;
    changed.vProjection = vProjSize, changed.oProjection = oProjSize;
    changed.maxQueries = qoMaxSeqLength, changed.maxKeys = kvMaxSeqLength;
    changed.maxBatch = maxBatchSize, changed.maxBeam = maxBeamSize;
    changed.set = true;
    *object = changed;
  });
}

npudnnStatus_t npudnnGetAttnDescriptor(npudnnAttnDescriptor_t attnDesc, unsigned *attnMode,
                                       int *nHeads, double *smScaler, npudnnDataType_t *dataType,
                                       npudnnDataType_t *computePrec, npudnnMathType_t *mathType,
                                       npudnnDropoutDescriptor_t *attnDropoutDesc,
                                       npudnnDropoutDescriptor_t *postDropoutDesc, int *qSize,
                                       int *kSize, int *vSize, int *qProjSize, int *kProjSize,
                                       int *vProjSize, int *oProjSize, int *qoMaxSeqLength,
                                       int *kvMaxSeqLength, int *maxBatchSize, int *maxBeamSize) {
  return dnnEntry("cudnnGetAttnDescriptor", [&] {
    const auto object = getSet<AttnDescriptor>(attnDesc, "attnDesc");
    give(attnMode, object->mode), give(nHeads, object->heads), give(smScaler, object->scale);
    give(dataType, object->type), give(computePrec, object->precision);
    give(mathType, object->math), give(attnDropoutDesc, object->attentionDropout);
    give(postDropoutDesc, object->postDropout), give(qSize, object->qSize);
    give(kSize, object->kSize), give(vSize, object->vSize);
    give(qProjSize, object->qProjection), give(kProjSize, object->kProjection);
    give(vProjSize, object->vProjection), give(oProjSize, object->oProjection);
    give(qoMaxSeqLength, object->maxQueries), give(kvMaxSeqLength, object->maxKeys);
    give(maxBatchSize, object->maxBatch), give(maxBeamSize, object->maxBeam);
  });
}

npudnnStatus_t npudnnGetMultiHeadAttnBuffers(npudnnHandle_t handle,
                                             const npudnnAttnDescriptor_t attnDesc,
                                             size_t *weightSizeInBytes,
                                             size_t *workSpaceSizeInBytes,
                                             size_t *reserveSpaceSizeInBytes) {
  return dnnEntry("cudnnGetMultiHeadAttnBuffers", [&] {
    streamOf(handle);
    requirePointer(weightSizeInBytes, "weightSizeInBytes");
    requirePointer(workSpaceSizeInBytes, "workSpaceSizeInBytes");
    const auto layer = getSet<AttnDescriptor>(attnDesc, "attnDesc");
    int64_t elements;
    attentionWeights(*layer, elements);
    *weightSizeInBytes = size_t(elements) * elementBytes(layer->type);
    *workSpaceSizeInBytes = 0;
    give(reserveSpaceSizeInBytes, attentionReserve(*layer).bytes);
  });
}

npudnnStatus_t npudnnGetMultiHeadAttnWeights(npudnnHandle_t handle,
                                             const npudnnAttnDescriptor_t attnDesc,
                                             npudnnMultiHeadAttnWeightKind_t wKind,
                                             size_t weightSizeInBytes, const void *weights,
                                             npudnnTensorDescriptor_t wDesc, void **wAddr) {
  return dnnEntry("cudnnGetMultiHeadAttnWeights", [&] {
    streamOf(handle);
    const auto layer = getSet<AttnDescriptor>(attnDesc, "attnDesc");
    require(wKind >= NPUDNN_MH_ATTN_Q_WEIGHTS && wKind <= NPUDNN_MH_ATTN_O_BIASES,
            "there is no such kind of weights");
    requirePointer(wAddr, "wAddr");
    requirePointer(weights, "weights");
    int64_t elements;
    const AttentionWeights place = attentionWeights(*layer, elements)[size_t(wKind)];
    require(weightSizeInBytes >= size_t(elements) * elementBytes(layer->type),
            "weightSizeInBytes is too small");
    auto descriptor = get<TensorDescriptor>(wDesc, "wDesc");
    *wAddr = nullptr;
    descriptor->set = place.offset >= 0;
    if (!descriptor->set)
      return;
    descriptor->layout = packedLayout(layer->type, {place.first, place.rows, place.columns});
    *wAddr = static_cast<char *>(const_cast<void *>(weights)) +
             size_t(place.offset) * elementBytes(layer->type);
  });
}
