// Batches of sequences: their descriptors, and the way between the API's layouts and packed rows.
#include "rnn.h"

#include <algorithm>
#include <numeric>

namespace npu::dnn {

Sequences sortSequences(const std::vector<int> &lengths) {
  Sequences sequences;
  sequences.batch = int64_t(lengths.size());
  sequences.order.resize(lengths.size());
  std::iota(sequences.order.begin(), sequences.order.end(), 0);
  std::stable_sort(sequences.order.begin(), sequences.order.end(),
                   [&](int64_t a, int64_t b) { return lengths[size_t(a)] > lengths[size_t(b)]; });
  int64_t active = sequences.batch;
  for (int step = 0;; ++step) {
    while (active && lengths[size_t(sequences.order[size_t(active - 1)])] <= step)
      --active;
    if (active == 0)
      return sequences;
    sequences.active.push_back(active);
    sequences.first.push_back(sequences.rows);
    sequences.rows += active;
  }
}

Sequences sequencesOf(int seqLength, const npudnnTensorDescriptor_t *descriptors, const char *name,
                      npudnnDataType_t &type, int64_t &vector) {
  require(seqLength > 0, "seqLength is not positive");
  requirePointer(descriptors, name);
  Sequences sequences;
  for (int step = 0; step < seqLength; ++step) {
    const Layout layout = layoutOf(descriptors[step], name);
    require(layout.packed() && layout.dims.size() >= 3 &&
                layout.count() == layout.dims[0] * layout.dims[1],
            "a step's tensor is not [batch, vector, 1], fully packed");
    if (step == 0) {
      sequences.batch = layout.dims[0], type = layout.type, vector = layout.dims[1];
    } else {
      require(layout.dims[0] <= sequences.active.back(),
              "a step has more sequences than the one before");
      require(layout.type == type && layout.dims[1] == vector,
              "the steps have vectors of different sizes or types");
    }
    sequences.active.push_back(layout.dims[0]);
    sequences.first.push_back(sequences.rows);
    sequences.rows += layout.dims[0];
  }
  sequences.order.resize(size_t(sequences.batch));
  std::iota(sequences.order.begin(), sequences.order.end(), 0);
  return sequences;
}

int64_t SequenceData::elements(const Sequences &sequences) const {
  return vector *
         (layout == NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED ? sequences.rows : steps * batch);
}

SequenceData dataOf(const RnnDataDescriptor &descriptor) {
  return {descriptor.type,   descriptor.layout, descriptor.steps,  descriptor.batch,
          descriptor.vector, descriptor.fills,  descriptor.filling};
}

namespace {

// The row of a sequence's step in the caller's memory; `place` is the sequence's among the sorted.
int64_t rowOf(const SequenceData &data, const Sequences &sequences, int64_t step, int64_t place) {
  const int64_t number = sequences.order[size_t(place)];
  switch (data.layout) {
  case NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED:
    return step * data.batch + number;
  case NPUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED:
    return number * data.steps + step;
  default: // sorted already
    return sequences.first[size_t(step)] + place;
  }
}

template <class Byte> Byte *rowAt(const SequenceData &data, Byte *memory, int64_t row) {
  return memory + size_t(row * data.vector) * elementBytes(data.type);
}

} // namespace

template <class Real>
void gatherRows(const SequenceData &data, const Sequences &sequences, const void *from,
                Real *rows) {
  const Layout row = packedLayout(data.type, {data.vector});
  for (int64_t step = 0; step < sequences.steps(); ++step)
    for (int64_t place = 0; place < sequences.active[size_t(step)]; ++place, rows += data.vector)
      gather(row, rowAt(data, static_cast<const char *>(from), rowOf(data, sequences, step, place)),
             rows);
}

template <class Real>
void scatterRows(const SequenceData &data, const Sequences &sequences, const Real *rows, void *to) {
  const Layout row = packedLayout(data.type, {data.vector});
  char *memory = static_cast<char *>(to);
  const std::vector<Real> filling(size_t(data.vector), Real(data.filling));
  for (int64_t step = 0; step < data.steps; ++step) {
    const int64_t active = step < sequences.steps() ? sequences.active[size_t(step)] : 0;
    for (int64_t place = 0; place < active; ++place, rows += data.vector)
      scatter(row, rowAt(data, memory, rowOf(data, sequences, step, place)), rows, 1, 0);
    if (data.fills && data.layout != NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED)
      for (int64_t place = active; place < data.batch; ++place)
        scatter(row, rowAt(data, memory, rowOf(data, sequences, step, place)), filling.data(), 1,
                0);
  }
}

template void gatherRows<float>(const SequenceData &, const Sequences &, const void *, float *);
template void gatherRows<double>(const SequenceData &, const Sequences &, const void *, double *);
template void scatterRows<float>(const SequenceData &, const Sequences &, const float *, void *);
template void scatterRows<double>(const SequenceData &, const Sequences &, const double *, void *);

} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(RNNDataDescriptor, RnnDataDescriptor)

