// Multi-head attention: PyTorch's values, finite differences, beams, windows and dropout.
#include "dnn_fixture.h"
#include "golden.h"

using namespace npu;

namespace {

// An attention layer in double and its calls.
class DnnAttention : public DnnTest {
protected:
  struct Shape {
    int heads = 2, qSize = 4, kSize = 4, vSize = 4, q = 2, k = 2, v = 2, o = 4;
    int queries = 3, keys = 3, batch = 2, beam = 1;
    std::vector<int> queryLengths = {3, 3}, keyLengths = {3, 3};
    unsigned mode = NPUDNN_ATTN_ENABLE_PROJ_BIASES;
    double scale = 1 / std::sqrt(2.0);
    bool causal = false;
    npudnnDropoutDescriptor_t attentionDropout = nullptr, postDropout = nullptr;
    int output() const { return o ? o : heads * (v ? v : vSize); }
    int keyBeam() const { return mode & NPUDNN_ATTN_QUERYMAP_ONE_TO_ONE ? beam : 1; }
  };
  npudnnSeqDataDescriptor_t sequence(int times, int batch, int beam, int vector,
                                     const std::vector<int> &lengths) {
    npudnnSeqDataDescriptor_t descriptor = nullptr;
    EXPECT_DNN(npudnnCreateSeqDataDescriptor(&descriptor));
    const int dims[] = {times, batch, beam, vector};
    const npudnnSeqDataAxis_t axes[] = {NPUDNN_SEQDATA_BATCH_DIM, NPUDNN_SEQDATA_BEAM_DIM,
                                        NPUDNN_SEQDATA_TIME_DIM, NPUDNN_SEQDATA_VECT_DIM};
    EXPECT_DNN(npudnnSetSeqDataDescriptor(descriptor, NPUDNN_DATA_DOUBLE, 4, dims, axes,
                                          lengths.size(), lengths.data(), nullptr));
    return descriptor;
  }
  struct Layer {
    Shape shape;
    npudnnAttnDescriptor_t attention = nullptr;
    npudnnSeqDataDescriptor_t q = nullptr, k = nullptr, v = nullptr, o = nullptr;
    size_t weightBytes = 0, reserveBytes = 0;
    void *reserve = nullptr;
    std::vector<int> first, end;
    size_t count(int times, int beam, int vector) const {
      return size_t(times) * size_t(shape.batch) * size_t(beam) * size_t(vector);
    }
    size_t qCount() const { return count(shape.queries, shape.beam, shape.qSize); }
    size_t kCount() const { return count(shape.keys, shape.keyBeam(), shape.kSize); }
    size_t vCount() const { return count(shape.keys, shape.keyBeam(), shape.vSize); }
    size_t oCount() const { return count(shape.queries, shape.beam, shape.output()); }
  };
  Layer make(const Shape &shape) {
    Layer layer;
    layer.shape = shape;
    EXPECT_DNN(npudnnCreateAttnDescriptor(&layer.attention));
    EXPECT_DNN(npudnnSetAttnDescriptor(layer.attention, shape.mode, shape.heads, shape.scale,
                                       NPUDNN_DATA_DOUBLE, NPUDNN_DATA_DOUBLE, NPUDNN_DEFAULT_MATH,
                                       shape.attentionDropout, shape.postDropout, shape.qSize,
                                       shape.kSize, shape.vSize, shape.q, shape.k, shape.v, shape.o,
                                       shape.queries, shape.keys, shape.batch, shape.beam));
    layer.q = sequence(shape.queries, shape.batch, shape.beam, shape.qSize, shape.queryLengths);
    layer.k = sequence(shape.keys, shape.batch, shape.keyBeam(), shape.kSize, shape.keyLengths);
    layer.v = sequence(shape.keys, shape.batch, shape.keyBeam(), shape.vSize, shape.keyLengths);
    layer.o = sequence(shape.queries, shape.batch, shape.beam, shape.output(), shape.queryLengths);
    size_t work = 0;
    EXPECT_DNN(npudnnGetMultiHeadAttnBuffers(handle, layer.attention, &layer.weightBytes, &work,
                                             &layer.reserveBytes));
    layer.reserve = fake_core::allocate(layer.reserveBytes);
    for (int i = 0; i < shape.queries; ++i) {
      layer.first.push_back(0);
      layer.end.push_back(shape.causal ? i + 1 : 1 << 30);
    }
    return layer;
  }

