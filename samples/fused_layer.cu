// A layer of a neural network in one call: cublasLtMatmul multiplies, adds the bias, applies GELU
// and keeps what the gradient needs; then a triangular solve of cuBLAS undoes a product. Both are
// checked on the host.
#include <cublasLt.h>
#include <cublas_v2.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    if (int status = static_cast<int>(call)) {                                                     \
      std::printf("%s: status %d\n", #call, status);                                               \
      std::exit(1);                                                                                \
    }                                                                                              \
  } while (0)

static float *toDevice(const std::vector<float> &values) {
  float *memory = nullptr;
  CHECK(cudaMalloc(&memory, values.size() * sizeof(float)));
  CHECK(cudaMemcpy(memory, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice));
  return memory;
}

static std::vector<float> numbers(size_t count, unsigned seed) {
  std::vector<float> values(count);
  for (float &value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(seed >> 8) / (1u << 24) - 0.5f;
  }
  return values;
}

static double gelu(double x) {
  return 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

// out[m, n] = gelu(weights[m, k] * in[k, n] + bias[m])
static bool layer() {
  const int m = 48, n = 20, k = 96;
  const std::vector<float> weights = numbers(m * k, 1), in = numbers(k * n, 2),
                           bias = numbers(m, 3);
  float *deviceWeights = toDevice(weights), *deviceIn = toDevice(in), *deviceBias = toDevice(bias);
  float *deviceOut = toDevice(std::vector<float>(m * n)),
        *kept = toDevice(std::vector<float>(m * n));

  cublasLtHandle_t lt;
  cublasLtMatmulDesc_t operation;
  cublasLtMatrixLayout_t weightsLayout, inLayout, outLayout;
  cublasLtMatmulPreference_t preference;
  CHECK(cublasLtCreate(&lt));
  CHECK(cublasLtMatmulDescCreate(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F));
  const cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_GELU_AUX_BIAS;
  const int64_t keptLeading = m;
  CHECK(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue,
                                       sizeof epilogue));
  CHECK(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &deviceBias,
                                       sizeof deviceBias));
  CHECK(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, &kept,
                                       sizeof kept));
  CHECK(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD,
                                       &keptLeading, sizeof keptLeading));
  CHECK(cublasLtMatrixLayoutCreate(&weightsLayout, CUDA_R_32F, m, k, m));
  CHECK(cublasLtMatrixLayoutCreate(&inLayout, CUDA_R_32F, k, n, k));
  CHECK(cublasLtMatrixLayoutCreate(&outLayout, CUDA_R_32F, m, n, m));
  CHECK(cublasLtMatmulPreferenceCreate(&preference));
  cublasLtMatmulHeuristicResult_t choice;
  int found = 0;
  CHECK(cublasLtMatmulAlgoGetHeuristic(lt, operation, weightsLayout, inLayout, outLayout, outLayout,
                                       preference, 1, &choice, &found));
  const float one = 1, zero = 0;
  CHECK(cublasLtMatmul(lt, operation, &one, deviceWeights, weightsLayout, deviceIn, inLayout, &zero,
                       deviceOut, outLayout, deviceOut, outLayout, &choice.algo, nullptr, 0, 0));
  std::vector<float> out(m * n), arguments(m * n);
  CHECK(cudaMemcpy(out.data(), deviceOut, out.size() * sizeof(float), cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(arguments.data(), kept, out.size() * sizeof(float), cudaMemcpyDeviceToHost));

  double worst = 0;
  for (int column = 0; column < n; ++column)
    for (int row = 0; row < m; ++row) {
      double sum = bias[row];
      for (int i = 0; i < k; ++i)
        sum += static_cast<double>(weights[i * m + row]) * in[column * k + i];
      worst = std::fmax(worst, std::fabs(arguments[column * m + row] - sum));
      worst = std::fmax(worst, std::fabs(out[column * m + row] - gelu(sum)));
    }
  std::printf("a layer with bias and GELU: %d choice, within 1e-5 of double precision: %s\n", found,
              worst < 1e-5 ? "passed" : "FAILED");
  CHECK(cublasLtMatmulPreferenceDestroy(preference));
  CHECK(cublasLtMatrixLayoutDestroy(outLayout));
  CHECK(cublasLtMatrixLayoutDestroy(inLayout));
  CHECK(cublasLtMatrixLayoutDestroy(weightsLayout));
  CHECK(cublasLtMatmulDescDestroy(operation));
  CHECK(cublasLtDestroy(lt));
  for (float *memory : {deviceWeights, deviceIn, deviceBias, deviceOut, kept})
    CHECK(cudaFree(memory));
  return worst < 1e-5;
}

// x = inverse(L) * (L * x), L a lower triangle
static bool triangle() {
  const int n = 40;
  std::vector<float> lower = numbers(n * n, 4), x = numbers(n, 5);
  for (int i = 0; i < n; ++i)
    lower[i * n + i] = 8;
  float *deviceLower = toDevice(lower), *deviceX = toDevice(x);
  cublasHandle_t blas;
  CHECK(cublasCreate(&blas));
  CHECK(cublasStrmv(blas, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT, n, deviceLower,
                    n, deviceX, 1));
  const float one = 1;
  CHECK(cublasStrsm(blas, CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N,
                    CUBLAS_DIAG_NON_UNIT, n, 1, &one, deviceLower, n, deviceX, n));
  std::vector<float> back(n);
  CHECK(cublasGetVector(n, sizeof(float), deviceX, 1, back.data(), 1));
  double worst = 0;
  for (int i = 0; i < n; ++i)
    worst = std::fmax(worst, std::fabs(back[i] - x[i]));
  std::printf("a triangular product and its solve: within 1e-5: %s\n",
              worst < 1e-5 ? "passed" : "FAILED");
  CHECK(cublasDestroy(blas));
  CHECK(cudaFree(deviceLower));
  CHECK(cudaFree(deviceX));
  return worst < 1e-5;
}

int main() {
  const bool good = layer(), solved = triangle();
  return good && solved ? 0 : 1;
}
