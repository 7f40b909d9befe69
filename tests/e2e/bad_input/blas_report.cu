// One good matrix product and several bad ones; exit status 1 when a code is not cuBLAS's.
#include <cstdio>
#include <cublas_v2.h>

static int wrong = 0;
static void check(const char *what, int got, int want) {
  if (got == want)
    return;
  ++wrong;
  std::printf("%s: %d, not %d\n", what, got, want);
}

int main() {
  constexpr int n = 64;
  cublasHandle_t handle;
  float *a = nullptr, one = 1, zero = 0, host[n * n] = {};
  check("create", cublasCreate(&handle), CUBLAS_STATUS_SUCCESS);
  check("malloc", cudaMalloc(&a, 2 * sizeof host), cudaSuccess);
  check("memset", cudaMemset(a, 0, 2 * sizeof host), cudaSuccess);
  auto product = [&](cublasHandle_t h, const float *left, int k, int ld) {
    return cublasSgemm(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, k, &one, left, ld, a, n, &zero, a + n * n,
                       n);
  };
  check("product", product(handle, a, n, n), CUBLAS_STATUS_SUCCESS);
  check("done", cudaDeviceSynchronize(), cudaSuccess);
  check("negative size", product(handle, a, -1, n), CUBLAS_STATUS_INVALID_VALUE);
  check("small leading dimension", product(handle, a, n, 6), CUBLAS_STATUS_INVALID_VALUE);
  check("no handle", product(nullptr, a, n, n), CUBLAS_STATUS_NOT_INITIALIZED);
  check("null", product(handle, nullptr, n, n), CUBLAS_STATUS_INVALID_VALUE);
  check("host pointer", product(handle, host, n, n), CUBLAS_STATUS_MAPPING_ERROR);
  check("beyond the end", product(handle, a, n, 100 * n), CUBLAS_STATUS_MAPPING_ERROR);
  check("still usable", cudaDeviceSynchronize(), cudaSuccess);
  return wrong ? 1 : 0;
}
