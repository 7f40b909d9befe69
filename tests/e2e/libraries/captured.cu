// Calls of libraries in a captured stream: what they compute is done by each launch of the graph,
// in the graph's order.
#include <cublas_v2.h>
#include <cufft.h>
#include <cusparse.h>

#include "../api/expect.h"

template <class T> static T *managed(std::initializer_list<T> values) {
  T *memory = nullptr;
  OK(cudaMallocManaged(&memory, values.size() * sizeof(T)));
  std::copy(values.begin(), values.end(), memory);
  return memory;
}

__global__ void addOne(float *x, int count) {
  if (threadIdx.x < count)
    x[threadIdx.x] += 1;
}

int main() {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  cublasHandle_t blas;
  cusparseHandle_t sparse;
  cufftHandle fourier;
  EXPECT(cublasCreate(&blas) == CUBLAS_STATUS_SUCCESS);
  EXPECT(cusparseCreate(&sparse) == CUSPARSE_STATUS_SUCCESS);
  EXPECT(cufftPlan1d(&fourier, 2, CUFFT_R2C, 1) == CUFFT_SUCCESS);
  EXPECT(cublasSetStream(blas, stream) == CUBLAS_STATUS_SUCCESS);
  EXPECT(cusparseSetStream(sparse, stream) == CUSPARSE_STATUS_SUCCESS);
  EXPECT(cufftSetStream(fourier, stream) == CUFFT_SUCCESS);

  // x += 1; y = A x for A = {{2, 0}, {1, 3}}; dot = x y; z += dot y; spectrum = Fourier(z)
  float *x = managed<float>({0, 1}), *y = managed<float>({0, 0}), *z = managed<float>({0, 0});
  float *dot = managed<float>({0}), *values = managed<float>({2, 1, 3});
  int *offsets = managed<int>({0, 1, 3}), *indices = managed<int>({0, 0, 1});
  cufftComplex *spectrum = managed<cufftComplex>({{0, 0}, {0, 0}});
  cusparseSpMatDescr_t A;
  cusparseDnVecDescr_t xVector, yVector;
  cusparseCreateCsr(&A, 2, 2, 3, offsets, indices, values, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_32I,
                    CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F);
  cusparseCreateDnVec(&xVector, 2, x, CUDA_R_32F);
  cusparseCreateDnVec(&yVector, 2, y, CUDA_R_32F);
  const float one = 1, zero = 0;
  cudaGraph_t graph;
  cudaGraphExec_t work;
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  addOne<<<1, 32, 0, stream>>>(x, 2);
  EXPECT(cusparseSpMV(sparse, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, A, xVector, &zero, yVector,
                      CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, nullptr) == CUSPARSE_STATUS_SUCCESS);
  EXPECT(cublasSetPointerMode(blas, CUBLAS_POINTER_MODE_DEVICE) == CUBLAS_STATUS_SUCCESS);
  EXPECT(cublasSdot(blas, 2, x, 1, y, 1, dot) == CUBLAS_STATUS_SUCCESS);
  EXPECT(cublasSaxpy(blas, 2, dot, y, 1, z, 1) == CUBLAS_STATUS_SUCCESS);
  EXPECT(cufftExecR2C(fourier, z, spectrum) == CUFFT_SUCCESS);
  OK(cudaStreamEndCapture(stream, &graph));
  EXPECT(x[0] == 0 && dot[0] == 0); // nothing has run
  OK(cudaGraphInstantiate(&work, graph, nullptr, nullptr, 0));
  float expected[2] = {0, 0};
  for (int launch = 1; launch <= 3; ++launch) {
    OK(cudaGraphLaunch(work, stream));
    OK(cudaStreamSynchronize(stream));
    const float a = float(launch), b = a + 1, first = 2 * a, second = a + 3 * b;
    const float product = a * first + b * second;
    expected[0] += product * first, expected[1] += product * second;
    EXPECT(y[0] == first && y[1] == second && dot[0] == product);
    EXPECT(z[0] == expected[0] && z[1] == expected[1]);
    EXPECT(spectrum[0].x == z[0] + z[1] && spectrum[1].x == z[0] - z[1]);
  }
  OK(cudaGraphExecDestroy(work));
  OK(cudaGraphDestroy(graph));

  // A result in host memory cannot wait for a launch, and callbacks are not captured.
  float host = 7;
  EXPECT(cublasSetPointerMode(blas, CUBLAS_POINTER_MODE_HOST) == CUBLAS_STATUS_SUCCESS);
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  EXPECT(cublasSdot(blas, 2, x, 1, y, 1, &host) != CUBLAS_STATUS_SUCCESS && host == 7);
  GIVES(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  GIVES(cudaStreamAddCallback(
            stream, [](cudaStream_t, cudaError_t, void *) {}, nullptr, 0),
        cudaErrorStreamCaptureUnsupported);
  GIVES(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
  cudaGetLastError();
  cufftDestroy(fourier);
  cusparseDestroy(sparse);
  cublasDestroy(blas);
  OK(cudaStreamDestroy(stream));
  return finish();
}
