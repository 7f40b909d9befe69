// What the computations of recurrent networks share: weights and reserve space of one call as
// numbers of one type, products, and the states' way between the caller's order and ours.
#pragma once

#include "matrix.h"
#include "rnn_cell.h"

#include <algorithm>

namespace npu::dnn {

// What the three computations share.
template <class Real> class Pass {
public:
  explicit Pass(const RnnCall &called)
      : call(called), network(called.network), sequences(called.sequences),
        weightPlaces(weightLayout(network, weightCount)),
        places(reserveLayout(network, sequences)) {
    if (call.memory.reserve) {
      reserve = static_cast<Real *>(call.memory.reserve);
    } else {
      ownReserve = std::make_unique<core::Scratch>(places.bytes);
      reserve = static_cast<Real *>(ownReserve->data());
    }
    if (!call.memory.weights)
      return;
    const Layout stored = packedLayout(network.type, {weightCount});
    if (network.type == NPUDNN_DATA_FLOAT || network.type == NPUDNN_DATA_DOUBLE) {
      weights = static_cast<const Real *>(call.memory.weights);
    } else {
      converted = std::make_unique<Buffer<Real>>(weightCount);
      gather(stored, call.memory.weights, converted->data());
      weights = converted->data();
    }
  }

  void multiply(const Matrix<Real> &a, const Matrix<Real> &b, const Matrix<Real> &d,
                double beta = 0) const {
    npu::dnn::multiply(network.caller, network.math, a, b, d, 1, beta);
  }

  // Initial states of a pseudo-layer in the order of places; zeros for null.
  void loadState(const void *states, int64_t pseudo, int64_t width, Real *result) const {
    std::fill_n(result, sequences.batch * width, Real(0));
    if (!states)
      return;
    for (int64_t place = 0; place < sequences.batch; ++place)
      gather(packedLayout(network.type, {width}),
             stateAt(static_cast<const char *>(states), pseudo, width, place),
             result + place * width);
  }
  void storeState(const Real *values, int64_t pseudo, int64_t width, void *states) const {
    if (!states)
      return;
    for (int64_t place = 0; place < sequences.batch; ++place)
      scatter(packedLayout(network.type, {width}),
              stateAt(static_cast<char *>(states), pseudo, width, place), values + place * width, 1,
              0);
  }

  // What each row's step before had in `source` (`stride` numbers a row), or else the initial
  // state: [rows, width].
  void rowsBefore(const Real *source, int64_t stride, const Real *initial, int64_t width,
                  bool backwards, Real *result) const {
    const int64_t steps = sequences.steps();
    for (int64_t step = 0; step < steps; ++step)
      for (int64_t place = 0; place < sequences.active[size_t(step)]; ++place, result += width) {
        const int64_t before = backwards ? step + 1 : step - 1;
        const bool starts =
            before < 0 || before >= steps || place >= sequences.active[size_t(before)];
        std::copy_n(starts ? initial + place * width
                           : source + (sequences.first[size_t(before)] + place) * stride,
                    width, result);
      }
  }

  // y = x where the layer's mask kept it, scaled to keep the mean.
  void drop(int64_t layer, const Real *x, Real *y) const {
    const auto *mask = reinterpret_cast<const uint8_t *>(reserve) + places.masks[size_t(layer)];
    const double rate = double(network.dropout.rate);
    const Real scale = rate < 1 ? Real(1 / (1 - rate)) : Real(0);
    const int64_t count = sequences.rows * outputs();
    for (int64_t i = 0; i < count; ++i)
      y[i] = mask[i] ? x[i] * scale : Real(0);
  }
  bool dropsAfter(int64_t layer) const { return size_t(layer) < places.masks.size(); }

  int64_t outputs() const { return network.directions() * network.output(); }
  int64_t gateCount() const { return network.gates() * network.hidden; }
  const ReserveLayout::Part &part(int64_t pseudo) const { return places.parts[size_t(pseudo)]; }
  Real *outputsOf(int64_t layer) const { return reserve + places.outputs[size_t(layer)]; }
  Matrix<Real> recurrent(const PseudoLayer &layer) const {
    return packed(weights + layer.recurrent, gateCount(), network.output());
  }
  Matrix<Real> projection(const PseudoLayer &layer) const {
    return packed(weights + layer.projection, network.output(), network.hidden);
  }

  const RnnCall &call;
  const Network &network;
  const Sequences &sequences;
  int64_t weightCount = 0;
  const std::vector<PseudoLayer> weightPlaces;
  const ReserveLayout places;
  const Real *weights = nullptr;
  Real *reserve = nullptr;

private:
  template <class Byte>
  Byte *stateAt(Byte *states, int64_t pseudo, int64_t width, int64_t place) const {
    const int64_t vector = pseudo * sequences.batch + sequences.order[size_t(place)];
    return states + size_t(vector * width) * elementBytes(network.type);
  }
  std::unique_ptr<core::Scratch> ownReserve;
  std::unique_ptr<Buffer<Real>> converted;
};

} // namespace npu::dnn
