// The report counts calls, places them on devices, and names kernels that look like tensor operations.
// RUN: rm -rf %t && not cu2npu -q %s -o %t --report html,json,md --report %t/again.md 2> %t.log
// RUN: FileCheck %s --input-file %t/cu2npu-report.md --check-prefix MD
// RUN: FileCheck %s --input-file %t/cu2npu-report.json --check-prefix JSON
// RUN: FileCheck %s --input-file %t/cu2npu-report.html --check-prefix HTML
// RUN: cmp %t/again.md %t/cu2npu-report.md
// RUN: python3 -m json.tool %t/cu2npu-report.json %t/parsed
#include <cublas_v2.h>

__global__ void product(const float *a, const float *b, float *c, int n) {
  int row = blockIdx.y * blockDim.y + threadIdx.y, column = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; ++k)
    sum += a[row * n + k] * b[k * n + column];
  c[row * n + column] = sum;
}
__global__ void blur(const float *in, const float *weights, float *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < 5; ++k)
    sum += in[i + k] * weights[k];
  out[i] = sum;
}
__global__ void rectify(float *x) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i] = fmaxf(x[i], 0.0f);
}
__global__ void copy(float *to, const float *from) { to[threadIdx.x] = from[threadIdx.x]; }

int main() {
  float *p;
  cudaMalloc((void **)&p, 400);
  cudaDeviceSetLimit(cudaLimitStackSize, 4096);
  cudaGetExportTable(0, 0);
  copy<<<1, 1>>>(p, p);
  cublasHandle_t handle;
  cublasCreate(&handle);
  float one = 1;
  double d = 1;
  cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, p, 1, p, 1, &one, p, 1);
  cublasDnrm2(handle, 1, &d, 1, &d);
}
// MD: 5 of 6 CUDA calls (83 %) translate by themselves, and so does 1 kernel launch. 1 place and about 1 h of hand work are left.
// MD: | {{.*}}report.cu | {{[0-9]+}} | {{[0-9]+}} | 6 | 4 | 1 | 1 | 0 | 1 | 4 | 1 h |
// MD: | `cublasSgemm` | 1 | NPU | a matrix product is a tensor operation |
// MD: | `cublasDnrm2` | 1 | host |
// MD: | `product` | {{.*}}report.cu:10 | a matrix product | cublasSgemm
// MD: | `blur` | {{.*}} | a convolution |
// MD: | `rectify` | {{.*}} | an activation function |
// MD-NOT: | `copy`
// MD: ## What is left
// MD: 'cudaGetExportTable' is not supported

// JSON: "format": "cu2npu-report/1"
// JSON: "kernels_like_tensor_operations": 3
// JSON: "found": 6
// JSON: "gap": 1
// JSON: "looks_like": "matrix_product"

// HTML: <!DOCTYPE html>
// HTML-NOT: <script
// HTML-NOT: src=
// HTML: <td><code>product</code></td>
// HTML: class="on OpenCL">OpenCL</td><td>a matrix product</td>
