// See op_problem.h.
#include "op_problem.h"

#include "src/formats.h"

#include <numeric>
#include <sstream>
#include <stdexcept>

namespace npu::test {
namespace {

using Kind = TensorOp::Kind;

const std::map<std::string, Format> kFormats = {
    {"f64", Format::F64}, {"f32", Format::F32},      {"tf32", Format::Tf32},
    {"f16", Format::F16}, {"bf16", Format::Bf16},    {"s32", Format::Int32},
    {"s8", Format::Int8}, {"e4m3", Format::Fp8E4M3}, {"e5m2", Format::Fp8E5M2}};
const std::map<std::string, Kind> kKinds = {
#define OP(name, sources, destinations, summary) {#name, Kind::name},
#include "npu/ops.def"
};
const std::map<std::string, Activation> kActivations = {
#define ACTIVATION(name, spelling, gradientReads, summary) {spelling, Activation::name},
#include "npu/activations.def"
};
const std::map<std::string, PoolingKind> kPooling = {
    {"max", PoolingKind::Maximum},
    {"avg", PoolingKind::AverageIncludingPadding},
    {"avgx", PoolingKind::AverageExcludingPadding}};
const std::map<std::string, ReductionKind> kReductions = {{"sum", ReductionKind::Sum},
                                                          {"mean", ReductionKind::Mean},
                                                          {"product", ReductionKind::Product},
                                                          {"min", ReductionKind::Minimum},
                                                          {"max", ReductionKind::Maximum},
                                                          {"amax", ReductionKind::LargestMagnitude},
                                                          {"norm1", ReductionKind::SumOfMagnitudes},
                                                          {"norm2", ReductionKind::RootOfSquares}};

template <class Value>
Value lookUp(const std::map<std::string, Value> &table, const std::string &key) {
  auto found = table.find(key);
  if (found == table.end())
    throw std::invalid_argument("unknown word " + key);
  return found->second;
}

std::vector<int64_t> numbers(const std::string &text, char separator) {
  std::vector<int64_t> list;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, separator);)
    list.push_back(std::stoll(part));
  return list;
}

} // namespace

