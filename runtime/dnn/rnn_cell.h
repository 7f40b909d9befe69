// The cells of recurrent networks: one step of one sequence, between the products. Equations are
// those of cuDNN's documentation (cudnnRNNMode_t); gates lie in cuDNN's order.
#pragma once

#include "rnn.h"

namespace npu::dnn {

template <class Real> struct CellStep {
  Real *gates;                // in: W x of each gate; out: the gates after their functions
  const Real *recurrentGates; // R h
  const Real *inputBias, *recurrentBias; // null: none
  const Real *hiddenBefore, *cellBefore; // h and c of the step before
  Real *cell;                            // LSTM; may be cellBefore
  Real *hiddenTerm;                      // GRU: R h + b of the new gate
  Real *hidden;                          // may be hiddenBefore
};
template <class Real> void cellForward(const Network &network, const CellStep<Real> &step);

template <class Real> struct CellGradient {
  const Real *gates, *cell, *hiddenTerm; // of cellForward
  const Real *hiddenBefore, *cellBefore;
  const Real *hidden;       // gradient of h
  Real *cellGradient;       // in: gradient of c; out: of the c before
  Real *gateGradients;      // of W x
  Real *recurrentGradients; // of R h
  Real *direct;             // what reaches the h before past R
};
template <class Real> void cellBackward(const Network &network, const CellGradient<Real> &step);

// The gradient of R h from that of W x, as cellBackward gives it; the same but in GRU's new gate.
template <class Real>
void recurrentFromGate(const Network &network, const Real *gates, const Real *gateGradients,
                       Real *recurrentGradients);

} // namespace npu::dnn