  struct In {
    std::vector<double> q, k, v, weights;
  };
  In values(const Layer &layer) {
    return {numbers<double>(layer.qCount(), 1), numbers<double>(layer.kCount(), 2),
            numbers<double>(layer.vCount(), 3), numbers<double>(layer.weightBytes / 8, 4)};
  }
  std::vector<double> forward(const Layer &layer, const In &in, bool trains = true,
                              int current = -1, const double *residuals = nullptr) {
    double *out = device(std::vector<double>(layer.oCount(), 0));
    EXPECT_DNN(npudnnMultiHeadAttnForward(
        handle, layer.attention, current, layer.first.data(), layer.end.data(),
        device(layer.shape.queryLengths), device(layer.shape.keyLengths), layer.q, device(in.q),
        residuals, layer.k, device(in.k), layer.v, device(in.v), layer.o, out, layer.weightBytes,
        device(in.weights), 0, nullptr, trains ? layer.reserveBytes : 0,
        trains ? layer.reserve : nullptr));
    return read(out, layer.oCount());
  }
  In backward(const Layer &layer, const In &in, const std::vector<double> &dout) {
    double *dq = device(std::vector<double>(layer.qCount())),
           *dk = device(std::vector<double>(layer.kCount())),
           *dv = device(std::vector<double>(layer.vCount())),
           *dw = device(std::vector<double>(in.weights.size(), 9));
    EXPECT_DNN(npudnnMultiHeadAttnBackwardData(
        handle, layer.attention, layer.first.data(), layer.end.data(),
        device(layer.shape.queryLengths), device(layer.shape.keyLengths), layer.o, device(dout),
        layer.q, dq, device(in.q), layer.k, dk, device(in.k), layer.v, dv, device(in.v),
        layer.weightBytes, device(in.weights), 0, nullptr, layer.reserveBytes, layer.reserve));
    EXPECT_DNN(npudnnMultiHeadAttnBackwardWeights(
        handle, layer.attention, NPUDNN_WGRAD_MODE_SET, layer.q, device(in.q), layer.k,
        device(in.k), layer.v, device(in.v), layer.o, device(dout), layer.weightBytes,
        device(in.weights), dw, 0, nullptr, layer.reserveBytes, layer.reserve));
    return {read(dq, layer.qCount()), read(dk, layer.kCount()), read(dv, layer.vCount()),
            read(dw, in.weights.size())};
  }
  void expectGradients(const Shape &shape) {
    const Layer layer = make(shape);
    const In in = values(layer);
    auto run = [&](const In &at) {
      for (auto descriptor : {shape.attentionDropout, shape.postDropout})
        if (descriptor)
          restart(descriptor);
      return forward(layer, at);
    };
    const auto dout = numbers<double>(layer.oCount(), 5);
    auto wanted = [&](std::vector<double> In::*member) {
      return differences(in.*member, dout, [&](const std::vector<double> &changed) {
        In at = in;
        at.*member = changed;
        return run(at);
      });
    };
    const auto q = wanted(&In::q), k = wanted(&In::k), v = wanted(&In::v), w = wanted(&In::weights);
    run(in);
    const In found = backward(layer, in, dout);
    expectNear(found.q, q, 1e-8, "dq");
    expectNear(found.k, k, 1e-8, "dk");
    expectNear(found.v, v, 1e-8, "dv");
    expectNear(found.weights, w, 1e-8, "dw");
  }

