// Pointers to arrays whose size is known only at run time, converted as g++ converts them.
#include <cstdio>
#include <cstdlib>

struct Grid {
  void *memory;
};

__global__ void count(double *x, int n) {
  if (threadIdx.x < n)
    x[threadIdx.x] = threadIdx.x;
}

static double at(void *memory, int rows, int columns) {
  double (*plane)[rows][columns] = (double (*)[rows][columns])memory;
  return plane[0][1][2];
}

template <class T> static T corner(T *memory, int n) {
  T (*square)[n];
  square = (T (*)[n])memory, memory = nullptr;
  return square[n - 1][n - 1];
}

int main(int argc, char **) {
  int n = argc + 3; // 4
  double (*made)[n] =
      (double (*)[n])malloc(sizeof(double[n][n]));
  double *d;
  cudaMalloc(&d, sizeof(double[n][n]));
  count<<<1, 32>>>(d, n * n);
  cudaMemcpy(made, d, sizeof(double[n][n]), cudaMemcpyDeviceToHost);
  Grid grid{made};
  double (*again)[n] = made;
  auto third = (double (*)[n])grid.memory;
  printf("%g %g %g %g %g\n", made[1][1], again[2][0], third[0][3], at(grid.memory, n, n),
         corner(&made[0][0], n));
  return 0;
}
