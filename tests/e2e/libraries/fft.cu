// Fourier transforms against their definition: every type, one to three dimensions, batches,
// strides, in place, between kernels on a stream, and the errors.
#include <cufft.h>
#include <cufftXt.h>

#include "../api/expect.h"

#include <cmath>
#include <complex>
#include <vector>

#define FFT(call) EXPECT((call) == CUFFT_SUCCESS)

using Complex = std::complex<double>;

static unsigned state = 1;
static double next() {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / double(1 << 24) - 0.5;
}

// The definition, in one dimension of a row-major array.
static std::vector<Complex> along(const std::vector<Complex> &in, int before, int n, int after,
                                  int direction) {
  std::vector<Complex> out(in.size());
  for (int b = 0; b < before; ++b)
    for (int a = 0; a < after; ++a)
      for (int k = 0; k < n; ++k) {
        Complex sum = 0;
        for (int i = 0; i < n; ++i)
          sum += in[(b * n + i) * after + a] *
                 std::polar(1.0, direction * 2 * M_PI * (double(i) * k) / n);
        out[(b * n + k) * after + a] = sum;
      }
  return out;
}
static std::vector<Complex> transformed(std::vector<Complex> data, std::vector<int> sizes,
                                        int direction, int batch = 1) {
  int before = batch, after = 1;
  for (int n : sizes)
    after *= n;
  for (int n : sizes) {
    after /= n;
    data = along(data, before, n, after, direction);
    before *= n;
  }
  return data;
}

template <class T> struct Memory {
  T *data;
  size_t count;
  explicit Memory(size_t count) : count(count) {
    OK(cudaMallocManaged(&data, count * sizeof(T)));
    cudaMemset(data, 0, count * sizeof(T));
    cudaDeviceSynchronize();
  }
  ~Memory() { OK(cudaFree(data)); }
};

template <class T> static double farthest(const T *got, const std::vector<Complex> &expected) {
  OK(cudaDeviceSynchronize());
  double worst = 0;
  for (size_t i = 0; i < expected.size(); ++i)
    worst = std::max(worst, std::abs(Complex(got[i].x, got[i].y) - expected[i]));
  return worst;
}

static std::vector<Complex> randomComplex(size_t count) {
  std::vector<Complex> values(count);
  for (Complex &value : values)
    value = {next(), next()};
  return values;
}

static void complexTransforms() {
  for (std::vector<int> sizes : {std::vector<int>{30}, {8, 15}, {4, 6, 5}}) {
    size_t count = 1;
    for (int n : sizes)
      count *= n;
    const std::vector<Complex> values = randomComplex(count);
    Memory<cufftComplex> single(count);
    Memory<cufftDoubleComplex> full(count);
    for (size_t i = 0; i < count; ++i) {
      single.data[i] = make_cuComplex(float(values[i].real()), float(values[i].imag()));
      full.data[i] = make_cuDoubleComplex(values[i].real(), values[i].imag());
    }
    for (bool isDouble : {false, true}) {
      const cufftType type = isDouble ? CUFFT_Z2Z : CUFFT_C2C;
      cufftHandle plan;
      if (sizes.size() == 1)
        FFT(cufftPlan1d(&plan, sizes[0], type, 1));
      else if (sizes.size() == 2)
        FFT(cufftPlan2d(&plan, sizes[0], sizes[1], type));
      else
        FFT(cufftPlan3d(&plan, sizes[0], sizes[1], sizes[2], type));
      const std::vector<Complex> expected = transformed(values, sizes, CUFFT_FORWARD);
      if (isDouble) {
        FFT(cufftExecZ2Z(plan, full.data, full.data, CUFFT_FORWARD));
        EXPECT(farthest(full.data, expected) < 1e-12);
        FFT(cufftExecZ2Z(plan, full.data, full.data, CUFFT_INVERSE));
        std::vector<Complex> back = values;
        for (Complex &value : back)
          value *= double(count);
        EXPECT(farthest(full.data, back) < 1e-11);
      } else {
        Memory<cufftComplex> out(count);
        FFT(cufftExecC2C(plan, single.data, out.data, CUFFT_FORWARD));
        EXPECT(farthest(out.data, expected) < 1e-5);
      }
      FFT(cufftDestroy(plan));
    }
  }
}

