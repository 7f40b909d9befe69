// See problem.h.
#include "problem.h"

#include <map>
#include <numeric>
#include <sstream>

namespace npu::backend {
namespace {

using Kind = TensorOp::Kind;
using Sizes = std::vector<int64_t>;

std::string joined(const Sizes &sizes) {
  std::string text;
  for (int64_t size : sizes)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "1" : text;
}

bool isConvolution(Kind kind) {
  return kind == Kind::convolution || kind == Kind::convolution_data_gradient ||
         kind == Kind::convolution_filter_gradient;
}

// The image, the filter and the small image of any of the three convolutions.
struct ConvolutionTensors {
  const Tensor &x, &w, &y;
};

ConvolutionTensors tensorsOf(const TensorOp &op) {
  if (op.kind == Kind::convolution)
    return {op.src[0], op.src[1], op.dst[0]};
  if (op.kind == Kind::convolution_data_gradient)
    return {op.dst[0], op.src[1], op.src[0]};
  return {op.src[0], op.dst[0], op.src[1]};
}

std::string convolutionText(const TensorOp &op) {
  ConvolutionTensors t = tensorsOf(op);
  Sizes stride, dilation, pad;
  for (const WindowDimension &dimension : op.window) {
    stride.push_back(dimension.stride);
    dilation.push_back(dimension.dilation);
    pad.push_back(dimension.padBefore);
  }
  bool channelsLast = t.x.strides[1] == 1 && t.x.sizes[1] > 1;
  return " x=" + joined(t.x.sizes) + " w=" + joined(t.w.sizes) + " y=" + joined(t.y.sizes) +
         " stride=" + joined(stride) + " dilation=" + joined(dilation) + " pad=" + joined(pad) +
         " groups=" + std::to_string(op.groups) + (channelsLast ? " order=nhwc" : "");
}

bool isStoredTransposed(const Tensor &tensor) {
  return tensor.strides[2] != 1 && tensor.strides[1] == 1;
}

std::string gemmText(const TensorOp &op) {
  const Sizes &d = op.dst[0].sizes;
  std::string text = d[0] == 1 ? "" : " b=" + std::to_string(d[0]);
  text += " m=" + std::to_string(d[1]) + " n=" + std::to_string(d[2]) +
          " k=" + std::to_string(op.src[0].sizes[2]);
  if (isStoredTransposed(op.src[0]))
    text += " ta=1";
  if (isStoredTransposed(op.src[1]))
    text += " tb=1";
  return text;
}

// The words of a line, taken one by one.
class Words {
public:
  explicit Words(const std::string &line) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      size_t equals = word.find('=');
      if (equals == std::string::npos)
        fail("\"" + word + "\" is not of the form key=value");
      else
        values[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }

  std::string take(const std::string &key, const std::string &fallback) {
    auto found = values.find(key);
    if (found == values.end())
      return fallback;
    std::string value = found->second;
    values.erase(found);
    return value;
  }

  Sizes sizes(const std::string &key, const std::string &fallback) {
    constexpr int64_t kLargest = int64_t(1) << 24;
    Sizes list;
    std::istringstream parts(take(key, fallback));
    for (std::string part; std::getline(parts, part, 'x');) {
      char *end = nullptr;
      int64_t value = std::strtoll(part.c_str(), &end, 10);
      if (part.empty() || *end || value < 0 || value > kLargest)
        fail(key + " must be whole numbers from 0 to 2^24 with x between them");
      list.push_back(value);
    }
    if (list.empty())
      fail(key + " is missing");
    return list.empty() ? Sizes{1} : list;
  }
  int64_t number(const std::string &key, const std::string &fallback) {
    return sizes(key, fallback)[0];
  }

  Format format(const std::string &key, const std::string &fallback) {
    std::string name = take(key, fallback);
    for (Format format : {Format::F32, Format::Tf32, Format::F16, Format::Bf16, Format::Fp8E4M3,
                          Format::Fp8E5M2, Format::Int32, Format::Int8})
      if (name == formatName(format))
        return format;
    fail(key + " must be one of f32, tf32, f16, bf16, fp8_e4m3, fp8_e5m2, int32, int8, not \"" +
         name + "\"");
    return Format::F32;
  }

