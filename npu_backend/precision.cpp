// See precision.h.
#include "precision.h"
#include "numerics.h"
#include "packed.h"
#include "timing.h"

#include <cstdlib>

namespace npu::backend {
namespace {

bool isFp8(Format format) { return format == Format::Fp8E4M3 || format == Format::Fp8E5M2; }

bool isFloat(Format format) {
  return format == Format::F32 || format == Format::Tf32 || format == Format::F16 ||
         format == Format::Bf16 || isFp8(format);
}

ProductChoice choiceOf(Product product, Format a, Format b) {
  const bool several = product == Product::Fp8 || isMx(a);
  return {product, a, b, false, several ? formatSpelling(a) : productName(product)};
}
ProductChoice choiceOf(Product product) { return choiceOf(product, Format::F32, Format::F32); }

// The product that operands of these formats need to lose nothing.
ProductChoice naturalProduct(Format a, Format b) {
  if (isFp8(a) && isFp8(b))
    return choiceOf(Product::Fp8, a, b);
  // FP8 values are exact in both 16-bit formats.
  auto both = [&](Format format) { return (a == format || isFp8(a)) && (b == format || isFp8(b)); };
  if (both(Format::F16))
    return choiceOf(Product::Fp16, Format::F16, Format::F16);
  if (both(Format::Bf16))
    return choiceOf(Product::Bf16, Format::Bf16, Format::Bf16);
  if (a == Format::Tf32 && b == Format::Tf32)
    return choiceOf(Product::Tf32);
  return choiceOf(Product::Bf16x9);
}

Product mxProduct(Format format) {
  const unsigned bits = codeBits(format);
  return bits == 8 ? Product::MxFp8 : bits == 6 ? Product::MxFp6 : Product::MxFp4;
}

ProductChoice lowered(Format format) {
  if (isMx(format))
    return choiceOf(mxProduct(format), format, format);
  switch (format) {
  case Format::Bf16:
    return choiceOf(Product::Bf16, format, format);
  case Format::F16:
    return choiceOf(Product::Fp16, format, format);
  case Format::Int8:
  case Format::Int4: {
    const Product product = format == Format::Int8 ? Product::Int8 : Product::Int4;
    ProductChoice choice = choiceOf(product, format, format);
    choice.scaled = true;
    return choice;
  }
  default: {
    ProductChoice choice = choiceOf(Product::Fp8, format, format);
    choice.scaled = true;
    return choice;
  }
  }
}

// What a product of fp32 operands becomes when the caller's mode and the policy are combined: each
// of them alone may lower it.
ProductChoice float32Product(const TensorOp &op, const PrecisionPolicy &policy) {
  using Float32 = PrecisionPolicy::Float32;
  Format mode = op.math.compute;
  if (mode == Format::F16)
    return lowered(Format::F16);
  if (mode == Format::Bf16 || policy.float32 == Float32::Medium)
    return lowered(Format::Bf16);
  if (mode == Format::Tf32)
    return choiceOf(Product::Tf32);
  return choiceOf(policy.float32 == Float32::High ? Product::Bf16x3 : Product::Bf16x9);
}

// Only matrix products run along rows of packed operands; for what else multiplies, the next format
// with whole bytes that is as accurate.
Format withWholeBytes(Format format) {
  if (format == Format::Int4)
    return Format::Int8;
  if (!isMx(format))
    return format;
  return mxElementOf(format) == MxElement::E5M2 ? Format::Fp8E5M2 : Format::Fp8E4M3;
}

// Products that the user asked for by name and that nothing stands in for.
bool isIrreplaceable(Product product) {
  return product == Product::Int8 || product == Product::Int4 || product == Product::MxFp8 ||
         product == Product::MxFp6 || product == Product::MxFp4;
}

// A product at least as accurate that arrays without the wanted one may have.
ProductChoice substitute(Product product) {
  switch (product) {
  case Product::Fp8:
    return choiceOf(Product::Bf16, Format::Bf16, Format::Bf16); // exact for both FP8 formats
  case Product::Tf32:
    return choiceOf(Product::Bf16x3);
  default:
    return choiceOf(Product::Bf16x9);
  }
}

// The next more accurate product that the array has; the same when there is none.
ProductChoice raised(const ProductChoice &from, const NpuConfig &config) {
  auto has = [&](Product product) { return productRate(config, product) > 0; };
  switch (from.product) {
  case Product::Fp8:
  case Product::Int8:
  case Product::Int4:
  case Product::MxFp8:
  case Product::MxFp6:
  case Product::MxFp4:
    if (has(Product::Bf16))
      return choiceOf(Product::Bf16, Format::Bf16, Format::Bf16);
    [[fallthrough]];
  case Product::Fp16:
  case Product::Bf16:
    if (has(Product::Tf32))
      return choiceOf(Product::Tf32);
    [[fallthrough]];
  case Product::Tf32:
    return has(Product::Bf16x3) ? choiceOf(Product::Bf16x3) : from;
  default:
    return has(Product::Bf16x9) ? choiceOf(Product::Bf16x9) : from;
  }
}

Status oneOf(const char *variable, const std::string &value, const char *allowed) {
  return {npuErrorInvalidValue,
          std::string(variable) + " must be one of " + allowed + ", not \"" + value + "\""};
}

} // namespace

const std::vector<Format> &matmulFormats() {
  static const std::vector<Format> formats = {Format::Bf16,
                                              Format::F16,
                                              Format::Fp8E4M3,
                                              Format::Fp8E5M2,
                                              Format::Int8,
                                              Format::Int4,
                                              mxFormat(MxElement::E4M3),
                                              mxFormat(MxElement::E5M2),
                                              mxFormat(MxElement::E2M3),
                                              mxFormat(MxElement::E3M2),
                                              mxFormat(MxElement::E2M1)};
  return formats;
}

Status PrecisionPolicy::fromEnvironment(PrecisionPolicy &policy) {
  PrecisionPolicy result;
  if (const char *text = std::getenv("NPU_FLOAT32_MATMUL_PRECISION"); text && *text) {
    std::string value = text;
    if (value == "medium")
      result.float32 = Float32::Medium;
    else if (value == "high")
      result.float32 = Float32::High;
    else if (value != "highest")
      return oneOf("NPU_FLOAT32_MATMUL_PRECISION", value, "highest, high, medium");
  }
  if (const char *text = std::getenv("NPU_MATMUL_FORMAT"); text && *text) {
    std::string allowed;
    for (Format format : matmulFormats()) {
      if (std::string(text) == formatSpelling(format))
        result.matmulFormat = format;
      allowed += std::string(allowed.empty() ? "" : ", ") + formatSpelling(format);
    }
    if (!result.matmulFormat)
      return oneOf("NPU_MATMUL_FORMAT", text, allowed.c_str());
  }
  policy = result;
  return {};
}

Status chooseProduct(const TensorOp &op, const NpuConfig &config, const PrecisionPolicy &policy,
                     ProductChoice &choice) {
  Format a = op.src[0].format, b = op.src[1].format;
  if (a == Format::Int8 && b == Format::Int8) {
    choice = choiceOf(Product::Int8, Format::Int8, Format::Int8);
    if (productRate(config, Product::Int8) > 0)
      return {};
    return {npuErrorNotSupported, "this array has no int8 products (multiply_rate/int8 is 0)"};
  }
  if (!isFloat(a) || !isFloat(b))
    return {npuErrorNotSupported, std::string("the array has no product of ") + formatSpelling(a) +
                                      " and " + formatSpelling(b)};
  choice = naturalProduct(a, b);
  bool wide = choice.product == Product::Bf16x9;
  if (wide && !op.math.pedantic)
    choice = float32Product(op, policy);
  unsigned bits = 8 * std::max(formatBytes(a), formatBytes(b));
  if (policy.matmulFormat && !op.math.pedantic) {
    Format format = *policy.matmulFormat;
    if (op.kind != TensorOp::Kind::gemm)
      format = withWholeBytes(format);
    if (codeBits(format) < bits)
      choice = lowered(format);
  }
  if (!(productRate(config, choice.product) > 0) && !isIrreplaceable(choice.product))
    choice = substitute(choice.product);
  // Products that lose nothing of their operands gain nothing from a wider format.
  if (choice.product != naturalProduct(a, b).product)
    for (unsigned step = 0; step < op.math.raised; ++step)
      choice = raised(choice, config);
  if (!(productRate(config, choice.product) > 0))
    return {npuErrorNotSupported, std::string("this array has no ") + choice.name +
                                      " products (multiply_rate/" + productName(choice.product) +
                                      " in its configuration)"};
  return {};
}

} // namespace npu::backend
