// The computations of multi-head attention; see attention.h. Gradients compute the projections and
// the softmax again: the reserve space holds what only the forward call knows.
#include "attention.h"

#include "dropout.h"
#include "matrix.h"

#include <cmath>
#include <cstring>

namespace npu::dnn {
namespace {

// The vectors of one sequence, of any layout.
Layout sequenceLayout(const SeqDataDescriptor &data, int64_t length) {
  Layout layout = packedLayout(data.type, {length, data.dims[NPUDNN_SEQDATA_VECT_DIM]});
  layout.strides[0] = data.stride(NPUDNN_SEQDATA_TIME_DIM);
  return layout;
}
template <class Byte>
Byte *sequenceAt(const SeqDataDescriptor &data, Byte *memory, int64_t batch, int64_t beam) {
  return memory + size_t(batch * data.stride(NPUDNN_SEQDATA_BATCH_DIM) +
                         beam * data.stride(NPUDNN_SEQDATA_BEAM_DIM)) *
                      elementBytes(data.type);
}

template <class Real> class Pass {
public:
  explicit Pass(const AttentionCall &called)
      : call(called), layer(called.layer), places(attentionWeights(layer, weightCount)),
        weights(std::max<int64_t>(weightCount, 1)) {
    if (weightCount)
      gather(packedLayout(layer.type, {weightCount}), call.weights, weights.data());
  }

  // One head's matrix; a head without one takes the whole vector.
  Matrix<Real> matrix(npudnnMultiHeadAttnWeightKind_t kind, int64_t head,
                      const Real *from = nullptr) const {
    const AttentionWeights &place = places[size_t(kind)];
    return packed((from ? from : weights.data()) + place.offset + head * place.rows * place.columns,
                  place.rows, place.columns);
  }
  const Real *bias(npudnnMultiHeadAttnWeightKind_t kind, int64_t head) const {
    const AttentionWeights &place = places[size_t(kind)];
    return place.offset < 0 ? nullptr : weights.data() + place.offset + head * place.rows;
  }
  bool has(npudnnMultiHeadAttnWeightKind_t kind) const { return places[size_t(kind)].offset >= 0; }

  // result [rows, projected] = x W^T + b.
  void project(npudnnMultiHeadAttnWeightKind_t kind, npudnnMultiHeadAttnWeightKind_t biasKind,
               int64_t head, const Matrix<Real> &x, Real *result) const {
    if (!has(kind)) {
      std::copy_n(x.data, x.rows * x.columns, result);
      return;
    }
    const Matrix<Real> w = matrix(kind, head);
    product(x, w.transposed(), packed(result, x.rows, w.rows));
    if (const Real *b = bias(biasKind, head))
      for (int64_t i = 0; i < x.rows * w.rows; ++i)
        result[i] += b[i % w.rows];
  }
  void product(const Matrix<Real> &a, const Matrix<Real> &b, const Matrix<Real> &d,
               double alpha = 1, double beta = 0) const {
    multiply(call.caller, call.math, a, b, d, alpha, beta);
  }

  int64_t keyBeam(int64_t beam) const { return layer.beamsHaveKeys() ? beam : 0; }
  uint8_t *attentionMask(int64_t sequence, int64_t head) const {
    return static_cast<uint8_t *>(call.reserve) + attentionReserve(layer).attentionMask +
           size_t((sequence * layer.heads + head) * layer.maxQueries * layer.maxKeys);
  }
  uint8_t *postMask(int64_t sequence) const {
    return static_cast<uint8_t *>(call.reserve) + attentionReserve(layer).postMask +
           size_t(sequence * layer.maxQueries * layer.outputWidth());
  }

  const AttentionCall &call;
  const AttnDescriptor &layer;
  int64_t weightCount = 0;
  const std::array<AttentionWeights, NPUDNN_ATTN_WKIND_COUNT> places;
  Buffer<Real> weights;
};

// One sequence: its vectors, and one head's part of them.
template <class Real> struct Sequence {
  Sequence(const Pass<Real> &pass, int64_t batch, int64_t beam)
      : number(batch * pass.call.q.dims[NPUDNN_SEQDATA_BEAM_DIM] + beam),
        queries(pass.call.q.length(batch, beam)),
        keys(pass.call.k.length(batch, pass.keyBeam(beam))), q(queries * pass.layer.qSize),
        k(keys * pass.layer.kSize), v(keys * pass.layer.vSize),
        headQ(queries * pass.layer.keyWidth()), headK(keys * pass.layer.keyWidth()),
        headV(keys * pass.layer.valueWidth()), weights(queries * keys), dropped(queries * keys),
        headO(queries * pass.layer.valueWidth()) {
    const AttentionCall &call = pass.call;
    auto load = [](const SeqDataDescriptor &data, const void *memory, int64_t at, int64_t beamAt,
                   int64_t length, Real *to) {
      gather(sequenceLayout(data, length),
             sequenceAt(data, static_cast<const char *>(memory), at, beamAt), to);
    };
    load(call.q, call.queries, batch, beam, queries, q.data());
    load(call.k, call.keys, batch, pass.keyBeam(beam), keys, k.data());
    load(call.v, call.values, batch, pass.keyBeam(beam), keys, v.data());
  }

  // headO = dropout(softmax(scores)) headV.
  void computeHead(const Pass<Real> &pass, int64_t head, bool draws) {
    const AttnDescriptor &layer = pass.layer;
    const AttentionCall &call = pass.call;
    pass.project(NPUDNN_MH_ATTN_Q_WEIGHTS, NPUDNN_MH_ATTN_Q_BIASES, head,
                 packed(q.data(), queries, layer.qSize), headQ.data());
    pass.project(NPUDNN_MH_ATTN_K_WEIGHTS, NPUDNN_MH_ATTN_K_BIASES, head,
                 packed(k.data(), keys, layer.kSize), headK.data());
    pass.project(NPUDNN_MH_ATTN_V_WEIGHTS, NPUDNN_MH_ATTN_V_BIASES, head,
                 packed(v.data(), keys, layer.vSize), headV.data());
    pass.product(packed(headQ.data(), queries, layer.keyWidth()),
                 packed(headK.data(), keys, layer.keyWidth()).transposed(),
                 packed(weights.data(), queries, keys), layer.scale);
    for (int64_t i = 0; i < queries; ++i)
      softmaxRow(weights.data() + i * keys, call.firstKeys[size_t(i)], call.endKeys[size_t(i)]);
    std::copy_n(weights.data(), queries * keys, dropped.data());
    if (call.reserve && call.attentionDropout.rate > 0) {
      uint8_t *mask = pass.attentionMask(number, head);
      if (draws)
        drawMask(call.attentionDropout, mask, queries * keys);
      applyMask(mask, call.attentionDropout.rate, queries * keys, dropped.data());
    }
    pass.product(packed(dropped.data(), queries, keys),
                 packed(headV.data(), keys, layer.valueWidth()),
                 packed(headO.data(), queries, layer.valueWidth()));
  }

  static void applyMask(const uint8_t *mask, float rate, int64_t count, Real *values) {
    const Real scale = rate < 1 ? Real(1 / (1 - double(rate))) : Real(0);
    for (int64_t i = 0; i < count; ++i)
      values[i] = mask[i] ? values[i] * scale : Real(0);
  }

  int64_t number, queries, keys;
  Buffer<Real> q, k, v, headQ, headK, headV, weights, dropped, headO;

private:
  // Zeros outside the window, and everywhere when it is empty.
  void softmaxRow(Real *row, int64_t first, int64_t end) const {
    first = std::clamp<int64_t>(first, 0, keys), end = std::clamp<int64_t>(end, first, keys);
    std::fill(row, row + first, Real(0));
    std::fill(row + end, row + keys, Real(0));
    if (first == end)
      return;
    const Real most = *std::max_element(row + first, row + end);
    Real sum = 0;
    for (int64_t j = first; j < end; ++j)
      sum += row[j] = std::exp(row[j] - most);
    for (int64_t j = first; j < end; ++j)
      row[j] /= sum;
  }
};

template <class Real, class Body> void forEachSequence(const Pass<Real> &pass, Body body) {
  const SeqDataDescriptor &q = pass.call.q;
  for (int64_t batch = 0; batch < q.dims[NPUDNN_SEQDATA_BATCH_DIM]; ++batch)
    for (int64_t beam = 0; beam < q.dims[NPUDNN_SEQDATA_BEAM_DIM]; ++beam)
      body(batch, beam);
}

template <class Real> void forward(const AttentionCall &call) {
  const Pass<Real> pass(call);
  const AttnDescriptor &layer = call.layer;
  const int64_t width = layer.outputWidth(), valueWidth = layer.valueWidth();
  forEachSequence(pass, [&](int64_t batch, int64_t beam) {
    Sequence<Real> sequence(pass, batch, beam);
    const int64_t queries = sequence.queries;
    Buffer<Real> out(queries * width);
    for (int64_t head = 0; head < layer.heads; ++head) {
      sequence.computeHead(pass, head, true);
      const Matrix<Real> headO = packed(sequence.headO.data(), queries, valueWidth);
      if (pass.has(NPUDNN_MH_ATTN_O_WEIGHTS))
        pass.product(headO, pass.matrix(NPUDNN_MH_ATTN_O_WEIGHTS, head).transposed(),
                     packed(out.data(), queries, width), 1, head ? 1 : 0);
      else
        for (int64_t i = 0; i < queries; ++i)
          std::copy_n(headO.data + i * valueWidth, valueWidth,
                      out.data() + i * width + head * valueWidth);
    }
    if (const Real *bias = pass.bias(NPUDNN_MH_ATTN_O_BIASES, 0))
      for (int64_t i = 0; i < queries * width; ++i)
        out.data()[i] += bias[i % width];
    if (call.reserve && call.postDropout.rate > 0) {
      drawMask(call.postDropout, pass.postMask(sequence.number), queries * width);
      Sequence<Real>::applyMask(pass.postMask(sequence.number), call.postDropout.rate,
                                queries * width, out.data());
    }
    if (call.residuals) {
      Buffer<Real> residuals(queries * width);
      SeqDataDescriptor like = call.q;
      gather(sequenceLayout(like, queries),
             sequenceAt(like, static_cast<const char *>(call.residuals), batch, beam),
             residuals.data());
      for (int64_t i = 0; i < queries * width; ++i)
        out.data()[i] += residuals.data()[i];
    }
    char *to = sequenceAt(call.o, static_cast<char *>(call.out), batch, beam);
    if (call.onlyQuery < 0) {
      scatter(sequenceLayout(call.o, queries), to, out.data(), 1, 0);
    } else if (call.onlyQuery < queries) {
      to += size_t(call.onlyQuery * call.o.stride(NPUDNN_SEQDATA_TIME_DIM)) *
            elementBytes(call.o.type);
      scatter(sequenceLayout(call.o, 1), to, out.data() + call.onlyQuery * width, 1, 0);
    }
  });
  if (!call.reserve)
    return;
  auto *windows = reinterpret_cast<int32_t *>(static_cast<char *>(call.reserve) +
                                              attentionReserve(layer).windows);
  std::copy(call.firstKeys.begin(), call.firstKeys.end(), windows);
  std::copy(call.endKeys.begin(), call.endKeys.end(), windows + layer.maxQueries);
}

// The gradients of one projection: into the vectors, and into matrix and bias.
template <class Real> struct ProjectionGradient {
  const Pass<Real> &pass;
  Real *weightGradients; // null: not wanted

  void add(npudnnMultiHeadAttnWeightKind_t kind, npudnnMultiHeadAttnWeightKind_t biasKind,
           int64_t head, const Matrix<Real> &projected, const Matrix<Real> &vectors,
           Real *vectorGradients) const {
    if (!pass.has(kind)) {
      for (int64_t i = 0; i < projected.rows * projected.columns; ++i)
        vectorGradients[i] += projected.data[i];
      return;
    }
    pass.product(projected, pass.matrix(kind, head),
                 packed(vectorGradients, vectors.rows, vectors.columns), 1, 1);
    if (!weightGradients)
      return;
    pass.product(projected.transposed(), vectors, pass.matrix(kind, head, weightGradients), 1, 1);
    const AttentionWeights &bias = pass.places[size_t(biasKind)];
    if (bias.offset >= 0)
      for (int64_t i = 0; i < projected.rows * projected.columns; ++i)
        weightGradients[bias.offset + head * bias.rows + i % projected.columns] +=
            projected.data[i];
  }
};

// dS of softmax rows from the gradients of what they became.
template <class Real>
void softmaxGradient(const Real *weights, int64_t rows, int64_t columns, Real *gradients) {
  for (int64_t i = 0; i < rows; ++i, weights += columns, gradients += columns) {
    Real sum = 0;
    for (int64_t j = 0; j < columns; ++j)
      sum += weights[j] * gradients[j];
    for (int64_t j = 0; j < columns; ++j)
      gradients[j] = weights[j] * (gradients[j] - sum);
  }
}

template <class Real> void backward(const AttentionCall &called) {
  AttentionCall call = called;
  const AttnDescriptor &layer = call.layer;
  const auto *windows = reinterpret_cast<const int32_t *>(static_cast<const char *>(call.reserve) +
                                                          attentionReserve(layer).windows);
  const int64_t times = call.q.dims[NPUDNN_SEQDATA_TIME_DIM];
  call.firstKeys.assign(windows, windows + times);
  call.endKeys.assign(windows + layer.maxQueries, windows + layer.maxQueries + times);
  const Pass<Real> pass(call);
  const int64_t width = layer.outputWidth(), valueWidth = layer.valueWidth();
  const int64_t keyWidth = layer.keyWidth();
  Buffer<Real> weightGradients(std::max<int64_t>(pass.weightCount, 1));
  const ProjectionGradient<Real> gradient = {pass,
                                             call.dweights ? weightGradients.data() : nullptr};
  const int64_t beams = call.q.dims[NPUDNN_SEQDATA_BEAM_DIM];
  std::unique_ptr<Buffer<Real>> dk, dv; // of all beams that share keys
  forEachSequence(pass, [&](int64_t batch, int64_t beam) {
    Sequence<Real> sequence(pass, batch, beam);
    const int64_t queries = sequence.queries, keys = sequence.keys;
    if (beam == 0 || layer.beamsHaveKeys()) {
      dk = std::make_unique<Buffer<Real>>(keys * layer.kSize);
      dv = std::make_unique<Buffer<Real>>(keys * layer.vSize);
    }
    Buffer<Real> dout(queries * width), dq(queries * layer.qSize), headDo(queries * valueWidth);
    Buffer<Real> dWeights(queries * keys), headDq(queries * keyWidth), headDk(keys * keyWidth),
        headDv(keys * valueWidth);
    gather(sequenceLayout(call.o, queries),
           sequenceAt(call.o, static_cast<const char *>(call.dout), batch, beam), dout.data());
    if (call.postDropout.rate > 0)
      Sequence<Real>::applyMask(pass.postMask(sequence.number), call.postDropout.rate,
                                queries * width, dout.data());
    const Matrix<Real> douts = packed(dout.data(), queries, width);
    for (int64_t head = 0; head < layer.heads; ++head) {
      sequence.computeHead(pass, head, false);
      if (pass.has(NPUDNN_MH_ATTN_O_WEIGHTS)) {
        pass.product(douts, pass.matrix(NPUDNN_MH_ATTN_O_WEIGHTS, head),
                     packed(headDo.data(), queries, valueWidth));
        if (call.dweights)
          pass.product(douts.transposed(), packed(sequence.headO.data(), queries, valueWidth),
                       pass.matrix(NPUDNN_MH_ATTN_O_WEIGHTS, head, weightGradients.data()), 1, 1);
      } else {
        for (int64_t i = 0; i < queries; ++i)
          std::copy_n(dout.data() + i * width + head * valueWidth, valueWidth,
                      headDo.data() + i * valueWidth);
      }
      const Matrix<Real> outs = packed(headDo.data(), queries, valueWidth);
      pass.product(outs, packed(sequence.headV.data(), keys, valueWidth).transposed(),
                   packed(dWeights.data(), queries, keys));
      if (call.attentionDropout.rate > 0)
        Sequence<Real>::applyMask(pass.attentionMask(sequence.number, head),
                                  call.attentionDropout.rate, queries * keys, dWeights.data());
      softmaxGradient(sequence.weights.data(), queries, keys, dWeights.data());
      const Matrix<Real> scores = packed(dWeights.data(), queries, keys);
      pass.product(packed(sequence.dropped.data(), queries, keys).transposed(), outs,
                   packed(headDv.data(), keys, valueWidth));
      pass.product(scores, packed(sequence.headK.data(), keys, keyWidth),
                   packed(headDq.data(), queries, keyWidth), layer.scale);
      pass.product(scores.transposed(), packed(sequence.headQ.data(), queries, keyWidth),
                   packed(headDk.data(), keys, keyWidth), layer.scale);
      gradient.add(NPUDNN_MH_ATTN_Q_WEIGHTS, NPUDNN_MH_ATTN_Q_BIASES, head,
                   packed(headDq.data(), queries, keyWidth),
                   packed(sequence.q.data(), queries, layer.qSize), dq.data());
      gradient.add(NPUDNN_MH_ATTN_K_WEIGHTS, NPUDNN_MH_ATTN_K_BIASES, head,
                   packed(headDk.data(), keys, keyWidth),
                   packed(sequence.k.data(), keys, layer.kSize), dk->data());
      gradient.add(NPUDNN_MH_ATTN_V_WEIGHTS, NPUDNN_MH_ATTN_V_BIASES, head,
                   packed(headDv.data(), keys, valueWidth),
                   packed(sequence.v.data(), keys, layer.vSize), dv->data());
    }
    const AttentionWeights &bias = pass.places[NPUDNN_MH_ATTN_O_BIASES];
    if (bias.offset >= 0)
      for (int64_t i = 0; i < queries * width; ++i)
        weightGradients.data()[bias.offset + i % width] += dout.data()[i];
    auto store = [&](const SeqDataDescriptor &data, void *memory, int64_t beamAt, int64_t length,
                     const Real *values) {
      if (memory)
        scatter(sequenceLayout(data, length),
                sequenceAt(data, static_cast<char *>(memory), batch, beamAt), values, 1, 0);
    };
    store(call.q, call.dqueries, beam, queries, dq.data());
    if (layer.beamsHaveKeys() || beam + 1 == beams) {
      store(call.k, call.dkeys, pass.keyBeam(beam), keys, dk->data());
      store(call.v, call.dvalues, pass.keyBeam(beam), keys, dv->data());
    }
  });
  if (call.dweights)
    scatter(packedLayout(layer.type, {pass.weightCount}), call.dweights, weightGradients.data(), 1,
            call.addsWeights ? 1 : 0);
}

} // namespace

void attentionForward(const AttentionCall &call) {
  withReal(call.layer.type, [&](auto real) { forward<decltype(real)>(call); });
}
void attentionBackward(const AttentionCall &call) {
  withReal(call.layer.type, [&](auto real) { backward<decltype(real)>(call); });
}

} // namespace npu::dnn
