// Wrong arguments of recurrent networks, attention and CTC losses: one row each, and cuDNN's
// status.
#include "dnn_rnn_fixture.h"

using namespace npu;

namespace {

struct Row {
  const char *what;
  npudnnStatus_t wanted;
  std::function<npudnnStatus_t()> call;
};

class DnnArguments : public DnnRnnTest {
protected:
  void expectRefused(const std::vector<Row> &rows) {
    const size_t before = fake_core::history().size();
    for (const Row &row : rows)
      EXPECT_EQ(row.call(), row.wanted) << row.what;
    EXPECT_EQ(fake_core::history().size(), before) << "a refused call has put work on a stream";
  }
};

TEST_F(DnnArguments, RnnDescriptors) {
  npudnnRNNDescriptor_t rnn;
  EXPECT_DNN(npudnnCreateRNNDescriptor(&rnn));
  struct Settings {
    npudnnRNNAlgo_t algorithm = NPUDNN_RNN_ALGO_STANDARD;
    npudnnRNNMode_t cell = NPUDNN_LSTM;
    npudnnRNNBiasMode_t bias = NPUDNN_RNN_DOUBLE_BIAS;
    npudnnDirectionMode_t direction = NPUDNN_UNIDIRECTIONAL;
    npudnnRNNInputMode_t input = NPUDNN_LINEAR_INPUT;
    npudnnDataType_t type = NPUDNN_DATA_FLOAT, precision = NPUDNN_DATA_FLOAT;
    npudnnMathType_t math = NPUDNN_DEFAULT_MATH;
    int inputSize = 3, hidden = 4, projection = 4, layers = 1;
    uint32_t flags = 0;
  };
  auto set = [&](const std::function<void(Settings &)> &change) {
    return [=] {
      Settings s;
      change(s);
      return npudnnSetRNNDescriptor_v8(rnn, s.algorithm, s.cell, s.bias, s.direction, s.input,
                                       s.type, s.precision, s.math, s.inputSize, s.hidden,
                                       s.projection, s.layers, nullptr, s.flags);
    };
  };
  const auto bad = NPUDNN_STATUS_BAD_PARAM;
  expectRefused({
      {"algorithm", bad, set([](Settings &s) { s.algorithm = npudnnRNNAlgo_t(9); })},
      {"cell", bad, set([](Settings &s) { s.cell = npudnnRNNMode_t(4); })},
      {"bias", bad, set([](Settings &s) { s.bias = npudnnRNNBiasMode_t(-1); })},
      {"direction", bad, set([](Settings &s) { s.direction = npudnnDirectionMode_t(2); })},
      {"input mode", bad, set([](Settings &s) { s.input = npudnnRNNInputMode_t(2); })},
      {"integers", bad, set([](Settings &s) { s.type = s.precision = NPUDNN_DATA_INT8; })},
      {"precision", bad, set([](Settings &s) { s.precision = NPUDNN_DATA_HALF; })},
      {"math", bad, set([](Settings &s) { s.math = npudnnMathType_t(7); })},
      {"no input", bad, set([](Settings &s) { s.inputSize = 0; })},
      {"no hidden", bad, set([](Settings &s) { s.hidden = s.projection = 0; })},
      {"no layers", bad, set([](Settings &s) { s.layers = -1; })},
      {"large projection", bad, set([](Settings &s) { s.projection = 5; })},
      {"projection of a GRU", bad, set([](Settings &s) { s.cell = NPUDNN_GRU, s.projection = 2; })},
      {"flags", bad, set([](Settings &s) { s.flags = 2; })},
      {"not set", bad, [&] { return npudnnBuildRNNDynamic(handle, rnn, 1); }},
  });

  npudnnRNNDataDescriptor_t data;
  EXPECT_DNN(npudnnCreateRNNDataDescriptor(&data));
  const int rising[] = {1, 2}, longer[] = {4, 1}, negative[] = {3, -1};
  auto give = [&](npudnnDataType_t type, npudnnRNNDataLayout_t layout, int batch,
                  const int *lengths) {
    return [=] {
      return npudnnSetRNNDataDescriptor(data, type, layout, 3, batch, 2, lengths, nullptr);
    };
  };
  const auto packed = NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED;
  const auto padded = NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED;
  expectRefused({
      {"packed and unsorted", bad, give(NPUDNN_DATA_FLOAT, packed, 2, rising)},
      {"longer than the longest", bad, give(NPUDNN_DATA_FLOAT, padded, 2, longer)},
      {"negative length", bad, give(NPUDNN_DATA_FLOAT, padded, 2, negative)},
      {"no sequences", bad, give(NPUDNN_DATA_FLOAT, padded, 0, rising)},
      {"no lengths", bad, give(NPUDNN_DATA_FLOAT, padded, 2, nullptr)},
      {"layout", bad, give(NPUDNN_DATA_FLOAT, npudnnRNNDataLayout_t(3), 2, rising)},
      {"type", NPUDNN_STATUS_NOT_SUPPORTED, give(NPUDNN_DATA_INT32, padded, 2, rising)},
  });
}

TEST_F(DnnArguments, RnnCalls) {
  RnnShape shape;
  shape.type = NPUDNN_DATA_FLOAT;
  const Rnn good = make(shape);
  RnnShape longerShape = shape, widerShape = shape;
  longerShape.lengths = {3, 2};
  widerShape.input = 7;
  struct Arguments {
    npudnnHandle_t handle;
    Rnn rnn;
    npudnnRNNDataDescriptor_t x, y;
    npudnnTensorDescriptor_t h, c;
    const void *input, *weights;
    void *output, *reserve;
    size_t weightBytes, reserveBytes;
  };
  const Arguments right = {handle,
                           good,
                           good.x,
                           good.y,
                           good.h,
                           good.c,
                           device(numbers(shape.xCount())),
                           device(numbers(good.weights())),
                           device(std::vector<float>(shape.yCount())),
                           good.reserve,
                           good.weightBytes,
                           good.reserveBytes};
  const void *state = device(std::vector<float>(shape.hCount()));
  auto forward = [&](const std::function<void(Arguments &)> &change) {
    return [=] {
      Arguments a = right;
      change(a);
      return npudnnRNNForward(a.handle, a.rnn.rnn, NPUDNN_FWD_MODE_TRAINING, nullptr, a.x, a.input,
                              a.y, a.output, a.h, state, nullptr, a.c, state, nullptr,
                              a.weightBytes, a.weights, 0, nullptr, a.reserveBytes, a.reserve);
    };
  };
  static float host[64];
  const auto bad = NPUDNN_STATUS_BAD_PARAM, unmapped = NPUDNN_STATUS_MAPPING_ERROR;
  const auto wide = data(widerShape, 7), longer = data(longerShape, 4);
  const auto flat = tensor({1, 2, 3});
  expectRefused({
      {"no handle", bad, forward([](Arguments &a) { a.handle = nullptr; })},
      {"foreign handle", NPUDNN_STATUS_NOT_INITIALIZED,
       forward([](Arguments &a) { a.handle = reinterpret_cast<npudnnHandle_t>(host); })},
      {"x of another size", bad, forward([=](Arguments &a) { a.x = wide; })},
      {"y of other lengths", bad, forward([=](Arguments &a) { a.y = longer; })},
      {"states of another size", bad, forward([=](Arguments &a) { a.h = flat; })},
      {"no descriptor of the cells", bad, forward([](Arguments &a) { a.c = nullptr; })},
      {"no x", bad, forward([](Arguments &a) { a.input = nullptr; })},
      {"x of the host", unmapped, forward([](Arguments &a) { a.input = host; })},
      {"y of the host", unmapped, forward([](Arguments &a) { a.output = host; })},
      {"weights of the host", unmapped, forward([](Arguments &a) { a.weights = host; })},
      {"few weights", bad, forward([](Arguments &a) { a.weightBytes -= 4; })},
      {"small reserve", bad, forward([](Arguments &a) { a.reserveBytes -= 1; })},
      {"no reserve", bad, forward([](Arguments &a) { a.reserve = nullptr; })},
  });
  void *address = nullptr;
  auto weight = [&](int pseudo, int linear) {
    return [=, &address] {
      return npudnnGetRNNWeightParams(handle, good.rnn, pseudo, good.weightBytes, right.weights,
                                      linear, flat, &address, flat, &address);
    };
  };
  expectRefused({{"pseudo-layer", bad, weight(1, 0)},
                 {"negative pseudo-layer", bad, weight(-1, 0)},
                 {"linear layer", bad, weight(0, 8)},
                 {"negative linear layer", bad, weight(0, -1)}});

  // Version 6: a descriptor per step.
  npudnnRNNDescriptor_t old;
  EXPECT_DNN(npudnnCreateRNNDescriptor(&old));
  EXPECT_DNN(npudnnSetRNNDescriptor_v6(handle, old, 4, 1, dropout(0), NPUDNN_LINEAR_INPUT,
                                       NPUDNN_UNIDIRECTIONAL, NPUDNN_LSTM, NPUDNN_RNN_ALGO_STANDARD,
                                       NPUDNN_DATA_FLOAT));
  size_t bytes = 0;
  auto reserve = [&](int steps, std::vector<npudnnTensorDescriptor_t> x) {
    return [=, &bytes] {
      return npudnnGetRNNTrainingReserveSize(handle, old, steps, x.data(), &bytes);
    };
  };
  const auto one = tensor({1, 3, 1}), two = tensor({2, 3, 1}), other = tensor({1, 4, 1});
  const auto gaps = strided({2, 3, 1}, {6, 1, 1});
  const auto whole = tensor({2, 3, 1}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_INT32);
  expectRefused({{"no steps", bad, reserve(0, {one})},
                 {"a growing batch", bad, reserve(2, {one, two})},
                 {"vectors of two sizes", bad, reserve(2, {two, other})},
                 {"gaps between vectors", bad, reserve(1, {gaps})},
                 {"a step that is missing", bad, reserve(2, {two, nullptr})},
                 {"integers", bad, reserve(1, {whole})}});
  EXPECT_EQ(npudnnSetRNNDescriptor_v6(handle, old, 4, 1, nullptr, NPUDNN_LINEAR_INPUT,
                                      NPUDNN_UNIDIRECTIONAL, NPUDNN_LSTM, NPUDNN_RNN_ALGO_STANDARD,
                                      NPUDNN_DATA_FLOAT),
            bad)
      << "version 6 needs a dropout's descriptor";
}

TEST_F(DnnArguments, CtcLosses) {
  npudnnCTCLossDescriptor_t loss, unset;
  EXPECT_DNN(npudnnCreateCTCLossDescriptor(&loss));
  EXPECT_DNN(npudnnCreateCTCLossDescriptor(&unset));
  EXPECT_DNN(npudnnSetCTCLossDescriptor(loss, NPUDNN_DATA_FLOAT));
  const auto bad = NPUDNN_STATUS_BAD_PARAM;
  const auto probs = tensor({3, 1, 4}), flat = tensor({3, 4});
  const auto doubles = tensor({3, 1, 4}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_DOUBLE);
  float *memory = device(std::vector<float>(12));
  static const int labels[] = {1, 4}, lengths[] = {1}, tooMany[] = {-1}, times[] = {3},
                   late[] = {4};
  static float host[12];
  auto call = [&](npudnnTensorDescriptor_t x, npudnnTensorDescriptor_t dx,
                  npudnnCTCLossAlgo_t algorithm, npudnnCTCLossDescriptor_t descriptor,
                  const int *label, const int *count, const int *steps, void *costs) {
    return [=] {
      return npudnnCTCLoss(handle, x, memory, label, count, steps, costs, dx, memory, algorithm,
                           descriptor, nullptr, 0);
    };
  };
  const auto algorithm = NPUDNN_CTC_LOSS_ALGO_DETERMINISTIC;
  expectRefused({
      {"algorithm", bad,
       call(probs, probs, npudnnCTCLossAlgo_t(2), loss, labels, lengths, times, memory)},
      {"not set", bad, call(probs, probs, algorithm, unset, labels, lengths, times, memory)},
      {"rank", bad, call(flat, flat, algorithm, loss, labels, lengths, times, memory)},
      {"type", bad, call(doubles, doubles, algorithm, loss, labels, lengths, times, memory)},
      {"gradients' sizes", bad, call(probs, flat, algorithm, loss, labels, lengths, times, memory)},
      {"no gradients' descriptor", bad,
       call(probs, nullptr, algorithm, loss, labels, lengths, times, memory)},
      {"label", bad, call(probs, probs, algorithm, loss, labels + 1, lengths, times, memory)},
      {"label length", bad, call(probs, probs, algorithm, loss, labels, tooMany, times, memory)},
      {"input length", bad, call(probs, probs, algorithm, loss, labels, lengths, late, memory)},
      {"costs of the host", NPUDNN_STATUS_MAPPING_ERROR,
       call(probs, probs, algorithm, loss, labels, lengths, times, host)},
      {"type of the computation", bad,
       [&] { return npudnnSetCTCLossDescriptor(loss, NPUDNN_DATA_HALF); }},
      {"longest label", bad,
       [&] {
         return npudnnSetCTCLossDescriptor_v8(
             loss, NPUDNN_DATA_FLOAT, NPUDNN_LOSS_NORMALIZATION_NONE, NPUDNN_PROPAGATE_NAN, 0);
       }},
  });
}

TEST_F(DnnArguments, Attention) {
  npudnnSeqDataDescriptor_t data;
  EXPECT_DNN(npudnnCreateSeqDataDescriptor(&data));
  static const int dims[] = {3, 2, 1, 4}, none[] = {3, 2, 0, 4}, lengths[] = {3, 2},
                   late[] = {3, 4};
  static const npudnnSeqDataAxis_t axes[] = {NPUDNN_SEQDATA_TIME_DIM, NPUDNN_SEQDATA_BATCH_DIM,
                                             NPUDNN_SEQDATA_BEAM_DIM, NPUDNN_SEQDATA_VECT_DIM},
                                   outer[] = {NPUDNN_SEQDATA_VECT_DIM, NPUDNN_SEQDATA_BATCH_DIM,
                                              NPUDNN_SEQDATA_BEAM_DIM, NPUDNN_SEQDATA_TIME_DIM},
                                   twice[] = {NPUDNN_SEQDATA_TIME_DIM, NPUDNN_SEQDATA_TIME_DIM,
                                              NPUDNN_SEQDATA_BEAM_DIM, NPUDNN_SEQDATA_VECT_DIM};
  auto set = [&](npudnnDataType_t type, int rank, const int *sizes,
                 const npudnnSeqDataAxis_t *order, size_t count, const int *times, void *filling) {
    return [=] {
      return npudnnSetSeqDataDescriptor(data, type, rank, sizes, order, count, times, filling);
    };
  };
  const auto bad = NPUDNN_STATUS_BAD_PARAM, unsupported = NPUDNN_STATUS_NOT_SUPPORTED;
  const auto real = NPUDNN_DATA_FLOAT;
  static float filling = 0;
  expectRefused({
      {"type", unsupported, set(NPUDNN_DATA_INT8, 4, dims, axes, 2, lengths, nullptr)},
      {"rank", unsupported, set(real, 3, dims, axes, 2, lengths, nullptr)},
      {"filling", unsupported, set(real, 4, dims, axes, 2, lengths, &filling)},
      {"size", bad, set(real, 4, none, axes, 2, lengths, nullptr)},
      {"vector outside", bad, set(real, 4, dims, outer, 2, lengths, nullptr)},
      {"an axis twice", bad, set(real, 4, dims, twice, 2, lengths, nullptr)},
      {"lengths' number", bad, set(real, 4, dims, axes, 3, lengths, nullptr)},
      {"length", bad, set(real, 4, dims, axes, 2, late, nullptr)},
  });
  npudnnAttnDescriptor_t layer;
  EXPECT_DNN(npudnnCreateAttnDescriptor(&layer));
  EXPECT_DNN(set(real, 4, dims, axes, 2, lengths, nullptr)());
  auto describe = [&](unsigned mode, int heads, double scale, int qProjection, int times) {
    return [=] {
      return npudnnSetAttnDescriptor(layer, mode, heads, scale, NPUDNN_DATA_FLOAT,
                                     NPUDNN_DATA_FLOAT, NPUDNN_DEFAULT_MATH, nullptr, nullptr, 4, 4,
                                     4, qProjection, 2, 2, 4, times, 3, 2, 1);
    };
  };
  expectRefused({{"mode", bad, describe(8, 2, 1, 2, 3)},
                 {"heads", bad, describe(0, 0, 1, 2, 3)},
                 {"scale", bad, describe(0, 2, -1, 2, 3)},
                 {"projections", bad, describe(0, 2, 1, 3, 3)},
                 {"negative projection", bad, describe(0, 2, 1, -2, 3)}});
  auto forward = [&](int current, const int *first, const int *end, const void *queries,
                     size_t weightBytes, npudnnSeqDataDescriptor_t q, const int *times) {
    return [=] {
      return npudnnMultiHeadAttnForward(handle, layer, current, first, end, times, times, q,
                                        queries, nullptr, data, queries, data, queries, data,
                                        const_cast<void *>(queries), weightBytes, queries, 0,
                                        nullptr, 0, nullptr);
    };
  };
  static const int first[] = {0, 0, 0}, end[] = {3, 3, 3};
  float *memory = device(std::vector<float>(512));
  const int *reachable = device(std::vector<int>(lengths, lengths + 2));
  size_t weights = 0, work = 0;
  EXPECT_EQ(npudnnGetMultiHeadAttnBuffers(handle, layer, &weights, &work, nullptr), bad)
      << "not set";
  EXPECT_DNN(describe(0, 2, 1, 2, 2)());
  expectRefused({{"longer than the layer allows", bad,
                  forward(-1, first, end, memory, 2048, data, reachable)}});
  EXPECT_DNN(describe(0, 2, 1, 2, 3)());
  EXPECT_DNN(npudnnGetMultiHeadAttnBuffers(handle, layer, &weights, &work, nullptr));
  static float host[512];
  expectRefused({
      {"no windows", bad, forward(-1, nullptr, end, memory, weights, data, reachable)},
      {"time step", bad, forward(3, first, end, memory, weights, data, reachable)},
      {"queries of the host", NPUDNN_STATUS_MAPPING_ERROR,
       forward(-1, first, end, host, weights, data, reachable)},
      {"few weights", bad, forward(-1, first, end, memory, weights - 4, data, reachable)},
      {"no queries' descriptor", bad, forward(-1, first, end, memory, weights, nullptr, reachable)},
      {"lengths of the host", NPUDNN_STATUS_MAPPING_ERROR,
       forward(-1, first, end, memory, weights, data, lengths)},
  });
}

} // namespace
