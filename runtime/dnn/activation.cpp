// Activation descriptors and calls. What a device's elementwise op computes alike goes to it; the
// rest is the host's.
#include "activation.h"
#include "layer_op.h"

namespace npu::dnn {

void checkActivator(const Activator &activator) {
  require(activator.mode >= NPUDNN_ACTIVATION_SIGMOID && activator.mode <= NPUDNN_ACTIVATION_SWISH,
          "there is no such activation mode");
}

namespace {

bool enqueueOp(npuStream_t stream, const Activator &activator, const Layout &x, const void *xData,
               const Layout &y, void *yData, double alpha, double beta) {
  TensorOp op;
  Tensor src, dst;
  if (alpha != 1 || beta != 0 || !setActivation(activator, op) || !tensorOf(x, xData, src) ||
      !tensorOf(y, yData, dst))
    return false;
  op.kind = TensorOp::Kind::unary;
  op.caller = "cudnnActivationForward";
  op.math.compute = src.format;
  op.src = {std::move(src)};
  op.dst = {std::move(dst)};
  check(core::enqueue(stream, std::move(op)));
  return true;
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(ActivationDescriptor, ActivationDescriptor)

npudnnStatus_t npudnnSetActivationDescriptor(npudnnActivationDescriptor_t activationDesc,
                                             npudnnActivationMode_t mode,
                                             npudnnNanPropagation_t reluNanOpt, double coef) {
  return dnnEntry("cudnnSetActivationDescriptor", [&] {
    auto object = get<ActivationDescriptor>(activationDesc, "the activation descriptor");
    Activator activator = object->activator;
    activator.mode = mode, activator.nan = reluNanOpt, activator.coefficient = coef;
    checkActivator(activator);
    require(reluNanOpt == NPUDNN_NOT_PROPAGATE_NAN || reluNanOpt == NPUDNN_PROPAGATE_NAN,
            "there is no such propagation of NaN");
    object->activator = activator;
    object->set = true;
  });
}

npudnnStatus_t npudnnGetActivationDescriptor(const npudnnActivationDescriptor_t activationDesc,
                                             npudnnActivationMode_t *mode,
                                             npudnnNanPropagation_t *reluNanOpt, double *coef) {
  return dnnEntry("cudnnGetActivationDescriptor", [&] {
    const auto object = getSet<ActivationDescriptor>(activationDesc, "the activation descriptor");
    if (mode)
      *mode = object->activator.mode;
    if (reluNanOpt)
      *reluNanOpt = object->activator.nan;
    if (coef)
      *coef = object->activator.coefficient;
  });
}

npudnnStatus_t npudnnSetActivationDescriptorSwishBeta(npudnnActivationDescriptor_t activationDesc,
                                                      double swish_beta) {
  return dnnEntry("cudnnSetActivationDescriptorSwishBeta", [&] {
    get<ActivationDescriptor>(activationDesc, "the activation descriptor")->activator.swishBeta =
        swish_beta;
  });
}

npudnnStatus_t npudnnGetActivationDescriptorSwishBeta(npudnnActivationDescriptor_t activationDesc,
                                                      double *swish_beta) {
  return dnnEntry("cudnnGetActivationDescriptorSwishBeta", [&] {
    requirePointer(swish_beta, "the result");
    *swish_beta =
        get<ActivationDescriptor>(activationDesc, "the activation descriptor")->activator.swishBeta;
  });
}

npudnnStatus_t npudnnActivationForward(npudnnHandle_t handle,
                                       npudnnActivationDescriptor_t activationDesc,
                                       const void *alpha, const npudnnTensorDescriptor_t xDesc,
                                       const void *x, const void *beta,
                                       const npudnnTensorDescriptor_t yDesc, void *y) {
  return dnnEntry("cudnnActivationForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Activator activator =
        getSet<ActivationDescriptor>(activationDesc, "activationDesc")->activator;
    const Layout from = layoutOf(xDesc, "xDesc"), to = layoutOf(yDesc, "yDesc");
    require(from.dims == to.dims, "x and y have different sizes");
    require(from.type == to.type, "x and y have different data types");
    const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
    requireMemory(from, x, "x");
    requireMemory(to, y, "y");
    require(x != y || from.strides == to.strides, "in place needs one layout");
    if (enqueueOp(stream, activator, from, x, to, y, a, b))
      return;
    enqueueHost(stream, "cudnnActivationForward", [=] {
      withReal(from.type, [&](auto real) {
        using Real = decltype(real);
        std::vector<Real> values(size_t(from.count()));
        gather(from, x, values.data());
        for (Real &value : values)
          value = activate(activator, value);
        scatter(to, y, values.data(), a, b);
      });
    });
  });
}

npudnnStatus_t npudnnActivationBackward(npudnnHandle_t handle,
                                        npudnnActivationDescriptor_t activationDesc,
                                        const void *alpha, const npudnnTensorDescriptor_t yDesc,
                                        const void *y, const npudnnTensorDescriptor_t dyDesc,
                                        const void *dy, const npudnnTensorDescriptor_t xDesc,
                                        const void *x, const void *beta,
                                        const npudnnTensorDescriptor_t dxDesc, void *dx) {
  return dnnEntry("cudnnActivationBackward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Activator activator =
        getSet<ActivationDescriptor>(activationDesc, "activationDesc")->activator;
    const Layout yLayout = layoutOf(yDesc, "yDesc"), dyLayout = layoutOf(dyDesc, "dyDesc");
    const Layout xLayout = layoutOf(xDesc, "xDesc"), dxLayout = layoutOf(dxDesc, "dxDesc");
    for (const Layout *layout : {&yLayout, &dyLayout, &xLayout})
      require(layout->dims == dxLayout.dims && layout->type == dxLayout.type,
              "the tensors have different sizes or data types");
    const double a = scalarOf(dxLayout.type, alpha, "alpha");
    const double b = scalarOf(dxLayout.type, beta, "beta");
    requireMemory(yLayout, y, "y");
    requireMemory(dyLayout, dy, "dy");
    requireMemory(xLayout, x, "x");
    requireMemory(dxLayout, dx, "dx");
    TensorOp op;
    op.kind = TensorOp::Kind::activation_gradient;
    if (setActivation(activator, op)) {
      const bool readsResult = gradientReadsResult(op.activation);
      if (enqueueLayer(stream, "cudnnActivationBackward", op,
                       {{dyLayout, dy}, {readsResult ? yLayout : xLayout, readsResult ? y : x}},
                       {dxLayout, dx}, a, b))
        return;
    }
    enqueueHost(stream, "cudnnActivationBackward", [=] {
      withReal(dxLayout.type, [&](auto real) {
        using Real = decltype(real);
        const Values<Real> xs(xLayout, x), ys(yLayout, y), dys(dyLayout, dy);
        std::vector<Real> values(size_t(dxLayout.count()));
        for (int64_t i = 0; i < dxLayout.count(); ++i)
          values[size_t(i)] = dys[i] * activationSlope(activator, xs[i], ys[i]);
        scatter(dxLayout, dx, values.data(), a, b);
      });
    });
  });
}
