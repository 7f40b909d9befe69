// The forward computation of recurrent networks; see rnn.h. A layer's input goes through its
// matrices in one product for all steps; each step then has one product with the state.
#include "dropout.h"
#include "rnn_pass.h"

namespace npu::dnn {

ReserveLayout reserveLayout(const Network &network, const Sequences &sequences) {
  const int64_t rows = sequences.rows, number = network.type == NPUDNN_DATA_DOUBLE ? 8 : 4;
  int64_t next = 0;
  auto place = [&](int64_t width) {
    const int64_t at = next;
    next += rows * width;
    return at;
  };
  ReserveLayout layout;
  const int64_t gates = network.gates() * network.hidden;
  const int64_t outputs = network.directions() * network.output();
  for (int64_t i = 0; i < network.pseudoLayers(); ++i) {
    ReserveLayout::Part part;
    part.gates = place(gates);
    part.cells = place(network.cell == NPUDNN_LSTM ? network.hidden : 0);
    part.hiddenTerm = place(network.cell == NPUDNN_GRU ? network.hidden : 0);
    part.gateGradients = place(gates);
    part.outputGradients = place(network.projection);
    layout.parts.push_back(part);
  }
  for (int64_t i = 0; i < network.layers; ++i)
    layout.outputs.push_back(place(outputs));
  layout.bytes = size_t(next * number);
  for (int64_t i = 0; i + 1 < network.layers && network.dropout.rate > 0; ++i) {
    layout.masks.push_back(int64_t(layout.bytes));
    layout.bytes += size_t(rows * outputs);
  }
  return layout;
}

namespace {

// One direction of one layer.
template <class Real>
void forwardDirection(const Pass<Real> &pass, int64_t layer, int64_t direction, const Real *input) {
  const Network &network = pass.network;
  const Sequences &sequences = pass.sequences;
  const int64_t pseudo = layer * network.directions() + direction;
  const int64_t hidden = network.hidden, output = network.output(), gateCount = pass.gateCount();
  const PseudoLayer &weights = pass.weightPlaces[size_t(pseudo)];
  const auto &part = pass.part(pseudo);
  Real *gates = pass.reserve + part.gates;
  const int64_t width = network.inputOf(layer);
  if (network.multipliesInput(layer))
    pass.multiply(packed(input, sequences.rows, width),
                  packed(pass.weights + weights.input, gateCount, width).transposed(),
                  packed(gates, sequences.rows, gateCount));
  else
    for (int64_t i = 0; i < sequences.rows * network.gates(); ++i)
      std::copy_n(input + i / network.gates() * hidden, hidden, gates + i * hidden);

  Buffer<Real> state(sequences.batch * output), cells(sequences.batch * hidden);
  Buffer<Real> recurrentGates(sequences.batch * gateCount);
  Buffer<Real> unprojected(network.projection ? sequences.batch * hidden : 0);
  pass.loadState(pass.call.memory.hx, pseudo, output, state.data());
  if (network.cell == NPUDNN_LSTM)
    pass.loadState(pass.call.memory.cx, pseudo, hidden, cells.data());
  Real *result = network.projection ? unprojected.data() : state.data();
  for (int64_t i = 0; i < sequences.steps(); ++i) {
    const size_t step = size_t(direction ? sequences.steps() - 1 - i : i);
    const int64_t active = sequences.active[step], first = sequences.first[step];
    pass.multiply(packed(state.data(), active, output), pass.recurrent(weights).transposed(),
                  packed(recurrentGates.data(), active, gateCount));
    for (int64_t place = 0; place < active; ++place) {
      const int64_t row = first + place;
      CellStep<Real> cell;
      cell.gates = gates + row * gateCount;
      cell.recurrentGates = recurrentGates.data() + place * gateCount;
      cell.inputBias = weights.inputBias < 0 ? nullptr : pass.weights + weights.inputBias;
      cell.recurrentBias =
          weights.recurrentBias < 0 ? nullptr : pass.weights + weights.recurrentBias;
      cell.hiddenBefore = state.data() + place * output;
      cell.cellBefore = cell.cell = cells.data() + place * hidden;
      cell.hiddenTerm = pass.reserve + part.hiddenTerm + row * hidden;
      cell.hidden = result + place * hidden;
      cellForward(network, cell);
      if (network.cell == NPUDNN_LSTM)
        std::copy_n(cell.cell, hidden, pass.reserve + part.cells + row * hidden);
    }
    if (network.projection)
      pass.multiply(packed(unprojected.data(), active, hidden),
                    pass.projection(weights).transposed(), packed(state.data(), active, output));
    for (int64_t place = 0; place < active; ++place)
      std::copy_n(state.data() + place * output, output,
                  pass.outputsOf(layer) + (first + place) * pass.outputs() + direction * output);
  }
  pass.storeState(state.data(), pseudo, output, pass.call.memory.hy);
  if (network.cell == NPUDNN_LSTM)
    pass.storeState(cells.data(), pseudo, hidden, pass.call.memory.cy);
}

template <class Real> void forward(const RnnCall &call) {
  const Pass<Real> pass(call);
  const Network &network = pass.network;
  const int64_t rows = pass.sequences.rows;
  Buffer<Real> x(rows * network.inputSize), dropped(call.training ? rows * pass.outputs() : 0);
  gatherRows(call.x, pass.sequences, call.memory.x, x.data());
  const Real *input = x.data();
  for (int64_t layer = 0; layer < network.layers; ++layer) {
    for (int64_t direction = 0; direction < network.directions(); ++direction)
      forwardDirection(pass, layer, direction, input);
    input = pass.outputsOf(layer);
    if (call.training && pass.dropsAfter(layer)) {
      drawMask(network.dropout,
               reinterpret_cast<uint8_t *>(pass.reserve) + pass.places.masks[size_t(layer)],
               rows * pass.outputs());
      pass.drop(layer, input, dropped.data());
      input = dropped.data();
    }
  }
  scatterRows(call.y, pass.sequences, pass.outputsOf(network.layers - 1), call.memory.yOut);
}

} // namespace

void rnnForward(const RnnCall &call) {
  withReal(call.network.type, [&](auto real) { forward<decltype(real)>(call); });
}

} // namespace npu::dnn
