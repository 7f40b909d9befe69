// Names and sizes of formats and operations. In the library that every part links, so that the core
// and each backend spell them alike.
#include "npu/tensor_op.h"

namespace npu {

const char *formatName(Format format) {
  switch (format) {
  case Format::F64:
    return "f64";
  case Format::F32:
    return "f32";
  case Format::Tf32:
    return "tf32";
  case Format::F16:
    return "f16";
  case Format::Bf16:
    return "bf16";
  case Format::Fp8E4M3:
    return "fp8_e4m3";
  case Format::Fp8E5M2:
    return "fp8_e5m2";
  case Format::Int32:
    return "int32";
  case Format::Int8:
    return "int8";
  case Format::UInt8:
    return "uint8";
  case Format::Int4:
    return "int4";
  case Format::C32:
    return "c32";
  case Format::C64:
    return "c64";
  }
  return "unknown";
}

unsigned formatBits(Format format) {
  switch (format) {
  case Format::C64:
    return 128;
  case Format::F64:
  case Format::C32:
    return 64;
  case Format::F32:
  case Format::Tf32:
  case Format::Int32:
    return 32;
  case Format::F16:
  case Format::Bf16:
    return 16;
  case Format::Fp8E4M3:
  case Format::Fp8E5M2:
  case Format::Int8:
  case Format::UInt8:
    return 8;
  case Format::Int4:
    return 4;
  }
  return 0;
}

const char *opName(TensorOp::Kind kind) {
  switch (kind) {
#define OP(name, sources, destinations, summary)                                                   \
  case TensorOp::Kind::name:                                                                       \
    return #name;
#include "npu/ops.def"
  }
  return "unknown";
}

const char *activationName(Activation activation) {
  switch (activation) {
#define ACTIVATION(name, spelling, gradientReads, summary)                                         \
  case Activation::name:                                                                           \
    return spelling;
#include "npu/activations.def"
  }
  return "unknown";
}

bool gradientReadsResult(Activation activation) {
  constexpr bool Result = true, Argument = false;
  switch (activation) {
#define ACTIVATION(name, spelling, gradientReads, summary)                                         \
  case Activation::name:                                                                           \
    return gradientReads;
#include "npu/activations.def"
  }
  return Argument;
}

} // namespace npu
