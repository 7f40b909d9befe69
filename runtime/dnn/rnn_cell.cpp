// See rnn_cell.h.
#include "rnn_cell.h"

#include <algorithm>
#include <cmath>

namespace npu::dnn {
namespace {

template <class Real> Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }

template <class Real> Real clipped(const Clip &clip, Real value) {
  if (clip.mode == NPUDNN_RNN_CLIP_NONE || (std::isnan(value) && clip.nan == NPUDNN_PROPAGATE_NAN))
    return value;
  return std::fmin(std::fmax(value, Real(clip.low)), Real(clip.high));
}

// W x + R h + biases of the element `i` of all gates.
template <class Real> Real sum(const CellStep<Real> &step, int64_t i) {
  Real value = step.gates[i] + step.recurrentGates[i];
  if (step.inputBias)
    value += step.inputBias[i];
  if (step.recurrentBias)
    value += step.recurrentBias[i];
  return value;
}

template <class Real> void lstmForward(const Network &network, const CellStep<Real> &step) {
  const int64_t hidden = network.hidden;
  for (int64_t i = 0; i < hidden; ++i) {
    const Real in = sigmoid(sum(step, i)), forget = sigmoid(sum(step, hidden + i));
    const Real fresh = std::tanh(sum(step, 2 * hidden + i));
    const Real out = sigmoid(sum(step, 3 * hidden + i));
    const Real cell = clipped(network.clip, forget * step.cellBefore[i] + in * fresh);
    step.gates[i] = in, step.gates[hidden + i] = forget;
    step.gates[2 * hidden + i] = fresh, step.gates[3 * hidden + i] = out;
    step.cell[i] = cell;
    step.hidden[i] = out * std::tanh(cell);
  }
}

template <class Real> void gruForward(const Network &network, const CellStep<Real> &step) {
  const int64_t hidden = network.hidden;
  for (int64_t i = 0; i < hidden; ++i) {
    const int64_t newGate = 2 * hidden + i;
    const Real reset = sigmoid(sum(step, i)), update = sigmoid(sum(step, hidden + i));
    const Real term =
        step.recurrentGates[newGate] + (step.recurrentBias ? step.recurrentBias[newGate] : Real(0));
    const Real fresh = std::tanh(
        step.gates[newGate] + (step.inputBias ? step.inputBias[newGate] : Real(0)) + reset * term);
    step.gates[i] = reset, step.gates[hidden + i] = update, step.gates[newGate] = fresh;
    step.hiddenTerm[i] = term;
    step.hidden[i] = (1 - update) * fresh + update * step.hiddenBefore[i];
  }
}

template <class Real> void lstmBackward(const Network &network, const CellGradient<Real> &step) {
  const int64_t hidden = network.hidden;
  const Clip &clip = network.clip;
  for (int64_t i = 0; i < hidden; ++i) {
    const Real in = step.gates[i], forget = step.gates[hidden + i];
    const Real fresh = step.gates[2 * hidden + i], out = step.gates[3 * hidden + i];
    const Real cell = step.cell[i], squashed = std::tanh(cell);
    Real gradient = step.cellGradient[i] + step.hidden[i] * out * (1 - squashed * squashed);
    if (clip.mode == NPUDNN_RNN_CLIP_MINMAX && (cell <= Real(clip.low) || cell >= Real(clip.high)))
      gradient = 0;
    step.gateGradients[i] = gradient * fresh * in * (1 - in);
    step.gateGradients[hidden + i] = gradient * step.cellBefore[i] * forget * (1 - forget);
    step.gateGradients[2 * hidden + i] = gradient * in * (1 - fresh * fresh);
    step.gateGradients[3 * hidden + i] = step.hidden[i] * squashed * out * (1 - out);
    step.cellGradient[i] = gradient * forget;
    step.direct[i] = 0;
  }
}

template <class Real> void gruBackward(const Network &network, const CellGradient<Real> &step) {
  const int64_t hidden = network.hidden;
  for (int64_t i = 0; i < hidden; ++i) {
    const Real reset = step.gates[i], update = step.gates[hidden + i];
    const Real fresh = step.gates[2 * hidden + i], gradient = step.hidden[i];
    const Real freshGradient = gradient * (1 - update) * (1 - fresh * fresh);
    step.gateGradients[i] = freshGradient * step.hiddenTerm[i] * reset * (1 - reset);
    step.gateGradients[hidden + i] =
        gradient * (step.hiddenBefore[i] - fresh) * update * (1 - update);
    step.gateGradients[2 * hidden + i] = freshGradient;
    step.direct[i] = gradient * update;
  }
}

} // namespace

template <class Real> void cellForward(const Network &network, const CellStep<Real> &step) {
  if (network.cell == NPUDNN_LSTM)
    return lstmForward(network, step);
  if (network.cell == NPUDNN_GRU)
    return gruForward(network, step);
  for (int64_t i = 0; i < network.hidden; ++i) {
    const Real value = sum(step, i);
    // A NaN stays one.
    step.hidden[i] = step.gates[i] = network.cell == NPUDNN_RNN_TANH ? std::tanh(value)
                                     : value < 0                     ? Real(0)
                                                                     : value;
  }
}

template <class Real> void cellBackward(const Network &network, const CellGradient<Real> &step) {
  if (network.cell == NPUDNN_LSTM) {
    lstmBackward(network, step);
  } else if (network.cell == NPUDNN_GRU) {
    gruBackward(network, step);
  } else {
    for (int64_t i = 0; i < network.hidden; ++i) {
      const Real value = step.gates[i];
      const Real slope =
          network.cell == NPUDNN_RNN_TANH ? 1 - value * value : Real(value > 0 ? 1 : 0);
      step.gateGradients[i] = step.hidden[i] * slope;
      step.direct[i] = 0;
    }
  }
  recurrentFromGate(network, step.gates, step.gateGradients, step.recurrentGradients);
}

template <class Real>
void recurrentFromGate(const Network &network, const Real *gates, const Real *gateGradients,
                       Real *recurrentGradients) {
  const int64_t hidden = network.hidden, count = network.gates() * hidden;
  std::copy_n(gateGradients, count, recurrentGradients);
  if (network.cell == NPUDNN_GRU)
    for (int64_t i = 0; i < hidden; ++i)
      recurrentGradients[2 * hidden + i] *= gates[i];
}

#define INSTANTIATE(Real)                                                                          \
  template void cellForward<Real>(const Network &, const CellStep<Real> &);                        \
  template void cellBackward<Real>(const Network &, const CellGradient<Real> &);                   \
  template void recurrentFromGate<Real>(const Network &, const Real *, const Real *, Real *);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

} // namespace npu::dnn
