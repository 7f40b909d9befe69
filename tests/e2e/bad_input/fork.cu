// A process forked from one that has used the device gets CUDA's error at once and ends as usual;
// its parent goes on.
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

__global__ void fill(int *p) { p[threadIdx.x] = 1; }

int main() {
  int *d = nullptr, child = 0;
  cudaMalloc(&d, 32 * sizeof(int));
  fill<<<1, 32>>>(d);
  if (cudaDeviceSynchronize() != cudaSuccess)
    return 2;
  const pid_t process = fork();
  if (process == 0) {
    alarm(10); // a hang is a failure
    fill<<<1, 32>>>(d);
    const cudaError_t launched = cudaGetLastError();
    std::exit(launched == cudaErrorInitializationError ? int(cudaDeviceSynchronize()) : 4);
  }
  if (waitpid(process, &child, 0) != process || !WIFEXITED(child) ||
      WEXITSTATUS(child) != cudaErrorInitializationError)
    return 5;
  fill<<<1, 32>>>(d);
  return int(cudaDeviceSynchronize());
}
