// Recurrent networks: values against plain formulas, gradients against finite differences of the
// forward call in double, and every version's calls against those of version 8.
#include "dnn_rnn_fixture.h"

using namespace npu;

namespace {

class DnnRnn : public DnnRnnTest {
protected:
  // All gradients of a network against differences.
  void expectGradients(const RnnShape &shape, npudnnDropoutDescriptor_t descriptor = nullptr,
                       const std::function<void(const Rnn &)> &prepare = nullptr) {
    const Rnn rnn = make(shape, descriptor);
    if (prepare)
      prepare(rnn);
    const auto in = values<double>(rnn);
    // The masks must be the same in every call.
    auto run = [&](const Values<double> &at) {
      if (descriptor)
        restart(descriptor);
      return forward(rnn, at);
    };
    const Results<double> out = run(in);
    Results<double> gradients = {numbers<double>(out.y.size(), 5),
                                 numbers<double>(out.hy.size(), 6),
                                 numbers<double>(out.cy.size(), 8)};
    const std::vector<double> weights = gradients.joined();
    auto wanted = [&](std::vector<double> Values<double>::*member) {
      return differences(in.*member, weights, [&](const std::vector<double> &changed) {
        Values<double> at = in;
        at.*member = changed;
        return run(at).joined();
      });
    };
    const auto x = wanted(&Values<double>::x), hx = wanted(&Values<double>::hx);
    const auto cx = wanted(&Values<double>::cx), w = wanted(&Values<double>::weights);
    run(in);
    const Values<double> found = backward(rnn, in, out, gradients);
    // The differences' own error: 1e-10 of rounding by 1e-5, and its square.
    expectNear(found.x, x, 1e-8, "dx");
    expectNear(found.hx, hx, 1e-8, "dhx");
    if (shape.cell == NPUDNN_LSTM)
      expectNear(found.cx, cx, 1e-8, "dcx");
    expectNear(found.weights, w, 1e-8, "dw");
  }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// One step of one sequence with weights that GetRNNWeightParams found.
TEST_F(DnnRnn, CellsAreTheirFormulas) {
  for (int mode = NPUDNN_RNN_RELU; mode <= NPUDNN_GRU; ++mode) {
    RnnShape shape;
    shape.cell = npudnnRNNMode_t(mode), shape.lengths = {1}, shape.input = 2, shape.hidden = 3;
    const Rnn rnn = make(shape);
    const auto in = values<double>(rnn);
    const double *weights = device(in.weights);
    const int gates = mode == NPUDNN_LSTM ? 4 : mode == NPUDNN_GRU ? 3 : 1;
    std::vector<std::vector<double>> sums(size_t(2 * gates), std::vector<double>(3));
    for (int linear = 0; linear < 2 * gates; ++linear) {
      npudnnTensorDescriptor_t m, b;
      void *matrix = nullptr, *bias = nullptr;
      EXPECT_DNN(npudnnCreateTensorDescriptor(&m));
      EXPECT_DNN(npudnnCreateTensorDescriptor(&b));
      EXPECT_DNN(npudnnGetRNNWeightParams(handle, rnn.rnn, 0, rnn.weightBytes, weights, linear, m,
                                          &matrix, b, &bias));
      int count = 0, dims[3], strides[3];
      npudnnDataType_t type;
      EXPECT_DNN(npudnnGetTensorNdDescriptor(m, 3, &type, &count, dims, strides));
      EXPECT_EQ((std::vector<int>{dims[0], dims[1], dims[2]}),
                (std::vector<int>{1, 3, linear < gates ? 2 : 3}));
      const std::vector<double> &vector = linear < gates ? in.x : in.hx;
      for (size_t i = 0; i < 3; ++i) {
        sums[size_t(linear)][i] = static_cast<double *>(bias)[i];
        for (size_t j = 0; j < size_t(dims[2]); ++j)
          sums[size_t(linear)][i] +=
              static_cast<double *>(matrix)[i * size_t(dims[2]) + j] * vector[j];
      }
    }
    std::vector<double> h, c;
    for (size_t i = 0; i < 3; ++i) {
      auto both = [&](size_t gate) { return sums[gate][i] + sums[size_t(gates) + gate][i]; };
      if (mode == NPUDNN_RNN_RELU) {
        h.push_back(std::max(both(0), 0.0));
      } else if (mode == NPUDNN_RNN_TANH) {
        h.push_back(std::tanh(both(0)));
      } else if (mode == NPUDNN_LSTM) {
        c.push_back(sigmoid(both(1)) * in.cx[i] + sigmoid(both(0)) * std::tanh(both(2)));
        h.push_back(sigmoid(both(3)) * std::tanh(c.back()));
      } else {
        const double fresh = std::tanh(sums[2][i] + sigmoid(both(0)) * sums[5][i]);
        h.push_back((1 - sigmoid(both(1))) * fresh + sigmoid(both(1)) * in.hx[i]);
      }
    }
    const auto out = forward(rnn, in, NPUDNN_FWD_MODE_INFERENCE);
    expectNear(out.y, h, 1e-14, "y");
    expectNear(out.hy, h, 1e-14, "hy");
    expectNear(out.cy, c, 1e-14, "cy");
  }
}

TEST_F(DnnRnn, GradientsOfEveryCellAreThoseOfDifferences) {
  for (int mode = NPUDNN_RNN_RELU; mode <= NPUDNN_GRU; ++mode)
    for (bool bidirectional : {false, true}) {
      RnnShape shape;
      shape.cell = npudnnRNNMode_t(mode), shape.bidirectional = bidirectional, shape.layers = 2;
      expectGradients(shape);
    }
}

TEST_F(DnnRnn, GradientsWithSequencesOfDifferentLengthsInEveryLayout) {
  for (auto layout :
       {NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED,
        NPUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED})
    for (auto cell : {NPUDNN_LSTM, NPUDNN_GRU}) {
      RnnShape shape;
      shape.cell = cell, shape.layout = layout, shape.bidirectional = true, shape.layers = 2;
      shape.input = 2, shape.hidden = 3;
      shape.lengths = {1, 4, 0, 2};
      if (layout == NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED)
        shape.lengths = {4, 2, 1};
      expectGradients(shape);
    }
}

TEST_F(DnnRnn, GradientsInEveryBiasMode) {
  for (int bias = NPUDNN_RNN_NO_BIAS; bias <= NPUDNN_RNN_SINGLE_REC_BIAS; ++bias)
    for (auto cell : {NPUDNN_RNN_TANH, NPUDNN_LSTM, NPUDNN_GRU}) {
      RnnShape shape;
      shape.cell = cell, shape.bias = npudnnRNNBiasMode_t(bias), shape.lengths = {2};
      expectGradients(shape);
    }
}

TEST_F(DnnRnn, GradientsWithProjectionSkippedInputAndClippedCells) {
  RnnShape shape;
  shape.projection = 2, shape.layers = 2, shape.bidirectional = true, shape.lengths = {3, 2};
  expectGradients(shape);
  RnnShape skipping;
  skipping.skips = true, skipping.input = skipping.hidden, skipping.layers = 2;
  expectGradients(skipping);
  skipping.cell = NPUDNN_GRU;
  expectGradients(skipping);
  RnnShape clipped;
  expectGradients(clipped, nullptr, [&](const Rnn &rnn) {
    EXPECT_DNN(
        npudnnRNNSetClip_v8(rnn.rnn, NPUDNN_RNN_CLIP_MINMAX, NPUDNN_PROPAGATE_NAN, -0.2, 0.3));
    for (double c : forward(rnn, values<double>(rnn)).cy)
      EXPECT_TRUE(c >= -0.2 && c <= 0.3) << c;
  });
}

TEST_F(DnnRnn, DropoutBetweenLayersDropsInTrainingOnly) {
  RnnShape shape;
  shape.layers = 3, shape.hidden = 5;
  expectGradients(shape, dropout(0.4f));
  const Rnn rnn = make(shape, dropout(0.4f)), plain = make(shape);
  const auto in = values<double>(rnn);
  const auto whole = forward(plain, in);
  expectNear(forward(rnn, in, NPUDNN_FWD_MODE_INFERENCE).y, whole.y, 0, "inference");
  EXPECT_NE(forward(rnn, in).y, whole.y);
}

TEST_F(DnnRnn, PaddingIsFilledWithWhatWasSet) {
  RnnShape shape;
  shape.lengths = {1, 3};
  Rnn rnn = make(shape);
  const auto in = values<double>(rnn);
  double filling = -7;
  rnn.y = data(shape, shape.output(), &filling);
  const auto filled = forward(rnn, in).y;
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(filled[(2 * 1) * 4 + i], -7); // step 1 of sequence 0
    EXPECT_NE(filled[(2 * 1 + 1) * 4 + i], -7);
  }
  npudnnRNNDataLayout_t layout;
  npudnnDataType_t type;
  int steps, batch, vector, lengths[2];
  double found = 0;
  EXPECT_DNN(npudnnGetRNNDataDescriptor(rnn.y, &type, &layout, &steps, &batch, &vector, 2, lengths,
                                        &found));
  EXPECT_EQ((std::vector<int>{steps, batch, vector, lengths[0], lengths[1]}),
            (std::vector<int>{3, 2, 4, 1, 3}));
  EXPECT_EQ(found, -7);
}

// One network through the calls of versions 6, 7 (Ex) and 8.
TEST_F(DnnRnn, OlderCallsComputeTheSame) {
  RnnShape shape;
  shape.cell = NPUDNN_GRU, shape.bidirectional = true, shape.layers = 2;
  shape.type = NPUDNN_DATA_FLOAT;
  shape.layout = NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED, shape.lengths = {3, 2, 2};
  const Rnn rnn = make(shape);
  const auto in = values<float>(rnn);
  const auto wanted = forward(rnn, in);
  const Results<float> gradients = {
      numbers<float>(shape.yCount(), 5), numbers<float>(shape.hCount(), 6), {}};
  const auto wantedGradients = backward(rnn, in, wanted, gradients);

  npudnnRNNDescriptor_t old;
  EXPECT_DNN(npudnnCreateRNNDescriptor(&old));
  EXPECT_DNN(npudnnSetRNNDescriptor_v6(handle, old, shape.hidden, 2, dropout(0),
                                       NPUDNN_LINEAR_INPUT, NPUDNN_BIDIRECTIONAL, NPUDNN_GRU,
                                       NPUDNN_RNN_ALGO_STANDARD, NPUDNN_DATA_FLOAT));
  std::vector<npudnnTensorDescriptor_t> xs, ys;
  for (int batch : {3, 3, 1}) {
    xs.push_back(tensor({batch, shape.input, 1}));
    ys.push_back(tensor({batch, 2 * shape.hidden, 1}));
  }
  size_t weightBytes = 0, reserveBytes = 0, workBytes = 1;
  EXPECT_DNN(npudnnGetRNNParamsSize(handle, old, xs[0], &weightBytes, NPUDNN_DATA_FLOAT));
  EXPECT_EQ(weightBytes, rnn.weightBytes);
  EXPECT_DNN(npudnnGetRNNWorkspaceSize(handle, old, 3, xs.data(), &workBytes));
  EXPECT_DNN(npudnnGetRNNTrainingReserveSize(handle, old, 3, xs.data(), &reserveBytes));
  void *reserve = fake_core::allocate(reserveBytes);
  npudnnFilterDescriptor_t w;
  const int wDims[] = {int(weightBytes / 4), 1, 1};
  EXPECT_DNN(npudnnCreateFilterDescriptor(&w));
  EXPECT_DNN(npudnnSetFilterNdDescriptor(w, NPUDNN_DATA_FLOAT, NPUDNN_TENSOR_NCHW, 3, wDims));
  npudnnFilterDescriptor_t part;
  EXPECT_DNN(npudnnCreateFilterDescriptor(&part));
  const float *weights = device(in.weights);
  void *address = nullptr, *bias = nullptr;
  EXPECT_DNN(
      npudnnGetRNNLinLayerMatrixParams(handle, old, 3, xs[0], w, weights, 5, part, &address));
  int count = 0, dims[3];
  npudnnDataType_t type;
  npudnnTensorFormat_t format;
  EXPECT_DNN(npudnnGetFilterNdDescriptor(part, 3, &type, &format, &count, dims));
  EXPECT_EQ((std::vector<int>{count, dims[0], dims[1], dims[2]}), (std::vector<int>{3, 1, 4, 4}));
  EXPECT_DNN(npudnnGetRNNLinLayerBiasParams(handle, old, 3, xs[0], w, weights, 5, part, &bias));
  EXPECT_EQ(static_cast<float *>(bias), weights + weightBytes / 4 - 4) << "the very last";

  float *y = device(std::vector<float>(shape.yCount())),
        *hy = device(std::vector<float>(shape.hCount())),
        *dx = device(std::vector<float>(shape.xCount())),
        *dhx = device(std::vector<float>(shape.hCount())),
        *dw = device(std::vector<float>(weightBytes / 4, 1));
  EXPECT_DNN(npudnnRNNForwardInference(handle, old, 3, xs.data(), device(in.x), rnn.h,
                                       device(in.hx), nullptr, nullptr, w, weights, ys.data(), y,
                                       rnn.h, hy, nullptr, nullptr, nullptr, 0));
  expectNear(read(y, shape.yCount()), wanted.y, 0, "y of version 6, inference");
  EXPECT_DNN(npudnnRNNForwardTraining(handle, old, 3, xs.data(), device(in.x), rnn.h, device(in.hx),
                                      nullptr, nullptr, w, weights, ys.data(), y, rnn.h, hy,
                                      nullptr, nullptr, nullptr, 0, reserve, reserveBytes));
  expectNear(read(y, shape.yCount()), wanted.y, 0, "y of version 6, training");
  expectNear(read(hy, shape.hCount()), wanted.hy, 0, "hy of version 6");
  EXPECT_DNN(npudnnRNNBackwardData(handle, old, 3, ys.data(), y, ys.data(), device(gradients.y),
                                   rnn.h, device(gradients.hy), nullptr, nullptr, w, weights, rnn.h,
                                   device(in.hx), nullptr, nullptr, xs.data(), dx, rnn.h, dhx,
                                   nullptr, nullptr, nullptr, 0, reserve, reserveBytes));
  EXPECT_DNN(npudnnRNNBackwardWeights(handle, old, 3, xs.data(), device(in.x), rnn.h, device(in.hx),
                                      ys.data(), y, nullptr, 0, w, dw, reserve, reserveBytes));
  expectNear(read(dx, shape.xCount()), wantedGradients.x, 0, "dx of version 6");
  expectNear(read(dhx, shape.hCount()), wantedGradients.hx, 0, "dhx of version 6");
  std::vector<float> added = wantedGradients.weights;
  for (float &value : added)
    value += 1;
  expectNear(read(dw, added.size()), added, 1e-6, "dw of version 6 is added");

  EXPECT_DNN(npudnnRNNForwardInferenceEx(handle, old, rnn.x, device(in.x), rnn.h, device(in.hx),
                                         nullptr, nullptr, w, weights, rnn.y, y, rnn.h, hy, nullptr,
                                         nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                         nullptr, nullptr, nullptr, nullptr, 0));
  expectNear(read(y, shape.yCount()), wanted.y, 0, "y of Ex, inference");
  EXPECT_DNN(npudnnRNNForwardTrainingEx(
      handle, old, rnn.x, device(in.x), rnn.h, device(in.hx), nullptr, nullptr, w, weights, rnn.y,
      y, rnn.h, hy, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
      nullptr, nullptr, 0, reserve, reserveBytes));
  EXPECT_DNN(npudnnRNNBackwardDataEx(handle, old, rnn.y, y, rnn.y, device(gradients.y), nullptr,
                                     nullptr, rnn.h, device(gradients.hy), nullptr, nullptr, w,
                                     weights, rnn.h, device(in.hx), nullptr, nullptr, rnn.x, dx,
                                     rnn.h, dhx, nullptr, nullptr, nullptr, nullptr, nullptr, 0,
                                     reserve, reserveBytes));
  dw = device(std::vector<float>(weightBytes / 4));
  EXPECT_DNN(npudnnRNNBackwardWeightsEx(handle, old, rnn.x, device(in.x), rnn.h, device(in.hx),
                                        rnn.y, y, nullptr, 0, w, dw, reserve, reserveBytes));
  expectNear(read(dx, shape.xCount()), wantedGradients.x, 0, "dx of Ex");
  expectNear(read(dw, added.size()), wantedGradients.weights, 0, "dw of Ex");
}

// Half-precision data is computed in float and rounded once: 2^-11 of values below 1.
TEST_F(DnnRnn, HalfDataIsRoundedOnce) {
  RnnShape shape;
  shape.type = NPUDNN_DATA_FLOAT;
  const Rnn whole = make(shape);
  auto in = values<float>(whole);
  std::vector<npudnnTensorDescriptor_t> xs;
  auto rounded = [&](std::vector<float> &values) {
    const int count = int(values.size());
    uint16_t *half = device(std::vector<uint16_t>(values.size()));
    float *back = device(values);
    auto f = tensor({1, count, 1, 1}),
         h = tensor({1, count, 1, 1}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_HALF);
    EXPECT_DNN(npudnnTransformTensor(handle, &one, f, back, &zero, h, half));
    EXPECT_DNN(npudnnTransformTensor(handle, &one, h, half, &zero, f, back));
    values = read(back, values.size());
    return half;
  };
  const uint16_t *x = rounded(in.x), *hx = rounded(in.hx), *cx = rounded(in.cx),
                 *weights = rounded(in.weights);
  const auto wanted = forward(whole, in);
  shape.type = NPUDNN_DATA_HALF;
  npudnnRNNDescriptor_t rnn;
  EXPECT_DNN(npudnnCreateRNNDescriptor(&rnn));
  EXPECT_DNN(npudnnSetRNNDescriptor_v8(rnn, NPUDNN_RNN_ALGO_STANDARD, shape.cell, shape.bias,
                                       NPUDNN_UNIDIRECTIONAL, NPUDNN_LINEAR_INPUT, shape.type,
                                       NPUDNN_DATA_FLOAT, NPUDNN_TENSOR_OP_MATH, shape.input,
                                       shape.hidden, shape.hidden, 1, nullptr, 0));
  uint16_t *y = device(std::vector<uint16_t>(shape.yCount()));
  auto h = tensor({1, 2, 4}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_HALF);
  EXPECT_DNN(npudnnRNNForward(handle, rnn, NPUDNN_FWD_MODE_INFERENCE, nullptr,
                              data(shape, shape.input), x, data(shape, shape.hidden), y, h, hx,
                              nullptr, h, cx, nullptr, whole.weightBytes / 2, weights, 0, nullptr,
                              0, nullptr));
  const int count = int(shape.yCount());
  float *back = device(std::vector<float>(shape.yCount()));
  EXPECT_DNN(npudnnTransformTensor(handle, &one,
                                   tensor({1, count, 1, 1}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_HALF),
                                   y, &zero, tensor({1, count, 1, 1}), back));
  expectNear(read(back, shape.yCount()), wanted.y, 1.0 / 2048, "y");
}

TEST_F(DnnRnn, DescriptorsGiveBackWhatWasSet) {
  npudnnRNNDescriptor_t rnn;
  EXPECT_DNN(npudnnCreateRNNDescriptor(&rnn));
  npudnnDropoutDescriptor_t none = dropout(0), foundDropout;
  int hidden, layers, recurrent, outputs;
  npudnnRNNInputMode_t input;
  npudnnDirectionMode_t direction;
  npudnnRNNMode_t cell;
  npudnnRNNAlgo_t algorithm;
  npudnnDataType_t precision, type;
  EXPECT_DNN(npudnnSetRNNDescriptor(handle, rnn, 8, 2, none, NPUDNN_SKIP_INPUT,
                                    NPUDNN_BIDIRECTIONAL, NPUDNN_LSTM,
                                    NPUDNN_RNN_ALGO_PERSIST_DYNAMIC, NPUDNN_DATA_FLOAT));
  EXPECT_DNN(npudnnGetRNNDescriptor(handle, rnn, &hidden, &layers, &foundDropout, &input,
                                    &direction, &cell, &algorithm, &precision));
  EXPECT_EQ((std::vector<int>{hidden, layers, input, direction, cell, algorithm, precision}),
            (std::vector<int>{8, 2, NPUDNN_SKIP_INPUT, NPUDNN_BIDIRECTIONAL, NPUDNN_LSTM,
                              NPUDNN_RNN_ALGO_PERSIST_DYNAMIC, NPUDNN_DATA_FLOAT}));
  EXPECT_EQ(foundDropout, none);

  npudnnPersistentRNNPlan_t plan;
  EXPECT_DNN(npudnnCreatePersistentRNNPlan(rnn, 4, NPUDNN_DATA_FLOAT, &plan));
  EXPECT_DNN(npudnnSetPersistentRNNPlan(rnn, plan));
  EXPECT_DNN(npudnnDestroyPersistentRNNPlan(plan));
  EXPECT_EQ(npudnnDestroyPersistentRNNPlan(plan), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_DNN(npudnnBuildRNNDynamic(handle, rnn, 4));

  EXPECT_DNN(npudnnGetRNNProjectionLayers(handle, rnn, &recurrent, &outputs));
  EXPECT_EQ(recurrent, 8);
  EXPECT_DNN(npudnnSetRNNProjectionLayers(handle, rnn, 5, 0));
  EXPECT_DNN(npudnnGetRNNProjectionLayers(handle, rnn, &recurrent, &outputs));
  EXPECT_EQ(recurrent, 5);
  EXPECT_EQ(npudnnSetRNNProjectionLayers(handle, rnn, 9, 0), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(npudnnSetRNNProjectionLayers(handle, rnn, 5, 1), NPUDNN_STATUS_NOT_SUPPORTED);

  npudnnMathType_t math;
  EXPECT_DNN(npudnnSetRNNMatrixMathType(rnn, NPUDNN_TENSOR_OP_MATH));
  EXPECT_DNN(npudnnGetRNNMatrixMathType(rnn, &math));
  EXPECT_EQ(math, NPUDNN_TENSOR_OP_MATH);
  npudnnRNNBiasMode_t bias;
  EXPECT_DNN(npudnnSetRNNBiasMode(rnn, NPUDNN_RNN_SINGLE_REC_BIAS));
  EXPECT_DNN(npudnnGetRNNBiasMode(rnn, &bias));
  EXPECT_EQ(bias, NPUDNN_RNN_SINGLE_REC_BIAS);
  unsigned padding;
  EXPECT_DNN(npudnnSetRNNPaddingMode(rnn, NPUDNN_RNN_PADDED_IO_ENABLED));
  EXPECT_DNN(npudnnGetRNNPaddingMode(rnn, &padding));
  EXPECT_EQ(padding, NPUDNN_RNN_PADDED_IO_ENABLED);

  npudnnRNNClipMode_t clip;
  npudnnNanPropagation_t nan;
  double low, high;
  EXPECT_DNN(npudnnRNNSetClip(handle, rnn, NPUDNN_RNN_CLIP_MINMAX, NPUDNN_PROPAGATE_NAN, -1, 2));
  EXPECT_DNN(npudnnRNNGetClip(handle, rnn, &clip, &nan, &low, &high));
  EXPECT_EQ(high, 2);
  EXPECT_DNN(npudnnRNNSetClip_v9(rnn, NPUDNN_RNN_CLIP_MINMAX, -3, 4));
  EXPECT_DNN(npudnnRNNGetClip_v9(rnn, &clip, &low, &high));
  EXPECT_EQ(low, -3);
  EXPECT_DNN(npudnnRNNGetClip_v8(rnn, &clip, &nan, &low, &high));
  EXPECT_EQ(high, 4);
  EXPECT_EQ(npudnnRNNSetClip_v8(rnn, NPUDNN_RNN_CLIP_MINMAX, NPUDNN_PROPAGATE_NAN, 2, 1),
            NPUDNN_STATUS_BAD_PARAM);

  EXPECT_DNN(npudnnSetRNNDescriptor_v5(rnn, 6, 1, none, NPUDNN_LINEAR_INPUT, NPUDNN_UNIDIRECTIONAL,
                                       NPUDNN_GRU, NPUDNN_DATA_FLOAT));
  EXPECT_DNN(npudnnGetRNNDescriptor_v6(handle, rnn, &hidden, &layers, &foundDropout, &input,
                                       &direction, &cell, &algorithm, &precision));
  EXPECT_EQ(hidden, 6);
  EXPECT_EQ(npudnnBuildRNNDynamic(handle, rnn, 4), NPUDNN_STATUS_BAD_PARAM);

  EXPECT_DNN(npudnnSetRNNDescriptor_v8(rnn, NPUDNN_RNN_ALGO_STANDARD, NPUDNN_LSTM,
                                       NPUDNN_RNN_NO_BIAS, NPUDNN_UNIDIRECTIONAL,
                                       NPUDNN_LINEAR_INPUT, NPUDNN_DATA_HALF, NPUDNN_DATA_FLOAT,
                                       NPUDNN_FMA_MATH, 10, 20, 15, 3, nullptr, 1));
  int32_t inputSize, hiddenSize, projection, layerCount;
  uint32_t flags;
  EXPECT_DNN(npudnnGetRNNDescriptor_v8(rnn, &algorithm, &cell, &bias, &direction, &input, &type,
                                       &precision, &math, &inputSize, &hiddenSize, &projection,
                                       &layerCount, &foundDropout, &flags));
  EXPECT_EQ(
      (std::vector<int>{type, precision, math, inputSize, hiddenSize, projection, layerCount,
                        int(flags)}),
      (std::vector<int>{NPUDNN_DATA_HALF, NPUDNN_DATA_FLOAT, NPUDNN_FMA_MATH, 10, 20, 15, 3, 1}));
  EXPECT_DNN(npudnnDestroyRNNDescriptor(rnn));
  EXPECT_EQ(npudnnDestroyRNNDescriptor(rnn), NPUDNN_STATUS_BAD_PARAM);
}

} // namespace
