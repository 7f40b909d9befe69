// A recurrent network under test: its descriptors, memory and the calls of version 8.
#pragma once

#include "dnn_fixture.h"

#include <algorithm>

namespace npu {

struct RnnShape {
  npudnnRNNMode_t cell = NPUDNN_LSTM;
  npudnnRNNBiasMode_t bias = NPUDNN_RNN_DOUBLE_BIAS;
  bool bidirectional = false, skips = false;
  int input = 3, hidden = 4, projection = 0, layers = 1;
  std::vector<int> lengths = {3, 3};
  npudnnRNNDataLayout_t layout = NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED;
  npudnnDataType_t type = NPUDNN_DATA_DOUBLE;

  int directions() const { return bidirectional ? 2 : 1; }
  int output() const { return projection ? projection : hidden; }
  int steps() const { return *std::max_element(lengths.begin(), lengths.end()); }
  int batch() const { return int(lengths.size()); }
  size_t rows() const {
    size_t sum = 0;
    for (int length : lengths)
      sum += size_t(length);
    return layout == NPUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED ? sum : size_t(steps() * batch());
  }
  size_t xCount() const { return rows() * size_t(input); }
  size_t yCount() const { return rows() * size_t(directions() * output()); }
  size_t hCount() const { return size_t(layers * directions() * batch() * output()); }
  size_t cCount() const { return size_t(layers * directions() * batch() * hidden); }
};

class DnnRnnTest : public DnnTest {
protected:
  npudnnRNNDataDescriptor_t data(const RnnShape &shape, int vector, void *filling = nullptr) {
    npudnnRNNDataDescriptor_t descriptor = nullptr;
    EXPECT_DNN(npudnnCreateRNNDataDescriptor(&descriptor));
    EXPECT_DNN(npudnnSetRNNDataDescriptor(descriptor, shape.type, shape.layout, shape.steps(),
                                          shape.batch(), vector, shape.lengths.data(), filling));
    return descriptor;
  }

  // Everything that version 8's calls want.
  struct Rnn {
    RnnShape shape;
    npudnnRNNDescriptor_t rnn = nullptr;
    npudnnRNNDataDescriptor_t x = nullptr, y = nullptr;
    npudnnTensorDescriptor_t h = nullptr, c = nullptr;
    size_t weightBytes = 0, reserveBytes = 0;
    void *reserve = nullptr;
    size_t weights() const { return weightBytes / (shape.type == NPUDNN_DATA_DOUBLE ? 8 : 4); }
  };
  Rnn make(const RnnShape &shape, npudnnDropoutDescriptor_t dropoutDescriptor = nullptr) {
    Rnn made;
    made.shape = shape;
    EXPECT_DNN(npudnnCreateRNNDescriptor(&made.rnn));
    EXPECT_DNN(npudnnSetRNNDescriptor_v8(
        made.rnn, NPUDNN_RNN_ALGO_STANDARD, shape.cell, shape.bias,
        shape.bidirectional ? NPUDNN_BIDIRECTIONAL : NPUDNN_UNIDIRECTIONAL,
        shape.skips ? NPUDNN_SKIP_INPUT : NPUDNN_LINEAR_INPUT, shape.type, shape.type,
        NPUDNN_DEFAULT_MATH, shape.input, shape.hidden, shape.output(), shape.layers,
        dropoutDescriptor, NPUDNN_RNN_PADDED_IO_ENABLED));
    made.x = data(shape, shape.input);
    made.y = data(shape, shape.directions() * shape.output());
    const int states = shape.layers * shape.directions();
    made.h = tensor({states, shape.batch(), shape.output()}, NPUDNN_TENSOR_NCHW, shape.type);
    made.c = tensor({states, shape.batch(), shape.hidden}, NPUDNN_TENSOR_NCHW, shape.type);
    EXPECT_DNN(npudnnGetRNNWeightSpaceSize(handle, made.rnn, &made.weightBytes));
    EXPECT_DNN(npudnnGetRNNTempSpaceSizes(handle, made.rnn, NPUDNN_FWD_MODE_TRAINING, made.x,
                                          nullptr, &made.reserveBytes));
    made.reserve = fake_core::allocate(made.reserveBytes);
    return made;
  }