npudnnStatus_t npudnnSetRNNDataDescriptor(npudnnRNNDataDescriptor_t rnnDataDesc,
                                          npudnnDataType_t dataType, npudnnRNNDataLayout_t layout,
                                          int maxSeqLength, int batchSize, int vectorSize,
                                          const int seqLengthArray[], void *paddingFill) {
  return dnnEntry("cudnnSetRNNDataDescriptor", [&] {
    auto object = get<RnnDataDescriptor>(rnnDataDesc, "rnnDataDesc");
    if (dataType != NPUDNN_DATA_FLOAT && dataType != NPUDNN_DATA_DOUBLE &&
        dataType != NPUDNN_DATA_HALF && dataType != NPUDNN_DATA_BFLOAT16)
      unsupported("the data type is none of a network's");
    require(layout >= NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED &&
                layout <= NPUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED,
            "there is no such layout");
    require(maxSeqLength > 0 && batchSize > 0 && vectorSize > 0, "a size is not positive");
    requirePointer(seqLengthArray, "seqLengthArray");
    for (int i = 0; i < batchSize; ++i)
      require(seqLengthArray[i] >= 0 && seqLengthArray[i] <= maxSeqLength,
              "a sequence's length is not 0 to maxSeqLength");
    require(layout != NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED ||
                std::is_sorted(seqLengthArray, seqLengthArray + batchSize, std::greater<int>()),
            "packed sequences are not sorted by falling length");
    RnnDataDescriptor changed;
    changed.type = dataType, changed.layout = layout, changed.steps = maxSeqLength;
    changed.batch = batchSize, changed.vector = vectorSize;
    changed.lengths.assign(seqLengthArray, seqLengthArray + batchSize);
    changed.fills = paddingFill != nullptr;
    if (paddingFill)
      gather(packedLayout(dataType, {1}), paddingFill, &changed.filling);
    changed.set = true;
    *object = changed;
  });
}

npudnnStatus_t npudnnGetRNNDataDescriptor(npudnnRNNDataDescriptor_t rnnDataDesc,
                                          npudnnDataType_t *dataType, npudnnRNNDataLayout_t *layout,
                                          int *maxSeqLength, int *batchSize, int *vectorSize,
                                          int arrayLengthRequested, int seqLengthArray[],
                                          void *paddingFill) {
  return dnnEntry("cudnnGetRNNDataDescriptor", [&] {
    const auto object = getSet<RnnDataDescriptor>(rnnDataDesc, "rnnDataDesc");
    require(arrayLengthRequested >= 0, "arrayLengthRequested is negative");
    require(arrayLengthRequested == 0 || seqLengthArray, "seqLengthArray is null");
    if (dataType)
      *dataType = object->type;
    if (layout)
      *layout = object->layout;
    if (maxSeqLength)
      *maxSeqLength = int(object->steps);
    if (batchSize)
      *batchSize = int(object->batch);
    if (vectorSize)
      *vectorSize = int(object->vector);
    for (size_t i = 0; i < std::min(size_t(arrayLengthRequested), object->lengths.size()); ++i)
      seqLengthArray[i] = object->lengths[i];
    if (paddingFill && object->fills)
      scatter(packedLayout(object->type, {1}), paddingFill, &object->filling, 1, 0);
  });
}
