// Elementwise operations on whole tensors: transform, add, set, scale, and the op-tensor family.
//
// What an elementwise tensor op says goes to the devices; a repeated dimension is a stride of 0.
#include "descriptors.h"

#include <cmath>
#include <cstring>

namespace npu::dnn {
namespace {

// `layout` with the sizes of `shape`: a dimension of 1 repeats. Missing trailing dimensions are 1.
Layout broadcast(const Layout &layout, const std::vector<int64_t> &shape, const char *name) {
  Layout result = layout;
  require(layout.dims.size() == shape.size(), "the tensors have different numbers of dimensions");
  for (size_t i = 0; i < shape.size(); ++i) {
    if (layout.dims[i] == shape[i])
      continue;
    if (layout.dims[i] != 1)
      badParameter(std::string(name) + ": a dimension is neither 1 nor the result's");
    require(layout.vector == 1, "vectorised tensors do not repeat");
    result.strides[i] = 0;
  }
  result.dims = shape;
  return result;
}

bool sameMemory(const Layout &a, const void *aData, const Layout &b, const void *bData) {
  return aData == bData && a.strides == b.strides && a.type == b.type;
}

// D = alpha * A (+ beta * D) as an op; false when the ops have no such thing.
bool enqueueSum(npuStream_t stream, const char *caller, const Layout &a, const void *aData,
                const Layout &d, void *dData, double alpha, double beta) {
  TensorOp op;
  Tensor src, dst;
  if (!tensorOf(a, aData, src) || !tensorOf(d, dData, dst))
    return false;
  op.caller = caller;
  op.math.compute = dst.format;
  op.alpha = alpha, op.beta = beta;
  if (beta == 0) {
    op.kind = TensorOp::Kind::unary;
    op.src = {std::move(src)};
  } else {
    op.kind = TensorOp::Kind::binary;
    op.src = {std::move(src), dst};
  }
  op.dst = {std::move(dst)};
  check(core::enqueue(stream, std::move(op)));
  return true;
}

// The same on the host, for vectorised and int64 tensors.
void hostSum(npuStream_t stream, const char *caller, const Layout &a, const void *aData,
             const Layout &d, void *dData, double alpha, double beta) {
  enqueueHost(stream, caller, [=] {
    withReal(needsDouble(a.type) ? a.type : d.type, [&](auto real) {
      std::vector<decltype(real)> values(size_t(a.count()));
      gather(a, aData, values.data());
      scatter(d, dData, values.data(), alpha, beta);
    });
  });
}

void sum(npuStream_t stream, const char *caller, const Layout &a, const void *aData,
         const Layout &d, void *dData, double alpha, double beta) {
  if (!enqueueSum(stream, caller, a, aData, d, dData, alpha, beta))
    hostSum(stream, caller, a, aData, d, dData, alpha, beta);
}

template <class Real> Real combine(const OpTensorDescriptor &op, Real a, Real b) {
  const bool propagates = op.nan == NPUDNN_PROPAGATE_NAN;
  switch (op.op) {
  case NPUDNN_OP_TENSOR_ADD:
    return a + b;
  case NPUDNN_OP_TENSOR_MUL:
    return a * b;
  case NPUDNN_OP_TENSOR_MIN:
  case NPUDNN_OP_TENSOR_MAX:
    if (std::isnan(a) || std::isnan(b))
      return propagates == std::isnan(a) ? a : b;
    return (op.op == NPUDNN_OP_TENSOR_MIN) == (a < b) ? a : b;
  case NPUDNN_OP_TENSOR_SQRT:
    return std::sqrt(a);
  case NPUDNN_OP_TENSOR_NOT:
    return 1 - a;
  }
  return 0;
}

bool isUnary(npudnnOpTensorOp_t op) {
  return op == NPUDNN_OP_TENSOR_SQRT || op == NPUDNN_OP_TENSOR_NOT;
}

bool enqueueBinary(npuStream_t stream, const OpTensorDescriptor &descriptor, const Layout &a,
                   const void *aData, const Layout &b, const void *bData, const Layout &c,
                   void *cData, double alpha1, double alpha2) {
  TensorOp op;
  Tensor left, right, dst;
  if (descriptor.op != NPUDNN_OP_TENSOR_ADD && descriptor.op != NPUDNN_OP_TENSOR_MUL)
    return false; // NaN has its own rule in minimum and maximum
  if (!tensorOf(a, aData, left) || !tensorOf(b, bData, right) || !tensorOf(c, cData, dst))
    return false;
  op.kind = TensorOp::Kind::binary;
  op.binary = descriptor.op == NPUDNN_OP_TENSOR_ADD ? BinaryKind::Add : BinaryKind::Multiply;
  op.caller = "cudnnOpTensor";
  op.math.compute = dst.format;
  op.alpha = alpha1, op.beta = alpha2;
  op.src = {std::move(left), std::move(right)};
  op.dst = {std::move(dst)};
  check(core::enqueue(stream, std::move(op)));
  return true;
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(OpTensorDescriptor, OpTensorDescriptor)

npudnnStatus_t npudnnTransformTensor(npudnnHandle_t handle, const void *alpha,
                                     const npudnnTensorDescriptor_t xDesc, const void *x,
                                     const void *beta, const npudnnTensorDescriptor_t yDesc,
                                     void *y) {
  return dnnEntry("cudnnTransformTensor", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout from = layoutOf(xDesc, "xDesc"), to = layoutOf(yDesc, "yDesc");
    require(from.dims == to.dims, "x and y have different sizes");
    const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
    requireMemory(from, x, "x");
    requireMemory(to, y, "y");
    require(x != y || from.strides == to.strides, "in place needs one layout");
    sum(stream, "cudnnTransformTensor", from, x, to, y, a, b);
  });
}

npudnnStatus_t npudnnAddTensor(npudnnHandle_t handle, const void *alpha,
                               const npudnnTensorDescriptor_t aDesc, const void *A,
                               const void *beta, const npudnnTensorDescriptor_t cDesc, void *C) {
  return dnnEntry("cudnnAddTensor", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout given = layoutOf(aDesc, "aDesc"), to = layoutOf(cDesc, "cDesc");
    const Layout from = broadcast(given, to.dims, "A");
    require(from.type == to.type, "A and C have different data types");
    const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
    requireMemory(given, A, "A");
    requireMemory(to, C, "C");
    require(A != C || sameMemory(from, A, to, C), "in place needs one layout");
    sum(stream, "cudnnAddTensor", from, A, to, C, a, b);
  });
}

npudnnStatus_t npudnnSetOpTensorDescriptor(npudnnOpTensorDescriptor_t opTensorDesc,
                                           npudnnOpTensorOp_t opTensorOp,
                                           npudnnDataType_t opTensorCompType,
                                           npudnnNanPropagation_t opTensorNanOpt) {
  return dnnEntry("cudnnSetOpTensorDescriptor", [&] {
    auto object = get<OpTensorDescriptor>(opTensorDesc, "the op-tensor descriptor");
    require(opTensorOp >= NPUDNN_OP_TENSOR_ADD && opTensorOp <= NPUDNN_OP_TENSOR_NOT,
            "there is no such op");
    require(isDataType(opTensorCompType), "there is no such data type");
    require(opTensorNanOpt == NPUDNN_NOT_PROPAGATE_NAN || opTensorNanOpt == NPUDNN_PROPAGATE_NAN,
            "there is no such propagation of NaN");
    object->op = opTensorOp, object->computeType = opTensorCompType, object->nan = opTensorNanOpt;
    object->set = true;
  });
}

npudnnStatus_t npudnnGetOpTensorDescriptor(const npudnnOpTensorDescriptor_t opTensorDesc,
                                           npudnnOpTensorOp_t *opTensorOp,
                                           npudnnDataType_t *opTensorCompType,
                                           npudnnNanPropagation_t *opTensorNanOpt) {
  return dnnEntry("cudnnGetOpTensorDescriptor", [&] {
    const auto object = getSet<OpTensorDescriptor>(opTensorDesc, "the op-tensor descriptor");
    if (opTensorOp)
      *opTensorOp = object->op;
    if (opTensorCompType)
      *opTensorCompType = object->computeType;
    if (opTensorNanOpt)
      *opTensorNanOpt = object->nan;
  });
}

npudnnStatus_t npudnnOpTensor(npudnnHandle_t handle, const npudnnOpTensorDescriptor_t opTensorDesc,
                              const void *alpha1, const npudnnTensorDescriptor_t aDesc,
                              const void *A, const void *alpha2,
                              const npudnnTensorDescriptor_t bDesc, const void *B, const void *beta,
                              const npudnnTensorDescriptor_t cDesc, void *C) {
  return dnnEntry("cudnnOpTensor", [&] {
    const npuStream_t stream = streamOf(handle);
    const OpTensorDescriptor op =
        *getSet<OpTensorDescriptor>(opTensorDesc, "the op-tensor descriptor");
    const Layout a = layoutOf(aDesc, "aDesc"), c = layoutOf(cDesc, "cDesc");
    require(a.dims == c.dims, "A and C have different sizes");
    const double scaleA = scalarOf(c.type, alpha1, "alpha1");
    const double keep = scalarOf(c.type, beta, "beta");
    requireMemory(a, A, "A");
    requireMemory(c, C, "C");
    Layout b = a;
    double scaleB = 0;
    if (!isUnary(op.op)) {
      const Layout given = layoutOf(bDesc, "bDesc");
      b = broadcast(given, c.dims, "B");
      scaleB = scalarOf(c.type, alpha2, "alpha2");
      requireMemory(given, B, "B");
      if (keep == 0 && (A != C || sameMemory(a, A, c, C)) && (B != C || sameMemory(b, B, c, C)) &&
          enqueueBinary(stream, op, a, A, b, B, c, C, scaleA, scaleB))
        return;
    }
    enqueueHost(stream, "cudnnOpTensor", [=] {
      withReal(c.type, [&](auto real) {
        using Real = decltype(real);
        const Values<Real> left(a, A);
        std::vector<Real> values(size_t(c.count()), Real(0));
        if (!isUnary(op.op))
          gather(b, B, values.data());
        for (int64_t i = 0; i < c.count(); ++i)
          values[size_t(i)] = combine(op, Real(scaleA) * left[i], Real(scaleB) * values[size_t(i)]);
        scatter(c, C, values.data(), 1, keep);
      });
    });
  });
}

npudnnStatus_t npudnnSetTensor(npudnnHandle_t handle, const npudnnTensorDescriptor_t yDesc, void *y,
                               const void *valuePtr) {
  return dnnEntry("cudnnSetTensor", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout to = layoutOf(yDesc, "yDesc");
    requirePointer(valuePtr, "valuePtr");
    requireMemory(to, y, "y");
    // One element of the tensor's own type.
    std::vector<char> element(elementBytes(to.type));
    std::memcpy(element.data(), valuePtr, element.size());
    enqueueHost(stream, "cudnnSetTensor", [=] {
      withReal(to.type, [&](auto real) {
        using Real = decltype(real);
        Layout one = packedLayout(to.type, {1});
        Real value;
        gather(one, element.data(), &value);
        const std::vector<Real> values(size_t(to.count()), value);
        scatter(to, y, values.data(), 1, 0);
      });
    });
  });
}

npudnnStatus_t npudnnScaleTensor(npudnnHandle_t handle, const npudnnTensorDescriptor_t yDesc,
                                 void *y, const void *alpha) {
  return dnnEntry("cudnnScaleTensor", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout to = layoutOf(yDesc, "yDesc");
    const double a = scalarOf(to.type, alpha, "alpha");
    requireMemory(to, y, "y");
    sum(stream, "cudnnScaleTensor", to, y, to, y, a, 0);
  });
}