  template <class T> struct Values {
    std::vector<T> x, hx, cx, weights;
  };
  template <class T> struct Results {
    std::vector<T> y, hy, cy;
    std::vector<T> joined() const {
      std::vector<T> all = y;
      all.insert(all.end(), hy.begin(), hy.end());
      all.insert(all.end(), cy.begin(), cy.end());
      return all;
    }
  };
  template <class T> Values<T> values(const Rnn &rnn) {
    const RnnShape &shape = rnn.shape;
    return {numbers<T>(shape.xCount(), 1), numbers<T>(shape.hCount(), 2),
            numbers<T>(shape.cCount(), 3), numbers<T>(rnn.weights(), 4)};
  }

  template <class T>
  Results<T> forward(const Rnn &rnn, const Values<T> &in,
                     npudnnForwardMode_t mode = NPUDNN_FWD_MODE_TRAINING) {
    const RnnShape &shape = rnn.shape;
    const bool lstm = shape.cell == NPUDNN_LSTM;
    T *y = device(std::vector<T>(shape.yCount())), *hy = device(std::vector<T>(shape.hCount(), 9)),
      *cy = lstm ? device(std::vector<T>(shape.cCount(), 9)) : nullptr;
    EXPECT_DNN(npudnnRNNForward(handle, rnn.rnn, mode, device(shape.lengths), rnn.x, device(in.x),
                                rnn.y, y, rnn.h, device(in.hx), hy, lstm ? rnn.c : nullptr,
                                lstm ? device(in.cx) : nullptr, cy, rnn.weightBytes,
                                device(in.weights), 0, nullptr, rnn.reserveBytes, rnn.reserve));
    Results<T> results = {read(y, shape.yCount()), read(hy, shape.hCount()), {}};
    if (lstm)
      results.cy = read(cy, shape.cCount());
    return results;
  }

  // After a forward call: the gradients of x, hx, cx and the weights.
  template <class T>
  Values<T> backward(const Rnn &rnn, const Values<T> &in, const Results<T> &out,
                     const Results<T> &gradients) {
    const RnnShape &shape = rnn.shape;
    const bool lstm = shape.cell == NPUDNN_LSTM;
    T *y = device(out.y), *dx = device(std::vector<T>(shape.xCount(), 9)),
      *dhx = device(std::vector<T>(shape.hCount(), 9)),
      *dcx = lstm ? device(std::vector<T>(shape.cCount(), 9)) : nullptr,
      *dWeights = device(std::vector<T>(rnn.weights()));
    const int *lengths = device(shape.lengths);
    EXPECT_DNN(npudnnRNNBackwardData_v8(
        handle, rnn.rnn, lengths, rnn.y, y, device(gradients.y), rnn.x, dx, rnn.h, device(in.hx),
        device(gradients.hy), dhx, lstm ? rnn.c : nullptr, lstm ? device(in.cx) : nullptr,
        lstm ? device(gradients.cy) : nullptr, dcx, rnn.weightBytes, device(in.weights), 0, nullptr,
        rnn.reserveBytes, rnn.reserve));
    EXPECT_DNN(npudnnRNNBackwardWeights_v8(
        handle, rnn.rnn, NPUDNN_WGRAD_MODE_ADD, lengths, rnn.x, device(in.x), rnn.h, device(in.hx),
        rnn.y, y, rnn.weightBytes, dWeights, 0, nullptr, rnn.reserveBytes, rnn.reserve));
    return {read(dx, shape.xCount()), read(dhx, shape.hCount()),
            lstm ? read(dcx, shape.cCount()) : std::vector<T>(), read(dWeights, rnn.weights())};
  }
};

} // namespace npu
