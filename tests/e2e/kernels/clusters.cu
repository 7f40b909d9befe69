// Clusters of blocks: barriers, shared memory of other blocks, and how a launch asks for them.
#include "check.h"

#include <cooperative_groups.h>
#include <cuda.h>

#include <vector>

namespace cg = cooperative_groups;

constexpr int kThreads = 64;

// Each block has the bins of a part; every block of the cluster adds to all of them.
__global__ void __cluster_dims__(4) histogram(const int *values, int count, int *bins) {
  __shared__ int own[32];
  cg::cluster_group cluster = cg::this_cluster();
  for (int i = threadIdx.x; i < 32; i += blockDim.x)
    own[i] = 0;
  cluster.sync();
  const int stride = cluster.num_threads();
  for (int i = cluster.thread_rank(); i < count; i += stride) {
    const int bin = values[i];
    atomicAdd(cluster.map_shared_rank(own, bin / 32) + bin % 32, 1);
  }
  cluster.sync();
  const int part = cluster.block_rank() * 32;
  for (int i = threadIdx.x; i < 32; i += blockDim.x)
    atomicAdd(&bins[part + i], own[i]);
}

// The sum over the cluster, through the first block; clusters take different numbers of rounds.
__global__ void __launch_bounds__(kThreads, 1, 16) sums(int *out) {
  extern __shared__ int words[];
  cg::cluster_group cluster = cg::this_cluster();
  const unsigned rank = cluster.block_rank();
  const int which = blockIdx.x / cluster.num_blocks();
  int total = 0;
  for (int round = 0; round <= which % 5; ++round) {
    words[threadIdx.x] = blockIdx.x * 100 + threadIdx.x + round;
    cluster.sync();
    if (rank == 0)
      for (unsigned other = 0; other < cluster.num_blocks(); ++other)
        total += cluster.map_shared_rank(words, other)[threadIdx.x];
    auto token = cluster.barrier_arrive();
    cluster.barrier_wait(std::move(token));
  }
  if (rank == 0)
    out[which * blockDim.x + threadIdx.x] = total;
}

// Where everything is, in three dimensions.
__global__ void __cluster_dims__(2, 2, 1) places(int *out) {
  __shared__ int mine;
  cg::cluster_group cluster = cg::this_cluster();
  cg::grid_group grid = cg::this_grid();
  const dim3 at = cluster.block_index(), extent = cluster.dim_blocks();
  const dim3 which = grid.cluster_index(), clusters = grid.dim_clusters();
  unsigned rank, ranks, x, clusterX, clustersY;
  asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(ranks));
  asm("mov.u32 %0, %%cluster_ctaid.x;" : "=r"(x));
  asm("mov.u32 %0, %%clusterid.x;" : "=r"(clusterX));
  asm("mov.u32 %0, %%nclusterid.y;" : "=r"(clustersY));
  if (threadIdx.x == 0)
    mine = 10 * int(rank);
  asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::
                   : "memory");
  const unsigned next = (rank + 1) % ranks;
  const int *there = cluster.map_shared_rank(&mine, next);
  const bool right =
      at.x == blockIdx.x % 2 && at.y == blockIdx.y % 2 && at.z == 0 && extent.x == 2 &&
      extent.y == 2 && extent.z == 1 && x == at.x && rank == at.x + 2 * at.y &&
      rank == cluster.block_rank() && ranks == 4 && clusterX == blockIdx.x / 2 &&
      clustersY == gridDim.y / 2 && which.x == clusterX && which.y == blockIdx.y / 2 &&
      which.z == blockIdx.z && clusters.x == gridDim.x / 2 && clusters.y == clustersY &&
      grid.num_clusters() == clusters.x * clusters.y * clusters.z &&
      grid.cluster_rank() == which.x + clusters.x * (which.y + clusters.y * which.z) &&
      *there == 10 * int(next) && cluster.query_shared_rank(there) == next &&
      cluster.query_shared_rank(&mine) == rank && cluster.num_threads() == 4 * blockDim.x &&
      cluster.thread_rank() == rank * blockDim.x + threadIdx.x;
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  out[block * blockDim.x + threadIdx.x] = right;
  cluster.sync();
}

