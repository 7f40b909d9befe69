// Callbacks of Fourier transforms: every type of element, loads and stores, strides and batches,
// in place, shared memory, clearing; and the mistakes.
#include <cufft.h>
#include <cufftXt.h>

#include "../api/expect.h"

#include <cmath>
#include <complex>
#include <type_traits>
#include <vector>

#define FFT(call) EXPECT((call) == CUFFT_SUCCESS)
#define FFT_GIVES(call, code) EXPECT((call) == (code))

template <class T> T *managed(size_t count) {
  T *memory = nullptr;
  OK(cudaMallocManaged(&memory, count * sizeof(T)));
  OK(cudaMemset(memory, 0, count * sizeof(T)));
  OK(cudaDeviceSynchronize());
  return memory;
}

// A signal of bytes: no memory of the transform's element type exists.
__device__ cufftComplex bytesToComplex(void *data, size_t offset, void *info, void *) {
  return make_cuComplex(static_cast<unsigned char *>(data)[offset] * *static_cast<float *>(info),
                        0.0f);
}
__device__ cufftReal bytesToReal(void *data, size_t offset, void *info, void *) {
  return static_cast<unsigned char *>(data)[offset] * *static_cast<float *>(info);
}
__device__ cufftDoubleComplex doubled(void *data, size_t offset, void *, void *) {
  const cufftDoubleComplex z = static_cast<cufftDoubleComplex *>(data)[offset];
  return make_cuDoubleComplex(2 * z.x, 2 * z.y);
}
__device__ cufftDoubleReal shifted(void *data, size_t offset, void *, void *) {
  return static_cast<cufftDoubleReal *>(data)[offset] + 1;
}
__device__ void magnitude(void *data, size_t offset, cufftComplex z, void *info, void *) {
  static_cast<float *>(data)[offset] = sqrtf(z.x * z.x + z.y * z.y) * *static_cast<float *>(info);
}
__device__ void scaled(void *data, size_t offset, cufftComplex z, void *info, void *shared) {
  // The memory that the program asked for is the block's own.
  float *mine = static_cast<float *>(shared) + threadIdx.x;
  *mine = *static_cast<float *>(info);
  static_cast<cufftComplex *>(data)[offset] = make_cuComplex(z.x * *mine, z.y * *mine);
}
__device__ void negated(void *data, size_t offset, cufftReal x, void *, void *) {
  static_cast<cufftReal *>(data)[offset] = -x;
}
__device__ void halved(void *data, size_t offset, cufftDoubleReal x, void *, void *) {
  static_cast<cufftDoubleReal *>(data)[offset] = x / 2;
}
__device__ void conjugated(void *data, size_t offset, cufftDoubleComplex z, void *, void *) {
  static_cast<cufftDoubleComplex *>(data)[offset] = make_cuDoubleComplex(z.x, -z.y);
}

__device__ cufftCallbackLoadC bytesToComplexOf = bytesToComplex;
__device__ cufftCallbackLoadR bytesToRealOf = bytesToReal;
__device__ cufftCallbackLoadZ doubledOf = doubled;
__device__ cufftCallbackLoadD shiftedOf = shifted;
__device__ cufftCallbackStoreC magnitudeOf = magnitude;
__device__ cufftCallbackStoreC scaledOf = scaled;
__device__ cufftCallbackStoreR negatedOf = negated;
__device__ cufftCallbackStoreD halvedOf = halved;
__device__ cufftCallbackStoreZ conjugatedOf = conjugated;

template <class Function>
void set(cufftHandle plan, const Function &symbol, cufftXtCallbackType type, void *info = nullptr) {
  std::remove_const_t<Function> function = nullptr;
  OK(cudaMemcpyFromSymbol(&function, symbol, sizeof function));
  FFT(cufftXtSetCallback(plan, (void **)&function, type, &info));
}

using Complex = std::complex<double>;
std::vector<Complex> transformed(const std::vector<Complex> &x, int sign) {
  std::vector<Complex> result(x.size());
  for (size_t k = 0; k < x.size(); ++k)
    for (size_t i = 0; i < x.size(); ++i)
      result[k] += x[i] * std::polar(1.0, sign * 2 * M_PI * double(i * k % x.size()) / x.size());
  return result;
}
bool isNear(Complex a, Complex b) { return std::abs(a - b) < 1e-3; }

