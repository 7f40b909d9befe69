// Arrays whose size is known only at run time, with initializers: g++ takes them.
#include "variable_arrays.cuh"

#include <cstdio>
#include <cstring>

struct Pair {
  int a, b;
};

__global__ void twice(float *x, int n) {
  if (threadIdx.x < n)
    x[threadIdx.x] *= 2;
}

static int kernelResults(int n) {
  const int rows = 3;
  float x[rows][n] = {{1, 2, 3, 4}, {5}, {6, 7}};
  float *d;
  cudaMalloc(&d, sizeof(x));
  cudaMemcpy(d, x, sizeof(x), cudaMemcpyHostToDevice);
  twice<<<1, 32>>>(d, rows * n);
  cudaMemcpy(x, d, sizeof(x), cudaMemcpyDeviceToHost);
  return x[0][3] != 8 || x[1][0] != 10 || x[1][1] != 0 || x[2][1] != 14;
}

static int otherForms(int n) {
  char text[n * 2] = "ab"
                     "cd";
  const int fixed[n] = {7};
  const char *names[n] = {"one", "two"};
  Pair pairs[n]{{1, 2}, {3}};
  int flat[2][n] = {1, 2, 3, 4, 5}, zero[n] = {}, cube[2][2][n] = {{{1}, {2, 3}}};
  return strcmp(text, "abcd") || text[n * 2 - 1] || fixed[0] != 7 || fixed[1] ||
         strcmp(names[1], "two") || names[2] || pairs[0].b != 2 || pairs[1].a != 3 || pairs[1].b ||
         flat[1][0] != 5 || flat[1][1] || zero[n - 1] || cube[0][1][1] != 3 || cube[1][0][0];
}

int main(int argc, char **) {
  int n = argc + 3; // 4
  printf("%d %d %d %g\n", kernelResults(n), otherForms(n), sum<int>(n), sum<double>(n));
}