// Real transforms have n / 2 + 1 results, and in place their input is padded to them.
static void realTransforms() {
  const int rows = 6, columns = 7, half = columns / 2 + 1;
  std::vector<Complex> values = randomComplex(rows * columns);
  for (Complex &value : values)
    value = value.real();
  const std::vector<Complex> whole = transformed(values, {rows, columns}, CUFFT_FORWARD);
  std::vector<Complex> expected;
  for (int row = 0; row < rows; ++row)
    expected.insert(expected.end(), whole.begin() + row * columns,
                    whole.begin() + row * columns + half);
  Memory<cufftReal> in(rows * columns), back(rows * columns);
  Memory<cufftComplex> out(rows * half), inPlace(rows * half);
  for (int i = 0; i < rows * columns; ++i) {
    in.data[i] = float(values[i].real());
    reinterpret_cast<float *>(inPlace.data)[i / columns * 2 * half + i % columns] = in.data[i];
  }
  cufftHandle forward, inverse;
  FFT(cufftPlan2d(&forward, rows, columns, CUFFT_R2C));
  FFT(cufftPlan2d(&inverse, rows, columns, CUFFT_C2R));
  FFT(cufftExecR2C(forward, in.data, out.data));
  FFT(cufftXtExec(forward, in.data, out.data, 0)); // real transforms have one direction
  FFT(cufftExecR2C(forward, reinterpret_cast<float *>(inPlace.data), inPlace.data));
  EXPECT(farthest(out.data, expected) < 1e-5);
  EXPECT(farthest(inPlace.data, expected) < 1e-5);
  FFT(cufftExecC2R(inverse, out.data, back.data));
  OK(cudaDeviceSynchronize());
  double worst = 0;
  for (int i = 0; i < rows * columns; ++i)
    worst = std::max(worst, std::fabs(double(back.data[i]) / (rows * columns) - in.data[i]));
  EXPECT(worst < 1e-6);
  FFT(cufftDestroy(forward));
  FFT(cufftDestroy(inverse));

  // One dimension in double, a batch: the input of the inverse stays as it is.
  const int n = 10, batch = 3;
  Memory<cufftDoubleReal> signal(n * batch), again(n * batch);
  Memory<cufftDoubleComplex> spectrum(batch * (n / 2 + 1));
  for (int i = 0; i < n * batch; ++i)
    signal.data[i] = next();
  FFT(cufftPlan1d(&forward, n, CUFFT_D2Z, batch));
  FFT(cufftPlan1d(&inverse, n, CUFFT_Z2D, batch));
  FFT(cufftExecD2Z(forward, signal.data, spectrum.data));
  OK(cudaDeviceSynchronize());
  const double before = spectrum.data[4].x;
  FFT(cufftExecZ2D(inverse, spectrum.data, again.data));
  OK(cudaDeviceSynchronize());
  EXPECT(spectrum.data[4].x == before);
  for (int i = 0; i < n * batch; ++i)
    EXPECT(std::fabs(again.data[i] / n - signal.data[i]) < 1e-12);
  FFT(cufftDestroy(forward));
  FFT(cufftDestroy(inverse));
}

// The columns of a matrix, as a batch with strides, on a stream between two kernels.
__global__ void scale(cufftComplex *data, int count, float factor) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    data[i] = make_cuComplex(data[i].x * factor, data[i].y * factor);
}
static void columnsOnAStream() {
  int rows = 12, columns = 5;
  const std::vector<Complex> values = randomComplex(rows * columns);
  Memory<cufftComplex> data(rows * columns);
  for (int i = 0; i < rows * columns; ++i)
    data.data[i] = make_cuComplex(float(values[i].real()), float(values[i].imag()));
  std::vector<Complex> expected = along(values, 1, rows, columns, CUFFT_FORWARD);
  for (Complex &value : expected)
    value *= 6;
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  cufftHandle plan;
  size_t work = 1;
  FFT(cufftCreate(&plan));
  FFT(cufftMakePlanMany(plan, 1, &rows, &rows, columns, 1, &rows, columns, 1, CUFFT_C2C, columns,
                        &work));
  FFT(cufftSetStream(plan, stream));
  scale<<<2, 32, 0, stream>>>(data.data, rows * columns, 2);
  FFT(cufftExecC2C(plan, data.data, data.data, CUFFT_FORWARD));
  scale<<<2, 32, 0, stream>>>(data.data, rows * columns, 3);
  EXPECT(farthest(data.data, expected) < 1e-4);
  FFT(cufftDestroy(plan));
  OK(cudaStreamDestroy(stream));
}

static void errors() {
  cufftHandle plan = 0;
  EXPECT(cufftPlan1d(&plan, 0, CUFFT_C2C, 1) == CUFFT_INVALID_SIZE);
  EXPECT(cufftPlan1d(&plan, 8, cufftType(1), 1) == CUFFT_INVALID_TYPE);
  EXPECT(cufftPlan1d(nullptr, 8, CUFFT_C2C, 1) == CUFFT_INVALID_VALUE);
  EXPECT(cufftDestroy(12345) == CUFFT_INVALID_PLAN);
  FFT(cufftPlan1d(&plan, 8, CUFFT_C2C, 1));
  Memory<cufftComplex> data(8), small(4);
  EXPECT(cufftExecC2C(plan, data.data, data.data, 2) == CUFFT_INVALID_VALUE);
  EXPECT(cufftExecC2C(plan, nullptr, data.data, CUFFT_FORWARD) == CUFFT_INVALID_VALUE);
  EXPECT(cufftExecR2C(plan, reinterpret_cast<float *>(data.data), data.data) == CUFFT_INVALID_TYPE);
  FFT(cufftDestroy(plan));
  EXPECT(cufftExecC2C(plan, data.data, data.data, CUFFT_FORWARD) == CUFFT_INVALID_PLAN);
}

int main() {
  complexTransforms();
  realTransforms();
  columnsOnAStream();
  errors();
  return finish();
}