constexpr int kLength = 60, kBatch = 3, kStride = 2, kDistance = 130;

// Bytes in, magnitudes out, every second element, transforms 130 elements apart.
void complexWithStrides() {
  auto *bytes = managed<unsigned char>(kBatch * kDistance);
  auto *out = managed<float>(kBatch * kDistance);
  auto *info = managed<float>(2);
  info[0] = 0.25f, info[1] = 0.5f;
  for (int i = 0; i < kBatch * kDistance; ++i)
    bytes[i] = (unsigned char)(i * 7 % 31);
  cufftHandle plan;
  int lengths[] = {kLength}, embedding[] = {kLength};
  FFT(cufftPlanMany(&plan, 1, lengths, embedding, kStride, kDistance, embedding, kStride, kDistance,
                    CUFFT_C2C, kBatch));
  set(plan, bytesToComplexOf, CUFFT_CB_LD_COMPLEX, info);
  set(plan, magnitudeOf, CUFFT_CB_ST_COMPLEX, info + 1);
  FFT(cufftExecC2C(plan, (cufftComplex *)bytes, (cufftComplex *)out, CUFFT_FORWARD));
  OK(cudaDeviceSynchronize());
  int wrong = 0;
  for (int b = 0; b < kBatch; ++b) {
    std::vector<Complex> x(kLength);
    for (int i = 0; i < kLength; ++i)
      x[i] = 0.25 * bytes[b * kDistance + i * kStride];
    const std::vector<Complex> y = transformed(x, -1);
    for (int i = 0; i < kLength; ++i) {
      wrong += !isNear(out[b * kDistance + i * kStride], 0.5 * std::abs(y[i]));
      wrong += out[b * kDistance + i * kStride + 1] != 0; // between elements nothing is written
    }
  }
  EXPECT(wrong == 0);
  FFT(cufftDestroy(plan));
  OK(cudaFree(bytes));
  OK(cudaFree(out));
  OK(cudaFree(info));
}

// Real transforms in two dimensions, in place, where rows are padded.
void realInPlace() {
  constexpr int kRows = 6, kColumns = 10, kPadded = 2 * (kColumns / 2 + 1);
  auto *data = managed<float>(kRows * kPadded);
  auto *bytes = managed<unsigned char>(kRows * kColumns);
  auto *spectrum = managed<cufftComplex>(kRows * kPadded / 2);
  auto *info = managed<float>(1);
  info[0] = 1.0f / (kRows * kColumns);
  for (int i = 0; i < kRows * kColumns; ++i)
    bytes[i] = (unsigned char)(i * i % 23);
  cufftHandle forward, back;
  FFT(cufftPlan2d(&forward, kRows, kColumns, CUFFT_R2C));
  FFT(cufftPlan2d(&back, kRows, kColumns, CUFFT_C2R));
  set(forward, bytesToRealOf, CUFFT_CB_LD_REAL, info);
  set(back, negatedOf, CUFFT_CB_ST_REAL);
  FFT(cufftExecR2C(forward, (cufftReal *)bytes, spectrum));
  OK(cudaMemcpy(data, spectrum, kRows * kPadded * sizeof(float), cudaMemcpyDefault));
  FFT(cufftExecC2R(back, (cufftComplex *)data, data));
  OK(cudaDeviceSynchronize());
  int wrong = 0;
  for (int r = 0; r < kRows; ++r)
    for (int c = 0; c < kColumns; ++c)
      wrong += std::fabs(data[r * kPadded + c] + bytes[r * kColumns + c]) > 1e-4;
  EXPECT(wrong == 0);
  // Without its callback the transform is as ever.
  OK(cudaMemcpy(data, spectrum, kRows * kPadded * sizeof(float), cudaMemcpyDefault));
  FFT(cufftXtClearCallback(back, CUFFT_CB_ST_REAL));
  FFT(cufftExecC2R(back, (cufftComplex *)data, data));
  OK(cudaDeviceSynchronize());
  EXPECT(std::fabs(data[kPadded + 3] - bytes[kColumns + 3]) < 1e-4);
  FFT(cufftDestroy(forward));
  FFT(cufftDestroy(back));
  for (void *memory : {(void *)data, (void *)bytes, (void *)spectrum, (void *)info})
    OK(cudaFree(memory));
}

