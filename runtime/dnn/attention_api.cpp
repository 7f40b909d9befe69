// The calls of multi-head attention.
#include "attention.h"
#include "dropout.h"

#include <cstring>

namespace npu::dnn {
namespace {

AttentionCall makeCall(const char *caller, npudnnAttnDescriptor_t attnDesc,
                       npudnnSeqDataDescriptor_t q, npudnnSeqDataDescriptor_t k,
                       npudnnSeqDataDescriptor_t v, npudnnSeqDataDescriptor_t o) {
  AttentionCall call;
  call.caller = caller;
  call.layer = *getSet<AttnDescriptor>(attnDesc, "attnDesc");
  call.q = *getSet<SeqDataDescriptor>(q, "the queries' descriptor");
  call.k = *getSet<SeqDataDescriptor>(k, "the keys' descriptor");
  call.v = *getSet<SeqDataDescriptor>(v, "the values' descriptor");
  call.o = *getSet<SeqDataDescriptor>(o, "the output's descriptor");
  const AttnDescriptor &layer = call.layer;
  const struct {
    const SeqDataDescriptor &data;
    int64_t size, times;
  } parts[] = {{call.q, layer.qSize, layer.maxQueries},
               {call.k, layer.kSize, layer.maxKeys},
               {call.v, layer.vSize, layer.maxKeys},
               {call.o, layer.outputWidth(), layer.maxQueries}};
  for (const auto &part : parts) {
    require(part.data.type == layer.type, "a sequence is not of the layer's type");
    require(part.data.dims[NPUDNN_SEQDATA_VECT_DIM] == part.size,
            "the vectors of a sequence are not of the layer's size");
    require(part.data.dims[NPUDNN_SEQDATA_TIME_DIM] <= part.times &&
                part.data.dims[NPUDNN_SEQDATA_BATCH_DIM] <= layer.maxBatch &&
                part.data.dims[NPUDNN_SEQDATA_BEAM_DIM] <= layer.maxBeam,
            "a sequence is larger than the layer's maxima");
    require(part.data.dims[NPUDNN_SEQDATA_BATCH_DIM] == call.q.dims[NPUDNN_SEQDATA_BATCH_DIM],
            "the sequences have different batches");
  }
  const int64_t beams = call.q.dims[NPUDNN_SEQDATA_BEAM_DIM];
  for (const SeqDataDescriptor *data : {&call.k, &call.v})
    require(data->dims[NPUDNN_SEQDATA_BEAM_DIM] == (layer.beamsHaveKeys() ? beams : 1),
            "the keys have not one beam, or one for each of the queries', as attnMode says");
  for (int64_t batch = 0; batch < call.q.dims[NPUDNN_SEQDATA_BATCH_DIM]; ++batch)
    for (int64_t beam = 0; beam < beams; ++beam) {
      const int64_t keyBeam = layer.beamsHaveKeys() ? beam : 0;
      require(call.k.length(batch, keyBeam) == call.v.length(batch, keyBeam),
              "keys and values have different lengths");
      require(call.o.dims[NPUDNN_SEQDATA_BEAM_DIM] == beams &&
                  call.q.length(batch, beam) == call.o.length(batch, beam),
              "queries and outputs have different lengths");
    }
  require(call.q.dims[NPUDNN_SEQDATA_TIME_DIM] == call.o.dims[NPUDNN_SEQDATA_TIME_DIM],
          "queries and outputs have different numbers of time steps");
  if (layer.attentionDropout)
    call.attentionDropout = usableDropout(layer.attentionDropout);
  if (layer.postDropout)
    call.postDropout = usableDropout(layer.postDropout);
  formatOf(layer.type, call.math.compute);
  if (layer.type == NPUDNN_DATA_FLOAT && layer.math == NPUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION)
    call.math.compute = Format::F16;
  call.math.pedantic = layer.math == NPUDNN_FMA_MATH;
  return call;
}

void requireSequence(const SeqDataDescriptor &data, const void *memory, const char *name) {
  requireBytes(memory, size_t(data.count()) * elementBytes(data.type), name);
}

void requireWeights(const AttentionCall &call, const void *weights, size_t bytes,
                    const char *name) {
  int64_t elements;
  attentionWeights(call.layer, elements);
  const size_t needed = size_t(elements) * elementBytes(call.layer.type);
  require(bytes >= needed, "weightSizeInBytes is too small");
  if (needed)
    requireBytes(weights, needed, name);
}

void setReserve(AttentionCall &call, void *reserve, size_t bytes) {
  const size_t needed = attentionReserve(call.layer).bytes;
  require(bytes >= needed, "the reserve space is too small");
  requireBytes(reserve, needed, "reserveSpace");
  call.reserve = reserve;
}

void requireWork(const void *workspace, size_t bytes) {
  if (workspace && bytes)
    requireBytes(workspace, bytes, "workSpace");
}

void setWindows(AttentionCall &call, const int *first, const int *end) {
  requirePointer(first, "loWinIdx");
  requirePointer(end, "hiWinIdx");
  const int64_t times = call.q.dims[NPUDNN_SEQDATA_TIME_DIM];
  call.firstKeys.assign(first, first + times);
  call.endKeys.assign(end, end + times);
}

// The lengths are there twice: in the descriptor, and where devices read them.
void requireLengths(const SeqDataDescriptor &data, const int *onDevice, const char *name) {
  requireBytes(onDevice, data.lengths.size() * sizeof(int), name);
}
void checkLengths(const SeqDataDescriptor &data, const int *onDevice) {
  if (std::memcmp(onDevice, data.lengths.data(), data.lengths.size() * sizeof(int)) != 0)
    badParameter("the lengths on the device are not those that the descriptor was set with");
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnMultiHeadAttnForward(
    npudnnHandle_t handle, const npudnnAttnDescriptor_t attnDesc, int currIdx, const int loWinIdx[],
    const int hiWinIdx[], const int devSeqLengthsQO[], const int devSeqLengthsKV[],
    const npudnnSeqDataDescriptor_t qDesc, const void *queries, const void *residuals,
    const npudnnSeqDataDescriptor_t kDesc, const void *keys, const npudnnSeqDataDescriptor_t vDesc,
    const void *values, const npudnnSeqDataDescriptor_t oDesc, void *out, size_t weightSizeInBytes,
    const void *weights, size_t workSpaceSizeInBytes, void *workSpace,
    size_t reserveSpaceSizeInBytes, void *reserveSpace) {
  return dnnEntry("cudnnMultiHeadAttnForward", [&] {
    const npuStream_t stream = streamOf(handle);
    AttentionCall call =
        makeCall("cudnnMultiHeadAttnForward", attnDesc, qDesc, kDesc, vDesc, oDesc);
    setWindows(call, loWinIdx, hiWinIdx);
    require(currIdx < call.q.dims[NPUDNN_SEQDATA_TIME_DIM], "currIdx is no time step");
    require(currIdx < 0 || !reserveSpace, "training computes all time steps: currIdx must be -1");
    requireSequence(call.q, queries, "queries");
    requireSequence(call.k, keys, "keys");
    requireSequence(call.v, values, "values");
    requireSequence(call.o, out, "out");
    if (residuals) {
      require(call.layer.qSize == call.layer.outputWidth(),
              "residuals need outputs of the queries' size");
      requireSequence(call.q, residuals, "residuals");
    }
    requireLengths(call.q, devSeqLengthsQO, "devSeqLengthsQO");
    requireLengths(call.k, devSeqLengthsKV, "devSeqLengthsKV");
    requireWeights(call, weights, weightSizeInBytes, "weights");
    requireWork(workSpace, workSpaceSizeInBytes);
    if (reserveSpace)
      setReserve(call, reserveSpace, reserveSpaceSizeInBytes);
    call.weights = weights, call.queries = queries, call.keys = keys, call.values = values;
    call.residuals = residuals, call.out = out, call.onlyQuery = currIdx;
    enqueueHost(stream, call.caller, [=] {
      checkLengths(call.q, devSeqLengthsQO);
      checkLengths(call.k, devSeqLengthsKV);
      attentionForward(call);
    });
  });
}

npudnnStatus_t npudnnMultiHeadAttnBackwardData(
    npudnnHandle_t handle, const npudnnAttnDescriptor_t attnDesc, const int loWinIdx[],
    const int hiWinIdx[], const int devSeqLengthsDQDO[], const int devSeqLengthsDKDV[],
    const npudnnSeqDataDescriptor_t doDesc, const void *dout,
    const npudnnSeqDataDescriptor_t dqDesc, void *dqueries, const void *queries,
    const npudnnSeqDataDescriptor_t dkDesc, void *dkeys, const void *keys,
    const npudnnSeqDataDescriptor_t dvDesc, void *dvalues, const void *values,
    size_t weightSizeInBytes, const void *weights, size_t workSpaceSizeInBytes, void *workSpace,
    size_t reserveSpaceSizeInBytes, void *reserveSpace) {
  return dnnEntry("cudnnMultiHeadAttnBackwardData", [&] {
    const npuStream_t stream = streamOf(handle);
    AttentionCall call =
        makeCall("cudnnMultiHeadAttnBackwardData", attnDesc, dqDesc, dkDesc, dvDesc, doDesc);
    setWindows(call, loWinIdx, hiWinIdx);
    requireSequence(call.o, dout, "dout");
    requireSequence(call.q, queries, "queries");
    requireSequence(call.k, keys, "keys");
    requireSequence(call.v, values, "values");
    requireSequence(call.q, dqueries, "dqueries");
    requireSequence(call.k, dkeys, "dkeys");
    requireSequence(call.v, dvalues, "dvalues");
    requireLengths(call.q, devSeqLengthsDQDO, "devSeqLengthsDQDO");
    requireLengths(call.k, devSeqLengthsDKDV, "devSeqLengthsDKDV");
    requireWeights(call, weights, weightSizeInBytes, "weights");
    requireWork(workSpace, workSpaceSizeInBytes);
    setReserve(call, reserveSpace, reserveSpaceSizeInBytes);
    call.weights = weights, call.queries = queries, call.keys = keys, call.values = values,
    call.dout = dout;
    call.dqueries = dqueries, call.dkeys = dkeys, call.dvalues = dvalues;
    enqueueHost(stream, call.caller, [=] {
      checkLengths(call.q, devSeqLengthsDQDO);
      checkLengths(call.k, devSeqLengthsDKDV);
      attentionBackward(call);
    });
  });
}

npudnnStatus_t npudnnMultiHeadAttnBackwardWeights(
    npudnnHandle_t handle, const npudnnAttnDescriptor_t attnDesc, npudnnWgradMode_t addGrad,
    const npudnnSeqDataDescriptor_t qDesc, const void *queries,
    const npudnnSeqDataDescriptor_t kDesc, const void *keys, const npudnnSeqDataDescriptor_t vDesc,
    const void *values, const npudnnSeqDataDescriptor_t doDesc, const void *dout,
    size_t weightSizeInBytes, const void *weights, void *dweights, size_t workSpaceSizeInBytes,
    void *workSpace, size_t reserveSpaceSizeInBytes, void *reserveSpace) {
  return dnnEntry("cudnnMultiHeadAttnBackwardWeights", [&] {
    const npuStream_t stream = streamOf(handle);
    AttentionCall call =
        makeCall("cudnnMultiHeadAttnBackwardWeights", attnDesc, qDesc, kDesc, vDesc, doDesc);
    require(addGrad == NPUDNN_WGRAD_MODE_ADD || addGrad == NPUDNN_WGRAD_MODE_SET,
            "there is no such addGrad");
    requireSequence(call.q, queries, "queries");
    requireSequence(call.k, keys, "keys");
    requireSequence(call.v, values, "values");
    requireSequence(call.o, dout, "dout");
    requireWeights(call, weights, weightSizeInBytes, "weights");
    requireWeights(call, dweights, weightSizeInBytes, "dweights");
    requirePointer(dweights, "dweights");
    requireWork(workSpace, workSpaceSizeInBytes);
    setReserve(call, reserveSpace, reserveSpaceSizeInBytes);
    call.weights = weights, call.queries = queries, call.keys = keys, call.values = values,
    call.dout = dout;
    call.dweights = dweights, call.addsWeights = addGrad == NPUDNN_WGRAD_MODE_ADD;
    enqueueHost(stream, call.caller, [=] { attentionBackward(call); });
  });
}
