// Checks that all versions' calls of recurrent networks share.
#pragma once

#include "rnn.h"

namespace npu::dnn {

// A state (hx, cy, their gradients): null, or [pseudo-layers, batch, width] of the network's type.
void requireState(const Network &network, const Sequences &sequences,
                  npudnnTensorDescriptor_t descriptor, const void *state, int64_t width,
                  const char *name);
void requireWeights(const Network &network, const void *weights, size_t bytes, const char *name);
// Descriptors of input and output that fit the network and each other; sets the call's sequences.
void takeData(RnnCall &call, npudnnRNNDataDescriptor_t x, npudnnRNNDataDescriptor_t y);
void requireRows(const RnnCall &call, const SequenceData &data, const void *memory,
                 const char *name);
void requireReserve(RnnCall &call, const void *reserve, size_t bytes);
// No call needs any; a wrong address is nevertheless an error in the program.
void requireRnnWorkspace(const void *workspace, size_t bytes);

} // namespace npu::dnn
