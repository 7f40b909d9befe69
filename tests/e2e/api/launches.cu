// Launches with a configuration and attributes, CUDA's old launch in parts, and kernels'
// parameters.
#include "expect.h"

struct Pair {
  double a;
  int b;
};
__global__ void store(double *values, Pair pair, float scale) {
  values[threadIdx.x] = (pair.a + pair.b) * scale + threadIdx.x;
}
__global__ void nothing() {}

double *values;

bool valuesAre(double first, int count) {
  double host[64] = {};
  OK(cudaMemcpy(host, values, count * sizeof(double), cudaMemcpyDeviceToHost));
  OK(cudaMemset(values, 0, 64 * sizeof(double)));
  for (int i = 0; i < count; ++i)
    if (host[i] != first + i)
      return false;
  return true;
}

void configured(cudaStream_t stream) {
  cudaLaunchConfig_t configuration = {0};
  configuration.gridDim = 1;
  configuration.blockDim = dim3(64);
  configuration.stream = stream;
  // Arguments are converted: an int for the float.
  OK(cudaLaunchKernelEx(&configuration, store, values, Pair{1.5, 2}, 2));
  OK(cudaStreamSynchronize(stream));
  EXPECT(valuesAre(7, 64));
  OK(cudaLaunchKernelEx(&configuration, nothing));

  cudaLaunchAttribute attributes[3];
  attributes[0].id = cudaLaunchAttributePriority;
  attributes[0].val.priority = -1;
  attributes[1].id = cudaLaunchAttributeClusterDimension;
  attributes[1].val.clusterDim = {1, 1, 1};
  cudaEvent_t event;
  OK(cudaEventCreate(&event));
  attributes[2].id = cudaLaunchAttributeLaunchCompletionEvent;
  attributes[2].val.launchCompletionEvent = {event, 0};
  configuration.attrs = attributes;
  configuration.numAttrs = 3;
  Pair pair = {0.5, 1};
  float scale = 4;
  void *arguments[] = {&values, &pair, &scale};
  OK(cudaLaunchKernelExC(&configuration, (void *)store, arguments));
  OK(cudaEventSynchronize(event));
  EXPECT(valuesAre(6, 64));
  attributes[1].val.clusterDim = {7, 1, 1}; // does not divide the grid
  GIVES(cudaLaunchKernelExC(&configuration, (void *)store, arguments), cudaErrorInvalidClusterSize);
  attributes[1].id = cudaLaunchAttributeID(99);
  GIVES(cudaLaunchKernelExC(&configuration, (void *)store, arguments), cudaErrorInvalidValue);
  int clusters = 0, blocks = 0;
  configuration.numAttrs = 0;
  OK(cudaOccupancyMaxActiveClusters(&clusters, store, &configuration));
  OK(cudaOccupancyMaxPotentialClusterSize(&blocks, store, &configuration));
  EXPECT(clusters > 0 && blocks == 8);
  OK(cudaEventDestroy(event));
  cudaGetLastError();
}

void inParts() {
  OK(cudaConfigureCall(dim3(1), dim3(32), 0, 0));
  OK(cudaSetupArgument(values, 0));
  OK(cudaSetupArgument(Pair{3, 4}, 8));
  OK(cudaSetupArgument(1.0f, 24));
  OK(cudaLaunch(store));
  EXPECT(valuesAre(7, 32));
  GIVES(cudaLaunch(store), cudaErrorMissingConfiguration);
  OK(cudaConfigureCall(dim3(1), dim3(32), 0, 0));
  OK(cudaSetupArgument(values, 0));
  GIVES(cudaLaunch(store), cudaErrorInvalidValue);
  cudaGetLastError();
}

void parameters() {
  size_t offset = 0, bytes = 0;
  OK(cudaFuncGetParamInfo(store, 1, &offset, &bytes));
  EXPECT(offset == 8 && bytes == sizeof(Pair));
  OK(cudaFuncGetParamInfo(store, 2, &offset, &bytes));
  EXPECT(offset == 24 && bytes == 4);
  GIVES(cudaFuncGetParamInfo(store, 3, &offset, &bytes), cudaErrorInvalidValue);
  cudaGetLastError();
}

// The flag of no flags is passed as a stream, too.
void byDefault() {
  store<<<1, 64, 0, cudaStreamDefault>>>(values, Pair{1, 2}, 3);
  OK(cudaStreamSynchronize(cudaStreamDefault));
  EXPECT(valuesAre(9, 64));
  unsigned flags = 0;
  for (auto flag : {cudaStreamDefault, cudaStreamNonBlocking})
    flags |= flag;
  EXPECT(flags == cudaStreamNonBlocking);
}

int main() {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  OK(cudaMalloc(&values, 64 * sizeof(double)));
  OK(cudaMemset(values, 0, 64 * sizeof(double)));
  configured(stream);
  inParts();
  parameters();
  byDefault();
  return finish();
}
