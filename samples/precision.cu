// Shows what a number and a matrix product lose in each format: what 11.1 becomes in FP64, FP32,
// FP16, BF16, FP8 and INT8, and how far C = A B is from its double-precision value when A and B are
// stored in that format. cuBLAS has FP64 to BF16 and INT8 as operand types; an FP8 value is exact
// in FP16 and a product of two is exact in FP32, so the FP8 rows multiply FP8-rounded values stored
// as FP16.
#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
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

constexpr int kSize = 96;         // the matrices are square, column-major
constexpr double kLargest = 16.0; // entries lie in -kLargest...kLargest

// A binary floating-point format of at most 16 bits.
struct FloatFormat {
  int exponentBits, fractionBits;
  double largest;
  int smallestExponent() const { return 2 - (1 << (exponentBits - 1)); }
};
static const FloatFormat fp16 = {5, 10, 65504.0};
static const FloatFormat bf16 = {8, 7, 3.3895313892515355e38};
static const FloatFormat fp8E4M3 = {4, 3, 448.0};
static const FloatFormat fp8E5M2 = {5, 2, 57344.0};

// The nearest value of the format, ties to even, saturating.
static double roundTo(const FloatFormat &format, double value) {
  if (value == 0.0)
    return value;
  int exponent = std::max(std::ilogb(value), format.smallestExponent());
  double step = std::ldexp(1.0, exponent - format.fractionBits);
  double rounded = std::nearbyint(value / step) * step;
  return std::fmax(-format.largest, std::fmin(format.largest, rounded));
}

static uint16_t encode(const FloatFormat &format, double value) {
  double rounded = roundTo(format, value), magnitude = std::fabs(rounded);
  int smallest = format.smallestExponent();
  int exponent = magnitude == 0.0 ? smallest : std::max(std::ilogb(magnitude), smallest);
  int fraction = static_cast<int>(std::ldexp(magnitude, format.fractionBits - exponent));
  int hiddenOne = 1 << format.fractionBits;
  int biased = fraction >= hiddenOne ? exponent - smallest + 1 : 0;
  int sign = std::signbit(rounded) << (format.exponentBits + format.fractionBits);
  return sign | biased << format.fractionBits | (fraction & (hiddenOne - 1));
}

// One scale for the whole tensor, so that its largest magnitude becomes 127.
static const double int8Scale = kLargest / 127.0;
static int8_t quantize(double value) {
  return static_cast<int8_t>(
      std::fmax(-127.0, std::fmin(127.0, std::nearbyint(value / int8Scale))));
}

template <typename Element> static Element *toDevice(const std::vector<Element> &values) {
  Element *device;
  CHECK(cudaMalloc((void **)&device, values.size() * sizeof(Element)));
  CHECK(cudaMemcpy(device, values.data(), values.size() * sizeof(Element), cudaMemcpyHostToDevice));
  return device;
}

// C = A B with operands of type `Element`, sums and C of type `Sum`.
template <typename Element, typename Sum>
static std::vector<double> multiply(cublasHandle_t blas, const std::vector<Element> &a,
                                    const std::vector<Element> &b, cudaDataType_t elementType,
                                    cudaDataType_t sumType, cublasComputeType_t compute) {
  Element *deviceA = toDevice(a), *deviceB = toDevice(b);
  std::vector<Sum> c(a.size());
  Sum *deviceC = toDevice(c);
  const Sum one = 1, zero = 0;
  CHECK_BLAS(cublasGemmEx(blas, CUBLAS_OP_N, CUBLAS_OP_N, kSize, kSize, kSize, &one, deviceA,
                          elementType, kSize, deviceB, elementType, kSize, &zero, deviceC, sumType,
                          kSize, compute, CUBLAS_GEMM_DEFAULT));
  CHECK(cudaMemcpy(c.data(), deviceC, c.size() * sizeof(Sum), cudaMemcpyDeviceToHost));
  CHECK(cudaFree(deviceA));
  CHECK(cudaFree(deviceB));
  CHECK(cudaFree(deviceC));
  return std::vector<double>(c.begin(), c.end());
}

template <typename Element, typename Convert>
static std::vector<Element> convert(const std::vector<double> &values, Convert one) {
  std::vector<Element> converted;
  for (double value : values)
    converted.push_back(one(value));
  return converted;
}