OpProblem::OpProblem(const std::string &line, const Format *override) {
  std::istringstream words(line);
  for (std::string word; words >> word;)
    keys[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  op.kind = lookUp(kKinds, take("op"));
  op.caller = "ops_test";
  format = lookUp(kFormats, take("f", "f32"));
  const std::string destination = take("d");
  result = destination.empty() ? format : lookUp(kFormats, destination);
  if (override)
    format = result = *override;
  readCommon();
  if (keys.count("w"))
    makeWindowed();
  else if (op.kind == Kind::gather)
    makeGather();
  else if (op.kind == Kind::attention)
    makeAttention();
  else
    makeRows();
  if (!keys.empty()) // a key that nobody reads would be a test that cannot fail
    throw std::invalid_argument("unknown key " + keys.begin()->first);
}

std::string OpProblem::take(const std::string &key, const std::string &other) {
  auto found = keys.find(key);
  if (found == keys.end())
    return other;
  std::string value = found->second;
  keys.erase(found);
  return value;
}

void OpProblem::readCommon() {
  op.alpha = std::stod(take("alpha", "1"));
  op.beta = std::stod(take("beta", "0"));
  op.activation = lookUp(kActivations, take("act", "none"));
  op.activationParameters[0] = std::stod(take("p", "1"));
  op.activationParameters[1] = std::stod(take("q", "0"));
  op.pooling = lookUp(kPooling, take("pool", "max"));
  op.reduction = lookUp(kReductions, take("reduce", "sum"));
  op.groups = std::stoll(take("groups", "1"));
  op.axes = numbers(take("axes"), ',');
  op.response.size = std::stoll(take("n", "5"));
  op.response.scale = std::stod(take("scale", "0.1"));
  op.response.exponent = std::stod(take("exponent", "0.75"));
  op.response.offset = std::stod(take("offset", "1"));
  op.causal = take("causal") == "1";
  op.logarithm = take("log") == "1";
  op.rootMeanSquare = take("rms") == "1";
  op.math.compute = format == Format::Int8 ? Format::Int32 : format;
  if (const std::string compute = take("compute"); !compute.empty())
    op.math.compute = lookUp(kFormats, compute);
}

// Values in [-1, 1] (integers in [-100, 100]), or positive ones, the same on every run.
Tensor OpProblem::tensor(const Sizes &sizes, Format type, bool channelsLast, Values values) {
  Tensor made;
  made.format = type, made.sizes = sizes, made.strides.resize(sizes.size());
  std::vector<size_t> order(sizes.size()); // outermost first
  std::iota(order.begin(), order.end(), 0);
  if (channelsLast) {
    order.erase(order.begin() + 1);
    order.push_back(1);
  }
  int64_t count = 1;
  for (size_t i = order.size(); i-- > 0;) {
    made.strides[order[i]] = count;
    count *= sizes[order[i]];
  }
  memory.emplace_back(size_t(count) * formatBits(type) / 8 + 1);
  made.data = memory.back().data();
  auto next = [&] { return double((seed = seed * 1664525u + 1013904223u) >> 8) / 8388608 - 1; };
  const double scale = core::isInteger(type) ? 100 : 1;
  for (int64_t i = 0; i < count; ++i) {
    const double value = next();
    core::storeElement(made.data, type, i,
                       values == Values::Plain      ? value * scale
                       : values == Values::Positive ? 0.6 + 0.4 * value
                                                    : (1 + value) / 50 + 1e-3);
  }
  return made;
}

// A tensor that varies along some dimensions only, seen with all of `sizes`.
Tensor OpProblem::repeated(const Sizes &sizes, const Sizes &along, Format type, Values values) {
  Sizes own(sizes.size(), 1);
  for (int64_t axis : along)
    own[size_t(axis)] = sizes[size_t(axis)];
  Tensor made = tensor(own, type, false, values);
  for (size_t i = 0; i < sizes.size(); ++i)
    if (own[i] != sizes[i])
      made.strides[i] = 0;
  made.sizes = sizes;
  return made;
}

void OpProblem::makeWindowed() {
  const Sizes x = numbers(take("x"), 'x'), y = numbers(take("y"), 'x');
  const Sizes w = numbers(take("w"), 'x');
  const bool pools = op.kind == Kind::pooling || op.kind == Kind::pooling_gradient;
  const bool last = take("order", "nchw") == "nhwc";
  const size_t spatial = x.size() - 2;
  auto perDimension = [&](const char *key, const char *other) {
    Sizes list = numbers(take(key, other), 'x');
    const int64_t first = list[0];
    list.resize(spatial, first);
    return list;
  };
  const Sizes stride = perDimension("stride", "1"), dilation = perDimension("dilation", "1");
  const Sizes pad = perDimension("pad", "0");
  for (size_t d = 0; d < spatial; ++d)
    op.window.push_back({w[pools ? d : d + 2], stride[d], dilation[d], pad[d]});
  const Tensor image = tensor(x, format, last, Values::Plain);
  const Tensor small = tensor(y, format, last, Values::Plain);
  auto finish = [&](const Sizes &sizes) {
    op.dst = {tensor(sizes, result, last && sizes != w, Values::Plain)};
    op.src.push_back(op.dst[0]); // C
  };
  if (pools) {
    op.src =
        op.kind == Kind::pooling ? std::vector<Tensor>{image} : std::vector<Tensor>{small, image};
    finish(op.kind == Kind::pooling ? y : x);
    return;
  }
  const Tensor filter = tensor(w, format, false, Values::Plain);
  op.src = op.kind == Kind::convolution                 ? std::vector<Tensor>{image, filter}
           : op.kind == Kind::convolution_data_gradient ? std::vector<Tensor>{small, filter}
                                                        : std::vector<Tensor>{image, small};
  finish(op.kind == Kind::convolution ? y : op.kind == Kind::convolution_data_gradient ? x : w);
  depth = 1;
  for (size_t i = 1; i < w.size(); ++i)
    depth *= double(w[i]);
  if (op.kind == Kind::convolution_filter_gradient)
    depth = double(y[0] * y[2]) * double(y.size() > 3 ? y[3] : 1);
  if (take("bias") == "1") {
    op.biasAxis = 1;
    op.src.push_back(tensor({op.dst[0].sizes[1]}, result, false, Values::Plain));
  }
}

void OpProblem::makeRows() {
  const Sizes x = numbers(take("x"), 'x');
  if (op.kind == Kind::normalization || op.kind == Kind::normalization_inference ||
      op.kind == Kind::normalization_gradient)
    return makeNormalization(x);
  const bool positive = op.activation == Activation::Logarithm ||
                        op.activation == Activation::SquareRoot ||
                        op.activation == Activation::ReciprocalRoot;
  op.src = {tensor(x, format, false, positive ? Values::Positive : Values::Plain)};
  Sizes d = x;
  if (op.kind == Kind::reduction)
    for (int64_t axis : op.axes)
      d[size_t(axis)] = 1;
  if (op.kind == Kind::softmax_gradient)
    op.src.push_back(tensor(x, format, false, Values::Probabilities));
  if (op.kind == Kind::activation_gradient)
    op.src.push_back(tensor(x, format, false, Values::Plain));
  op.dst = {tensor(d, result, false, Values::Plain)};
  if (op.kind != Kind::unary)
    op.src.push_back(op.dst[0]);
}

// x: the table; i: how many indices.
void OpProblem::makeGather() {
  const Sizes x = numbers(take("x"), 'x'), count = numbers(take("i"), 'x');
  op.src = {tensor(x, format, false, Values::Plain),
            tensor(count, Format::Int32, false, Values::Plain)};
  for (int64_t i = 0; i < count[0]; ++i) // any rows, some of them twice
    core::storeElement(op.src[1].data, Format::Int32, i, double(i * i * 7 % x[0]));
  op.dst = {tensor({count[0], x[1]}, result, false, Values::Plain)};
}

// queries: [batch, rows, depth]; values: [batch, keys, columns].
void OpProblem::makeAttention() {
  const Sizes q = numbers(take("queries"), 'x'), v = numbers(take("values"), 'x');
  op.src = {tensor(q, format, false, Values::Plain),
            tensor({q[0], v[1], q[2]}, format, false, Values::Plain),
            tensor(v, format, false, Values::Plain)};
  op.dst = {tensor({q[0], q[1], v[2]}, result, false, Values::Plain)};
}

void OpProblem::makeNormalization(const Sizes &x) {
  const Sizes per = numbers(take("per"), ',');
  Sizes kept, reduced = x, parameter(x.size(), 1);
  for (size_t i = 0; i < x.size(); ++i) {
    bool isReduced = false;
    for (int64_t axis : op.axes)
      isReduced |= size_t(axis) == i;
    if (isReduced)
      reduced[i] = 1;
    else
      kept.push_back(int64_t(i));
  }
  for (int64_t axis : per)
    parameter[size_t(axis)] = x[size_t(axis)];
  const Tensor image = tensor(x, format, false, Values::Plain);
  const Tensor scale = repeated(x, per, format, Values::Plain);
  const Tensor shift = repeated(x, per, format, Values::Plain);
  if (op.kind == Kind::normalization_inference)
    op.src = {image, scale, shift, repeated(x, per, format, Values::Plain),
              repeated(x, per, format, Values::Positive)};
  else if (op.kind == Kind::normalization)
    op.src = {image, scale, shift};
  else
    op.src = {tensor(x, format, false, Values::Plain), image, scale,
              repeated(x, kept, format, Values::Plain),
              repeated(x, kept, format, Values::Positive)};
  op.dst = {tensor(x, result, false, Values::Plain)};
  op.src.push_back(op.dst[0]);
  if (op.kind != Kind::normalization_inference)
    for (int i = 0; i < 2; ++i)
      op.dst.push_back(tensor(op.kind == Kind::normalization ? reduced : parameter, result, false,
                              Values::Plain));
}

} // namespace npu::test
