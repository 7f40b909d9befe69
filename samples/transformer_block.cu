// Shows a transformer block as programs write it: cuBLAS products (plain and strided-batched for
// the heads), cuDNN's softmax, and kernels for layer norm, the causal mask, GELU and the residuals.
// The products and the softmax run on the NPU, the kernels on OpenCL. Checked against double
// precision.
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cudnn.h>

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

#define CHECK_DNN(call)                                                                            \
  do {                                                                                             \
    cudnnStatus_t status = (call);                                                                 \
    if (status != CUDNN_STATUS_SUCCESS) {                                                          \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudnnGetErrorString(status));  \
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

constexpr int kTokens = 96, kWidth = 128, kHeads = 4, kHead = kWidth / kHeads, kInner = 4 * kWidth;
constexpr float kEpsilon = 1e-5f;

// One block per token: y = (x - mean) / deviation * scale + shift.
__global__ void layerNorm(const float *x, const float *scale, const float *shift, float *y) {
  __shared__ float sums[kWidth];
  const int i = threadIdx.x, at = blockIdx.x * kWidth + i;
  auto total = [&](float value) {
    sums[i] = value;
    for (int half = kWidth / 2; half > 0; half /= 2) {
      __syncthreads();
      if (i < half)
        sums[i] += sums[i + half];
    }
    __syncthreads();
    const float sum = sums[0];
    __syncthreads();
    return sum;
  };
  const float centred = x[at] - total(x[at]) / kWidth;
  const float variance = total(centred * centred) / kWidth;
  y[at] = centred * rsqrtf(variance + kEpsilon) * scale[i] + shift[i];
}

// A token sees those before it: the others' scores become very small.
__global__ void maskLaterTokens(float *scores) {
  const int key = threadIdx.x, query = blockIdx.x, head = blockIdx.y;
  if (key > query)
    scores[(head * kTokens + query) * kTokens + key] = -1e30f;
}

__global__ void addBiasGelu(float *x, const float *bias) {
  const int at = blockIdx.x * blockDim.x + threadIdx.x;
  const float value = x[at] + bias[at % kInner];
  x[at] = 0.5f * value * (1 + erff(value * 0.70710678f));
}

// x += y + bias, the residual connection.
__global__ void addResidual(float *x, const float *y, const float *bias) {
  const int at = blockIdx.x * blockDim.x + threadIdx.x;
  x[at] += y[at] + bias[at % kWidth];
}

static unsigned randomState = 1;
static std::vector<float> randomValues(size_t count, float range, float middle = 0) {
  std::vector<float> values(count);
  for (float &value : values) {
    randomState = randomState * 1664525u + 1013904223u;
    value = middle + range * (static_cast<float>(randomState >> 8) / (1 << 23) - 1);
  }
  return values;
}

static float *onDevice(const std::vector<float> &values) {
  float *memory;
  CHECK(cudaMalloc(&memory, values.size() * sizeof(float)));
  CHECK(cudaMemcpy(memory, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice));
  return memory;
}

struct Weights {
  std::vector<float> x = randomValues(kTokens * kWidth, 1);
  std::vector<float> scale1 = randomValues(kWidth, 0.2f, 1), shift1 = randomValues(kWidth, 0.2f);
  std::vector<float> scale2 = randomValues(kWidth, 0.2f, 1), shift2 = randomValues(kWidth, 0.2f);
  std::vector<float> qkv = randomValues(kWidth * 3 * kWidth, 0.15f);
  std::vector<float> projection = randomValues(kWidth * kWidth, 0.15f);
  std::vector<float> up = randomValues(kWidth * kInner, 0.15f);
  std::vector<float> down = randomValues(kInner * kWidth, 0.08f);
  std::vector<float> biasProjection = randomValues(kWidth, 0.1f),
                     biasUp = randomValues(kInner, 0.1f), biasDown = randomValues(kWidth, 0.1f);
};

// Row-major C[m,n] = A[m,k] B[k,n]: to cuBLAS, whose matrices are column-major, the transpose of
// it.
static void multiply(cublasHandle_t blas, const float *a, const float *b, float *c, int m, int n,
                     int k) {
  const float one = 1, zero = 0;
  CHECK_BLAS(cublasSgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, n, m, k, &one, b, n, a, k, &zero, c, n));
}