void doubles(cudaStream_t stream) {
  constexpr int kCount = 48;
  auto *x = managed<double>(kCount), *back = managed<double>(kCount);
  auto *z = managed<cufftDoubleComplex>(kCount);
  for (int i = 0; i < kCount; ++i)
    x[i] = i % 5 - 2.0;
  cufftHandle plan;
  FFT(cufftPlan1d(&plan, kCount, CUFFT_D2Z, 1));
  FFT(cufftSetStream(plan, stream));
  set(plan, shiftedOf, CUFFT_CB_LD_REAL_DOUBLE);
  set(plan, conjugatedOf, CUFFT_CB_ST_COMPLEX_DOUBLE);
  FFT(cufftExecD2Z(plan, x, z));
  FFT(cufftDestroy(plan));
  FFT(cufftPlan1d(&plan, kCount, CUFFT_Z2D, 1));
  FFT(cufftSetStream(plan, stream));
  set(plan, doubledOf, CUFFT_CB_LD_COMPLEX_DOUBLE);
  set(plan, halvedOf, CUFFT_CB_ST_REAL_DOUBLE);
  FFT(cufftExecZ2D(plan, z, back));
  FFT(cufftDestroy(plan));
  OK(cudaStreamSynchronize(stream));
  int wrong = 0;
  for (int i = 0; i < kCount; ++i) // the spectrum's conjugate is that of the reversed signal
    wrong += std::fabs(back[i] / kCount - (x[(kCount - i) % kCount] + 1)) > 1e-9;
  EXPECT(wrong == 0);
  for (void *memory : {(void *)x, (void *)back, (void *)z})
    OK(cudaFree(memory));
}

void sharedMemoryAndMistakes() {
  auto *z = managed<cufftComplex>(16);
  auto *info = managed<float>(1);
  info[0] = 1 / 16.0f;
  for (int i = 0; i < 16; ++i)
    z[i] = make_cuComplex(float(i), float(-i));
  cufftHandle plan, unmade;
  FFT(cufftPlan1d(&plan, 16, CUFFT_C2C, 1));
  FFT(cufftExecC2C(plan, z, z, CUFFT_FORWARD));
  set(plan, scaledOf, CUFFT_CB_ST_COMPLEX, info);
  FFT(cufftXtSetCallbackSharedSize(plan, CUFFT_CB_ST_COMPLEX, 1024));
  FFT(cufftExecC2C(plan, z, z, CUFFT_INVERSE));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 16; ++i)
    EXPECT(isNear(Complex(z[i].x, z[i].y), Complex(i, -i)));

  void *function = (void *)z;
  FFT_GIVES(cufftXtSetCallback(plan, &function, CUFFT_CB_LD_REAL, nullptr), CUFFT_INVALID_TYPE);
  FFT_GIVES(cufftXtSetCallback(plan, nullptr, CUFFT_CB_LD_COMPLEX, nullptr), CUFFT_INVALID_VALUE);
  FFT_GIVES(cufftXtClearCallback(plan, CUFFT_CB_UNDEFINED), CUFFT_INVALID_TYPE);
  FFT(cufftCreate(&unmade));
  FFT_GIVES(cufftXtSetCallback(unmade, &function, CUFFT_CB_LD_COMPLEX, nullptr),
            CUFFT_INVALID_PLAN);
  FFT(cufftDestroy(unmade));
  FFT(cufftDestroy(plan));
  OK(cudaFree(z));
  OK(cudaFree(info));
}

int main() {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  complexWithStrides();
  realInPlace();
  doubles(stream);
  sharedMemoryAndMistakes();
  OK(cudaStreamDestroy(stream));
  return finish();
}
