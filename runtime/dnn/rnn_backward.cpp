// The gradients of recurrent networks; see rnn.h. Steps run in the opposite order of the forward
// computation; what the weights' gradients need of them stays in the reserve space.
#include "rnn_pass.h"

#include <cmath>

namespace npu::dnn {
namespace {

// `outputGradients`: of the layer's outputs. Adds to the gradients of its inputs.
template <class Real>
void backwardDirection(const Pass<Real> &pass, int64_t layer, int64_t direction,
                       const Real *outputGradients, Real *inputGradients) {
  const Network &network = pass.network;
  const Sequences &sequences = pass.sequences;
  const RnnMemory &memory = pass.call.memory;
  const int64_t pseudo = layer * network.directions() + direction, batch = sequences.batch;
  const int64_t hidden = network.hidden, output = network.output(), gateCount = pass.gateCount();
  const bool hasCells = network.cell == NPUDNN_LSTM;
  const PseudoLayer &weights = pass.weightPlaces[size_t(pseudo)];
  const auto &part = pass.part(pseudo);

  Buffer<Real> initial(batch * std::max(output, hidden));
  Buffer<Real> before(sequences.rows * output), cellsBefore(sequences.rows * hidden);
  pass.loadState(memory.hx, pseudo, output, initial.data());
  pass.rowsBefore(pass.outputsOf(layer) + direction * output, pass.outputs(), initial.data(),
                  output, direction, before.data());
  if (hasCells) {
    pass.loadState(memory.cx, pseudo, hidden, initial.data());
    pass.rowsBefore(pass.reserve + part.cells, hidden, initial.data(), hidden, direction,
                    cellsBefore.data());
  }

  Buffer<Real> state(batch * output), cells(batch * hidden), gradient(batch * output);
  Buffer<Real> unprojected(network.projection ? batch * hidden : 0), direct(batch * hidden);
  Buffer<Real> recurrentGradients(batch * gateCount);
  pass.loadState(memory.dhy, pseudo, output, state.data());
  if (hasCells)
    pass.loadState(memory.dcy, pseudo, hidden, cells.data());
  for (int64_t i = sequences.steps(); i-- > 0;) {
    const size_t step = size_t(direction ? sequences.steps() - 1 - i : i);
    const int64_t active = sequences.active[step], first = sequences.first[step];
    for (int64_t place = 0; place < active; ++place) {
      const Real *from = outputGradients + (first + place) * pass.outputs() + direction * output;
      for (int64_t j = 0; j < output; ++j)
        gradient.data()[place * output + j] = from[j] + state.data()[place * output + j];
    }
    if (network.projection) {
      std::copy_n(gradient.data(), active * output,
                  pass.reserve + part.outputGradients + first * output);
      pass.multiply(packed(gradient.data(), active, output), pass.projection(weights),
                    packed(unprojected.data(), active, hidden));
    }
    for (int64_t place = 0; place < active; ++place) {
      const int64_t row = first + place;
      CellGradient<Real> cell;
      cell.gates = pass.reserve + part.gates + row * gateCount;
      cell.cell = pass.reserve + part.cells + row * hidden;
      cell.hiddenTerm = pass.reserve + part.hiddenTerm + row * hidden;
      cell.hiddenBefore = before.data() + row * output;
      cell.cellBefore = cellsBefore.data() + row * hidden;
      cell.hidden = (network.projection ? unprojected.data() : gradient.data()) + place * hidden;
      cell.cellGradient = cells.data() + place * hidden;
      cell.gateGradients = pass.reserve + part.gateGradients + row * gateCount;
      cell.recurrentGradients = recurrentGradients.data() + place * gateCount;
      cell.direct =
          network.projection ? direct.data() + place * hidden : state.data() + place * hidden;
      cellBackward(network, cell);
    }
    pass.multiply(packed(recurrentGradients.data(), active, gateCount), pass.recurrent(weights),
                  packed(state.data(), active, output), network.projection ? 0 : 1);
  }
  pass.storeState(state.data(), pseudo, output, memory.dhx);
  if (hasCells)
    pass.storeState(cells.data(), pseudo, hidden, memory.dcx);

  const Real *gateGradients = pass.reserve + part.gateGradients;
  const int64_t width = network.inputOf(layer);
  if (network.multipliesInput(layer))
    pass.multiply(packed(gateGradients, sequences.rows, gateCount),
                  packed(pass.weights + weights.input, gateCount, width),
                  packed(inputGradients, sequences.rows, width), 1);
  else
    for (int64_t i = 0; i < sequences.rows * gateCount; ++i)
      inputGradients[i / gateCount * hidden + i % hidden] += gateGradients[i];
}

template <class Real> void backwardData(const RnnCall &call) {
  const Pass<Real> pass(call);
  const Network &network = pass.network;
  const int64_t rows = pass.sequences.rows;
  Buffer<Real> gradients(rows * std::max(pass.outputs(), network.inputSize));
  gatherRows(call.y, pass.sequences, call.memory.dy, gradients.data());
  for (int64_t layer = network.layers; layer-- > 0;) {
    if (layer + 1 < network.layers && pass.dropsAfter(layer))
      pass.drop(layer, gradients.data(), gradients.data());
    const int64_t width = network.inputOf(layer);
    Buffer<Real> inputs(rows * width);
    for (int64_t direction = 0; direction < network.directions(); ++direction)
      backwardDirection(pass, layer, direction, gradients.data(), inputs.data());
    std::copy_n(inputs.data(), rows * width, gradients.data());
  }
  SequenceData dx = call.x; // padding has no influence
  dx.fills = true, dx.filling = 0;
  scatterRows(dx, pass.sequences, gradients.data(), call.memory.dx);
}

// Sums of the columns of [rows, columns].
template <class Real>
void sumRows(const Real *values, int64_t rows, int64_t columns, Real *result) {
  for (int64_t i = 0; i < rows * columns; ++i)
    result[i % columns] += values[i];
}

template <class Real>
void weightGradients(const Pass<Real> &pass, int64_t layer, int64_t direction, const Real *input,
                     Real *result) {
  const Network &network = pass.network;
  const Sequences &sequences = pass.sequences;
  const int64_t pseudo = layer * network.directions() + direction, rows = sequences.rows;
  const int64_t hidden = network.hidden, output = network.output(), gateCount = pass.gateCount();
  const PseudoLayer &places = pass.weightPlaces[size_t(pseudo)];
  const auto &part = pass.part(pseudo);
  const Real *gates = pass.reserve + part.gates;
  const Real *gateGradients = pass.reserve + part.gateGradients;

  Buffer<Real> initial(sequences.batch * output), before(rows * output);
  Buffer<Real> recurrentGradients(rows * gateCount);
  pass.loadState(pass.call.memory.hx, pseudo, output, initial.data());
  pass.rowsBefore(pass.outputsOf(layer) + direction * output, pass.outputs(), initial.data(),
                  output, direction, before.data());
  for (int64_t row = 0; row < rows; ++row)
    recurrentFromGate(network, gates + row * gateCount, gateGradients + row * gateCount,
                      recurrentGradients.data() + row * gateCount);

  const int64_t width = network.inputOf(layer);
  if (network.multipliesInput(layer))
    pass.multiply(packed(gateGradients, rows, gateCount).transposed(), packed(input, rows, width),
                  packed(result + places.input, gateCount, width));
  pass.multiply(packed(recurrentGradients.data(), rows, gateCount).transposed(),
                packed(before.data(), rows, output),
                packed(result + places.recurrent, gateCount, output));
  if (places.inputBias >= 0)
    sumRows(gateGradients, rows, gateCount, result + places.inputBias);
  if (places.recurrentBias >= 0)
    sumRows<Real>(recurrentGradients.data(), rows, gateCount, result + places.recurrentBias);
  if (!network.projection)
    return;
  Buffer<Real> unprojected(rows * hidden);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < hidden; ++i)
      unprojected.data()[row * hidden + i] = gates[row * gateCount + 3 * hidden + i] *
                                             std::tanh(pass.reserve[part.cells + row * hidden + i]);
  pass.multiply(packed(pass.reserve + part.outputGradients, rows, output).transposed(),
                packed(unprojected.data(), rows, hidden),
                packed(result + places.projection, output, hidden));
}

template <class Real> void backwardWeights(const RnnCall &call) {
  const Pass<Real> pass(call);
  const Network &network = pass.network;
  const int64_t rows = pass.sequences.rows;
  Buffer<Real> gradients(pass.weightCount), x(rows * network.inputSize);
  Buffer<Real> dropped(rows * pass.outputs());
  gatherRows(call.x, pass.sequences, call.memory.x, x.data());
  const Real *input = x.data();
  for (int64_t layer = 0; layer < network.layers; ++layer) {
    for (int64_t direction = 0; direction < network.directions(); ++direction)
      weightGradients(pass, layer, direction, input, gradients.data());
    input = pass.outputsOf(layer);
    if (pass.dropsAfter(layer)) {
      pass.drop(layer, input, dropped.data());
      input = dropped.data();
    }
  }
  scatter(packedLayout(network.type, {pass.weightCount}), call.memory.dWeights, gradients.data(), 1,
          call.addsWeights ? 1 : 0);
}

} // namespace

void rnnBackwardData(const RnnCall &call) {
  withReal(call.network.type, [&](auto real) { backwardData<decltype(real)>(call); });
}
void rnnBackwardWeights(const RnnCall &call) {
  withReal(call.network.type, [&](auto real) { backwardWeights<decltype(real)>(call); });
}

} // namespace npu::dnn
