// Transforms of data that lies on several devices, against the plan of one device: the same
// numbers, in the parts and the orders that cuFFT documents. Two parts on one device serve where
// there is one.
#include <cufftXt.h>

#include "../api/expect.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#define FFT(call) EXPECT((call) == CUFFT_SUCCESS)

using Complex = std::complex<float>;

static unsigned state = 3;
static float next() {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / float(1 << 24) - 0.5f;
}
static std::vector<Complex> randomNumbers(size_t count) {
  std::vector<Complex> numbers(count);
  for (Complex &number : numbers)
    number = {next(), next()};
  return numbers;
}
static float difference(const std::vector<Complex> &a, const std::vector<Complex> &b) {
  float worst = 0;
  for (size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}
static std::vector<Complex> byOneDevice(cufftHandle plan, std::vector<Complex> numbers) {
  const size_t bytes = numbers.size() * sizeof(Complex);
  void *data;
  OK(cudaMalloc(&data, bytes));
  OK(cudaMemcpy(data, numbers.data(), bytes, cudaMemcpyHostToDevice));
  FFT(cufftXtExec(plan, data, data, CUFFT_FORWARD));
  OK(cudaMemcpy(numbers.data(), data, bytes, cudaMemcpyDeviceToHost));
  OK(cudaFree(data));
  return numbers;
}

static int devices[2];

static void planar() {
  const int nx = 6, ny = 10;
  cufftHandle one, two;
  size_t sizes[2] = {7, 7};
  FFT(cufftPlan2d(&one, nx, ny, CUFFT_C2C));
  FFT(cufftCreate(&two));
  FFT(cufftXtSetGPUs(two, 2, devices));
  FFT(cufftMakePlan2d(two, nx, ny, CUFFT_C2C, sizes));
  EXPECT(sizes[0] == 0 && sizes[1] == 0);
  EXPECT(cufftXtSetGPUs(two, 2, devices) == CUFFT_INVALID_PLAN);
  const std::vector<Complex> numbers = randomNumbers(nx * ny), wanted = byOneDevice(one, numbers);
  std::vector<Complex> got(nx * ny);
  cudaLibXtDesc *data, *copy;
  FFT(cufftXtMalloc(two, &data, CUFFT_XT_FORMAT_INPLACE));
  FFT(cufftXtMalloc(two, &copy, CUFFT_XT_FORMAT_INPLACE));
  EXPECT(data->descriptor->nGPUs == 2 && data->descriptor->GPUs[1] == devices[1]);
  EXPECT(data->descriptor->size[0] == nx * ny / 2 * sizeof(Complex));
  FFT(cufftXtMemcpy(two, data, const_cast<Complex *>(numbers.data()), CUFFT_COPY_HOST_TO_DEVICE));
  // The natural order: slabs of x.
  Complex part[nx * ny / 2];
  OK(cudaMemcpy(part, data->descriptor->data[1], sizeof(part), cudaMemcpyDeviceToHost));
  EXPECT(part[0] == numbers[nx / 2 * ny] && part[nx * ny / 2 - 1] == numbers[nx * ny - 1]);
  FFT(cufftXtExecDescriptorC2C(two, data, data, CUFFT_FORWARD));
  // The shuffled order: slabs of y.
  EXPECT(data->subFormat == CUFFT_XT_FORMAT_INPLACE_SHUFFLED);
  OK(cudaMemcpy(part, data->descriptor->data[1], sizeof(part), cudaMemcpyDeviceToHost));
  EXPECT(std::abs(part[0] - wanted[ny / 2]) < 1e-5f);
  EXPECT(std::abs(part[ny / 2] - wanted[ny + ny / 2]) < 1e-5f);
  FFT(cufftXtMemcpy(two, got.data(), data, CUFFT_COPY_DEVICE_TO_HOST));
  EXPECT(difference(got, wanted) < 1e-5f);
  FFT(cufftXtMemcpy(two, copy, data, CUFFT_COPY_DEVICE_TO_DEVICE));
  EXPECT(copy->subFormat == CUFFT_XT_FORMAT_INPLACE);
  std::fill(got.begin(), got.end(), Complex());
  FFT(cufftXtMemcpy(two, got.data(), copy, CUFFT_COPY_DEVICE_TO_HOST));
  EXPECT(difference(got, wanted) < 1e-5f);
  // And back, from the shuffled order.
  FFT(cufftXtExecDescriptor(two, data, data, CUFFT_INVERSE));
  EXPECT(data->subFormat == CUFFT_XT_FORMAT_INPLACE);
  FFT(cufftXtMemcpy(two, got.data(), data, CUFFT_COPY_DEVICE_TO_HOST));
  for (Complex &number : got)
    number /= float(nx * ny);
  EXPECT(difference(got, numbers) < 1e-5f);
  FFT(cufftXtFree(data));
  FFT(cufftXtFree(copy));
  EXPECT(cufftXtFree(copy) == CUFFT_INVALID_VALUE);
  FFT(cufftDestroy(one));
  FFT(cufftDestroy(two));
}

// Lines of an odd length and a batch, whose transforms are whole on a device.
static void lines() {
  for (int batch : {1, 3}) {
    const int n = 15;
    cufftHandle one, two;
    size_t sizes[2];
    FFT(cufftPlan1d(&one, n, CUFFT_C2C, batch));
    FFT(cufftCreate(&two));
    FFT(cufftXtSetGPUs(two, 2, devices));
    FFT(cufftMakePlan1d(two, n, CUFFT_C2C, batch, sizes));
    const std::vector<Complex> numbers = randomNumbers(n * batch),
                               wanted = byOneDevice(one, numbers);
    std::vector<Complex> got(n * batch);
    cudaLibXtDesc *input, *output;
    FFT(cufftXtMalloc(two, &input, CUFFT_XT_FORMAT_INPUT));
    FFT(cufftXtMalloc(two, &output, CUFFT_XT_FORMAT_OUTPUT));
    EXPECT(input->descriptor->size[0] == (batch == 1 ? 8 : 2 * n) * sizeof(Complex));
    FFT(cufftXtMemcpy(two, input, const_cast<Complex *>(numbers.data()),
                      CUFFT_COPY_HOST_TO_DEVICE));
    EXPECT(cufftXtExecDescriptorR2C(two, input, output) == CUFFT_INVALID_TYPE);
    EXPECT(cufftXtExecDescriptorC2C(two, input, input, CUFFT_FORWARD) == CUFFT_INVALID_VALUE);
    FFT(cufftXtExecDescriptorC2C(two, input, output, CUFFT_FORWARD));
    FFT(cufftXtMemcpy(two, got.data(), output, CUFFT_COPY_DEVICE_TO_HOST));
    EXPECT(difference(got, wanted) < 1e-5f);
    FFT(cufftXtFree(input));
    FFT(cufftXtFree(output));
    FFT(cufftDestroy(one));
    FFT(cufftDestroy(two));
  }
}

// Real numbers in space, in place: forth by one plan and back by another.
static void reals() {
  const int nx = 4, ny = 6, nz = 5, padded = 2 * (nz / 2 + 1);
  cufftHandle forth, back;
  size_t sizes[2];
  FFT(cufftCreate(&forth));
  FFT(cufftCreate(&back));
  FFT(cufftXtSetGPUs(forth, 2, devices));
  FFT(cufftXtSetGPUs(back, 2, devices));
  FFT(cufftMakePlan3d(forth, nx, ny, nz, CUFFT_R2C, sizes));
  FFT(cufftMakePlan3d(back, nx, ny, nz, CUFFT_C2R, sizes));
  std::vector<float> numbers(nx * ny * padded), got(numbers.size());
  double sum = 0;
  for (int line = 0; line < nx * ny; ++line)
    for (int z = 0; z < nz; ++z)
      sum += numbers[line * padded + z] = next();
  cudaLibXtDesc *data;
  FFT(cufftXtMalloc(forth, &data, CUFFT_XT_FORMAT_INPLACE));
  FFT(cufftXtMemcpy(forth, data, numbers.data(), CUFFT_COPY_HOST_TO_DEVICE));
  FFT(cufftXtExecDescriptorR2C(forth, data, data));
  Complex first;
  OK(cudaMemcpy(&first, data->descriptor->data[0], sizeof(first), cudaMemcpyDeviceToHost));
  EXPECT(std::abs(first - Complex(float(sum), 0)) < 1e-4f);
  FFT(cufftXtExecDescriptorC2R(back, data, data));
  FFT(cufftXtMemcpy(back, got.data(), data, CUFFT_COPY_DEVICE_TO_HOST));
  for (int line = 0; line < nx * ny; ++line)
    for (int z = 0; z < nz; ++z)
      EXPECT(std::fabs(got[line * padded + z] / (nx * ny * nz) - numbers[line * padded + z]) <
             1e-5f);
  FFT(cufftXtFree(data));
  FFT(cufftDestroy(forth));
  FFT(cufftDestroy(back));
}

int main() {
  int count = 0;
  OK(cudaGetDeviceCount(&count));
  devices[1] = count > 1 ? 1 : 0;
  planar();
  lines();
  reals();
  return finish();
}