  void fail(const std::string &what) {
    if (failure.empty())
      failure = what;
  }
  Status finish() {
    if (!values.empty())
      fail("unknown key " + values.begin()->first);
    return failure.empty() ? Status() : Status(npuErrorInvalidValue, "problem: " + failure);
  }

private:
  std::map<std::string, std::string> values;
  std::string failure;
};

// Tensors are only described: each has its own addresses, which nobody touches.
Tensor describe(size_t index, Format format, const Sizes &sizes, const std::vector<size_t> &order) {
  Tensor tensor;
  tensor.data = reinterpret_cast<void *>(uintptr_t(index + 1) << 42);
  tensor.format = format, tensor.sizes = sizes, tensor.strides.resize(sizes.size());
  int64_t count = 1;
  for (size_t i = order.size(); i-- > 0;) {
    tensor.strides[order[i]] = count;
    count *= std::max<int64_t>(sizes[order[i]], 1);
  }
  return tensor;
}

std::vector<size_t> rowMajorOrder(size_t rank) {
  std::vector<size_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

void parseGemm(Words &words, Format format, Format result, TensorOp &op) {
  int64_t b = words.number("b", "1"), m = words.number("m", ""), n = words.number("n", "");
  int64_t k = words.number("k", "");
  const std::vector<size_t> plain{0, 1, 2}, transposed{0, 2, 1};
  op.src = {describe(0, format, {b, m, k}, words.number("ta", "0") ? transposed : plain),
            describe(1, format, {b, k, n}, words.number("tb", "0") ? transposed : plain),
            describe(2, result, {b, m, n}, plain)};
  op.dst = {describe(3, result, {b, m, n}, plain)};
}

void parseConvolution(Words &words, Format format, Format result, TensorOp &op) {
  Sizes x = words.sizes("x", ""), w = words.sizes("w", ""), y = words.sizes("y", "");
  size_t rank = x.size();
  if (rank < 3 || rank > 5 || w.size() != rank || y.size() != rank) {
    words.fail("x, w and y must have the same 3 to 5 dimensions");
    return;
  }
  auto perDimension = [&](const char *key, const char *fallback) {
    Sizes list = words.sizes(key, fallback);
    list.resize(rank - 2, list[0]);
    return list;
  };
  Sizes stride = perDimension("stride", "1"), dilation = perDimension("dilation", "1");
  Sizes pad = perDimension("pad", "0");
  for (size_t d = 0; d + 2 < rank; ++d)
    op.window.push_back({w[d + 2], stride[d], dilation[d], pad[d]});
  op.groups = words.number("groups", "1");
  std::vector<size_t> order = rowMajorOrder(rank);
  if (words.take("order", "nchw") == "nhwc") {
    order.erase(order.begin() + 1);
    order.push_back(1);
  }
  bool forward = op.kind == Kind::convolution,
       filter = op.kind == Kind::convolution_filter_gradient;
  Tensor image = describe(0, forward || filter ? format : result, x, order);
  Tensor weights = describe(1, filter ? result : format, w, rowMajorOrder(rank));
  Tensor small = describe(2, forward ? result : format, y, order);
  op.dst = {forward ? small : filter ? weights : image};
  op.src = {forward || filter ? image : small, filter ? small : weights, op.dst[0]};
}

} // namespace

std::string problemText(const TensorOp &op) {
  std::string text = std::string("op=") + opName(op.kind);
  text += std::string(" f=") + formatName(op.src[0].format) + " d=" + formatName(op.dst[0].format);
  bool multiplies = op.kind == Kind::gemm || isConvolution(op.kind);
  if (op.kind == Kind::gemm)
    text += gemmText(op);
  else if (isConvolution(op.kind))
    text += convolutionText(op);
  else
    text += " x=" + joined(op.src[0].sizes) + " y=" + joined(op.dst[0].sizes);
  if (!op.axes.empty()) {
    text += " axes=";
    for (size_t i = 0; i < op.axes.size(); ++i)
      text += (i ? "," : "") + std::to_string(op.axes[i]);
  }
  if (multiplies && op.math.compute != Format::F32 && op.math.compute != op.src[0].format)
    text += std::string(" compute=") + formatName(op.math.compute);
  if (multiplies && op.math.pedantic)
    text += " pedantic=1";
  if (op.biasAxis > 0)
    text += " bias=" + std::to_string(op.biasAxis);
  if (op.beta != 0.0)
    text += " beta=1";
  return text;
}

Status parseProblem(const std::string &text, TensorOp &op) {
  Words words(text);
  TensorOp result;
  std::string kind = words.take("op", "gemm");
  bool known = false;
  for (Kind candidate : {Kind::gemm, Kind::convolution, Kind::convolution_data_gradient,
                         Kind::convolution_filter_gradient})
    if (kind == opName(candidate))
      result.kind = candidate, known = true;
  if (!known)
    return {npuErrorNotSupported,
            "problem: op must be gemm or a convolution, not \"" + kind + "\""};
  Format format = words.format("f", "f32");
  Format destination = words.format("d", format == Format::Int8 ? "int32" : formatName(format));
  result.math.compute = words.format("compute", "f32");
  result.math.pedantic = words.number("pedantic", "0") != 0;
  int64_t biasAxis = words.number("bias", "0");
  result.beta = words.number("beta", "0") ? 1.0 : 0.0;
  if (result.kind == Kind::gemm)
    parseGemm(words, format, destination, result);
  else
    parseConvolution(words, format, destination, result);
  if (Status status = words.finish(); !status)
    return status;
  if (biasAxis > 0) {
    result.biasAxis = int(biasAxis);
    size_t rank = result.dst[0].sizes.size();
    if (size_t(biasAxis) >= rank)
      return {npuErrorInvalidValue, "problem: bias must be an axis of the result"};
    result.src.push_back(describe(4, destination, {result.dst[0].sizes[size_t(biasAxis)]}, {0}));
  }
  op = std::move(result);
  return {};
}

} // namespace npu::backend
