// Shows a small network end to end: 784 -> 256 -> 10 for a batch of 64. The matrix products are
// cuBLAS calls and go to the NPU; bias, ReLU and softmax are the program's own kernels and go to
// OpenCL. The weights are a fixed pseudo-random pattern: what is checked is the arithmetic, not the
// learning.
#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    cudaError_t error = (call);                                                                    \
    if (error != cudaSuccess) {                                                                    \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(error));    \
      exit(EXIT_FAILURE);                                                                          \
    }                                                                                              \
  } while (0)

#define CHECK_BLAS(call)                                                                           \
  do {                                                                                             \
    cublasStatus_t status = (call);                                                                \
    if (status != CUBLAS_STATUS_SUCCESS) {                                                         \
      fprintf(stderr, "%s:%d: %s: status %d\n", __FILE__, __LINE__, #call, (int)status);           \
      exit(EXIT_FAILURE);                                                                          \
    }                                                                                              \
  } while (0)

constexpr int kInputs = 784, kHidden = 256, kClasses = 10, kBatch = 64;

// One column per example: `values` is column-major, `features` rows.
__global__ void addBiasRelu(float *values, const float *bias, int features, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    values[i] = fmaxf(values[i] + bias[i % features], 0.0f);
}

// One thread per example; subtracting the largest score keeps the exponentials finite.
__global__ void addBiasSoftmax(float *scores, const float *bias, int classes, int examples) {
  int example = blockIdx.x * blockDim.x + threadIdx.x;
  if (example >= examples)
    return;
  float *score = scores + example * classes;
  float largest = -INFINITY, sum = 0.0f;
  for (int i = 0; i < classes; ++i) {
    score[i] += bias[i];
    largest = fmaxf(largest, score[i]);
  }
  for (int i = 0; i < classes; ++i) {
    score[i] = expf(score[i] - largest);
    sum += score[i];
  }
  for (int i = 0; i < classes; ++i)
    score[i] /= sum;
}

static std::vector<float> pattern(int count, float scale, unsigned seed) {
  std::vector<float> values(count);
  for (float &value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = scale * (static_cast<float>(seed >> 8) / (1 << 23) - 1.0f);
  }
  return values;
}

static float *toDevice(const std::vector<float> &values) {
  float *device;
  CHECK(cudaMalloc(&device, values.size() * sizeof(float)));
  CHECK(cudaMemcpy(device, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice));
  return device;
}

// weights: outputs x inputs, column-major. Double precision: the reference.
static std::vector<double> denseReference(const std::vector<float> &weights,
                                          const std::vector<float> &bias,
                                          const std::vector<double> &src, int outputs, int inputs) {
  std::vector<double> dst(size_t(outputs) * kBatch);
  for (int example = 0; example < kBatch; ++example)
    for (int output = 0; output < outputs; ++output) {
      double sum = bias[output];
      for (int input = 0; input < inputs; ++input)
        sum += double(weights[input * outputs + output]) * src[example * inputs + input];
      dst[example * outputs + output] = sum;
    }
  return dst;
}

int main() {
  std::vector<float> images = pattern(kInputs * kBatch, 1.0f, 1);
  std::vector<float> weights1 = pattern(kHidden * kInputs, 0.05f, 2);
  std::vector<float> bias1 = pattern(kHidden, 0.1f, 3);
  std::vector<float> weights2 = pattern(kClasses * kHidden, 0.2f, 4);
  std::vector<float> bias2 = pattern(kClasses, 0.1f, 5);

  float *deviceImages = toDevice(images);
  float *deviceWeights1 = toDevice(weights1), *deviceBias1 = toDevice(bias1);
  float *deviceWeights2 = toDevice(weights2), *deviceBias2 = toDevice(bias2);
  float *hidden, *scores;
  CHECK(cudaMalloc(&hidden, kHidden * kBatch * sizeof(float)));
  CHECK(cudaMalloc(&scores, kClasses * kBatch * sizeof(float)));

  cublasHandle_t blas;
  cudaStream_t stream;
  CHECK_BLAS(cublasCreate(&blas));
  CHECK(cudaStreamCreate(&stream));
  CHECK_BLAS(cublasSetStream(blas, stream));
  const float one = 1.0f, zero = 0.0f;
  const int threads = 128, hiddenCount = kHidden * kBatch;

  CHECK_BLAS(cublasSgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, kHidden, kBatch, kInputs, &one,
                         deviceWeights1, kHidden, deviceImages, kInputs, &zero, hidden, kHidden));
  addBiasRelu<<<(hiddenCount + threads - 1) / threads, threads, 0, stream>>>(hidden, deviceBias1,
                                                                             kHidden, hiddenCount);
  CHECK(cudaGetLastError());
  CHECK_BLAS(cublasSgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, kClasses, kBatch, kHidden, &one,
                         deviceWeights2, kClasses, hidden, kHidden, &zero, scores, kClasses));
  addBiasSoftmax<<<1, kBatch, 0, stream>>>(scores, deviceBias2, kClasses, kBatch);
  CHECK(cudaGetLastError());
  std::vector<float> result(kClasses * kBatch);
  CHECK(cudaMemcpyAsync(result.data(), scores, result.size() * sizeof(float),
                        cudaMemcpyDeviceToHost, stream));
  CHECK(cudaStreamSynchronize(stream));

  std::vector<double> input(images.begin(), images.end());
  std::vector<double> expected = denseReference(weights1, bias1, input, kHidden, kInputs);
  for (double &value : expected)
    value = std::fmax(value, 0.0);
  expected = denseReference(weights2, bias2, expected, kClasses, kHidden);
  double worst = 0.0;
  int classCount[kClasses] = {};
  for (int example = 0; example < kBatch; ++example) {
    double sum = 0.0;
    int best = 0;
    for (int i = 0; i < kClasses; ++i)
      sum += std::exp(expected[example * kClasses + i]);
    for (int i = 0; i < kClasses; ++i) {
      double probability = std::exp(expected[example * kClasses + i]) / sum;
      worst = std::fmax(worst, std::fabs(result[example * kClasses + i] - probability));
      if (result[example * kClasses + i] > result[example * kClasses + best])
        best = i;
    }
    ++classCount[best];
  }

  for (float *memory :
       {deviceImages, deviceWeights1, deviceBias1, deviceWeights2, deviceBias2, hidden, scores})
    CHECK(cudaFree(memory));
  CHECK(cudaStreamDestroy(stream));
  CHECK_BLAS(cublasDestroy(blas));
  printf("mlp_inference: %d examples, predictions per class:", kBatch);
  for (int count : classCount)
    printf(" %d", count);
  bool right = worst < 1e-5;
  printf("\nmlp_inference: probabilities within 1e-5 of double precision: %s\n",
         right ? "passed" : "FAILED");
  if (!right)
    fprintf(stderr, "largest error %g\n", worst);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