// Blocks that end early are not waited for.
__global__ void __cluster_dims__(2) leavers(int *out) {
  cg::cluster_group cluster = cg::this_cluster();
  if (cluster.block_rank() == 1 && blockIdx.x % 4 == 3)
    return;
  for (int i = 0; i < 3; ++i)
    cluster.sync();
  if (threadIdx.x == 0)
    out[blockIdx.x] = 1;
}

// Who has arrived goes on until it waits: the first block waits for what the second does after the
// barrier. Each warp has its own time between the two; the last blocks end without waiting.
__global__ void __cluster_dims__(4) arrivals(volatile int *flags, int *out) {
  __shared__ int mine;
  cg::cluster_group cluster = cg::this_cluster();
  const unsigned rank = cluster.block_rank(), warp = threadIdx.x / 32;
  volatile int *flag = flags + blockIdx.x / 4;
  if (threadIdx.x == 0)
    mine = 1 + int(rank);
  __syncthreads();
  auto token = cluster.barrier_arrive();
  if (rank == 0 && warp == 1)
    while (*flag == 0) {
    }
  cluster.barrier_wait(std::move(token));
  if (rank == 1 && warp == 0)
    *flag = 1;
  int sum = 0;
  for (unsigned round = 0; round < 3; ++round) {
    sum = sum * 10 + *cluster.map_shared_rank(&mine, (rank + round) % 4);
    asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
    if (warp == round % 2)
      __nanosleep(10);
    asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
  cluster.barrier_arrive();
  if (rank < 2)
    cluster.barrier_wait();
}

cudaError_t launchSums(int *out, int blocks, unsigned clusterX, unsigned clusterY = 1,
                       cudaStream_t stream = nullptr) {
  cudaLaunchConfig_t configuration = {};
  configuration.gridDim = blocks;
  configuration.blockDim = kThreads;
  configuration.dynamicSmemBytes = kThreads * sizeof(int);
  configuration.stream = stream;
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = clusterX;
  attribute.val.clusterDim.y = clusterY;
  attribute.val.clusterDim.z = 1;
  configuration.attrs = &attribute;
  configuration.numAttrs = 1;
  return cudaLaunchKernelEx(&configuration, sums, out);
}

void requireSums(const int *out, int blocks, int each) {
  for (int cluster = 0; cluster < blocks / each; ++cluster)
    for (int t = 0; t < kThreads; ++t) {
      int wanted = 0;
      for (int round = 0; round <= cluster % 5; ++round)
        for (int block = cluster * each; block < (cluster + 1) * each; ++block)
          wanted += block * 100 + t + round;
      require(out[cluster * kThreads + t] == wanted);
    }
}

void checkSums(int *out, int blocks, int each) {
  CHECK_CUDA(launchSums(out, blocks, each));
  CHECK_CUDA(cudaDeviceSynchronize());
  requireSums(out, blocks, each);
}

// Nodes have clusters, keep them when they get other parameters, and run at the same time.
void checkGraphs(int *out) {
  constexpr int kBlocks = 64;
  cudaStream_t streams[2];
  cudaGraph_t graph;
  cudaGraphExec_t executables[2];
  for (cudaStream_t &stream : streams)
    CHECK_CUDA(cudaStreamCreate(&stream));
  CHECK_CUDA(cudaStreamBeginCapture(streams[0], cudaStreamCaptureModeGlobal));
  CHECK_CUDA(launchSums(out, kBlocks, 4, 1, streams[0]));
  CHECK_CUDA(cudaStreamEndCapture(streams[0], &graph));
  for (cudaGraphExec_t &executable : executables)
    CHECK_CUDA(cudaGraphInstantiate(&executable, graph, 0));
  for (int i = 0; i < 10; ++i)
    for (int which : {0, 1})
      CHECK_CUDA(cudaGraphLaunch(executables[which], streams[which]));
  CHECK_CUDA(cudaDeviceSynchronize());
  requireSums(out, kBlocks, 4);

  cudaGraphNode_t node;
  size_t count = 1;
  CHECK_CUDA(cudaGraphGetNodes(graph, &node, &count));
  cudaKernelNodeParams parameters;
  CHECK_CUDA(cudaGraphKernelNodeGetParams(node, &parameters));
  int *next = out + kBlocks * kThreads;
  void *arguments[] = {&next};
  parameters.kernelParams = arguments;
  CHECK_CUDA(cudaGraphExecKernelNodeSetParams(executables[0], node, &parameters));
  CHECK_CUDA(cudaGraphLaunch(executables[0], streams[0]));
  CHECK_CUDA(cudaDeviceSynchronize());
  requireSums(next, kBlocks, 4);

  cudaLaunchAttributeValue value = {};
  CHECK_CUDA(cudaGraphKernelNodeGetAttribute(node, cudaLaunchAttributeClusterDimension, &value));
  require(value.clusterDim.x == 4);
  value.clusterDim.x = 3;
  require(cudaGraphKernelNodeSetAttribute(node, cudaLaunchAttributeClusterDimension, &value) ==
          cudaErrorInvalidClusterSize);
  value.clusterDim.x = 8;
  CHECK_CUDA(cudaGraphKernelNodeSetAttribute(node, cudaLaunchAttributeClusterDimension, &value));
  CHECK_CUDA(cudaGraphInstantiate(&executables[1], graph, 0));
  CHECK_CUDA(cudaGraphLaunch(executables[1], streams[1]));
  CHECK_CUDA(cudaDeviceSynchronize());
  requireSums(out, kBlocks, 8);
}

int main() {
  constexpr int kCount = 10000, kMost = 6000;
  int *memory = nullptr;
  CHECK_CUDA(cudaMallocManaged(&memory, kMost * kThreads * sizeof(int)));

  std::vector<int> wanted(128);
  int *values = memory, *bins = memory + kCount;
  for (int i = 0; i < kCount; ++i)
    ++wanted[values[i] = (i * 7 + i / 13) % 128];
  for (int i = 0; i < 128; ++i)
    bins[i] = 0;
  histogram<<<4, kThreads>>>(values, kCount, bins);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < 128; ++i)
    require(bins[i] == wanted[i]);

  for (int each : {1, 2, 4, 8}) {
    checkSums(memory, 8, each);
    checkSums(memory, 1200, each); // more than are there at a time
  }
  checkGraphs(memory);
  const dim3 grid(4, 6, 3);
  places<<<grid, 32>>>(memory);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < 4 * 6 * 3 * 32; ++i)
    require(memory[i] == 1);
  for (int i = 0; i < 16; ++i)
    memory[i] = 0;
  leavers<<<16, 40>>>(memory);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < 16; ++i)
    require(memory[i] == (i % 4 != 3));

  constexpr int kArrivals = 40; // blocks
  int *flags = memory + kArrivals * kThreads;
  for (int i = 0; i < kArrivals / 4; ++i)
    flags[i] = 0;
  arrivals<<<kArrivals, kThreads>>>(flags, memory);
  CHECK_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < kArrivals * kThreads; ++i) {
    const int rank = i / kThreads % 4;
    require(memory[i] == (rank + 1) * 100 + ((rank + 1) % 4 + 1) * 10 + (rank + 2) % 4 + 1);
  }

  // What cannot be.
  require(launchSums(memory, 9, 2) == cudaErrorInvalidClusterSize);
  require(launchSums(memory, 32, 16) == cudaErrorInvalidClusterSize);
  require(launchSums(memory, 8, 4, 2) == cudaErrorInvalidClusterSize);
  places<<<dim3(3, 2), 32>>>(memory);
  require(cudaGetLastError() == cudaErrorInvalidClusterSize);
  CHECK_CUDA(cudaFuncSetAttribute(sums, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  checkSums(memory, 32, 16);
  cudaFuncAttributes attributes;
  CHECK_CUDA(cudaFuncGetAttributes(&attributes, places));
  require(attributes.requiredClusterWidth == 2 && attributes.requiredClusterHeight == 2);
  CUfunction function = nullptr;
  CHECK_CUDA(cudaGetFuncBySymbol(&function, reinterpret_cast<const void *>(places)));
  int width = 0, allowed = 0;
  require(cuFuncGetAttribute(&width, CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH, function) ==
          CUDA_SUCCESS);
  require(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1) ==
          CUDA_SUCCESS);
  require(cuFuncGetAttribute(&allowed, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED,
                             function) == CUDA_SUCCESS);
  require(width == 2 && allowed == 1);
  int clusterLaunch = 0;
  CHECK_CUDA(cudaDeviceGetAttribute(&clusterLaunch, cudaDevAttrClusterLaunch, 0));
  require(clusterLaunch == 1);
  return finish();
}
