// Matrix products through the C interface of OpenBLAS.
#include "host_blas.h"

#include "formats.h"
#include "openblas.h"
#include "tensor_reference.h"

#include <optional>

namespace npu::core {
namespace {

// The CBLAS interface's enumerators.
enum Order { kRowMajor = 101, kColumnMajor = 102 };
enum Transpose { kNoTranspose = 111, kTranspose = 112, kConjugateTranspose = 113 };

template <class Scalar>
using RealGemm = void (*)(int, int, int, int, int, int, Scalar, const Scalar *, int, const Scalar *,
                          int, Scalar, Scalar *, int);
using ComplexGemm = void (*)(int, int, int, int, int, int, const void *, const void *, int,
                             const void *, int, const void *, void *, int);

struct Library {
  RealGemm<float> sgemm = nullptr;
  RealGemm<double> dgemm = nullptr;
  ComplexGemm cgemm = nullptr, zgemm = nullptr;
};

const Library &library() {
  static const Library found = [] {
    Library result;
    result.sgemm = reinterpret_cast<RealGemm<float>>(openblasRoutine("cblas_sgemm"));
    result.dgemm = reinterpret_cast<RealGemm<double>>(openblasRoutine("cblas_dgemm"));
    result.cgemm = reinterpret_cast<ComplexGemm>(openblasRoutine("cblas_cgemm"));
    result.zgemm = reinterpret_cast<ComplexGemm>(openblasRoutine("cblas_zgemm"));
    return result;
  }();
  return found;
}

// How BLAS sees one operand, given the result's order; nothing when it cannot.
struct Operand {
  int transpose, leading;
};

std::optional<int> leading(int64_t stride, int64_t least) {
  if (stride < least || stride < 1 || stride > INT32_MAX)
    return std::nullopt;
  return int(stride);
}

std::optional<Operand> describe(const Tensor &tensor, Order order, bool conjugated) {
  const int along = order == kRowMajor ? 2 : 1, across = 3 - along;
  if (tensor.strides[along] == 1 && !conjugated)
    if (auto stride = leading(tensor.strides[across], tensor.sizes[along]))
      return Operand{kNoTranspose, *stride};
  if (tensor.strides[across] == 1)
    if (auto stride = leading(tensor.strides[along], tensor.sizes[across]))
      return Operand{conjugated ? kConjugateTranspose : kTranspose, *stride};
  return std::nullopt;
}

void copyCToD(const TensorOp &op, int64_t batch) {
  const Tensor &c = op.src[2], &d = op.dst[0];
  if (c.data == d.data && c.strides == d.strides)
    return;
  for (int64_t row = 0; row < d.sizes[1]; ++row)
    for (int64_t column = 0; column < d.sizes[2]; ++column)
      storeElement(d.data, d.format,
                   batch * d.strides[0] + row * d.strides[1] + column * d.strides[2],
                   loadElement(c.data, c.format,
                               batch * c.strides[0] + row * c.strides[1] + column * c.strides[2]));
}

const char *at(const Tensor &tensor, int64_t batch) {
  return static_cast<const char *>(tensor.data) +
         batch * tensor.strides[0] * int64_t(formatBits(tensor.format) / 8);
}

void multiply(const TensorOp &op, int64_t batch, Order order, Operand a, Operand b, int ldd) {
  const Tensor &d = op.dst[0];
  const int m = int(d.sizes[1]), n = int(d.sizes[2]), k = int(op.src[0].sizes[2]);
  const void *aData = at(op.src[0], batch), *bData = at(op.src[1], batch);
  void *dData = const_cast<char *>(at(d, batch));
  const Library &blas = library();
  const std::complex<float> alpha(op.alpha), beta(op.beta);
  switch (d.format) {
  case Format::F32:
    return blas.sgemm(order, a.transpose, b.transpose, m, n, k, float(op.alpha.real()),
                      static_cast<const float *>(aData), a.leading,
                      static_cast<const float *>(bData), b.leading, float(op.beta.real()),
                      static_cast<float *>(dData), ldd);
  case Format::F64:
    return blas.dgemm(order, a.transpose, b.transpose, m, n, k, op.alpha.real(),
                      static_cast<const double *>(aData), a.leading,
                      static_cast<const double *>(bData), b.leading, op.beta.real(),
                      static_cast<double *>(dData), ldd);
  case Format::C32:
    return blas.cgemm(order, a.transpose, b.transpose, m, n, k, &alpha, aData, a.leading, bData,
                      b.leading, &beta, dData, ldd);
  default:
    return blas.zgemm(order, a.transpose, b.transpose, m, n, k, &op.alpha, aData, a.leading, bData,
                      b.leading, &op.beta, dData, ldd);
  }
}

bool hasRoutine(Format format) {
  const Library &blas = library();
  return (format == Format::F32 && blas.sgemm) || (format == Format::F64 && blas.dgemm) ||
         (format == Format::C32 && blas.cgemm) || (format == Format::C64 && blas.zgemm);
}

} // namespace

bool runHostBlas(const TensorOp &op) {
  constexpr int64_t kLeastProducts = 32 * 32 * 32;
  if (op.kind != TensorOp::Kind::gemm)
    return false;
  const Tensor &a = op.src[0], &b = op.src[1], &c = op.src[2], &d = op.dst[0];
  const bool addsC = op.beta != std::complex<double>(0);
  if (a.format != d.format || b.format != d.format || (addsC && c.format != d.format))
    return false;
  for (const Tensor *tensor : {&a, &b, &d})
    for (size_t axis = 1; axis < 3; ++axis)
      if (tensor->sizes[axis] > INT32_MAX || tensor->sizes[axis] == 0)
        return false;
  if (d.sizes[1] * d.sizes[2] < kLeastProducts / a.sizes[2] || !hasRoutine(d.format))
    return false;
  const Order order = d.strides[2] == 1 ? kRowMajor : kColumnMajor;
  const int along = order == kRowMajor ? 2 : 1;
  const auto ldd = leading(d.strides[size_t(3 - along)], d.sizes[size_t(along)]);
  const auto aOperand = describe(a, order, op.conjugateA && isComplex(a.format));
  const auto bOperand = describe(b, order, op.conjugateB && isComplex(b.format));
  if (d.strides[size_t(along)] != 1 || !ldd || !aOperand || !bOperand)
    return false;
  for (int64_t batch = 0; batch < d.sizes[0]; ++batch) {
    if (addsC)
      copyCToD(op, batch);
    multiply(op, batch, order, *aOperand, *bOperand, *ldd);
  }
  runGemmEpilogue(op);
  return true;
}

} // namespace npu::core