static std::vector<float> onNpu(const Weights &w) {
  cublasHandle_t blas;
  cudnnHandle_t dnn;
  CHECK_BLAS(cublasCreate(&blas));
  CHECK_DNN(cudnnCreate(&dnn));
  cudnnTensorDescriptor_t scoreShape;
  CHECK_DNN(cudnnCreateTensorDescriptor(&scoreShape));
  CHECK_DNN(cudnnSetTensor4dDescriptor(scoreShape, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT,
                                       kHeads * kTokens, kTokens, 1, 1));
  const std::vector<float> room(kTokens * kInner), scoreRoom(kHeads * kTokens * kTokens);
  float *x = onDevice(w.x), *normal = onDevice(room), *qkv = onDevice(room),
        *scores = onDevice(scoreRoom), *mixed = onDevice(room), *inner = onDevice(room),
        *result = onDevice(room);
  const float one = 1, zero = 0, factor = 1 / std::sqrt(float(kHead));

  layerNorm<<<kTokens, kWidth>>>(x, onDevice(w.scale1), onDevice(w.shift1), normal);
  multiply(blas, normal, onDevice(w.qkv), qkv, kTokens, 3 * kWidth, kWidth);
  // Head h of queries, keys and values starts h * kHead numbers into its third of a row.
  CHECK_BLAS(cublasSgemmStridedBatched(blas, CUBLAS_OP_T, CUBLAS_OP_N, kTokens, kTokens, kHead,
                                       &factor, qkv + kWidth, 3 * kWidth, kHead, qkv, 3 * kWidth,
                                       kHead, &zero, scores, kTokens, kTokens * kTokens, kHeads));
  maskLaterTokens<<<dim3(kTokens, kHeads), kTokens>>>(scores);
  CHECK_DNN(cudnnSoftmaxForward(dnn, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, &one,
                                scoreShape, scores, &zero, scoreShape, scores));
  CHECK_BLAS(cublasSgemmStridedBatched(blas, CUBLAS_OP_N, CUBLAS_OP_N, kHead, kTokens, kTokens,
                                       &one, qkv + 2 * kWidth, 3 * kWidth, kHead, scores, kTokens,
                                       kTokens * kTokens, &zero, mixed, kWidth, kHead, kHeads));
  multiply(blas, mixed, onDevice(w.projection), result, kTokens, kWidth, kWidth);
  addResidual<<<kTokens, kWidth>>>(x, result, onDevice(w.biasProjection));

  layerNorm<<<kTokens, kWidth>>>(x, onDevice(w.scale2), onDevice(w.shift2), normal);
  multiply(blas, normal, onDevice(w.up), inner, kTokens, kInner, kWidth);
  addBiasGelu<<<kTokens * kInner / 256, 256>>>(inner, onDevice(w.biasUp));
  multiply(blas, inner, onDevice(w.down), result, kTokens, kWidth, kInner);
  addResidual<<<kTokens, kWidth>>>(x, result, onDevice(w.biasDown));
  CHECK(cudaGetLastError());

  std::vector<float> host(kTokens * kWidth);
  CHECK(cudaMemcpy(host.data(), x, host.size() * sizeof(float), cudaMemcpyDeviceToHost));
  CHECK_BLAS(cublasDestroy(blas));
  CHECK_DNN(cudnnDestroy(dnn));
  return host;
}

// The same in double precision and plain loops.
using Values = std::vector<double>;

static Values normalized(const Values &x, const std::vector<float> &scale,
                         const std::vector<float> &shift) {
  Values y(x.size());
  for (int t = 0; t < kTokens; ++t) {
    double mean = 0, variance = 0;
    for (int i = 0; i < kWidth; ++i)
      mean += x[t * kWidth + i] / kWidth;
    for (int i = 0; i < kWidth; ++i)
      variance += std::pow(x[t * kWidth + i] - mean, 2) / kWidth;
    for (int i = 0; i < kWidth; ++i)
      y[t * kWidth + i] =
          (x[t * kWidth + i] - mean) / std::sqrt(variance + kEpsilon) * scale[i] + shift[i];
  }
  return y;
}

static Values product(const Values &a, const std::vector<float> &b, int n, int k) {
  Values c(kTokens * n);
  for (int t = 0; t < kTokens; ++t)
    for (int p = 0; p < k; ++p)
      for (int j = 0; j < n; ++j)
        c[t * n + j] += a[t * k + p] * b[p * n + j];
  return c;
}

static Values attention(const Values &qkv) {
  Values mixed(kTokens * kWidth);
  for (int h = 0; h < kHeads; ++h)
    for (int query = 0; query < kTokens; ++query) {
      Values weight(query + 1);
      double sum = 0;
      for (int key = 0; key <= query; ++key) {
        double dot = 0;
        for (int i = 0; i < kHead; ++i)
          dot += qkv[query * 3 * kWidth + h * kHead + i] *
                 qkv[key * 3 * kWidth + kWidth + h * kHead + i];
        sum += weight[key] = std::exp(dot / std::sqrt(double(kHead)));
      }
      for (int key = 0; key <= query; ++key)
        for (int i = 0; i < kHead; ++i)
          mixed[query * kWidth + h * kHead + i] +=
              weight[key] / sum * qkv[key * 3 * kWidth + 2 * kWidth + h * kHead + i];
    }
  return mixed;
}

static Values onHost(const Weights &w) {
  Values x(w.x.begin(), w.x.end());
  const Values qkv = product(normalized(x, w.scale1, w.shift1), w.qkv, 3 * kWidth, kWidth);
  const Values projected = product(attention(qkv), w.projection, kWidth, kWidth);
  for (int i = 0; i < kTokens * kWidth; ++i)
    x[i] += projected[i] + w.biasProjection[i % kWidth];
  Values inner = product(normalized(x, w.scale2, w.shift2), w.up, kInner, kWidth);
  for (int i = 0; i < kTokens * kInner; ++i) {
    const double value = inner[i] + w.biasUp[i % kInner];
    inner[i] = 0.5 * value * (1 + std::erf(value / std::sqrt(2.0)));
  }
  const Values down = product(inner, w.down, kWidth, kInner);
  for (int i = 0; i < kTokens * kWidth; ++i)
    x[i] += down[i] + w.biasDown[i % kWidth];
  return x;
}

int main() {
  const Weights weights;
  const std::vector<float> found = onNpu(weights);
  const Values wanted = onHost(weights);
  double squares = 0, differences = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    squares += wanted[i] * wanted[i];
    differences += std::pow(found[i] - wanted[i], 2);
  }
  const double error = std::sqrt(differences / squares);
  fprintf(stderr, "transformer_block: relative error %.2g\n", error);
  const bool good = error < 1e-5;
  printf("transformer_block: %d tokens, %d heads, within 1e-5 of double precision: %s\n", kTokens,
         kHeads, good ? "passed" : "FAILED");
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
