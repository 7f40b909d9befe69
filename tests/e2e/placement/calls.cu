// One call of each kind that placement.def tells apart, with small operands that its device can
// take.
#include <cuComplex.h>
#include <cublasLt.h>
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

#include <cstdio>
#include <cstdlib>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    if ((call) != 0) {                                                                             \
      std::printf("failed: %s\n", #call);                                                          \
      std::exit(1);                                                                                \
    }                                                                                              \
  } while (0)

constexpr int kSize = 32;

template <typename T> T *zeros(size_t count = kSize * kSize) {
  T *memory = nullptr;
  CHECK(cudaMalloc(&memory, count * sizeof(T)));
  CHECK(cudaMemset(memory, 0, count * sizeof(T)));
  return memory;
}

void callBlas() {
  cublasHandle_t blas;
  CHECK(cublasCreate(&blas));
  const int n = kSize;
  const auto N = CUBLAS_OP_N;
  float *a = zeros<float>(), *b = zeros<float>(), *c = zeros<float>(), one = 1, zero = 0, result;
  double *d = zeros<double>(), *e = zeros<double>(), *f = zeros<double>(), done = 1, dzero = 0;
  cuComplex *x = zeros<cuComplex>(), *y = zeros<cuComplex>(), *z = zeros<cuComplex>();
  cuComplex cone = make_cuComplex(1, 0);
  CHECK(cublasSgemm(blas, N, N, n, n, n, &one, a, n, b, n, &zero, c, n));
  CHECK(
      cublasSgemmStridedBatched(blas, N, N, 8, 8, 8, &one, a, 8, 64, b, 8, 64, &zero, c, 8, 64, 4));
  CHECK(cublasGemmEx(blas, N, N, n, n, n, &one, a, CUDA_R_16F, n, b, CUDA_R_16F, n, &zero, c,
                     CUDA_R_16F, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT));
  CHECK(cublasDgemm(blas, N, N, n, n, n, &done, d, n, e, n, &dzero, f, n));
  CHECK(cublasCgemm(blas, N, N, n, n, n, &cone, x, n, y, n, &cone, z, n));
  CHECK(cublasSgemv(blas, N, n, n, &one, a, n, b, 1, &zero, c, 1));
  CHECK(cublasDgemv(blas, N, n, n, &done, d, n, e, 1, &dzero, f, 1));
  CHECK(cublasSger(blas, n, n, &one, a, 1, b, 1, c, n));
  CHECK(cublasSgeam(blas, N, N, n, n, &one, a, n, &one, b, n, c, n));
  CHECK(cublasSaxpy(blas, n, &one, a, 1, b, 1));
  CHECK(cublasSdot(blas, n, a, 1, b, 1, &result));
  CHECK(cublasSsyrk(blas, CUBLAS_FILL_MODE_LOWER, N, n, n, &one, a, n, &zero, c, n));
  CHECK(cublasSdgmm(blas, CUBLAS_SIDE_LEFT, n, n, a, n, b, 1, c, n));

  cublasLtHandle_t lt;
  cublasLtMatmulDesc_t product;
  cublasLtMatrixLayout_t layout;
  CHECK(cublasLtCreate(&lt));
  CHECK(cublasLtMatmulDescCreate(&product, CUBLAS_COMPUTE_32F, CUDA_R_32F));
  CHECK(cublasLtMatrixLayoutCreate(&layout, CUDA_R_32F, n, n, n));
  CHECK(cublasLtMatmul(lt, product, &one, a, layout, b, layout, &zero, c, layout, c, layout,
                       nullptr, nullptr, 0, 0));
  CHECK(cudaDeviceSynchronize());
}

void callDnn() {
  cudnnHandle_t dnn;
  CHECK(cudnnCreate(&dnn));
  cudnnTensorDescriptor_t images, channels, pooled;
  for (cudnnTensorDescriptor_t *each : {&images, &channels, &pooled})
    CHECK(cudnnCreateTensorDescriptor(each));
  CHECK(cudnnSetTensor4dDescriptor(images, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 2, 4, 8, 8));
  CHECK(cudnnSetTensor4dDescriptor(channels, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 1, 4, 1, 1));
  CHECK(cudnnSetTensor4dDescriptor(pooled, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 2, 4, 4, 4));
  float *x = zeros<float>(), *y = zeros<float>(), *w = zeros<float>(), *v = zeros<float>(), one = 1,
        zero = 0;

  cudnnFilterDescriptor_t filter;
  cudnnConvolutionDescriptor_t convolution;
  CHECK(cudnnCreateFilterDescriptor(&filter));
  CHECK(cudnnSetFilter4dDescriptor(filter, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, 4, 4, 3, 3));
  CHECK(cudnnCreateConvolutionDescriptor(&convolution));
  CHECK(cudnnSetConvolution2dDescriptor(convolution, 1, 1, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION,
                                        CUDNN_DATA_FLOAT));
  CHECK(cudnnConvolutionForward(dnn, &one, images, x, filter, w, convolution,
                                CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, nullptr, 0, &zero, images,
                                y));
  CHECK(cudnnConvolutionBackwardData(dnn, &one, filter, w, images, y, convolution,
                                     CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, nullptr, 0, &zero, images,
                                     x));
  CHECK(cudnnConvolutionBackwardFilter(dnn, &one, images, x, images, y, convolution,
                                       CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, nullptr, 0, &zero,
                                       filter, w));

  cudnnActivationDescriptor_t relu;
  CHECK(cudnnCreateActivationDescriptor(&relu));
  CHECK(cudnnSetActivationDescriptor(relu, CUDNN_ACTIVATION_RELU, CUDNN_PROPAGATE_NAN, 0));
  CHECK(cudnnActivationForward(dnn, relu, &one, images, x, &zero, images, y));
  CHECK(cudnnSoftmaxForward(dnn, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, &one, images,
                            x, &zero, images, y));

  cudnnPoolingDescriptor_t pooling;
  CHECK(cudnnCreatePoolingDescriptor(&pooling));
  CHECK(cudnnSetPooling2dDescriptor(pooling, CUDNN_POOLING_MAX, CUDNN_PROPAGATE_NAN, 2, 2, 0, 0, 2,
                                    2));
  CHECK(cudnnPoolingForward(dnn, pooling, &one, images, x, &zero, pooled, y));
  CHECK(cudnnAddTensor(dnn, &one, channels, w, &one, images, y));
  CHECK(cudnnBatchNormalizationForwardInference(dnn, CUDNN_BATCHNORM_SPATIAL, &one, &zero, images,
                                                x, images, y, channels, w, w, w, v, 1e-5));
  CHECK(cudaDeviceSynchronize());
}

int main() {
  callBlas();
  callDnn();
  std::printf("done\n");
}
