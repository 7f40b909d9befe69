// What all three convolution ops refuse: shapes that do not fit, formats without a product.
#include "lower/convolution_view.h"

#include <cmath>

namespace npu::backend {
namespace {

Status refuse(const std::string &what) {
  return {npuErrorNotSupported, "NPU convolution: " + what};
}

Status checkShapes(const TensorOp &op, const Tensor &x, const Tensor &w, const Tensor &y) {
  size_t rank = x.sizes.size();
  if (rank < 3 || rank > 5 || w.sizes.size() != rank || y.sizes.size() != rank)
    return refuse("images have one, two or three spatial dimensions");
  if (op.window.size() + 2 != rank)
    return refuse("there must be one window dimension per spatial dimension");
  if (op.groups < 1 || x.sizes[1] != op.groups * w.sizes[1] || y.sizes[1] != w.sizes[0] ||
      w.sizes[0] % op.groups || x.sizes[0] != y.sizes[0])
    return refuse("the sizes of image, filter and result do not match");
  for (size_t d = 0; d < op.window.size(); ++d) {
    const WindowDimension &window = op.window[d];
    if (window.size < 1 || window.stride < 1 || window.dilation < 1 ||
        window.size != w.sizes[d + 2])
      return refuse("the window does not fit the filter");
  }
  return {};
}

Status checkScalars(const TensorOp &op) {
  if (op.alpha.imag() != 0 || op.beta.imag() != 0)
    return refuse("complex arithmetic is not supported");
  auto whole = [](double x) { return x == std::nearbyint(x) && std::fabs(x) <= 0x1p24; };
  if (op.dst[0].format != Format::Int32)
    return {};
  if (!whole(op.alpha.real()) || !whole(op.beta.real()))
    return refuse("alpha and beta of an int32 result must be whole numbers up to 2^24");
  if (op.activation > Activation::Relu)
    return refuse("no such activation of an int32 result");
  return {};
}

} // namespace

Status checkConvolutionOperands(const TensorOp &op, const LoweringContext &context,
                                ProductChoice &choice) {
  using Kind = TensorOp::Kind;
  bool gradient = op.kind == Kind::convolution_filter_gradient;
  size_t sources = op.biasAxis > 0 ? 4 : op.beta != 0.0 ? 3 : 2;
  if (op.src.size() < sources || op.dst.size() != 1)
    return refuse("operands are missing");
  if (op.biasAxis != -1 && (op.biasAxis != 1 || gradient))
    return refuse("a bias has one value per channel of an image");
  size_t rank = op.dst[0].sizes.size();
  const char *names[] = {"A", "B", "C", "bias"};
  for (size_t i = 0; i < sources; ++i) {
    bool read = i == 3 || (i == 2 ? op.beta != 0.0 : op.alpha != 0.0);
    if (i == 2 && !read)
      continue;
    if (Status status = checkTensor(op.src[i], names[i], i == 3 ? 1 : rank, read); !status)
      return status;
  }
  if (Status status = checkTensor(op.dst[0], "D", rank); !status)
    return status;
  const Tensor &x = op.kind == Kind::convolution_data_gradient ? op.dst[0] : op.src[0];
  const Tensor &w = gradient ? op.dst[0] : op.src[1];
  const Tensor &y = gradient ? op.src[1] : op.kind == Kind::convolution ? op.dst[0] : op.src[0];
  if (Status status = checkShapes(op, x, w, y); !status)
    return status;
  if (op.beta != 0.0 && op.src[2].sizes != op.dst[0].sizes)
    return refuse("the sizes of C and D do not match");
  if (op.biasAxis > 0 && op.src[3].sizes[0] != op.dst[0].sizes[1])
    return refuse("the bias does not have one value per channel");
  if (Status status = checkScalars(op); !status)
    return status;
  if (Status status = chooseProduct(op, context.config, context.policy, choice); !status)
    return status;
  Format dst = op.dst[0].format;
  bool integers = op.src[0].format == Format::Int8;
  if (dst == Format::Int8 || (dst == Format::Int32 && !integers))
    return refuse(std::string("no result of format ") + formatName(dst) + " from these operands");
  for (size_t i = 2; i < sources; ++i)
    if ((i != 2 || op.beta != 0.0) && (op.src[i].format == Format::Int32) != (dst == Format::Int32))
      return refuse(std::string(names[i]) + " and D must both be integers or both floating-point");
  return {};
}

} // namespace npu::backend