// Frobenius norm of the difference over that of the exact product.
static double relativeError(const std::vector<double> &c, const std::vector<double> &exact) {
  double difference = 0.0, whole = 0.0;
  for (size_t i = 0; i < c.size(); ++i) {
    difference += (c[i] - exact[i]) * (c[i] - exact[i]);
    whole += exact[i] * exact[i];
  }
  return std::sqrt(difference / whole);
}

static int failed = 0;

// A product that is better than `atLeast` has not been rounded at all: that is wrong, too.
static void report(const char *name, double value, double error, double atLeast, double atMost) {
  bool right = error >= atLeast && error <= atMost;
  failed += !right;
  char shown[32]; // an error that is only rounding of sums differs from device to device
  snprintf(shown, sizeof(shown), right && atLeast == 0.0 ? "below %.0e" : "%.1e",
           right && atLeast == 0.0 ? atMost : error);
  printf("%-9s %-20.12g %-16s %s\n", name, value, shown, right ? "as expected" : "UNEXPECTED");
}

int main() {
  std::vector<double> a(kSize * kSize), b(kSize * kSize), exact(kSize * kSize, 0.0);
  unsigned seed = 11;
  for (std::vector<double> *values : {&a, &b})
    for (double &value : *values) {
      seed = seed * 1664525u + 1013904223u;
      value = kLargest * (2.0 * (seed >> 8) / ((1 << 24) - 1) - 1.0);
    }
  for (int column = 0; column < kSize; ++column)
    for (int k = 0; k < kSize; ++k)
      for (int row = 0; row < kSize; ++row)
        exact[column * kSize + row] += a[k * kSize + row] * b[column * kSize + k];

  cublasHandle_t blas;
  CHECK_BLAS(cublasCreate(&blas));
  const double example = 11.1;
  printf("format    11.1 becomes         error of A B     check\n");

  std::vector<double> c =
      multiply<double, double>(blas, a, b, CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F);
  report("FP64", example, relativeError(c, exact), 0.0, 1e-14);

  auto toFloat = [](double value) { return static_cast<float>(value); };
  c = multiply<float, float>(blas, convert<float>(a, toFloat), convert<float>(b, toFloat),
                             CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F);
  report("FP32", toFloat(example), relativeError(c, exact), 0.0, 1e-6);

  auto toHalf = [](double value) { return encode(fp16, value); };
  c = multiply<uint16_t, float>(blas, convert<uint16_t>(a, toHalf), convert<uint16_t>(b, toHalf),
                                CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F);
  report("FP16", roundTo(fp16, example), relativeError(c, exact), 5e-5, 1e-3);

  auto toBf16 = [](double value) { return encode(bf16, value); };
  c = multiply<uint16_t, float>(blas, convert<uint16_t>(a, toBf16), convert<uint16_t>(b, toBf16),
                                CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F);
  report("BF16", roundTo(bf16, example), relativeError(c, exact), 5e-4, 1e-2);

  auto toFp8 = [](double value) { return encode(fp16, roundTo(fp8E4M3, value)); };
  c = multiply<uint16_t, float>(blas, convert<uint16_t>(a, toFp8), convert<uint16_t>(b, toFp8),
                                CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F);
  report("FP8 E4M3", roundTo(fp8E4M3, example), relativeError(c, exact), 1e-2, 8e-2);

  auto toFp8Wide = [](double value) { return encode(fp16, roundTo(fp8E5M2, value)); };
  c = multiply<uint16_t, float>(blas, convert<uint16_t>(a, toFp8Wide),
                                convert<uint16_t>(b, toFp8Wide), CUDA_R_16F, CUDA_R_32F,
                                CUBLAS_COMPUTE_32F);
  report("FP8 E5M2", roundTo(fp8E5M2, example), relativeError(c, exact), 3e-2, 1.6e-1);

  c = multiply<int8_t, int>(blas, convert<int8_t>(a, quantize), convert<int8_t>(b, quantize),
                            CUDA_R_8I, CUDA_R_32I, CUBLAS_COMPUTE_32I);
  for (double &value : c)
    value *= int8Scale * int8Scale;
  report("INT8", quantize(example) * int8Scale, relativeError(c, exact), 1e-3, 2e-2);

  CHECK_BLAS(cublasDestroy(blas));
  printf("precision: %s\n", failed ? "FAILED" : "passed");
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