  // One kind of weights in the program's array.
  double *part(const Layer &layer, npudnnMultiHeadAttnWeightKind_t kind, const double *weights) {
    npudnnTensorDescriptor_t descriptor;
    void *address = nullptr;
    EXPECT_DNN(npudnnCreateTensorDescriptor(&descriptor));
    EXPECT_DNN(npudnnGetMultiHeadAttnWeights(handle, layer.attention, kind, layer.weightBytes,
                                             weights, descriptor, &address));
    return static_cast<double *>(address);
  }
};

TEST_F(DnnAttention, ValuesAndGradientsAreThoseOfPyTorch) {
  for (const GoldenCase &golden : goldenCases("attention")) {
    Shape shape;
    shape.causal = golden.name == "causal";
    const Layer layer = make(shape);
    In in = {golden["q"], golden["k"], golden["v"], std::vector<double>(layer.weightBytes / 8)};
    const char *names[] = {"wq", "wk", "wv", "wo", "bq", "bk", "bv", "bo"};
    // PyTorch's matrices are [heads * 2, 4]; cuDNN's output matrix is one of [4, 2] per head.
    auto move = [&](std::vector<double> &weights, bool gathers, const std::string &prefix) {
      std::vector<double> found(16);
      for (int kind = 0; kind < 8; ++kind) {
        double *at = part(layer, npudnnMultiHeadAttnWeightKind_t(kind), weights.data());
        const std::vector<double> &values = golden[prefix + names[kind]];
        for (size_t i = 0; i < values.size(); ++i) {
          size_t to = i;
          if (kind == NPUDNN_MH_ATTN_O_WEIGHTS) // row i / 4, head i % 4 / 2, column i % 2
            to = i % 4 / 2 * 8 + i / 4 * 2 + i % 2;
          if (gathers)
            EXPECT_NEAR(at[to], values[i], 2e-10) << prefix << names[kind] << " at " << i;
          else
            at[to] = values[i];
        }
      }
    };
    move(in.weights, false, "");
    expectNear(forward(layer, in), golden["y"], 2e-10, "y");
    In found = backward(layer, in, golden["dy"]);
    expectNear(found.q, golden["dq"], 2e-10, "dq");
    expectNear(found.k, golden["dk"], 2e-10, "dk");
    expectNear(found.v, golden["dv"], 2e-10, "dv");
    move(found.weights, true, "d");
  }
}

TEST_F(DnnAttention, GradientsAreThoseOfDifferences) {
  Shape shape;
  shape.kSize = 3, shape.vSize = 5, shape.v = 3, shape.o = 6, shape.keys = 4;
  shape.queryLengths = {3, 1}, shape.keyLengths = {2, 4};
  expectGradients(shape);
  Shape beams;
  beams.beam = 2, beams.mode = NPUDNN_ATTN_DISABLE_PROJ_BIASES, beams.causal = true;
  beams.queryLengths = {3, 2, 1, 3};
  expectGradients(beams);
  beams.mode = NPUDNN_ATTN_QUERYMAP_ONE_TO_ONE;
  beams.keyLengths = {3, 2, 3, 1};
  expectGradients(beams);
  Shape bare; // no matrices at all
  bare.q = bare.k = bare.v = bare.o = 0, bare.mode = 0;
  const Layer layer = make(bare);
  EXPECT_EQ(layer.weightBytes, 0u);
  Shape mixed;
  mixed.q = mixed.k = 0, mixed.o = 0;
  expectGradients(mixed);
  Shape dropping;
  dropping.attentionDropout = dropout(0.3f), dropping.postDropout = dropout(0.2f);
  expectGradients(dropping);
}

TEST_F(DnnAttention, OneTimeStepAndResiduals) {
  Shape shape;
  const Layer layer = make(shape);
  const In in = values(layer);
  const auto whole = forward(layer, in, false), step = forward(layer, in, false, 1);
  for (size_t i = 0; i < whole.size(); ++i)
    EXPECT_NEAR(step[i], i / 4 % 3 == 1 ? whole[i] : 0, 1e-14) << i;
  const auto added = forward(layer, in, false, -1, device(in.q));
  for (size_t i = 0; i < whole.size(); ++i)
    EXPECT_NEAR(added[i], whole[i] + in.q[i], 1e-14) << i;
}

TEST_F(DnnAttention, DescriptorsGiveBackWhatWasSet) {
  Shape shape;
  const Layer layer = make(shape);
  unsigned mode;
  int heads, sizes[11];
  double scale;
  npudnnDataType_t type, precision;
  npudnnMathType_t math;
  npudnnDropoutDescriptor_t attention, post;
  EXPECT_DNN(npudnnGetAttnDescriptor(layer.attention, &mode, &heads, &scale, &type, &precision,
                                     &math, &attention, &post, &sizes[0], &sizes[1], &sizes[2],
                                     &sizes[3], &sizes[4], &sizes[5], &sizes[6], &sizes[7],
                                     &sizes[8], &sizes[9], &sizes[10]));
  EXPECT_EQ(heads, 2);
  EXPECT_EQ((std::vector<int>(sizes, sizes + 11)),
            (std::vector<int>{4, 4, 4, 2, 2, 2, 4, 3, 3, 2, 1}));
  npudnnSeqDataAxis_t axes[4];
  int count, dims[4], lengths[2];
  size_t lengthCount;
  EXPECT_DNN(npudnnGetSeqDataDescriptor(layer.q, &type, &count, 4, dims, axes, &lengthCount, 2,
                                        lengths, nullptr));
  EXPECT_EQ((std::vector<int>(dims, dims + 4)), (std::vector<int>{3, 2, 1, 4}));
  EXPECT_EQ(axes[0], NPUDNN_SEQDATA_BATCH_DIM);
  EXPECT_EQ(lengthCount, 2u);
  EXPECT_EQ(lengths[1], 3);
  EXPECT_EQ(npudnnSetAttnDescriptor(layer.attention, 0, 2, 1, type, precision, math, nullptr,
                                    nullptr, 4, 4, 4, 2, 3, 2, 4, 3, 3, 2, 1),
            NPUDNN_STATUS_BAD_PARAM)
      << "queries and keys are projected to different sizes";
  EXPECT_DNN(npudnnDestroySeqDataDescriptor(layer.q));
  EXPECT_DNN(npudnnDestroyAttnDescriptor(layer.attention));
  EXPECT_EQ(npudnnDestroyAttnDescriptor(layer.attention), NPUDNN_STATUS_BAD_PARAM);
}

} // namespace
